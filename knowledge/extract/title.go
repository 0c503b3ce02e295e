package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// maxTitle is how wide a line may be that is a title: a Chinese character is as
// wide as two letters.
const maxTitle = 60

// maxTitleWords is how many words a title has at most.
const maxTitleWords = 9

// titled reports whether line i, the first of a paragraph, is a title: short,
// without a mark at its end, and above a sentence, a list or a table. Text that
// is wrapped by hand has as much in its first line as in the others, so a line
// that had room for the next word was ended on purpose.
func titled(lines []string, i int) bool {
	line := strings.TrimSpace(lines[i])
	if !mayTitle(line) || i+1 >= len(lines) {
		return false
	}
	next := i + 1
	for next < len(lines) && strings.TrimSpace(lines[next]) == "" {
		next++
	}
	if next == len(lines) {
		return false
	}
	below := strings.TrimSpace(lines[next])
	if next > i+1 {
		return kindOf(below) != heading && (kindOf(below) != prose || closed(paragraph(lines, next)))
	}
	switch kindOf(below) {
	case prose:
		first, _ := utf8.DecodeRuneInString(below)
		return (unicode.IsUpper(first) || cut.Han(first) || unicode.IsDigit(first)) && tableEnd(lines, next) == next && roomFor(line, lines[next:])
	case heading:
		return false
	default:
		return true
	}
}

// mayTitle reports whether a line looks like a title by itself.
func mayTitle(line string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(line, "*_ "))
	return kindOf(line) == prose && width(line) <= maxTitle && len(strings.Fields(line)) <= maxTitleWords &&
		!strings.ContainsRune("。；：，、！？….;:,!?)）]”\"", last) && !strings.ContainsAny(line, "。；！？，") &&
		!strings.Contains(line, ". ") && !strings.Contains(line, ": ") && !strings.Contains(line, "：")
}

// roomFor reports whether a line had room for the next word, by the longest line
// of its paragraph.
func roomFor(line string, rest []string) bool {
	widest := width(line)
	for _, r := range rest {
		if strings.TrimSpace(r) == "" {
			break
		}
		widest = max(widest, width(strings.TrimSpace(r)))
	}
	next := strings.TrimSpace(rest[0])
	first, _, _ := strings.Cut(next, " ")
	more := 1 + width(first)
	if c, _ := utf8.DecodeRuneInString(next); cut.Han(c) { // Chinese is wrapped at any character; marks hang together
		more = 4
	}
	return width(line)+more <= widest
}

// paragraph is the text from line i to the next empty one.
func paragraph(lines []string, i int) string {
	end := i
	for end < len(lines) && strings.TrimSpace(lines[end]) != "" {
		end++
	}
	return strings.TrimSpace(strings.Join(lines[i:end], "\n"))
}

// closed reports whether a text ends as a sentence does, or introduces.
func closed(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, "*_ \"”』」)）]"))
	return strings.ContainsRune("。；：！？….;:!?", last)
}

// width is that of a text as it is shown: Chinese characters are twice as wide
// as letters.
func width(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}
