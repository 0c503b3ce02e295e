package markdown

import (
	"slices"
	"strings"
)

// maxDepth is how many quotes and lists inside one another are shown; what is
// deeper stands as deep as that.
const maxDepth = 5

// Render writes d in a style. It keeps blocks apart by blank lines, and a
// heading with what follows it.
func Render(d Doc, s Style) []Line {
	r := renderer{style: s}
	r.blocks(d.Blocks, indent{})
	return r.lines
}

// renderer gathers lines.
type renderer struct {
	style Style
	lines []Line
}

// indent is the prefix of the containers around a block.
type indent struct {
	first string // prefix of the very first line: it carries the bullet
	rest  string // prefix of all others
	lead  string // prefix of blank lines
	depth int    // containers around
	lists int    // lists around
}

// next is the indent behind the first line of a container.
func (in indent) next() indent {
	in.first = in.rest
	return in
}

func (r *renderer) blocks(blocks []Block, in indent) {
	for i, b := range blocks {
		from := len(r.lines)
		r.block(b, in)
		if from == len(r.lines) {
			continue
		}
		if i > 0 && from > 0 {
			r.lines[from].Gap = !r.follows(blocks[i-1], b, in)
			r.lines[from].Lead = in.lead
			r.lines[from].Cut = cutBetween(blocks[i-1], in)
		}
		in = in.next()
	}
}

// follows reports whether b stands directly below the block before it: a list
// below the text of the item that it belongs to.
func (r *renderer) follows(before, b Block, in indent) bool {
	_, paragraph := before.(Paragraph)
	_, list := b.(List)
	return in.lists > 0 && paragraph && list
}

func cutBetween(before Block, in indent) Cut {
	if _, heading := before.(Heading); heading || in.lists > 0 {
		return CutLine
	}
	return CutBlock
}

func (r *renderer) block(b Block, in indent) {
	switch b := b.(type) {
	case Heading:
		w := r.style.Heading(b.Level)
		r.paragraph(b.Text, in, []Wrap{w})
	case Paragraph:
		r.paragraph(b.Text, in, nil)
	case List:
		r.list(b, in)
	case Quote:
		r.quote(b, in)
	case CodeBlock:
		r.code(b, in)
	case Table:
		r.table(b, in)
	case Rule:
		r.add(Line{First: in.first, Rest: in.rest, Spans: []Span{{Text: r.style.Rule(), Whole: true}}})
	}
}

func (r *renderer) add(l Line) { r.lines = append(r.lines, l) }

// paragraph writes inline content, one Line for each of its lines.
func (r *renderer) paragraph(text []Inline, in indent, wraps []Wrap) {
	if len(text) == 0 {
		if in.first != in.rest { // an empty item still has its bullet
			r.add(Line{First: in.first, Rest: in.rest})
		}
		return
	}
	line, from := Line{First: in.first, Rest: in.rest}, 0
	spans := r.spans(text, wraps)
	for i := range spans {
		if spans[i].Text == "\n" && !spans[i].Whole {
			line.Spans = spans[from:i:i]
			r.add(line)
			line, from = Line{Cut: CutLine, First: in.rest, Rest: in.rest}, i+1
		}
	}
	line.Spans = spans[from:]
	r.add(line)
}

// spans writes inline content; a line break is a span of its own.
func (r *renderer) spans(text []Inline, wraps []Wrap) []Span {
	out := make([]Span, 0, len(text))
	for _, n := range text {
		switch n := n.(type) {
		case Text:
			out = append(out, Span{Text: r.style.Text(string(n)), Wraps: wraps})
		case Styled:
			out = append(out, r.spans(n.Text, around(wraps, r.style.Mark(n.Mark)))...)
		case CodeSpan:
			out = append(out, r.codeSpan(string(n), wraps))
		case Link:
			out = append(out, r.link(n, wraps))
		case Cite:
			out = append(out, Span{Text: r.style.Cite(int(n)), Whole: true, Mark: true, Wraps: wraps})
		case Break:
			out = append(out, Span{Text: "\n"})
		}
	}
	return out
}

// around adds w to what is open; what is open already is not opened twice
// (bold in a heading that is shown bold).
func around(wraps []Wrap, w Wrap) []Wrap {
	if slices.Contains(wraps, w) {
		return wraps
	}
	return append(slices.Clip(wraps), w)
}

