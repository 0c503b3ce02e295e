package webchat

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

// node is a piece of an answer for the page. The page's script makes elements
// of a short list of names and text of everything else, so that no string of a
// model or a document is ever read as markup.
type node struct {
	Tag   string `json:"t,omitempty"` // an element's name; empty: Text alone
	Text  string `json:"s,omitempty"`
	Nodes []node `json:"c,omitempty"`
	Href  string `json:"href,omitempty"` // of an "a"
	N     int    `json:"n,omitempty"`    // a citation's source, or the first number of an "ol"
	Align string `json:"a,omitempty"`    // of a cell: "l", "c" or "r"
}

// blocks takes an answer apart. Links are kept where they lead to the hosts of
// the answer's own sources, and citations where there is such a source.
func blocks(content bots.Content) []node {
	text := content.Text
	if !content.Final {
		text = markdown.StableCut(text)
	}
	b := builder{sources: map[int]bool{}}
	var urls []string
	for _, s := range content.Sources {
		b.sources[s.N] = true
		urls = append(urls, s.URL)
	}
	doc := markdown.Parser{Links: markdown.Hosts(urls...)}.Parse(text)
	return b.blocks(doc.Blocks)
}

type builder struct {
	sources map[int]bool
}

func (b builder) blocks(list []markdown.Block) []node {
	nodes := make([]node, 0, len(list))
	for _, block := range list {
		nodes = append(nodes, b.block(block))
	}
	return nodes
}

func (b builder) block(block markdown.Block) node {
	switch block := block.(type) {
	case markdown.Heading:
		return node{Tag: headingTag(block.Level), Nodes: b.inlines(block.Text)}
	case markdown.Paragraph:
		return node{Tag: "p", Nodes: b.inlines(block.Text)}
	case markdown.List:
		return b.list(block)
	case markdown.Quote:
		return node{Tag: "blockquote", Nodes: b.blocks(block.Blocks)}
	case markdown.CodeBlock:
		return node{Tag: "pre", Nodes: []node{{Tag: "code", Text: block.Text}}}
	case markdown.Table:
		return b.table(block)
	default: // markdown.Rule
		return node{Tag: "hr"}
	}
}

// headingTag puts an answer's headings below the page's own.
func headingTag(level int) string {
	return []string{"h3", "h4", "h5", "h6"}[min(max(level, 1), 4)-1]
}

func (b builder) list(l markdown.List) node {
	n := node{Tag: "ul"}
	if l.Ordered {
		n = node{Tag: "ol", N: l.Start}
	}
	for _, item := range l.Items {
		n.Nodes = append(n.Nodes, node{Tag: "li", Nodes: b.item(item)})
	}
	return n
}

// item unwraps an item that is a single line.
func (b builder) item(item markdown.Item) []node {
	if len(item) > 0 {
		if p, ok := item[0].(markdown.Paragraph); ok {
			return slices.Concat(b.inlines(p.Text), b.blocks(item[1:]))
		}
	}
	return b.blocks(item)
}

func (b builder) table(t markdown.Table) node {
	head := node{Tag: "thead", Nodes: []node{b.row("th", t.Header, t.Align)}}
	body := node{Tag: "tbody"}
	for _, row := range t.Rows {
		body.Nodes = append(body.Nodes, b.row("td", row, t.Align))
	}
	return node{Tag: "table", Nodes: []node{head, body}}
}

func (b builder) row(tag string, cells []markdown.Cell, align []markdown.Align) node {
	row := node{Tag: "tr"}
	for i, cell := range cells {
		n := node{Tag: tag, Nodes: b.inlines(cell)}
		if i < len(align) {
			n.Align = []string{"", "l", "c", "r"}[min(max(int(align[i]), 0), 3)]
		}
		row.Nodes = append(row.Nodes, n)
	}
	return row
}

func (b builder) inlines(list []markdown.Inline) []node {
	nodes := make([]node, 0, len(list))
	for _, inline := range list {
		nodes = append(nodes, b.inline(inline))
	}
	return nodes
}

func (b builder) inline(inline markdown.Inline) node {
	switch inline := inline.(type) {
	case markdown.Text:
		return node{Text: string(inline)}
	case markdown.Styled:
		return node{Tag: styledTag(inline.Mark), Nodes: b.inlines(inline.Text)}
	case markdown.CodeSpan:
		return node{Tag: "code", Text: string(inline)}
	case markdown.Link:
		return node{Tag: "a", Href: inline.URL, Nodes: b.inlines(inline.Text)}
	case markdown.Cite:
		return b.cite(int(inline))
	default: // markdown.Break
		return node{Tag: "br"}
	}
}

func styledTag(m markdown.Mark) string {
	switch m {
	case markdown.Strong:
		return "strong"
	case markdown.Emphasis:
		return "em"
	default:
		return "del"
	}
}

// cite leads to a source's entry where the answer has that source.
func (b builder) cite(n int) node {
	if b.sources[n] {
		return node{Tag: "cite", N: n}
	}
	return node{Text: "[" + strconv.Itoa(n) + "]"}
}

// safeURL returns the address of a source if a browser may be sent there.
func safeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return ""
	}
	switch {
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return u.String()
	case u.Scheme == "mailto" && u.Opaque != "":
		return u.String()
	default:
		return ""
	}
}
