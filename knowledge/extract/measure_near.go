package extract

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// near is what a text puts beside one of its numbers: the words of its part of
// the sentence, and the other numbers there.
type near struct {
	measure
	before []string // terms in front of the number
	words  []string // all of them
	wide   []string // and those of the parts beside it that have no number
	others []string // the other numbers

	prior, next string // the terms right beside the number

	states bool // nothing in its sentence denies or excepts
	denied bool // its part of the sentence denies
	// deniedBehind says that its sentence denies once, behind it.
	deniedBehind bool
}

// swapped reports whether a sentence puts a number to what the passage puts
// another number to: its words stand in the passage beside a rival, of the same
// kind and another amount, and none of them beside the number itself. Across
// languages the other numbers beside it are compared alone.
func swapped(mine, places []near, words bool) bool {
	for _, m := range mine {
		own, rivals := m.among(places)
		for _, rival := range rivals {
			if words && m.belongsTo(rival, own) || !words && beside(m.others, rival.others, own.others) == theirs {
				return true
			}
		}
	}
	return false
}

// belongsTo reports whether what is beside a number in the sentence is a rival's
// rather than its own. A part without words of its own shares another's subject,
// and says nothing.
func (n near) belongsTo(rival, own near) bool {
	words := beside(n.words, rival.words, own.words)
	before := beside(n.before, rival.before, own.before)
	others := beside(n.others, rival.others, own.others)
	if n.nextTo(rival, own) {
		return true
	}
	if words == theirs && beside(n.wide, rival.words, own.words) == its {
		words = its
	}
	if before == theirs && beside(n.wide, rival.before, own.before) == its {
		before = neutral
	}
	if others == its || others == neutral && words == its {
		return before == theirs && others == neutral
	}
	return words == theirs || before == theirs || others == theirs
}

// nextTo reports whether the very next words to a number are a rival's, and those
// that are next to it in the passage are not said; or whether it turns a word of
// its own round: 开封后 for 开封前.
func (n near) nextTo(rival, own near) bool {
	if beside(n.others, rival.others, own.others) == its {
		return false
	}
	alien := func(t, instead string) bool {
		return t != "" && instead != "" && slices.Contains(rival.words, t) && !slices.Contains(own.words, t) && !slices.Contains(n.wide, instead)
	}
	if alien(n.prior, own.prior) || alien(n.next, own.next) {
		return true
	}
	return slices.ContainsFunc(n.words, func(t string) bool {
		other := sideOf(t)
		return other != "" && slices.Contains(own.words, other) && !slices.Contains(own.words, t) && slices.Contains(rival.words, t)
	})
}

// sideOf is a pair of characters that ends in 前 or 后 with the other of them.
func sideOf(term string) string {
	if head, ok := strings.CutSuffix(term, "前"); ok {
		return head + "后"
	}
	if head, ok := strings.CutSuffix(term, "后"); ok {
		return head + "前"
	}
	return ""
}

// among collects what a passage has beside the same amount, and its rivals.
func (n near) among(places []near) (own near, rivals []near) {
	for _, p := range places {
		switch {
		case n.equals(p.measure) && n.bound.against(p.bound):
			rivals = append(rivals, p)
		case n.equals(p.measure):
			own.before = append(own.before, p.before...)
			own.words = append(own.words, p.words...)
			own.others = append(own.others, p.others...)
			own.prior, own.next = p.prior, p.next
		case n.comparable(p.measure):
			rivals = append(rivals, p)
		}
	}
	return own, rivals
}

// comparable reports whether two amounts are of one kind.
func (m measure) comparable(p measure) bool {
	if m.annual() != p.annual() {
		return false
	}
	a, _ := m.unit.smallest(1)
	b, _ := p.unit.smallest(1)
	return a != articles && b != articles && (a == b || spans(a) && spans(b))
}