// codeSpan never tears inline code apart. If it is longer than a part it is
// several pieces of inline code.
func (r *renderer) codeSpan(code string, wraps []Wrap) Span {
	const sample = "x"
	before, behind, _ := strings.Cut(r.style.CodeSpan(sample), sample)
	long := r.style.FenceLine(strings.ReplaceAll(code, "`", "'"))
	return Span{
		Text: r.style.CodeSpan(code), Whole: true, Wraps: wraps,
		Long: []Span{{Text: long, Wraps: around(wraps, Wrap{before, behind})}},
	}
}

// link never tears a link apart. If it is longer than a part its text remains.
func (r *renderer) link(l Link, wraps []Wrap) Span {
	inner := r.spans(l.Text, nil)
	return Span{
		Text: r.style.Link(join(inner), l.URL), Whole: true, Wraps: wraps,
		Long: r.spans(l.Text, wraps),
	}
}

// join writes spans one after the other with their wraps.
func join(spans []Span) string {
	var b strings.Builder
	var open []Wrap
	for _, s := range spans {
		b.WriteString(transition(open, s.Wraps))
		text := s.Text
		if text == "\n" {
			text = " "
		}
		b.WriteString(text)
		open = s.Wraps
	}
	b.WriteString(transition(open, nil))
	return b.String()
}

// transition closes what is open in from and not in to, and opens the rest.
func transition(from, to []Wrap) string {
	same := 0
	for same < len(from) && same < len(to) && from[same] == to[same] {
		same++
	}
	var b strings.Builder
	for i := len(from) - 1; i >= same; i-- {
		b.WriteString(from[i].Close)
	}
	for _, w := range to[same:] {
		b.WriteString(w.Open)
	}
	return b.String()
}

func (r *renderer) list(l List, in indent) {
	for i, item := range l.Items {
		number := 0
		if l.Ordered {
			number = max(l.Start+i, 1)
		}
		from := len(r.lines)
		r.blocks(itemBlocks(item), r.inItem(in, number))
		if i > 0 && from < len(r.lines) {
			r.lines[from].Cut = CutItem
		}
		in = in.next()
	}
}

// itemBlocks gives an empty item a paragraph, so that its bullet is shown.
func itemBlocks(item Item) []Block {
	if len(item) == 0 {
		return []Block{Paragraph{}}
	}
	return item
}

// inItem is the indent inside an item: its first line carries the bullet.
func (r *renderer) inItem(in indent, number int) indent {
	bullet := r.style.Bullet(in.lists, number)
	in.lists++
	if in.depth >= maxDepth {
		in.first += bullet
		return in
	}
	in.depth++
	in.first += bullet
	in.rest += strings.Repeat(" ", Width(bullet))
	return in
}

func (r *renderer) quote(q Quote, in indent) {
	if in.depth < maxDepth {
		in.depth++
		prefix := r.style.Quote()
		in.lead = in.rest + prefix
		in.first += prefix
		in.rest += prefix
	}
	r.blocks(q.Blocks, in)
}

// code writes a code block: the fence, and a Line for each line of code.
func (r *renderer) code(b CodeBlock, in indent) {
	r.fenced(b.Info, strings.Split(b.Text, "\n"), in, CutLine)
}

// fenced writes lines between fences. They may be cut before each of them.
func (r *renderer) fenced(info string, lines []string, in indent, cut Cut) {
	f := r.fence(info, in)
	for i, text := range lines {
		l := Line{First: in.rest, Rest: in.rest, Fence: f, Spans: []Span{{Text: r.style.FenceLine(text)}}}
		if i > 0 {
			l.Cut = cut
		}
		r.add(l)
	}
}

// maxInfo is the longest info string that is kept: the name of a language.
const maxInfo = 20

func (r *renderer) fence(info string, in indent) *Fence {
	if i := strings.IndexAny(info, " \t{"); i >= 0 {
		info = info[:i]
	}
	if len(info) > maxInfo || strings.ContainsFunc(info, notLanguage) {
		info = ""
	}
	w, again := r.style.Fence(info), r.style.Fence(info)
	if len(info) > maxInfo/2 {
		again = r.style.Fence("")
	}
	return &Fence{First: in.first, Rest: in.rest, Open: w.Open, Again: again.Open, Close: w.Close}
}

// notLanguage reports what does not occur in the name of a language.
func notLanguage(r rune) bool {
	return !isWord(r) && !strings.ContainsRune("+-#._", r)
}
