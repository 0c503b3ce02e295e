package markdown

import "strings"

// The bounds within which a text is parsed. Each is far above what anybody
// writes and far below where goldmark's quadratic corners begin to hurt (see
// BenchmarkHostile).
const (
	maxMarked    = 64 << 10 // bytes that are parsed; the rest is plain text
	maxNesting   = 16       // quotes and lists inside one another on one line
	maxDelimiter = 1000     // characters of inline markup in one paragraph
	maxColumns   = 64       // columns of a table
	maxCells     = 10_000   // cells of a table, those counted that a short row lacks
)

// guard divides s into what may be given to the parser and the rest, which is
// plain text. Paragraphs beyond the bounds are escaped, so that they come out
// of the parser as the text they are.
func guard(s string) (marked, plain string) {
	if len(s) > maxMarked {
		end := strings.LastIndexByte(s[:maxMarked], '\n') + 1
		if end == 0 {
			return "", s
		}
		s, plain = s[:end], s[end:]
	}
	if harmless(s) {
		return s, plain
	}
	var b strings.Builder
	for rest := s; rest != ""; {
		var paragraph string
		paragraph, rest = cutParagraph(rest)
		if harmless(paragraph) {
			b.WriteString(paragraph)
		} else {
			escapeParagraph(&b, paragraph)
		}
	}
	return b.String(), plain
}

// cutParagraph splits s behind its first blank line.
func cutParagraph(s string) (first, rest string) {
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		if at > 0 && strings.TrimSpace(s[at:end]) == "" {
			return s[:end], s[end:]
		}
		at = end
	}
	return s, ""
}

// lineEnd returns where the line at offset at ends, behind its line break.
func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s)
}

// harmless reports whether a paragraph keeps the bounds.
func harmless(s string) bool {
	delimiters, columns, lines := 0, 0, 0
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		line := s[at:end]
		at = end
		if strings.TrimSpace(line) == "" {
			delimiters, columns, lines = 0, 0, 0
			continue
		}
		n, pipes := countMarkup(line)
		delimiters += n
		lines++
		columns = max(columns, pipes)
		if delimiters > maxDelimiter || columns > maxColumns || columns*lines > maxCells || nesting(line) > maxNesting {
			return false
		}
	}
	return true
}

func countMarkup(line string) (delimiters, pipes int) {
	for i := range len(line) {
		switch line[i] {
		case '*', '_', '~', '`', '[', ']', '<', '!':
			delimiters++
		case '|':
			pipes++
		}
	}
	return delimiters, pipes
}

// nesting counts the containers that a line opens: each > and each bullet or
// number with a space behind it.
func nesting(line string) int {
	depth := 0
	for i := range len(line) {
		switch c := line[i]; {
		case c == '>':
			depth++
		case c == ' ' && i > 0 && strings.IndexByte("-*+.)", line[i-1]) >= 0:
			depth++
		case strings.IndexByte(" \t-*+.)0123456789", c) < 0:
			return depth
		}
	}
	return depth
}

// escapeParagraph writes s so that CommonMark reads it as plain lines.
func escapeParagraph(b *strings.Builder, s string) {
	for line := range strings.Lines(s) {
		line = strings.TrimLeft(line, " \t")
		for i := range len(line) {
			if asciiPunct(line[i]) {
				b.WriteByte('\\')
			}
			b.WriteByte(line[i])
		}
	}
}
