package cut

import "strings"

// Stem returns the stem of a lower-cased English word after M. F. Porter, "An
// algorithm for suffix stripping", Program 14(3), 1980. Words that are not plain
// a to z, or shorter than three letters, stay as they are.
func Stem(word string) string {
	if len(word) < 3 {
		return word
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word
		}
	}
	word = plural(word)
	word = pastAndGerund(word)
	if stem, ok := strings.CutSuffix(word, "y"); ok && hasVowel(stem) {
		word = stem + "i"
	}
	word = replaceSuffix(word, doubleSuffix, 0)
	word = replaceSuffix(word, simpleSuffix, 0)
	word = dropSuffix(word)
	return tidy(word)
}

// plural is step 1a.
func plural(w string) string {
	switch {
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ies"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "ss"):
		return w
	}
	return strings.TrimSuffix(w, "s")
}

// pastAndGerund is step 1b.
func pastAndGerund(w string) string {
	if stem, ok := strings.CutSuffix(w, "eed"); ok {
		if measure(stem) > 0 {
			return stem + "ee"
		}
		return w
	}
	stem, ok := strings.CutSuffix(w, "ed")
	if !ok {
		stem, ok = strings.CutSuffix(w, "ing")
	}
	if !ok || !hasVowel(stem) {
		return w
	}
	switch {
	case strings.HasSuffix(stem, "at"), strings.HasSuffix(stem, "bl"), strings.HasSuffix(stem, "iz"):
		return stem + "e"
	case doubled(stem) && !strings.ContainsRune("lsz", rune(stem[len(stem)-1])):
		return stem[:len(stem)-1]
	case measure(stem) == 1 && shortEnd(stem):
		return stem + "e"
	}
	return stem
}

// doubleSuffix is step 2: the endings and what they become.
func doubleSuffix() []string {
	return []string{
		"ational", "ate", "tional", "tion", "enci", "ence", "anci", "ance", "izer", "ize", "abli", "able",
		"alli", "al", "entli", "ent", "eli", "e", "ousli", "ous", "ization", "ize", "ation", "ate", "ator", "ate",
		"alism", "al", "iveness", "ive", "fulness", "ful", "ousness", "ous", "aliti", "al", "iviti", "ive", "biliti", "ble",
	}
}

// simpleSuffix is step 3.
func simpleSuffix() []string {
	return []string{"icate", "ic", "ative", "", "alize", "al", "iciti", "ic", "ical", "ic", "ful", "", "ness", ""}
}

// replaceSuffix applies the first ending that fits, where the stem before it is
// long enough.
func replaceSuffix(w string, table func() []string, least int) string {
	pairs := table()
	for i := 0; i < len(pairs); i += 2 {
		if stem, ok := strings.CutSuffix(w, pairs[i]); ok {
			if measure(stem) > least {
				return stem + pairs[i+1]
			}
			return w
		}
	}
	return w
}

// dropSuffix is step 4.
func dropSuffix(w string) string {
	for _, s := range [...]string{
		"ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
		"al", "er", "ic", "ou",
	} {
		if stem, ok := strings.CutSuffix(w, s); ok {
			if measure(stem) > 1 {
				return stem
			}
			return w
		}
	}
	if stem, ok := strings.CutSuffix(w, "ion"); ok && measure(stem) > 1 &&
		(strings.HasSuffix(stem, "s") || strings.HasSuffix(stem, "t")) {
		return stem
	}
	return w
}

// tidy is step 5: a last e, and a doubled l.
func tidy(w string) string {
	if stem, ok := strings.CutSuffix(w, "e"); ok {
		if m := measure(stem); m > 1 || m == 1 && !shortEnd(stem) {
			w = stem
		}
	}
	if strings.HasSuffix(w, "ll") && measure(w) > 1 {
		return w[:len(w)-1]
	}
	return w
}

// consonant reports whether letter i of w is one: a y after a consonant is a vowel.
func consonant(w string, i int) bool {
	switch w[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return false
	case 'y':
		return i == 0 || !consonant(w, i-1)
	}
	return true
}

// measure counts the turns from vowel to consonant: Porter's m.
func measure(w string) int {
	m, vowel := 0, false
	for i := range len(w) {
		c := consonant(w, i)
		if c && vowel {
			m++
		}
		vowel = !c
	}
	return m
}

func hasVowel(w string) bool {
	for i := range len(w) {
		if !consonant(w, i) {
			return true
		}
	}
	return false
}

func doubled(w string) bool {
	n := len(w)
	return n > 1 && w[n-1] == w[n-2] && consonant(w, n-1)
}

// shortEnd is Porter's *o: consonant, vowel, consonant, the last not w, x or y.
func shortEnd(w string) bool {
	n := len(w)
	return n > 2 && consonant(w, n-3) && !consonant(w, n-2) && consonant(w, n-1) &&
		!strings.ContainsRune("wxy", rune(w[n-1]))
}
