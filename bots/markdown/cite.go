package markdown

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// maxCiteDigits bounds the number in a citation mark: no answer has a thousand
// sources, and [2024] is a year.
const maxCiteDigits = 3

// citeNode is a citation mark in goldmark's tree.
type citeNode struct {
	ast.BaseInline

	n int
}

// kindCite would be a package variable in goldmark's own style; a plain kind of
// text serves as well, because only build.go looks at the node's Go type.
func (*citeNode) Kind() ast.NodeKind { return ast.KindString }

// Dump implements ast.Node.
func (c *citeNode) Dump(source []byte, level int) { ast.DumpHelper(c, source, level, nil, nil) }

// citeParser recognises [N] before goldmark's link parser sees the bracket.
type citeParser struct{}

// Trigger implements parser.InlineParser.
func (citeParser) Trigger() []byte { return []byte{'['} }

// Parse implements parser.InlineParser. [1](http://...) is left to the links.
func (citeParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	n, length := citeMark(line)
	if length == 0 || length < len(line) && line[length] == '(' {
		return nil
	}
	block.Advance(length)
	return &citeNode{n: n}
}

// citeMark reads "[12]" at the start of line; length is 0 where there is none.
func citeMark(line []byte) (n, length int) {
	i := 1
	for i < len(line) && i <= maxCiteDigits && line[i] >= '0' && line[i] <= '9' {
		n = n*10 + int(line[i]-'0')
		i++
	}
	if i == 1 || n == 0 || i >= len(line) || line[i] != ']' {
		return 0, 0
	}
	return n, i + 1
}
