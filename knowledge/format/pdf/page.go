package pdf

import (
	"math"
	"strings"

	"github.com/ledongthuc/pdf"
)

// book is all pages of a file.
type book struct {
	guard *guard
	fonts map[string]*font // by what they are written as: pages share them
	all   []page
	size  int // bytes of text
	shown int // codes that were turned into text, and that were not
	lost  int
}

// page is the lines of one page.
type page struct{ lines []line }

// line is text that stands on one line.
type line struct {
	text    string
	size    float64 // of its letters, in points
	y       float64 // from the bottom
	x, end  float64
	heading int  // its level, 0: none
	block   bool // it begins a new paragraph
	cells   bool // it has gaps, as the rows of a table do
}

// maxTree bounds the depth of the tree of pages.
const maxTree = 50

// pages reads all pages.
func (b *book) pages(f *pdf.Reader) error {
	root := f.Trailer().Key("Root").Key("Pages")
	if root.Key("Count").Int64() > maxPages {
		return errPages
	}
	return b.tree(root, pdf.Value{}, 0)
}

// tree reads the pages below a node. Resources come from above where a page has
// none of its own.
func (b *book) tree(node, resources pdf.Value, depth int) error {
	if err := b.guard.stopped(); err != nil {
		return err
	}
	if r := node.Key("Resources"); r.Kind() == pdf.Dict {
		resources = r
	}
	kids := node.Key("Kids")
	if kids.Kind() != pdf.Array {
		return b.page(node, resources)
	}
	if depth == maxTree {
		return errNested
	}
	for i := range kids.Len() {
		if len(b.all) > maxPages {
			return errPages
		}
		if err := b.tree(kids.Index(i), resources, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page. One that is broken is an empty one, so that the others
// keep their numbers.
func (b *book) page(node, resources pdf.Value) error {
	if len(b.all) >= maxPages {
		return errPages
	}
	s := &sheet{book: b}
	s.safely(func() { s.draw(node.Key("Contents"), resources, 0) })
	if b.guard.err != nil {
		return b.guard.err
	}
	p := page{s.lines()}
	for _, l := range p.lines {
		b.size += len(l.text)
	}
	if b.all = append(b.all, p); b.size > maxOut {
		return errLong
	}
	return nil
}

// matrix is a transformation (ISO 32000-1, 8.3.3): x' = ax + cy + e.
type matrix struct{ a, b, c, d, e, f float64 }

func (m matrix) times(n matrix) matrix {
	return matrix{
		m.a*n.a + m.b*n.c, m.a*n.b + m.b*n.d,
		m.c*n.a + m.d*n.c, m.c*n.b + m.d*n.d,
		m.e*n.a + m.f*n.c + n.e, m.e*n.b + m.f*n.d + n.f,
	}
}

// state is what the graphics operators keep.
type state struct {
	at      matrix // of the page
	font    *font
	size    float64
	leading float64
	spacing float64 // between characters
	scale   float64
}

// run is a piece of text at a place.
type run struct {
	text      string
	x, y, end float64
	size      float64
}

// sheet draws one page into runs.
type sheet struct {
	book       *book
	runs       []run
	state      state
	saved      []state
	line, text matrix
	operators  int
}

// Bounds of one page.
const (
	maxOperators = 2_000_000
	maxRuns      = 200_000
	maxSaved     = 1_000
	maxForms     = 8 // forms that are drawn in forms
)

// safely draws what the library can read, up to where it panics.
func (s *sheet) safely(draw func()) {
	defer func() { _ = recover() }() // the guard knows why, or the page is broken
	draw()
}

// draw interprets a stream of operators.
func (s *sheet) draw(stream, resources pdf.Value, depth int) {
	if stream.Kind() != pdf.Stream && stream.Kind() != pdf.Array {
		return
	}
	if depth == 0 {
		s.state = state{at: matrix{a: 1, d: 1}, scale: 1}
	}
	pdf.Interpret(stream, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		if s.operators++; s.operators > maxOperators || len(s.runs) > maxRuns {
			panic(s.book.guard.stop(errSlow))
		}
		if s.operators%1024 == 0 && s.book.guard.stopped() != nil {
			panic(s.book.guard.stop(s.book.guard.stopped()))
		}
		s.operator(op, args, resources, depth)
	})
}

// operator takes one operator.
func (s *sheet) operator(op string, args []pdf.Value, resources pdf.Value, depth int) {
	number := func(i int) float64 {
		if i >= len(args) {
			return 0
		}
		if n := args[i].Float64(); !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n
		}
		return 0
	}
	six := matrix{number(0), number(1), number(2), number(3), number(4), number(5)}
	switch op {
	case "q":
		if len(s.saved) < maxSaved {
			s.saved = append(s.saved, s.state)
		}
	case "Q":
		if n := len(s.saved); n > 0 {
			s.state, s.saved = s.saved[n-1], s.saved[:n-1]
		}
	case "cm":
		s.state.at = six.times(s.state.at)
	case "BT":
		s.line, s.text = matrix{a: 1, d: 1}, matrix{a: 1, d: 1}
	case "Tm":
		s.line, s.text = six, six
	case "Tf":
		if len(args) == 2 {
			s.state.font, s.state.size = s.book.font(resources, args[0].Name()), number(1)
		}
	case "TL":
		s.state.leading = number(0)
	case "Tc":
		s.state.spacing = number(0)
	case "Tz":
		s.state.scale = number(0) / 100
	case "Do":
		if len(args) == 1 {
			s.form(resources.Key("XObject").Key(args[0].Name()), resources, depth)
		}
	default:
		s.write(op, args, number)
	}
}

// write takes an operator that moves to a line or shows text.
func (s *sheet) write(op string, args []pdf.Value, number func(int) float64) {
	switch op {
	case "TD":
		s.state.leading = -number(1)
		s.move(number(0), number(1))
	case "Td":
		s.move(number(0), number(1))
	case "T*":
		s.move(0, -s.state.leading)
	case "'", `"`:
		s.move(0, -s.state.leading)
		if len(args) > 0 {
			s.show(args[len(args)-1].RawString())
		}
	case "Tj":
		if len(args) == 1 {
			s.show(args[0].RawString())
		}
	case "TJ":
		if len(args) == 1 {
			for i := range args[0].Len() {
				if part := args[0].Index(i); part.Kind() == pdf.String {
					s.show(part.RawString())
				} else {
					s.advance(-part.Float64() / 1000 * s.state.size)
				}
			}
		}
	}
}

// form draws a form: a piece of page that is kept apart.
func (s *sheet) form(form, resources pdf.Value, depth int) {
	if form.Key("Subtype").Name() != "Form" || depth >= maxForms {
		return
	}
	if own := form.Key("Resources"); own.Kind() == pdf.Dict {
		resources = own
	}
	before := s.state
	if m := form.Key("Matrix"); m.Len() == 6 {
		v := func(i int) float64 { return m.Index(i).Float64() }
		s.state.at = matrix{v(0), v(1), v(2), v(3), v(4), v(5)}.times(s.state.at)
	}
	s.draw(form, resources, depth+1)
	s.state = before
}

func (s *sheet) move(x, y float64) {
	s.line = matrix{1, 0, 0, 1, x, y}.times(s.line)
	s.text = s.line
}

func (s *sheet) advance(x float64) {
	s.text = matrix{1, 0, 0, 1, x * s.state.scale, 0}.times(s.text)
}

// show writes text where the operators have come to.
func (s *sheet) show(raw string) {
	f := s.state.font
	if f == nil || raw == "" {
		return
	}
	text, width, lost := f.show(raw)
	s.book.lost += lost
	s.book.shown += len(raw)/f.bytes - lost
	begin := s.text.times(s.state.at)
	s.advance(width/1000*s.state.size + float64(len(raw)/f.bytes)*s.state.spacing)
	after := s.text.times(s.state.at)
	size := s.state.size * math.Hypot(begin.c, begin.d)
	if strings.TrimSpace(text) == "" && text == "" || size == 0 {
		return
	}
	s.runs = append(s.runs, run{text, begin.e, begin.f, after.e, size})
}

// maxFonts bounds the fonts that are kept of a file.
const maxFonts = 2_000

// font reads a font, once for all pages that use it.
func (b *book) font(resources pdf.Value, name string) *font {
	v := resources.Key("Font").Key(name)
	if v.Kind() != pdf.Dict {
		return nil
	}
	key := v.String()
	f, ok := b.fonts[key]
	if !ok && len(b.fonts) < maxFonts {
		f = newFont(v)
		b.fonts[key] = f
	}
	return f
}
