package markdown

import (
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	tables "github.com/yuin/goldmark/extension/ast"
)

// inlines returns the inline content of parent. Neighbouring texts are one, so
// that an address that goldmark tore apart is seen as a whole.
func (b builder) inlines(parent ast.Node) []Inline {
	c := collector{builder: b}
	c.children(parent)
	c.flush()
	return c.out
}

// collector gathers one run of inline content.
type collector struct {
	builder

	text   strings.Builder
	out    []Inline
	inLink bool
}

func (c *collector) children(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		c.node(n)
	}
}

func (c *collector) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		c.text.WriteString(unescape(string(n.Value(c.source))))
		if n.SoftLineBreak() || n.HardLineBreak() {
			c.put(Break{})
		}
	case *ast.String:
		c.text.Write(n.Value)
	case *citeNode:
		c.cite(n.n)
	case *ast.CodeSpan:
		c.put(c.codeSpan(n))
	case *ast.Emphasis:
		c.styled(n, []Mark{Emphasis, Strong}[min(n.Level, 2)-1])
	case *tables.Strikethrough:
		c.styled(n, Strike)
	case *ast.Link:
		c.link(n, string(n.Destination))
	case *ast.Image:
		c.link(n, string(n.Destination))
	case *ast.AutoLink:
		c.autoLink(n)
	default: // delimiters that found no partner are texts by now
		c.children(n)
	}
}

func (c *collector) put(n Inline) {
	c.flush()
	c.out = append(c.out, n)
}

// flush ends the current text: <br> becomes a break, addresses are looked at.
func (c *collector) flush() {
	s := c.text.String()
	c.text.Reset()
	for s != "" {
		start, end := htmlBreak(s)
		if start < 0 {
			start, end = len(s), len(s)
		}
		c.out = append(c.out, c.plain(s[:start])...)
		if end > start {
			c.out = append(c.out, Break{})
		}
		s = s[end:]
	}
}

func (c *collector) plain(s string) []Inline {
	if s == "" {
		return nil
	}
	if c.inLink {
		return []Inline{Text(s)}
	}
	return c.bare(s)
}

func (c *collector) cite(n int) {
	if c.inLink {
		c.text.WriteString("[" + strconv.Itoa(n) + "]")
		return
	}
	c.put(Cite(n))
}

func (c *collector) styled(n ast.Node, m Mark) {
	inner := c.nested(n, c.inLink)
	if len(inner) > 0 {
		c.put(Styled{Mark: m, Text: inner})
	}
}

func (c *collector) nested(n ast.Node, inLink bool) []Inline {
	inner := collector{builder: c.builder, inLink: inLink}
	inner.children(n)
	inner.flush()
	return inner.out
}

// link keeps a link that may be shown, and only the text of another. An image
// without a description shows its address.
func (c *collector) link(n ast.Node, destination string) {
	target := c.allowed(destination)
	if c.inLink || target == "" {
		c.children(n)
		return
	}
	inner := c.nested(n, true)
	if len(inner) == 0 {
		inner = []Inline{Text(destination)}
	}
	c.put(Link{URL: target, Text: inner})
}

func (c *collector) autoLink(n *ast.AutoLink) {
	target, label := string(n.URL(c.source)), string(n.Label(c.source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(target), "mailto:") {
		target = "mailto:" + target
	}
	if target = c.allowed(target); c.inLink || target == "" {
		c.text.WriteString(label)
		return
	}
	c.put(Link{URL: target, Text: []Inline{Text(label)}})
}

// allowed returns the address as it may be shown, or "".
func (b builder) allowed(raw string) string {
	u := SafeURL(unescape(raw))
	if u == "" || b.links != nil && !b.links(u) {
		return ""
	}
	return u
}

// bare finds the addresses that a platform would make links of by itself. Those
// that may be links become links; the rest stays text, which Defuse disarms.
func (b builder) bare(s string) []Inline {
	var out []Inline
	text := 0 // where the text that is not yet written starts
	for at := 0; ; {
		start, end := bareURL(s[at:])
		if start < 0 {
			break
		}
		start, end = start+at, end+at
		at = end
		if u := b.allowed(s[start:end]); u != "" {
			out = appendText(out, s[text:start])
			out = append(out, Link{URL: u, Text: []Inline{Text(s[start:end])}})
			text = end
		}
	}
	return appendText(out, s[text:])
}

func appendText(out []Inline, s string) []Inline {
	if s == "" {
		return out
	}
	return append(out, Text(s))
}

func (c *collector) codeSpan(n *ast.CodeSpan) CodeSpan {
	var s strings.Builder
	for t := n.FirstChild(); t != nil; t = t.NextSibling() {
		switch t := t.(type) {
		case *ast.Text:
			s.Write(t.Value(c.source))
		case *ast.String:
			s.Write(t.Value)
		}
	}
	return CodeSpan(strings.ReplaceAll(s.String(), "\n", " "))
}

// htmlBreak finds the next <br>, <br/> or <br /> in s: the one tag that models
// write on purpose, for a new line inside a table cell.
func htmlBreak(s string) (start, end int) {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			return -1, -1
		}
		at += i
		for _, tag := range []string{"<br>", "<br/>", "<br />"} {
			if len(s)-at >= len(tag) && strings.EqualFold(s[at:at+len(tag)], tag) {
				return at, at + len(tag)
			}
		}
		at++
	}
}

// unescape resolves backslash escapes and character references in one pass, so
// that \&amp; stays &amp;.
func unescape(s string) string {
	if !strings.ContainsAny(s, "\\&") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && asciiPunct(s[i+1]):
			i++
			b.WriteByte(s[i])
		case s[i] == '&':
			text, length := reference(s[i:])
			b.WriteString(text)
			i += length - 1
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// maxReference is longer than the longest name of a character reference
// ("CounterClockwiseContourIntegral").
const maxReference = 40

// reference decodes a character reference at the start of s. What it stands for
// is cleaned, because &#27; is an escape character too.
func reference(s string) (text string, length int) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], ';')
	if end < 0 {
		return "&", 1
	}
	raw := s[:end+1]
	text = html.UnescapeString(raw)
	if text == raw {
		return "&", 1
	}
	return strings.ReplaceAll(Clean(text), "\n", " "), len(raw)
}

func asciiPunct(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}
