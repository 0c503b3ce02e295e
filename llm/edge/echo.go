package edge

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

const (
	// minEcho is the shortest run of the request that counts as repeated by
	// the provider, in bytes: 8 Chinese characters, some four English words.
	minEcho = 24
	// gram is how many bytes are compared at once, and stride how far apart
	// the places are where the request is looked at: every run of minEcho
	// bytes has a gram in it that begins at one of them.
	gram   = 8
	stride = minEcho - gram + 1
	// maxLooks is how often a gram of the text is looked at closely where it
	// comes in the request. It bounds the work: one that comes more often is
	// taken for an echo if none of its places was one.
	maxLooks = 128
	// slotBits makes 4,096 slots for the some 600 grams of a text.
	slotBits = 12
)

// hideEcho replaces what the text repeats of the request. The request is JSON,
// so a line break in it ends a run; what is left is too short to tell much.
//
// A request may have 20 MiB and each of its tries may fail, so this has to be
// quick: the request is read once, at every 17th byte, and what is found there
// in an index of the text, which is short, is compared closely.
func hideEcho(text string, request []byte) string {
	if len(text) < minEcho || len(request) < minEcho {
		return text
	}
	e := newEchoes(text)
	for at := 0; at+gram <= len(request); at += stride {
		e.probe(request, at)
	}
	return e.shown()
}

// echoes is the index of a text, and what of it was found in a request.
type echoes struct {
	text   string
	factor uint64                // random, so that nobody can make texts whose grams share a slot
	slots  [1 << slotBits]uint16 // the first gram of a slot, counted from 1
	grams  []indexed             // at every place of the text
	hidden []bool                // bytes of the text
}

type indexed struct {
	word  uint64
	next  uint16 // the next gram of this slot, counted from 1
	looks uint16
}

func newEchoes(text string) *echoes {
	e := &echoes{
		text: text, factor: rand.Uint64() | 1,
		grams: make([]indexed, len(text)-gram+1), hidden: make([]bool, len(text)),
	}
	for i := range e.grams {
		word := binary.LittleEndian.Uint64([]byte(text[i : i+gram]))
		slot := e.slot(word)
		e.grams[i] = indexed{word: word, next: e.slots[slot]}
		e.slots[slot] = uint16(i + 1)
	}
	return e
}

func (e *echoes) slot(word uint64) uint64 { return word * e.factor >> (64 - slotBits) }

// probe looks at one place of the request.
func (e *echoes) probe(request []byte, at int) {
	word := binary.LittleEndian.Uint64(request[at:])
	for link := &e.slots[e.slot(word)]; *link != 0; {
		i := int(*link - 1)
		g := &e.grams[i]
		switch {
		case g.word != word:
		case g.looks == maxLooks:
			e.giveUp(i)
			*link = g.next // it is not looked for any more
			continue
		default:
			g.looks++
			e.compare(request, i, at)
		}
		link = &g.next
	}
}

// compare hides the gram at i and what is around it if that makes an echo of
// what is around at in the request.
func (e *echoes) compare(request []byte, i, at int) {
	from, to := i, i+gram
	for from > 0 && i-from < at && i-from < stride-1 && e.text[from-1] == request[at-(i-from)-1] {
		from--
	}
	for to < len(e.text) && at+to-i < len(request) && to-i < minEcho && e.text[to] == request[at+to-i] {
		to++
	}
	if to-from >= minEcho {
		e.hide(from, to)
	}
}

// giveUp hides a gram that comes very often, and whatever echo it may be a part
// of; if it is a part of one that was found, that is enough.
func (e *echoes) giveUp(i int) {
	for _, hidden := range e.hidden[i : i+gram] {
		if !hidden {
			e.hide(max(i-stride+1, 0), min(i+minEcho, len(e.text)))
			return
		}
	}
}

func (e *echoes) hide(from, to int) {
	for i := from; i < to; i++ {
		e.hidden[i] = true
	}
}

// shown is the text without what is hidden, and without half characters.
func (e *echoes) shown() string {
	var b strings.Builder
	inside := false
	for i, r := range e.text {
		size := utf8.RuneLen(r)
		hidden := false
		for _, h := range e.hidden[i:min(i+size, len(e.hidden))] {
			hidden = hidden || h
		}
		switch {
		case !hidden:
			b.WriteRune(r)
		case !inside:
			b.WriteString("[…]")
		}
		inside = hidden
	}
	return b.String()
}
