package markdown

import (
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// emphasisParser is CommonMark's rule for * and _ with one addition: beside
// Chinese, Japanese and Korean characters, which are written without spaces, a
// delimiter next to punctuation counts as if a space stood on its other side.
// Without it "**重要：**请注意" keeps its asterisks.
type emphasisParser struct{}

// Trigger implements parser.InlineParser.
func (emphasisParser) Trigger() []byte { return []byte{'*', '_'} }

// Parse implements parser.InlineParser.
func (emphasisParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	length := runLength(line)
	after := rune(' ')
	if length < len(line) {
		after, _ = utf8.DecodeRune(line[length:])
	}
	open, shut := flanks(line[0], before, after)
	d := parser.NewDelimiter(open, shut, length, line[0], emphasisPairs{})
	d.Segment = segment.WithStop(segment.Start + length)
	block.Advance(length)
	pc.PushDelimiter(d)
	return d
}

func runLength(line []byte) int {
	n := 1
	for n < len(line) && line[n] == line[0] {
		n++
	}
	return n
}

// flanks says whether a run of delimiters may open and may close emphasis
// (CommonMark 0.31, section 6.2, left- and right-flanking runs).
func flanks(char byte, before, after rune) (open, shut bool) {
	punctBefore, punctAfter := util.IsPunctRune(before), util.IsPunctRune(after)
	spaceBefore, spaceAfter := util.IsSpaceRune(before), util.IsSpaceRune(after)
	if char == '_' {
		left := !spaceAfter && (!punctAfter || spaceBefore || punctBefore)
		right := !spaceBefore && (!punctBefore || spaceAfter || punctAfter)
		return left && (!right || punctBefore), right && (!left || punctAfter)
	}
	left := !spaceAfter && (!punctAfter || spaceBefore || punctBefore || isCJK(before))
	right := !spaceBefore && (!punctBefore || spaceAfter || punctAfter || isCJK(after))
	return left, right
}

// isCJK reports whether r belongs to a script that is written without spaces,
// or is punctuation of such a script.
func isCJK(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

// emphasisPairs tells goldmark which delimiters belong together.
type emphasisPairs struct{}

// IsDelimiter implements parser.DelimiterProcessor.
func (emphasisPairs) IsDelimiter(b byte) bool { return b == '*' || b == '_' }

// CanOpenCloser implements parser.DelimiterProcessor.
func (emphasisPairs) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

// OnMatch implements parser.DelimiterProcessor.
func (emphasisPairs) OnMatch(consumes int) ast.Node { return ast.NewEmphasis(consumes) }
