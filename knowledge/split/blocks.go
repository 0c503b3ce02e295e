package split

import (
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

type kind uint8

const (
	blank kind = iota
	prose
	item // a list item with its continuation lines
	table
	fence
	title
)

// block is a piece of a document that is cut only if it must be.
type block struct {
	kind  kind
	text  string
	line  int    // first line, from 1
	page  int    // from 1; 0: the document has no pages
	level int    // of a title
	id    string // the anchor of a title
}

// Levels of the parts of a statute, below the headings of Markdown so that
// "# Labour Contract Law" stays above them.
const (
	partLevel = 7 + iota
	chapterLevel
	sectionLevel
	articleLevel
)

// leastArticles is how many lines must start with 第…条 before a text is taken
// for a statute: a guide may quote one or two.
const leastArticles = 3

// reader reads blocks line by line.
type reader struct {
	lines    []row
	at       int
	markdown bool
	articles bool
	numbered bool   // short numbered lines that stand alone are headings
	pending  string // rest of a line that began with an article number
}

func (r *reader) next() (block, bool) {
	if r.pending != "" {
		b := block{kind: prose, text: r.pending, line: r.lines[r.at-1].number, page: r.lines[r.at-1].page}
		r.pending = ""
		b.text = strings.Join(append([]string{b.text}, r.continued()...), "\n")
		return b, true
	}
	if r.at >= len(r.lines) {
		return block{}, false
	}
	line := r.lines[r.at].text
	b := block{line: r.lines[r.at].number, page: r.lines[r.at].page}
	r.at++
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		return b, true
	case fenceMark(trimmed) != "":
		b.kind, b.text = fence, line+r.until(fenceMark(trimmed))
	case r.markdown && atx(trimmed) > 0:
		b.kind, b.level = title, atx(trimmed)
		b.text, b.id = headingText(trimmed[b.level:])
	case r.markdown && r.setext() > 0:
		b.kind, b.level = title, r.setext()
		b.text, b.id = headingText(trimmed)
		r.at++
	case r.articles && statuteLevel(trimmed) > 0:
		b.kind = title
		b.level, b.text, r.pending = statuteHead(trimmed)
	case r.numbered && r.alone() && numberedLevel(trimmed) > 0:
		b.kind, b.level, b.text = title, numberedLevel(trimmed), trimmed
	case isRow(trimmed), r.heads(r.at - 1):
		b.kind, b.text = table, strings.Join(append([]string{line}, r.rows()...), "\n")
	case isItem(trimmed):
		b.kind, b.text = item, strings.Join(append([]string{line}, r.continued()...), "\n")
	default:
		b.kind, b.text = prose, strings.Join(append([]string{line}, r.continued()...), "\n")
	}
	return b, true
}

// continued takes the lines that go on with a paragraph or a list item.
func (r *reader) continued() []string {
	var out []string
	for r.at < len(r.lines) && !r.starts(strings.TrimSpace(r.lines[r.at].text)) && !r.heads(r.at) && !r.turned() {
		out = append(out, r.lines[r.at].text)
		r.at++
	}
	return out
}

// starts reports whether a line begins a block of its own.
func (r *reader) starts(trimmed string) bool {
	return trimmed == "" || fenceMark(trimmed) != "" || isRow(trimmed) || isItem(trimmed) ||
		r.markdown && atx(trimmed) > 0 || r.articles && statuteLevel(trimmed) > 0
}

// heads reports whether line i is the header of a table, whose rows may do
// without the bars at their ends.
func (r *reader) heads(i int) bool {
	return i+1 < len(r.lines) && r.lines[i+1].page == r.lines[i].page && cut.Headed(r.lines[i].text, r.lines[i+1].text)
}

// rows takes the rows below the one that was just read. Where that one has no
// bar at its beginning, theirs may lack it too.
func (r *reader) rows() []string {
	var out []string
	bare := !isRow(strings.TrimSpace(r.lines[r.at-1].text))
	for r.at < len(r.lines) && !r.turned() {
		line := r.lines[r.at].text
		if trimmed := strings.TrimSpace(line); !isRow(trimmed) && (!bare || cut.Cells(trimmed) == nil) {
			break
		}
		out = append(out, r.lines[r.at].text)
		r.at++
	}
	return out
}

