// Package extract works on the sentences of texts: it answers with sentences
// that stand in the passages, and says how well a sentence of a model is
// supported by the passage that it cites.
package extract

import (
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// Language says what a text is written in: "zh" or "en", which stands for
// everything else.
func Language(text string) string { return cut.Language(text) }

// Sentences parts a text, Markdown or not, into its sentences. Citation marks
// stay with the sentence they follow, list markers with the one they begin; a
// heading, a row of a table and a block of code are one sentence each.
func Sentences(text string) []string {
	var out []string
	for _, b := range blocks(text) {
		if b.kind != prose && b.kind != item {
			out = append(out, b.text)
			continue
		}
		out = append(out, parts(b.text)...)
	}
	return out
}

// parts cuts running text into sentences.
func parts(text string) []string {
	var out []string
	for text != "" {
		end := sentenceEnd(text)
		if s := strings.TrimSpace(text[:end]); s != "" {
			out = append(out, s)
		}
		text = text[end:]
	}
	return out
}

type kind uint8

const (
	prose kind = iota
	item
	heading
	row
	code
	label // a title that no markup tells
)

type block struct {
	kind kind
	text string
	top  bool // a row that a table begins with
}

// blocks parts a text at empty lines, list items, headings, titles, rows and
// fences.
func blocks(text string) []block {
	var (
		out  []block
		open bool // the last block goes on with the next line
	)
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		k := kindOf(line)
		if k == prose && coded(line) && (!open || closed(out[len(out)-1].text) || coded(out[len(out)-1].text)) {
			k = item
		}
		switch {
		case line == "":
			open = false
		case k == code:
			end := fenceEnd(lines, i)
			out = append(out, block{kind: code, text: strings.Join(lines[i:end], "\n")})
			i, open = end-1, false
		case tableEnd(lines, i) > i:
			end := tableEnd(lines, i)
			out = appendRows(out, lines[i:end])
			i, open = end-1, false
		case k == prose && open && (!closed(out[len(out)-1].text) || !titled(lines, i)):
			out[len(out)-1].text += "\n" + line
		case k == prose && titled(lines, i):
			out, open = append(out, block{kind: label, text: line}), false
		default:
			out = append(out, block{kind: k, text: line})
			open = k == prose || k == item
		}
	}
	return out
}

func appendRows(out []block, lines []string) []block {
	for i, line := range lines {
		out = append(out, block{kind: row, text: strings.TrimSpace(line), top: i == 0})
	}
	return out
}

func kindOf(line string) kind {
	switch {
	case strings.HasPrefix(line, "```"), strings.HasPrefix(line, "~~~"):
		return code
	case strings.HasPrefix(line, "#") && strings.HasPrefix(strings.TrimLeft(line, "#"), " "):
		return heading
	case marker(line) > 0:
		return item
	}
	return prose
}

// fenceEnd is the number of the line after a block of code that starts at line i.
func fenceEnd(lines []string, i int) int {
	mark := strings.TrimSpace(lines[i])[:3]
	for n := i + 1; n < len(lines); n++ {
		if strings.HasPrefix(strings.TrimSpace(lines[n]), mark) {
			return n + 1
		}
	}
	return len(lines)
}

// marker is the length of a list marker at the start of a line: "- ", "2. ",
// "(一)", "（3）", "一、".
func marker(line string) int {
	if len(line) > 2 && strings.IndexByte("-*+", line[0]) >= 0 && line[1] == ' ' {
		return 2
	}
	if n := count(line); n > 0 {
		for _, end := range [...]string{". ", ") ", "、"} {
			if strings.HasPrefix(line[n:], end) {
				return n + len(end)
			}
		}
		return 0
	}
	for _, pair := range [...][2]string{{"(", ")"}, {"（", "）"}} {
		rest, ok := strings.CutPrefix(line, pair[0])
		if n := count(rest); ok && n > 0 && strings.HasPrefix(rest[n:], pair[1]) {
			return len(pair[0]) + n + len(pair[1])
		}
	}
	return 0
}

// count is the length of the number, in digits or Chinese, at the start of text.
func count(text string) int {
	if n := len(text) - len(strings.TrimLeft(text, "0123456789")); n > 0 {
		if n > 3 {
			return 0
		}
		return n
	}
	_, n := cut.Numeral(text)
	return n
}
