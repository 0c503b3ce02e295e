package cut

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// traditional has pairs of a traditional character and its simplified form,
// parted by white space. Only pairs that are safe in both directions of use are
// listed: a character with several simplified readings stays as it is.
//
//go:embed traditional.txt
var traditional string

// The block of common Chinese characters.
const (
	firstHan = 0x4E00
	lastHan  = 0x9FFF
)

// folding is what Fold looks things up in. Tables are ten times as fast as maps,
// and this runs over every character of every candidate.
type folding struct {
	simple  [lastHan - firstHan + 1]uint16 // the simplified form of every common character: itself for most
	changes runes                          // those below 65536 that are folded to another
	opens   runes                          // those that an article number can start with: 第 and numerals
}

//nolint:gochecknoglobals // a compiled-in table, built at first use
var folds = sync.OnceValue(func() *folding {
	t := new(folding)
	for i := range t.simple {
		t.simple[i] = uint16(firstHan + i)
	}
	for pair := range strings.FieldsSeq(traditional) {
		from, n := utf8.DecodeRuneInString(pair)
		to, _ := utf8.DecodeRuneInString(pair[n:])
		t.simple[from-firstHan] = uint16(to)
	}
	for r := rune(utf8.RuneSelf); r < 1<<16; r++ {
		if t.rune(r) != r {
			t.changes.add(r)
		}
		if r == '第' || numeralDigit(r) >= 0 || numeralUnit(r) > 0 {
			t.opens.add(r)
		}
	}
	return t
})

// Fold gives text the one form that terms are cut from: half-width letters,
// digits and punctuation, simplified characters, and no Markdown backslashes
// before punctuation. Case is kept, because identifiers are told by it.
func Fold(text string) string {
	table := folds()
	from := table.first(text)
	if from < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for from >= 0 {
		b.WriteString(text[:from])
		r, size := utf8.DecodeRuneInString(text[from:])
		if r != '\\' {
			b.WriteRune(table.rune(r))
		}
		text = text[from+size:]
		from = table.first(text)
	}
	b.WriteString(text)
	return b.String()
}

// first returns where the first rune stands that Fold changes, -1 for none. None
// of those takes more than three bytes.
func (t *folding) first(text string) int {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c == '\\' && escapes(text[i+1:]) {
				return i
			}
			i++
			continue
		}
		r, size := decode(text[i:])
		if r < 1<<16 && t.changes.has(r) {
			return i
		}
		i += size
	}
	return -1
}

// decode is utf8.DecodeRuneInString with a short way for what Chinese text is
// made of: characters of three bytes.
func decode(text string) (r rune, size int) {
	if len(text) >= 3 && text[0] >= 0xE1 && text[0] <= 0xEC && text[1]&0xC0 == 0x80 && text[2]&0xC0 == 0x80 {
		return rune(text[0]&0x0F)<<12 | rune(text[1]&0x3F)<<6 | rune(text[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(text)
}

func escapes(rest string) bool {
	return rest != "" && strings.IndexByte("\\`*_{}[]()#+-.!|<>\"'/:$%&=~^", rest[0]) >= 0
}

// rune is what r is folded to.
func (t *folding) rune(r rune) rune {
	switch {
	case r >= firstHan && r <= lastHan:
		return rune(t.simple[r-firstHan])
	case r >= 0xFF01 && r <= 0xFFEE, r == 0x3000:
		if to := width.LookupRune(r).Folded(); to != 0 {
			return to
		}
	case r == 0x2019:
		return '\''
	case r >= 0x2010 && r <= 0x2012:
		return '-'
	}
	return r
}

// Han reports whether r belongs to a script that is written without spaces and
// therefore cut into single characters and pairs.
func Han(r rune) bool {
	if r < 0x2E80 {
		return false
	}
	if r >= firstHan && r <= lastHan {
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}
