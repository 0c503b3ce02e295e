package split

import (
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// parts cuts a block that is too long: a table or a fence between lines, text
// at the ends of sentences.
func (b block) parts() []string {
	switch b.kind {
	case table:
		return gather(strings.SplitAfter(b.text, "\n"), most-utf8.RuneCountInString(b.head()))
	case fence:
		return gather(strings.SplitAfter(b.text, "\n"), hardMost)
	default:
		return gather(sentences(b.text), most)
	}
}

// maxHead bounds what is repeated of a table, in characters: a header that is
// half a passage by itself leaves no room for rows.
const maxHead = most / 2

// head is the header of a table with the line below it, "" where it has none.
func (b block) head() string {
	if b.kind != table {
		return ""
	}
	first, rest, _ := strings.Cut(b.text, "\n")
	second, _, more := strings.Cut(rest, "\n")
	if !more || strings.Trim(second, "|-: \t") != "" || !strings.Contains(second, "-") {
		return ""
	}
	head := first + "\n" + second + "\n"
	if utf8.RuneCountInString(head) > maxHead {
		return ""
	}
	return head
}

// gather joins pieces up to a size in characters. A piece that is longer by
// itself stays whole.
func gather(pieces []string, limit int) []string {
	var (
		out  []string
		b    strings.Builder
		size int
	)
	for _, piece := range pieces {
		n := utf8.RuneCountInString(piece)
		if size > 0 && size+n > limit {
			out = append(out, strings.TrimRight(b.String(), "\n"))
			b.Reset()
			size = 0
		}
		b.WriteString(piece)
		size += n
	}
	if size > 0 {
		out = append(out, strings.TrimRight(b.String(), "\n"))
	}
	return out
}

// sentences cuts text at the ends of sentences and, where one is longer than a
// passage, at weaker marks.
func sentences(text string) []string {
	var out []string
	for text != "" {
		end := cut.SentenceEnd(text)
		out = append(out, clauses(text[:end])...)
		text = text[end:]
	}
	return out
}

// clauses cuts a sentence that is too long at its last line break, semicolon,
// comma or space before the limit, and at the limit where it has none.
func clauses(text string) []string {
	var out []string
	for {
		end := byteOf(text, most)
		if end == len(text) {
			return append(out, text)
		}
		at := end
		for _, marks := range [...]string{"\n", "；;", "，,、", " \t　"} {
			if i := strings.LastIndexAny(text[:end], marks); i > end/2 {
				_, size := utf8.DecodeRuneInString(text[i:])
				at = i + size
				break
			}
		}
		out = append(out, text[:at])
		text = text[at:]
	}
}

// byteOf is where the character number n starts, len(text) when there are fewer.
func byteOf(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
