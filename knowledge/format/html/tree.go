package html

import (
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Tree is a page of which parts are asked for by name: one that a program made
// whose layout is known.
type Tree struct{ root *html.Node }

// Link is a link of a page.
type Link struct{ Text, Href string }

// Parse reads a page whole. Errors say what to do.
func Parse(r io.Reader) (*Tree, error) {
	root, err := parse(r, "")
	if err != nil {
		return nil, err
	}
	return &Tree{root}, nil
}

// Find returns the first part of a page whose attribute has a value, one of
// several parted by spaces; nil where there is none.
func (t *Tree) Find(attribute, value string) *Tree {
	found := first(t.root, func(n *html.Node) bool {
		return n.Type == html.ElementNode && slices.Contains(strings.Fields(attr(n, attribute)), value)
	})
	if found == nil {
		return nil
	}
	return &Tree{found}
}

// Element returns the first part of a page that is an element of a name; nil
// where there is none.
func (t *Tree) Element(name string) *Tree {
	found := first(t.root, func(n *html.Node) bool { return n.Type == html.ElementNode && n.Data == name })
	if found == nil {
		return nil
	}
	return &Tree{found}
}

// Text is the text of a part with single spaces, "" for nil.
func (t *Tree) Text() string {
	if t == nil {
		return ""
	}
	return words(t.root)
}

// Links are the links of a part in their order; none for nil.
func (t *Tree) Links() (out []Link) {
	if t == nil {
		return nil
	}
	for n := range t.root.Descendants() {
		if n.DataAtom == atom.A && attr(n, "href") != "" && len(out) < maxLinks {
			out = append(out, Link{words(n), attr(n, "href")})
		}
	}
	return out
}

// Markdown returns a part as Markdown, once: what is no text is taken out of the
// tree. Links to other places than web addresses become their text.
func (t *Tree) Markdown() (string, error) {
	if t == nil {
		return "", nil
	}
	remove(t.root, isNoise)
	for n := range t.root.Descendants() {
		if n.DataAtom == atom.A && !isWeb(attr(n, "href")) {
			n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "href" })
		}
	}
	return convert(t.root, nil)
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "mailto:")
}
