package cut

import "unicode/utf8"

// Filter knows how the terms of a question begin. Nearly all terms of a text
// begin otherwise and are not worth stemming or looking up.
type Filter struct {
	runes   [1 << 10]uint64 // by the first character, Chinese
	letters [1 << 4]uint64  // by the first two letters
}

// Add lets a term through, and all that begin as it does.
func (f *Filter) Add(term string) {
	if r, _ := utf8.DecodeRuneInString(term); Han(r) {
		f.runes[r>>6&1023] |= 1 << (r & 63)
		return
	}
	i := letters(term)
	f.letters[i>>6] |= 1 << (i & 63)
}

func (f *Filter) wantsRune(r rune) bool {
	return f == nil || f.runes[r>>6&1023]&(1<<(r&63)) != 0
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
