package markdown

import (
	"strconv"
	"strings"
)

// Plain returns the text of s without its markup, for terminals and logs of
// what was shown: bullets, numbers, citation marks, code and table cells
// remain, and links show their address. Nothing in it acts on a terminal.
func Plain(s string) string { return PlainDoc(Parse(s)) }

// PlainDoc is Plain for a text that is parsed already.
func PlainDoc(d Doc) string {
	var b strings.Builder
	var fence *Fence
	for i, l := range Render(d, plainStyle{}) {
		if i > 0 {
			b.WriteByte('\n')
		}
		if l.Gap {
			b.WriteString(strings.TrimRight(l.Lead, " "))
			b.WriteByte('\n')
		}
		if l.Fence != nil && l.Fence != fence {
			b.WriteString(l.Fence.First)
		} else {
			b.WriteString(l.First)
		}
		fence = l.Fence
		b.WriteString(join(l.Spans))
	}
	return b.String()
}

// PlainInline returns the text of inline content as one line.
func PlainInline(text []Inline) string {
	r := renderer{style: plainStyle{}}
	return join(r.spans(text, nil))
}

// plainStyle writes text and nothing else.
type plainStyle struct{}

func (plainStyle) Text(s string) string      { return s }
func (plainStyle) CodeSpan(s string) string  { return s }
func (plainStyle) Cite(n int) string         { return "[" + strconv.Itoa(n) + "]" }
func (plainStyle) Mark(Mark) Wrap            { return Wrap{} }
func (plainStyle) Heading(int) Wrap          { return Wrap{} }
func (plainStyle) Quote() string             { return "> " }
func (plainStyle) Fence(string) Wrap         { return Wrap{} }
func (plainStyle) FenceLine(s string) string { return s }
func (plainStyle) Rule() string              { return "---" }
func (plainStyle) Tables() TableForm         { return TableText }

func (plainStyle) Bullet(depth, number int) string { return CommonMark{}.Bullet(depth, number) }

func (plainStyle) Link(text, url string) string {
	if text == url {
		return url
	}
	return text + " (" + strings.TrimPrefix(url, "mailto:") + ")"
}