// annual reports whether a number is that of a year.
func (m measure) annual() bool {
	return m.unit == years && len(m.value) == digitsOfYear && digitsAt(m.value) == digitsOfYear
}

// spans reports whether a unit is one of time.
func spans(u measureUnit) bool { return u == months || u == seconds || u == workdays }

// side says to which of two numbers terms belong.
type side uint8

const (
	neutral side = iota
	its          // the number that the sentence has
	theirs       // a rival's
)

// beside reports whether terms have some that only a rival has beside it, and
// none that only the number itself has.
func beside(terms, rival, own []string) side {
	if len(own) == 0 {
		return neutral
	}
	out := neutral
	for _, t := range terms {
		switch r, o := slices.Contains(rival, t), slices.Contains(own, t); {
		case o && !r:
			return its
		case r && !o:
			out = theirs
		}
	}
	return out
}

// nearNumbers reads what stands beside every number of a text.
func nearNumbers(r *numberReader) []near {
	var out []near
	placed := slices.DeleteFunc(slices.Clone(r.found), func(m measure) bool { return m.refers || m.at < 0 || m.end > len(r.text) || m.at > m.end })
	slices.SortStableFunc(placed, func(a, b measure) int { return a.at - b.at })
	all := segments(r.text, placed)
	whole := sentencesOf(r.text, all)
	for i, s := range all {
		var last, next segment
		if i > 0 && !all[i-1].stops {
			last = all[i-1]
		}
		if i+1 < len(all) && !s.stops {
			next = all[i+1]
		}
		for _, n := range s.read(r.text, last, next) {
			n.states = whole[i].states
			n.denied = !n.states && denies(r.text[s.from:s.to])
			n.deniedBehind = !n.states && whole[i].deniedBehind(r.text, n.measure)
			out = append(out, n)
		}
	}
	return out
}

// segments parts a text, with the numbers in each part.
func segments(text string, placed []measure) []segment {
	var out []segment
	for start := 0; start < len(text); {
		end, stops := segmentEnd(text, start)
		s := segment{from: start, to: end, stops: stops}
		for len(placed) > 0 && placed[0].at < end {
			s.numbers = append(s.numbers, placed[0])
			placed = placed[1:]
		}
		out = append(out, s)
		start = end
	}
	return out
}

// segment is a part of a sentence between commas.
type segment struct {
	from, to int
	numbers  []measure
	stops    bool // a sentence ends with it
	states   bool // of a sentence: nothing in it denies or excepts
}

// read reads what stands beside the numbers of a segment. Where it has no words
// of its own, or no other number, those of the segment before count.
func (s segment) read(text string, last, next segment) []near {
	var out []near
	for i, m := range s.numbers {
		n := near{measure: m, others: s.others(i)}
		s.beside(&n, text, i, last, next)
		if len(n.others) == 0 {
			for _, o := range last.numbers[max(0, len(last.numbers)-numbersBeside):] {
				n.others = append(n.others, o.keys()...)
			}
		}
		out = append(out, n)
	}
	return out
}

// beside notes the words around the i-th number.
func (s segment) beside(n *near, text string, i int, last, next segment) {
	n.before, n.words = s.words(text, i)
	if len(n.before) > 0 {
		n.prior = n.before[len(n.before)-1]
	}
	if len(n.words) > len(n.before) {
		n.next = n.words[len(n.before)]
	}
	if len(n.words) == 0 && last.to > last.from && len(last.numbers) == 0 {
		n.before = telling(last.text(text))
		n.words = n.before
	}
	n.wide = slices.Clone(n.words)
	for _, other := range [...]segment{last, next} {
		if len(other.numbers) == 0 {
			n.wide = append(n.wide, telling(other.text(text))...)
		}
	}
}

// How much beside a number is looked at, so that a text of nothing but numbers
// costs no more than any other. Sentences of prose have less.
const (
	numbersBeside = 16  // on either side
	bytesBeside   = 512 // on either side
)