// until takes the lines up to the end of a fence, or of the document.
func (r *reader) until(mark string) string {
	var b strings.Builder
	for r.at < len(r.lines) {
		line := r.lines[r.at].text
		r.at++
		b.WriteString("\n" + line)
		if t := strings.TrimSpace(line); strings.HasPrefix(t, mark) && strings.Trim(t, mark[:1]) == "" {
			break
		}
	}
	return b.String()
}

func fenceMark(trimmed string) string {
	for _, c := range [...]string{"`", "~"} {
		if n := len(trimmed) - len(strings.TrimLeft(trimmed, c)); n >= 3 {
			return trimmed[:n]
		}
	}
	return ""
}

// atx is the level of a heading that starts with #, 0 for none.
func atx(trimmed string) int {
	n := len(trimmed) - len(strings.TrimLeft(trimmed, "#"))
	if n < 1 || n > 6 || len(trimmed) == n || trimmed[n] != ' ' && trimmed[n] != '\t' {
		return 0
	}
	return n
}

// setext is the level of a heading that is underlined, 0 for none. The line
// before the underline has just been read.
func (r *reader) setext() int {
	if r.at >= len(r.lines) {
		return 0
	}
	under := strings.TrimSpace(r.lines[r.at].text)
	switch {
	case len(under) >= 3 && strings.Trim(under, "=") == "":
		return 1
	case len(under) >= 3 && strings.Trim(under, "-") == "" && !isRow(strings.TrimSpace(r.lines[r.at-1].text)):
		return 2
	}
	return 0
}

func isRow(trimmed string) bool { return strings.HasPrefix(trimmed, "|") }

func isItem(trimmed string) bool {
	if len(trimmed) > 1 && strings.IndexByte("-*+", trimmed[0]) >= 0 && trimmed[1] == ' ' {
		return true
	}
	digits := len(trimmed) - len(strings.TrimLeft(trimmed, "0123456789"))
	if digits > 0 && digits < 4 && digits+1 < len(trimmed) {
		return (trimmed[digits] == '.' || trimmed[digits] == ')') && trimmed[digits+1] == ' '
	}
	for _, open := range [...]string{"(", "（"} {
		if rest, ok := strings.CutPrefix(trimmed, open); ok {
			_, n := cut.Numeral(rest)
			return n > 0 && (strings.HasPrefix(rest[n:], ")") || strings.HasPrefix(rest[n:], "）"))
		}
	}
	return false
}

func countArticles(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		if statuteLevel(strings.TrimSpace(line)) == articleLevel {
			n++
		}
	}
	return n
}

// statuteLevel is the level of a line that starts with 第…编, 章, 节 or 条.
func statuteLevel(trimmed string) int {
	level, _ := statuteMark(trimmed)
	return level
}

// statuteMark also says how long the mark is.
func statuteMark(trimmed string) (level, size int) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(trimmed, "*"), "第")
	if !ok {
		return 0, 0
	}
	n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if n == 0 {
		_, n = cut.Numeral(rest)
	}
	if n == 0 {
		return 0, 0
	}
	unit, w := utf8.DecodeRuneInString(rest[n:])
	size = len(trimmed) - len(rest) + n + w
	if more, ok := strings.CutPrefix(trimmed[size:], "之"); ok {
		if _, n := cut.Numeral(more); n > 0 {
			size += len("之") + n
		}
	}
	next, _ := utf8.DecodeRuneInString(trimmed[size:])
	if next != utf8.RuneError && !strings.ContainsRune(" \t　*:：【", next) {
		return 0, 0 // 第三条规定 in running text
	}
	switch unit {
	case '编':
		return partLevel, size
	case '章':
		return chapterLevel, size
	case '节':
		return sectionLevel, size
	case '条':
		return articleLevel, size
	}
	return 0, 0
}

// statuteHead parts the heading from the text that follows on the same line: an
// article's text does, a chapter's name is its heading.
func statuteHead(trimmed string) (level int, head, rest string) {
	level, size := statuteMark(trimmed)
	if level != articleLevel {
		return level, trimmed, ""
	}
	return level, strings.Trim(trimmed[:size], "*"), strings.TrimLeft(trimmed[size:], " \t　*:：")
}
