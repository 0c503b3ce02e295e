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

// simplified maps traditional characters to simplified ones. It is built once,
// at first use: text without traditional characters pays only the lookups.
func simplified() map[rune]rune { return simplifiedOnce() }

//nolint:gochecknoglobals // a compiled-in table, built at first use
var simplifiedOnce = sync.OnceValue(func() map[rune]rune {
	table := make(map[rune]rune, len(traditional)/7)
	for pair := range strings.FieldsSeq(traditional) {
		from, n := utf8.DecodeRuneInString(pair)
		to, _ := utf8.DecodeRuneInString(pair[n:])
		table[from] = to
	}
	return table
})

// Fold gives text the one form that terms are cut from: half-width letters,
// digits and punctuation, simplified characters, and no Markdown backslashes
// before punctuation. Case is kept, because identifiers are told by it.
func Fold(text string) string {
	table := simplified()
	from := needsFold(text, table)
	if from < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	b.WriteString(text[:from])
	for i, r := range text[from:] {
		if r == '\\' && escapes(text[from+i+1:]) {
			continue
		}
		b.WriteRune(foldRune(r, table))
	}
	return b.String()
}

// needsFold returns where the first rune stands that Fold changes, -1 for none.
func needsFold(text string, table map[rune]rune) int {
	for i, r := range text {
		if r < utf8.RuneSelf && r != '\\' {
			continue
		}
		if r == '\\' && escapes(text[i+1:]) || foldRune(r, table) != r {
			return i
		}
	}
	return -1
}

func escapes(rest string) bool {
	return rest != "" && strings.IndexByte("\\`*_{}[]()#+-.!|<>\"'/:$%&=~^", rest[0]) >= 0
}

func foldRune(r rune, table map[rune]rune) rune {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF:
		if to, ok := table[r]; ok {
			return to
		}
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
	if r >= 0x4E00 && r <= 0x9FFF {
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

func lower(word string) string { return strings.ToLower(word) }
