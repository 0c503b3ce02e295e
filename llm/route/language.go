package route

import "unicode"

// Languages are what a rule can tell a message's language to be. They are told
// apart by their writing, so "en" stands for whatever is written in Latin
// letters, "ru" for Cyrillic, "ar" for Arabic script and "hi" for Devanagari.
func Languages() []string {
	return []string{"zh", "ja", "ko", "ru", "ar", "he", "el", "hi", "th", "en"}
}

// Places in Languages.
const (
	han = iota
	kana
	hangul
	cyrillic
	arabic
	hebrew
	greek
	devanagari
	thai
	latin
	scripts
)

// What counts, in sixths of a word. Words are counted rather than letters, so
// that a long name in Latin letters does not decide what a Chinese question is
// written in; a Chinese or Japanese word has about one and a half characters,
// a Thai one, also without spaces around it, about six signs.
const (
	aWord     = 6
	aHan      = 4
	aThaiSign = 1
)

// kanaShare is how many Han characters a Japanese text has to one kana at most;
// a Chinese text may name a Japanese word.
const kanaShare = 5

// language says what a text is written in: "en" where nothing tells.
func language(text string) string {
	count := weighed(text)
	if count[kana]*kanaShare >= count[han] {
		count[han], count[kana] = 0, count[han]+count[kana]
	} else {
		count[han], count[kana] = count[han]+count[kana], 0
	}
	best := latin
	for i := range count {
		if count[i] > 0 && count[i] >= count[best] && i != best {
			best = i
		}
	}
	return Languages()[best]
}

func weighed(text string) (count [scripts]int) {
	before := -1
	for _, r := range text {
		now := script(r)
		switch {
		case now == han || now == kana:
			count[now] += aHan
		case now == thai:
			count[now] += aThaiSign
		case now >= 0 && now != before:
			count[now] += aWord
		}
		before = now
	}
	return count
}

// script is the place of a letter's writing in Languages, or -1.
func script(r rune) int {
	switch {
	case r < 'A':
		return -1
	case r < 0x0370:
		if unicode.IsLetter(r) {
			return latin
		}
		return -1
	case r >= 0x3040 && r <= 0x30ff:
		return kana
	case unicode.Is(unicode.Han, r):
		return han
	}
	return otherScript(r)
}

func otherScript(r rune) int {
	for i, table := range [scripts]*unicode.RangeTable{
		hangul: unicode.Hangul, cyrillic: unicode.Cyrillic, arabic: unicode.Arabic, hebrew: unicode.Hebrew,
		greek: unicode.Greek, devanagari: unicode.Devanagari, thai: unicode.Thai,
	} {
		if table != nil && unicode.Is(table, r) {
			return i
		}
	}
	return -1
}
