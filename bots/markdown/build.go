package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	tables "github.com/yuin/goldmark/extension/ast"
)

// builder makes a Doc of goldmark's tree.
type builder struct {
	source []byte
	links  func(url string) bool
}

// blocks returns the children of parent.
func (b builder) blocks(parent ast.Node) []Block {
	var blocks []Block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if block := b.block(n); block != nil {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

func (b builder) block(n ast.Node) Block {
	switch n := n.(type) {
	case *ast.Heading:
		return Heading{Level: n.Level, Text: b.inlines(n)}
	case *ast.Paragraph, *ast.TextBlock:
		return Paragraph{Text: b.inlines(n)}
	case *ast.List:
		return b.list(n)
	case *ast.Blockquote:
		return Quote{Blocks: b.blocks(n)}
	case *ast.FencedCodeBlock:
		info := ""
		if n.Info != nil {
			info = strings.TrimSpace(unescape(string(n.Info.Value(b.source))))
		}
		return CodeBlock{Info: info, Text: b.code(n)}
	case *ast.CodeBlock:
		return CodeBlock{Text: b.code(n)}
	case *ast.ThematicBreak:
		return Rule{}
	case *tables.Table:
		return b.table(n)
	}
	return nil
}

func (b builder) list(n *ast.List) List {
	l := List{Ordered: n.IsOrdered(), Start: n.Start}
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		l.Items = append(l.Items, checkbox(b.blocks(item)))
	}
	return l
}

// checkbox turns the "[ ]" and "[x]" of a task list into signs that read the
// same everywhere.
func checkbox(item Item) Item {
	if len(item) == 0 {
		return item
	}
	p, ok := item[0].(Paragraph)
	if !ok || len(p.Text) == 0 {
		return item
	}
	text, ok := p.Text[0].(Text)
	if !ok {
		return item
	}
	for box, sign := range map[string]string{"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "} {
		if rest, found := strings.CutPrefix(string(text), box); found {
			p.Text[0] = Text(sign + rest)
		}
	}
	return item
}

// unescapePipes resolves \| in the inline code of a table cell, where GitHub's
// rules demand the escape and goldmark leaves it.
func unescapePipes(cell Cell) Cell {
	for i, n := range cell {
		switch n := n.(type) {
		case CodeSpan:
			cell[i] = CodeSpan(strings.ReplaceAll(string(n), `\|`, "|"))
		case Styled:
			unescapePipes(n.Text)
		case Link:
			unescapePipes(n.Text)
		}
	}
	return cell
}

func (b builder) code(n ast.Node) string {
	var s strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		segment := lines.At(i)
		s.Write(segment.Value(b.source))
	}
	return strings.TrimSuffix(s.String(), "\n")
}

func (b builder) table(n *tables.Table) Table {
	t := Table{}
	for _, a := range n.Alignments {
		t.Align = append(t.Align, alignment(a))
	}
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		cells := make([]Cell, 0, len(t.Align))
		for cell := row.FirstChild(); cell != nil && len(cells) < len(t.Align); cell = cell.NextSibling() {
			cells = append(cells, unescapePipes(b.inlines(cell)))
		}
		if last := len(cells) - 1; last >= 0 {
			cells[last] = appendText(cells[last], b.excess(row.LastChild()))
		}
		if _, header := row.(*tables.TableHeader); header {
			t.Header = cells
		} else {
			t.Rows = append(t.Rows, cells)
		}
	}
	return t
}

// excess returns what stands behind the last column of a row. GitHub's rules
// drop it; here no text is lost.
func (b builder) excess(cell ast.Node) string {
	lines := cell.Lines()
	if lines.Len() == 0 {
		return ""
	}
	start := lines.At(lines.Len() - 1).Stop
	rest := strings.Trim(string(b.source[start:start+lineLength(b.source[start:])]), "| \t")
	if rest == "" {
		return ""
	}
	return " | " + unescape(rest)
}

func lineLength(source []byte) int {
	if i := bytes.IndexByte(source, '\n'); i >= 0 {
		return i
	}
	return len(source)
}

func alignment(a tables.Alignment) Align {
	switch a {
	case tables.AlignLeft:
		return AlignLeft
	case tables.AlignRight:
		return AlignRight
	case tables.AlignCenter:
		return AlignCenter
	default:
		return AlignNone
	}
}

// plainBlocks makes paragraphs of s without looking for anything in it.
func plainBlocks(s string) []Block {
	var blocks []Block
	for part := range strings.SplitSeq(s, "\n\n") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		var text []Inline
		for line := range strings.SplitSeq(strings.Trim(part, "\n"), "\n") {
			if len(text) > 0 {
				text = append(text, Break{})
			}
			text = appendText(text, strings.TrimSpace(line))
		}
		blocks = append(blocks, Paragraph{Text: text})
	}
	return blocks
}
