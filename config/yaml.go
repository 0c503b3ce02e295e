package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxFile is the size in bytes from which tribune.yaml is refused. Two
	// thousand channels of one line each take 107 KB and 0.3 s to read; the
	// parser's time grows with the square of the number of keys, and the worst
	// file of this size (keys alone) takes it about a second.
	maxFile = 256 << 10
	// maxDepth is how deep brackets may nest; the file's own structure has five
	// levels. The parser calls itself for each.
	maxDepth = 32
)

// yamlReader walks through a YAML file by its syntax tree rather than decoding it
// into structs: so it finds all mistakes in one go, each with line and column, and
// knows which fields are there.
type yamlReader struct {
	name   string // of the file, as people know it
	report func(Problem)
}

// entry is one key of a mapping.
type entry struct {
	key   string
	where string // its path in the file: channels.default.questions
	at    *token.Token
	value ast.Node
}

// parse returns the file's one document; nil where it is empty or broken.
func (r *yamlReader) parse(text []byte) ast.Node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) // the lexer counts some of them twice
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		r.report(Problem{Origin: Origin(r.name), Message: "this is not UTF-8 text", Fix: "save it as UTF-8"})
		return nil
	}
	tokens := lexer.Tokenize(string(text))
	if deep := tooDeep(tokens); deep != nil {
		r.wrong(deep, "", fmt.Sprintf("more than %d levels", maxDepth), "close the brackets")
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.broken(err)
		return nil
	}
	return r.only(file.Docs)
}

// broken reports what the parser could not read.
func (r *yamlReader) broken(err error) {
	syntax, ok := errors.AsType[*yaml.SyntaxError](err)
	if !ok {
		r.report(Problem{Origin: Origin(r.name), Message: "this is not YAML: " + oneLine(err.Error())})
		return
	}
	fix := "check the indentation, brackets and quotes of this line and the one above"
	if strings.Contains(syntax.Message, "\t") {
		fix = "indent with spaces: YAML takes no tabs"
	}
	message := strings.ReplaceAll(syntax.Message, "'\t'", "tab")
	r.wrong(syntax.Token, "", "this is not YAML: "+oneLine(message), fix)
}

// only returns the body of the only document.
func (r *yamlReader) only(docs []*ast.DocumentNode) ast.Node {
	var body ast.Node
	for _, doc := range docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType:
		case body != nil:
			r.wrong(doc.Body.GetToken(), "", "a second document begins here", "remove the line --- above it")
			return nil
		default:
			body = doc.Body
		}
	}
	return body
}

// tooDeep returns the token at which nesting becomes too deep.
func tooDeep(tokens token.Tokens) *token.Token {
	depth, entries, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType: // "- - - -" on one line
			if t.Position.Line != line {
				entries, line = 0, t.Position.Line
			}
			entries++
		default:
		}
		if depth > maxDepth || entries > maxDepth {
			return t
		}
	}
	return nil
}

// wrong reports a mistake at a place in the file.
func (r *yamlReader) wrong(at *token.Token, where, message, fix string) {
	r.report(Problem{Setting: where, Origin: r.exact(at), Message: message, Fix: fix})
}

// exact returns file:line:column.
func (r *yamlReader) exact(at *token.Token) Origin {
	if at == nil || at.Position == nil {
		return Origin(r.name)
	}
	return Origin(fmt.Sprintf("%s:%d:%d", r.name, at.Position.Line, at.Position.Column))
}

// line returns file:line.
func (r *yamlReader) line(at *token.Token) Origin {
	return Origin(fmt.Sprintf("%s:%d", r.name, at.Position.Line))
}

// mapping returns the entries of a mapping, in their order, without those that
// are not among known. With known nil any key will do.
func (r *yamlReader) mapping(node ast.Node, where string, known []string) []entry {
	mapping, ok := node.(*ast.MappingNode)
	if !ok {
		if !isNull(node) {
			r.wrongKind(node, where, "names with values", "write name: value, one a line")
		}
		return nil
	}
	var entries []entry
	first := map[string]int{}
	for _, value := range mapping.Values {
		e := entry{key: keyText(value.Key), at: value.Key.GetToken(), value: value.Value}
		e.where = strings.TrimPrefix(where+"."+plain(e.key), ".")
		if line, twice := first[e.key]; twice {
			r.wrong(e.at, e.where, fmt.Sprintf("it is there twice, first in line %d", line), "remove one of them")
			continue
		}
		first[e.key] = e.at.Position.Line
		if known != nil && !slices.Contains(known, e.key) {
			r.unknown(e, known)
			continue
		}
		entries = append(entries, e)
	}
	return entries
}

// keyText returns a mapping's key without quotes.
func keyText(key ast.MapKeyNode) string {
	if text, ok := key.(*ast.StringNode); ok {
		return text.Value
	}
	return key.GetToken().Value
}

// unknown reports a key that does not exist.
func (r *yamlReader) unknown(e entry, known []string) {
	if e.key == "<<" {
		r.wrongKind(e.value, e.where, "a known key", "")
		return
	}
	fix := "use one of " + strings.Join(known, ", ")
	if near := Nearest(e.key, known); near != "" {
		fix = "did you mean " + near + "?"
	}
	r.wrong(e.at, e.where, "no such key", fix)
}

// list returns the items of a list.
func (r *yamlReader) list(node ast.Node, where string) []ast.Node {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		if !isNull(node) {
			r.wrongKind(node, where, "a list", "put it into brackets, as in [one, two]")
		}
		return nil
	}
	return list.Values
}

// item is one text of a list.
type item struct {
	text string
	at   *token.Token
}

// itemTexts returns the texts of items, which may be none but never nil.
func itemTexts(items []item) []string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.text
	}
	return texts
}

// texts returns the texts of a list, blank ones reported and left out.
func (r *yamlReader) texts(node ast.Node, where string) []item {
	var items []item
	for _, value := range r.list(node, where) {
		if text, ok := r.text(value, where); ok {
			items = append(items, item{text, value.GetToken()})
		}
	}
	return items
}

// text returns a value that is neither a list nor a mapping. Numbers are text too.
func (r *yamlReader) text(node ast.Node, where string) (string, bool) {
	var text string
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		text = n.GetToken().Value
	default:
		r.wrongKind(node, where, "a single value", "write one value, in quotes where it has special characters")
		return "", false
	}
	if text = strings.TrimSpace(text); text == "" {
		r.wrong(node.GetToken(), where, "it is empty", "write a value, or remove the line")
		return "", false
	}
	return text, true
}

// wrongKind reports a node that is not what is expected.
func (r *yamlReader) wrongKind(node ast.Node, where, wanted, fix string) {
	at := node.GetToken()
	if mapping, ok := node.(*ast.MappingNode); ok && len(mapping.Values) > 0 {
		at = mapping.Values[0].Key.GetToken() // its own token is a colon
	}
	switch node.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType:
		r.wrong(at, where, "& and * (anchors and aliases) are not supported", "write it out; channels inherit from default")
	case ast.TagType:
		r.wrong(at, where, "! (tags) are not supported", "remove it")
	default:
		r.wrong(at, where, fmt.Sprintf("it must be %s, and is %s", wanted, kind(node)), fix)
	}
}

// kind names a node for people.
func kind(node ast.Node) string {
	switch node.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "a mapping"
	case ast.SequenceType:
		return "a list"
	case ast.NullType:
		return "empty"
	default:
		return "a single value"
	}
}

// isNull tells whether a key has nothing after it, which is as if it were not there.
func isNull(node ast.Node) bool { return node == nil || node.Type() == ast.NullType }
