package cut

import "unicode/utf8"

// Filter knows how the terms of a question begin. Nearly all terms of a text
// begin otherwise and are not worth stemming or looking up.
type Filter struct {
	grams   runes          // characters that are terms
	first   runes          // characters that pairs and references begin with
	second  runes          // second characters of pairs
	letters [1 << 4]uint64 // by the first two letters
}

// runes is a set of characters; those that are 65536 apart are one.
type runes [1 << 10]uint64

func (s *runes) add(r rune)      { s[r>>6&1023] |= 1 << (r & 63) }
func (s *runes) has(r rune) bool { return s[r>>6&1023]&(1<<(r&63)) != 0 }

// Add lets a term through, and some others that look like it.
func (f *Filter) Add(term string) {
	r, size := utf8.DecodeRuneInString(term)
	if !Han(r) {
		i := letters(term)
		f.letters[i>>6] |= 1 << (i & 63)
		return
	}
	if size == len(term) {
		f.grams.add(r)
		return
	}
	f.first.add(r)
	next, _ := utf8.DecodeRuneInString(term[size:])
	f.second.add(next)
}

func (f *Filter) wantsGram(r rune) bool { return f == nil || f.grams.has(r) }

func (f *Filter) wantsPair(a, b rune) bool {
	return f == nil || f.first.has(a) && f.second.has(b)
}

// wantsWord takes a word before it is lower-cased and stemmed, neither of which
// changes the first two letters of a word that is in use.
func (f *Filter) wantsWord(word string) bool {
	if f == nil || word[0] >= utf8.RuneSelf {
		return true
	}
	i := letters(word)
	return f.letters[i>>6]&(1<<(i&63)) != 0
}

// letters is a number below 1024 made of the first two letters in any case.
func letters(s string) uint {
	if s == "" {
		return 0
	}
	n := uint(s[0]|0x20) * 37
	if len(s) > 1 {
		n += uint(s[1] | 0x20)
	}
	return n % 1024
}
