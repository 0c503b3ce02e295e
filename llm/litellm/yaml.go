package litellm

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may be at most. Four thousand deployments take 0.5 MB and 0.1 s.
const (
	maxFile = 4 << 20 // bytes
	// maxDepth is how deep values may nest: the file's own structure has six
	// levels, a tool's JSON schema in a body field some twenty. The parser
	// calls itself for each.
	maxDepth = 64
	// maxKeys is how many keys one mapping may have: the parser's time grows
	// with their square (5,000 take 0.1 s, 40,000 take 4.6 s).
	maxKeys = 5000
	// maxTokens is how many words and signs there may be: 30,000 deployments
	// have as many, and the parser takes a second for them.
	maxTokens = 500_000
	// maxExpanded is how many values all aliases together may stand for.
	maxExpanded = 100_000
)

// parse returns the file's one document as a tree; nil where it is empty or
// broken.
func (f *findings) parse(text []byte) *node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))             // the lexer counts some of them twice
	text = regexp.MustCompile(`(?m)^[ \t]*\t[ \t]*$`).ReplaceAll(text, nil) // blank lines, which the lexer refuses
	if at := firstBad(text); at >= 0 {
		line := 1 + bytes.Count(text[:at], []byte("\n"))
		f.mistake(place{line, 1}, "this is not UTF-8 text", "save it as UTF-8")
		return nil
	}
	tokens := lexer.Tokenize(string(text))
	if at, what := tooMuch(tokens); what != "" {
		f.mistake(at, what, "a model list needs no such thing: check the brackets and the indentation")
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.broken(err)
		return nil
	}
	body := f.only(file.Docs)
	if body == nil {
		return nil
	}
	return (&planter{findings: f, anchors: map[string]*node{}}).node(body, 0)
}

// firstBad returns where a text is no text: a zero byte, or what is not UTF-8;
// -1 for nowhere.
func firstBad(text []byte) int {
	for at := 0; at < len(text); {
		if text[at] == 0 {
			return at
		}
		c, size := utf8.DecodeRune(text[at:])
		if c == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// broken reports what the parser could not read.
func (f *findings) broken(err error) {
	syntax, ok := errors.AsType[*yaml.SyntaxError](err)
	if !ok { // its text would show a part of the file
		f.mistake(place{1, 1}, "this is not YAML", "check the indentation, brackets and quotes")
		return
	}
	fix := "check the indentation, brackets and quotes of this line and the one above"
	if strings.Contains(syntax.Message, "\t") || strings.Contains(syntax.Message, "tab") {
		fix = "indent with spaces: YAML takes no tabs there"
	}
	// What the message quotes is a part of the file, and may be a key.
	message, _, _ := strings.Cut(syntax.Message, `"`)
	message = strings.NewReplacer("'\t'", "a tab", "\n", " ").Replace(strings.TrimRight(message, ": "))
	f.mistake(tokenPlace(syntax.Token), "this is not YAML: "+message, fix)
}

// only returns the body of the only document.
func (f *findings) only(docs []*ast.DocumentNode) ast.Node {
	var body ast.Node
	for _, doc := range docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType:
		case body != nil:
			f.mistake(tokenPlace(doc.Body.GetToken()), "a second document begins here", "remove the line --- above it")
			return nil
		default:
			body = doc.Body
		}
	}
	return body
}

// tokenPlace returns where a token is.
func tokenPlace(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// tooMuch looks, before the parser does, for what would take it very long or
// very deep. It returns where and what; "" for nothing.
func tooMuch(tokens token.Tokens) (place, string) {
	if len(tokens) > maxTokens {
		return tokenPlace(tokens[maxTokens]), fmt.Sprintf("more than %d words and signs", maxTokens)
	}
	var brackets, openers int
	keys := keyCounter{}
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			openers++
		case token.StringType, token.IntegerType, token.MappingValueType:
			openers = 0
		default:
		}
		if brackets > maxDepth || openers > maxDepth {
			return tokenPlace(t), fmt.Sprintf("more than %d levels", maxDepth)
		}
		if keys.add(t) > maxKeys {
			return tokenPlace(t), fmt.Sprintf("more than %d keys in one mapping", maxKeys)
		}
	}
	return place{}, ""
}

// keyCounter counts the keys of the mappings that are open: by the column in
// which their keys begin. Inside brackets all keys of a line's column count as
// one mapping's.
type keyCounter []struct{ column, keys int }

// add takes the next token and returns how many keys its mapping has by now.
func (c *keyCounter) add(t *token.Token) int {
	column := t.Position.Column
	switch {
	case t.Type == token.SequenceEntryType:
		c.leave(column)
		return 0
	case t.Type != token.MappingValueType || t.Prev == nil:
		return 0
	}
	column = t.Prev.Position.Column
	c.leave(column)
	if last := len(*c) - 1; last >= 0 && (*c)[last].column == column {
		(*c)[last].keys++
		return (*c)[last].keys
	}
	*c = append(*c, struct{ column, keys int }{column, 1})
	return 1
}

// leave forgets the mappings that are indented further than a column.
func (c *keyCounter) leave(column int) {
	for len(*c) > 0 && (*c)[len(*c)-1].column > column {
		*c = (*c)[:len(*c)-1]
	}
}
