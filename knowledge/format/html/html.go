// Package html reads web pages: what they say as Markdown, without the
// navigation, headers and footers around it.
package html

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/tribunebot/tribune/knowledge"
)

// Max is the largest page that is read, in bytes: the parser takes some twenty
// times as much memory.
const Max = 10 << 20

var (
	errLarge = fmt.Errorf("the page has more than %d MB: split it", Max>>20)
	errDeep  = errors.New("its elements are nested too deep for a page: save it again from a browser")
	errBlank = errors.New("the page shows no text without its scripts: save what a browser shows, as HTML or PDF")
)

// Page is what a web page says.
type Page struct {
	Title    string
	Markdown string // headings end in their anchor: "## Fees {#fees}"
	Language string // as the page says: "zh-CN"; may be empty
	// Canonical is the address that the page gives itself, absolute where the
	// base is; may be empty.
	Canonical string
	// NoIndex and NoFollow are what its robots meta element asks for.
	NoIndex, NoFollow bool
	// Links are the addresses it links to, absolute where the base is, without
	// fragments, once each: from the whole page, its navigation too.
	Links []string
	// Modified is when it says that it was changed; zero: it does not.
	Modified time.Time
}

// maxLinks bounds Page.Links.
const maxLinks = 10_000

// Markdown returns the title and the text of a page as Markdown. Relative links
// are completed with base, which may be nil. Errors say what to do.
func Markdown(r io.Reader, base *url.URL) (title, markdown string, err error) {
	page, err := Read(r, base, "")
	return page.Title, page.Markdown, err
}

// Read reads a page. contentType is the header that it came with, for its
// charset; it may be empty. A page without any text is an error, beside a Page
// that has all but Markdown.
func Read(r io.Reader, base *url.URL, contentType string) (Page, error) {
	root, err := parse(r, contentType)
	if err != nil {
		return Page{}, err
	}
	p := facts(root, base)
	p.Markdown, err = convert(content(root, base), base)
	if err != nil {
		return p, err
	}
	if p.Title == "" {
		p.Title = firstHeading(root)
	}
	if strings.TrimSpace(p.Markdown) == "" {
		return p, errBlank
	}
	return p, nil
}

// Fragment returns a piece of HTML as Markdown, all of it: for pages that come
// out of an export without anything around them.
func Fragment(r io.Reader, base *url.URL) (string, error) {
	root, err := parse(r, "text/html; charset=utf-8")
	if err != nil {
		return "", err
	}
	remove(root, isNoise)
	return convert(root, base)
}

// Document reads an HTML file.
func Document(_ context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	p, err := Read(io.NewSectionReader(r, 0, size), nil, "")
	if err != nil {
		return knowledge.Document{}, err
	}
	doc := knowledge.Document{Title: p.Title, Text: p.Markdown, Markdown: true, Anchor: knowledge.AnchorHeading}
	if p.Language != "" {
		doc.Metadata = map[string]string{"language": p.Language}
	}
	if u, err := url.Parse(p.Canonical); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		doc.URL = p.Canonical
	}
	return doc, nil
}

// parse reads a page into a tree.
func parse(r io.Reader, contentType string) (*html.Node, error) {
	raw, err := io.ReadAll(io.LimitReader(r, Max+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it can't be read: %w", err)
	case len(raw) > Max:
		return nil, errLarge
	}
	raw, err = decode(raw, contentType)
	if err != nil {
		return nil, err
	}
	if tangled(raw) {
		return nil, errDeep
	}
	root, err := html.Parse(bytes.NewReader(raw))
	if err != nil {
		return nil, errDeep // the one error of the parser for bytes at hand
	}
	return root, nil
}

// firstHeading is the text of the first h1.
func firstHeading(root *html.Node) string {
	for n := range root.Descendants() {
		if n.DataAtom == atom.H1 {
			return words(n)
		}
	}
	return ""
}

// words is the text below a node, with single spaces.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// attr is the value of an attribute, "" where there is none.
func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == key {
			return a.Val
		}
	}
	return ""
}