// around are the numbers of the segment that stand close to the i-th.
func (s segment) around(i int) []measure {
	return s.numbers[max(0, i-numbersBeside):min(len(s.numbers), i+numbersBeside+1)]
}

// others are the numbers around the i-th that are not at its place.
func (s segment) others(i int) []string {
	var out []string
	for _, o := range s.around(i) {
		if o.at != s.numbers[i].at {
			out = append(out, o.keys()...)
		}
	}
	return out
}

// words are the terms between the number and those beside it.
func (s segment) words(text string, i int) (before, around []string) {
	m := s.numbers[i]
	from, to := max(s.from, m.at-bytesBeside), min(s.to, max(m.unitEnd, m.end)+bytesBeside)
	for _, o := range s.around(i) {
		if o.at < m.at {
			from = max(from, min(o.unitEnd, m.at))
		}
		if o.at > m.at {
			to = min(to, o.at)
		}
	}
	before = telling(text[from:m.at])
	around = before
	if behind := max(m.unitEnd, m.end); behind < to {
		around = append(slices.Clone(before), telling(withoutBound(text[behind:to]))...)
	}
	return before, around
}

// text is as much of the segment as is looked at from another.
func (s segment) text(whole string) string { return whole[s.from:min(s.to, s.from+bytesBeside)] }

// withoutBound leaves out the bound that a part begins with.
func withoutBound(part string) string {
	longest := 0
	for _, w := range boundTable().after {
		if strings.HasPrefix(part, w.word) {
			longest = max(longest, len(w.word))
		}
	}
	return part[longest:]
}

// keys are how a number is a word beside another: its amount, and its amount
// with its bound.
func (m measure) keys() []string {
	u, v, ok := m.base()
	if !ok || u == noUnit || u == articles {
		return nil
	}
	key := "#" + strconv.Itoa(int(u)) + " " + figure(v)
	if m.bound == unbounded {
		return []string{key}
	}
	return []string{key, key + m.bound.String()}
}

// telling are the terms of a part that say what it is about, with actors by
// their role.
func telling(part string) []string {
	part = castRoles(strings.ToLower(part))
	return slices.DeleteFunc(about(part), func(t string) bool { return idle(t) })
}

// idle reports whether a term says nothing about what a number is of.
func idle(term string) bool {
	switch term {
	case "不超", "超过", "不得", "得超", "不低", "低于", "至少", "最多", "最长", "以上", "以下", "以内", "之内", "不满", "应当", "可以", "须在", "必须", "每次", "每人", "每张", "为一", "约为",
		"least", "most", "than", "more", "less", "within", "after", "befor", "under", "over", "up", "onli", "each", "everi", "per", "at", "least:":
		return true
	}
	return false
}

// segmentEnd is where the segment that starts there ends; stops says that a
// sentence ends with it.
func segmentEnd(text string, start int) (end int, stops bool) {
	for i, c := range text[start:] {
		at := start + i
		switch {
		case strings.ContainsRune("。！？；;\n!?", c), c == '.' && (at+1 == len(text) || text[at+1] == ' '):
			return at + utf8.RuneLen(c), true
		case strings.ContainsRune("，、：:（）()", c), c == ',' && !groups(text, at):
			return at + utf8.RuneLen(c), false
		case i > 0 && c == ' ' && conjoins(text[at:]):
			return at + 1, false
		case i > 0 && (c == '而' || c == '但'):
			return at, false
		}
	}
	return len(text), true
}

// groups reports whether the comma there stands between digits: 1,000.
func groups(text string, at int) bool {
	return at > 0 && digitsAt(text[at+1:]) > 0 && digitsAt(text[at-1:]) > 0
}

// conjoins reports whether a text begins with a word that joins two clauses.
func conjoins(text string) bool {
	for _, w := range [...]string{" and ", " but ", " while ", " whereas "} {
		if len(text) >= len(w) && strings.EqualFold(text[:len(w)], w) {
			return true
		}
	}
	return false
}
