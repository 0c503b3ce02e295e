package cut

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner walks over folded text once.
type scanner struct {
	text   string
	at     int
	pos    int
	yield  func(Term)
	cutter *Cutter
	filter *Filter
	// before is the word just before, which may turn a number into a reference
	// ("section 5.2").
	before string
}

func (s *scanner) run() {
	for s.at < len(s.text) {
		r, size := decode(s.text[s.at:])
		switch {
		case Han(r):
			s.han()
		case isWordRune(r):
			s.word()
		default:
			if r == '§' {
				s.before = "§"
			} else if r != ' ' && r != '.' {
				s.before = ""
			}
			s.at += size
		}
	}
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// han emits a run of characters: every character, every pair of neighbours, and
// references whole. Nothing is quicker to pass over than a character that no
// term has: most of the time of a search goes by here.
func (s *scanner) han() {
	s.before = ""
	opens := &folds().opens
	var before rune // the character before, 0 at the start of a run
	last := 0       // where it stands
	for s.at < len(s.text) {
		r, size := decode(s.text[s.at:])
		if opens.has(r) {
			if ref, size := article(s.text[s.at:]); size > 0 {
				s.emit(ref, Reference)
				s.at += size
				before = 0
				continue
			}
		}
		if !Han(r) {
			return
		}
		if before != 0 && s.filter.wantsPair(before, r) {
			s.yield(Term{s.text[last : s.at+size], Pair, s.pos - 1})
		}
		if s.filter.wantsGram(r) {
			s.yield(Term{s.text[s.at : s.at+size], Gram, s.pos})
		}
		s.pos++
		before, last = r, s.at
		s.at += size
	}
}

func (s *scanner) emit(text string, kind Kind) {
	s.yield(Term{text, kind, s.pos})
	s.pos++
}

// word emits a run of letters and digits with what holds it together inside.
func (s *scanner) word() {
	if s.simple() {
		return
	}
	if ref, size := article(s.text[s.at:]); size > 0 { // 87条
		s.emit(ref, Reference)
		s.at += size
		return
	}
	start := s.at
	shape := s.span()
	word := strings.TrimRight(s.text[start:s.at], "_")
	before := s.before
	s.before = ""
	switch {
	case word == "":
	case shape.digits && !shape.letters && !shape.odd:
		s.number(word, before)
	case shape.code():
		s.code(word, shape)
	case shape.joined:
		s.parts(word)
	default:
		s.plain(word)
		s.before = word
	}
}

// simple emits a word of letters, small but for the first, that nothing is
// joined to: most English words, at a third of the cost.
func (s *scanner) simple() bool {
	end := s.at
	if c := s.text[end] | 0x20; c < 'a' || c > 'z' {
		return false
	}
	for end++; end < len(s.text) && s.text[end] >= 'a' && s.text[end] <= 'z'; end++ {
	}
	if end < len(s.text) && !between(s.text[end]) && (!joint(s.text[end]) || end+1 < len(s.text) && !between(s.text[end+1])) {
		return false
	}
	word := s.text[s.at:end]
	s.at, s.before = end, word
	if s.filter.wantsWord(word) {
		if stem := s.cutter.stem(word); stem != "" {
			s.yield(Term{stem, Word, s.pos})
		}
	}
	s.pos++
	return true
}

// between reports whether an ASCII character stands between words and joins
// nothing.
func between(c byte) bool {
	return c <= ' ' || c == '(' || c == ')' || c == ':' || c == ';' || c == '!' || c == '?' || c == '"' || c == '*' || c == '`'
}

// joint reports whether a character joins what stands on both sides of it.
func joint(c byte) bool { return c == '.' || c == ',' || c == '-' || c == '\'' }

// shape is what a word is made of.
type shape struct {
	letters, digits bool
	joined          bool // has a hyphen, dot, slash or apostrophe inside
	odd             bool // joined by something else than the dots and commas of a number
	under, dot      bool
	camel           bool // a capital after a small letter
}

// code reports whether the word must also match as a whole.
func (h shape) code() bool {
	return h.under || h.dot || h.camel || h.digits && h.letters || h.digits && h.odd
}

// span moves past the word and says how it is made.
func (s *scanner) span() shape {
	var h shape
	small := false
	for s.at < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[s.at:])
		if Han(r) || !isWordRune(r) && !s.joins(r, size, &h) {
			return h
		}
		switch {
		case r == '_':
			h.under = true
		case r >= '0' && r <= '9':
			h.digits = true
		case isWordRune(r):
			h.letters = true
			up := unicode.IsUpper(r)
			h.camel = h.camel || up && small
			small = !up
		}
		s.at += size
	}
	return h
}

// joins reports whether r holds two parts of one word together.
func (s *scanner) joins(r rune, size int, h *shape) bool {
	next, _ := utf8.DecodeRuneInString(s.text[s.at+size:])
	if Han(next) || !isWordRune(next) || s.at == 0 {
		return false
	}
	switch r {
	case '.':
		h.dot = h.dot || h.letters
	case ',':
		if h.letters || next < '0' || next > '9' {
			return false
		}
	case '-', '\'':
		h.odd = true
	default:
		return false
	}
	h.joined = true
	return true
}

// number emits a number, and the reference that it is after "section".
func (s *scanner) number(word, before string) {
	word = strings.ReplaceAll(word, ",", "")
	if prefix, suffix, ok := sectionWord(strings.ToLower(before)); ok {
		s.yield(Term{prefix + word + suffix, Reference, s.pos})
	}
	s.emit(word, Number)
}

// code emits an identifier whole, and in parts where it has some.
func (s *scanner) code(word string, h shape) {
	if !h.joined && !h.under && !h.camel {
		s.emit(strings.ToLower(word), Code)
		return
	}
	s.yield(Term{unhyphened(strings.ToLower(word)), Code, s.pos})
	s.parts(word)
}

// unhyphened is the one form of a code of letters and digits, which people write
// with a hyphen and without: fc-2040 is fc2040. One letter more or less is
// another thing: a-4 is no paper.
func unhyphened(word string) string {
	head, tail, ok := strings.Cut(word, "-")
	if ok && len(head) > 1 && tail != "" && strings.Trim(head, "abcdefghijklmnopqrstuvwxyz") == "" && strings.Trim(tail, "0123456789") == "" {
		return head + tail
	}
	return word
}

// parts emits the parts of a joined word: at its joints, and where small
// letters meet capitals.
func (s *scanner) parts(word string) {
	word = strings.TrimSuffix(word, "'s")
	start := 0
	var last rune
	for i, r := range word {
		if i > start && parted(last, r) {
			s.plain(word[start:i])
			start = i
		}
		if !isWordRune(r) || r == '_' {
			start = i + utf8.RuneLen(r)
		}
		last = r
	}
	if start < len(word) {
		s.plain(word[start:])
	}
}

func parted(a, b rune) bool {
	if !isWordRune(b) || b == '_' {
		return true
	}
	return unicode.IsLower(a) && unicode.IsUpper(b)
}

// plain emits one word without joints.
func (s *scanner) plain(word string) {
	if !s.filter.wantsWord(word) {
		s.pos++
		return
	}
	if strings.ContainsFunc(word, unicode.IsDigit) {
		kind := Code
		if strings.TrimLeft(word, "0123456789") == "" {
			kind = Number
		}
		s.emit(strings.ToLower(word), kind)
		return
	}
	if stem := s.cutter.stem(word); stem != "" {
		s.yield(Term{stem, Word, s.pos})
	}
	s.pos++
}
