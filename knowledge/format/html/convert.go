package html

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/marker"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// convert renders nodes as Markdown.
func convert(n *html.Node, at *url.URL) (string, error) {
	layoutTables(n)
	headers(n)
	c := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithLinkEmptyContentBehavior(commonmark.LinkBehaviorSkip), commonmark.WithLinkEmptyHrefBehavior(commonmark.LinkBehaviorSkip)),
		table.NewTablePlugin(
			table.WithSkipEmptyRows(true), table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
			table.WithNewlineBehavior(table.NewlineBehaviorPreserve), table.WithSpanCellBehavior(table.SpanBehaviorMirror),
		),
	))
	for _, tag := range [...]string{"h1", "h2", "h3", "h4", "h5", "h6"} {
		c.Register.RendererFor(tag, converter.TagTypeBlock, heading, converter.PriorityEarly)
	}
	c.Register.RendererFor("img", converter.TagTypeInline, image, converter.PriorityEarly)
	var o []converter.ConvertOptionFunc
	if at != nil {
		o = append(o, converter.WithDomain(at.String()))
	}
	out, err := c.ConvertNode(n, o...)
	if err != nil {
		return "", fmt.Errorf("it can't be turned into text: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// heading renders a heading with its anchor.
func heading(ctx converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	var buf bytes.Buffer
	ctx.RenderChildNodes(ctx, &buf, n)
	text := strings.Join(strings.Fields(buf.String()), " ")
	text = strings.TrimSpace(strings.TrimRight(text, "#¶ "+string(marker.MarkerEscaping))) // the sign that a mouse over it shows
	if text == "" {
		return converter.RenderSuccess
	}
	if id := anchor(n); id != "" {
		text += " {#" + id + "}"
	}
	fmt.Fprintf(w, "\n\n%s %s\n\n", strings.Repeat("#", int(n.Data[1]-'0')), text)
	return converter.RenderSuccess
}

// image renders what an image is said to show: nobody sees it in a passage.
func image(_ converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	fmt.Fprint(w, strings.Join(strings.Fields(attr(n, "alt")), " "))
	return converter.RenderSuccess
}

// anchor is the id that leads to a heading: its own, that of something in it,
// or of what it is the first thing in.
func anchor(n *html.Node) string {
	if id := usable(attr(n, "id")); id != "" {
		return id
	}
	for d := range n.Descendants() {
		if id := usable(name(d)); id != "" {
			return id
		}
	}
	before := previous(n)
	if before != nil && before.DataAtom == atom.A && words(before) == "" {
		return usable(name(before))
	}
	if p := n.Parent; before == nil && p != nil && (p.DataAtom == atom.Section || p.DataAtom == atom.Div || p.DataAtom == atom.Article) {
		return usable(attr(p, "id"))
	}
	return ""
}

// name is the anchor that an element is.
func name(n *html.Node) string {
	if id := attr(n, "id"); id != "" || n.DataAtom != atom.A {
		return id
	}
	return attr(n, "name")
}

// previous is the element before another, nil where there is none.
func previous(n *html.Node) *html.Node {
	for n = n.PrevSibling; n != nil; n = n.PrevSibling {
		if n.Type == html.ElementNode || n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			return n
		}
	}
	return nil
}

// maxAnchor bounds an id, in bytes.
const maxAnchor = 200

// usable is an id that can stand behind a heading, "" for any other.
func usable(id string) string {
	if len(id) > maxAnchor || strings.ContainsFunc(id, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("{}#<>", r)
	}) {
		return ""
	}
	return id
}

// layoutTables turns tables that hold other tables, or one cell, into plain
// blocks: they are there for the looks.
func layoutTables(root *html.Node) {
	var layout []*html.Node
	for n := range root.Descendants() {
		if n.DataAtom != atom.Table {
			continue
		}
		cells, nested := 0, false
		for d := range n.Descendants() {
			nested = nested || d.DataAtom == atom.Table
			if d.DataAtom == atom.Td || d.DataAtom == atom.Th {
				cells++
			}
		}
		if nested || cells <= 1 {
			layout = append(layout, n)
		}
	}
	for _, n := range layout {
		flatten(n)
	}
}

// flatten makes divisions of the parts of one table.
func flatten(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Data {
		case "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup":
			flatten(c)
		}
	}
	n.DataAtom, n.Data = atom.Div, "div"
}
