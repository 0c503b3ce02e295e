package markdown

// Line is one line of a rendered text, with all that Split must know to cut
// before it or inside it. Styles that have a block of their own to add build
// Lines too.
type Line struct {
	Cut    Cut    // how good a place before this line is for a cut
	Gap    bool   // a blank line stands before it
	Lead   string // what the blank line is prefixed with ("> ")
	First  string // the line's prefix ("- ", "> ")
	Rest   string // the prefix where the line goes on in another part
	Spans  []Span
	Fence  *Fence // the code fence that the line stands in; lines of one fence share it
	Repeat string // shown again above the line where it begins a part (a table's header)
}

// Span is a run of a line's text.
type Span struct {
	Text  string
	Whole bool   // never cut inside (a link, inline code), if it fits at all
	Mark  bool   // a citation mark: it stays with what stands before it
	Wraps []Wrap // what is open around the text, from the outside in
	Long  []Span // shown instead where a Whole span is too long for any part
}

// Wrap is a pair of delimiters. A cut closes it and opens it again.
type Wrap struct {
	Open, Close string
}

// Fence is the pair of lines around a code block.
type Fence struct {
	First string // prefix of the opening line
	Rest  string // prefix of the closing line, and of the opening one in later parts
	Open  string // the opening line
	Again string // the opening line in later parts, without the info string if that is long
	Close string // the closing line
}

// Cut says how good a place for a cut is.
type Cut int

// The places, the best first.
const (
	CutBlock    Cut = iota // between blocks
	CutItem                // between list items
	CutRow                 // between table rows
	CutLine                // between lines
	CutSentence            // behind a sentence
	CutSpace               // between words
	cutNone                // anywhere else
)
