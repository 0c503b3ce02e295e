package markdown

// Doc is one parsed text.
type Doc struct {
	Blocks []Block
}

// Block is one of Heading, Paragraph, List, Quote, CodeBlock, Table and Rule.
type Block interface{ block() }

// Heading is a heading of level 1 to 6.
type Heading struct {
	Level int
	Text  []Inline
}

// Paragraph is running text.
type Paragraph struct {
	Text []Inline
}

// List is a bulleted or numbered list. Whether its author put blank lines
// between the items is not kept: a chat shows all lists tight.
type List struct {
	Ordered bool
	Start   int // the number of the first item of an ordered list
	Items   []Item
}

// Item is what stands behind one bullet.
type Item []Block

// Quote is a block quote.
type Quote struct {
	Blocks []Block
}

// CodeBlock is a fenced or indented code block. Text has no final line break.
type CodeBlock struct {
	Info string // what stood behind the opening fence, usually a language
	Text string
}

// Table is a table. Every row has as many cells as the header.
type Table struct {
	Align  []Align
	Header []Cell
	Rows   [][]Cell
}

// Cell is the content of one cell.
type Cell []Inline

// Align is the alignment of a column.
type Align int

// The alignments.
const (
	AlignNone Align = iota
	AlignLeft
	AlignCenter
	AlignRight
)

// Rule is a thematic break.
type Rule struct{}

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Quote) block()     {}
func (CodeBlock) block() {}
func (Table) block()     {}
func (Rule) block()      {}

// Inline is one of Text, Styled, CodeSpan, Link, Cite and Break.
type Inline interface{ inline() }

// Text is plain text: escapes and entities are resolved, and it holds no line
// break. A Style escapes it again in its own way.
type Text string

// Styled is text with a Mark on it.
type Styled struct {
	Mark Mark
	Text []Inline
}

// Mark is what can be done to text.
type Mark int

// The marks.
const (
	Strong Mark = iota
	Emphasis
	Strike
)

// CodeSpan is inline code, verbatim.
type CodeSpan string

// Link is a link that may be shown: its scheme is http, https or mailto, and
// Parser.Links let it pass. It holds no other Link and no Cite.
type Link struct {
	URL  string
	Text []Inline
}

// Cite is the citation mark [N].
type Cite int

// Break is a line break inside a paragraph. Chat keeps the line breaks that a
// text came with, so soft and hard ones are the same here.
type Break struct{}

func (Text) inline()     {}
func (Styled) inline()   {}
func (CodeSpan) inline() {}
func (Link) inline()     {}
func (Cite) inline()     {}
func (Break) inline()    {}
