package markdown

import (
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Parser parses Markdown. Its zero value lets every http, https and mailto link
// pass.
type Parser struct {
	// Links says which addresses may be links, nil: all. The others become
	// their text, which is how an answer keeps to the sources it cites.
	Links func(url string) bool
}

// Parse parses s with the zero Parser.
func Parse(s string) Doc { return Parser{}.Parse(s) }

// Parse makes a tree of s. It takes any input and never fails; no readable text
// is lost. Time and memory grow in proportion to the input: what looks built to
// break that (see guard) is taken as plain text.
func (p Parser) Parse(s string) Doc {
	marked, plain := guard(Clean(s))
	source := []byte(mendTables(marked))
	b := builder{source: source, links: p.Links}
	doc := Doc{Blocks: b.blocks(newGoldmark().Parse(text.NewReader(source)))}
	doc.Blocks = append(doc.Blocks, plainBlocks(plain)...)
	return doc
}

// newGoldmark returns CommonMark without what chat has no use for: raw HTML is
// text, and so are link reference definitions ("[1]: http://..." is how models
// write a list of sources).
func newGoldmark() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(citeParser{}, 150),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(emphasisParser{}, 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
	)
}
