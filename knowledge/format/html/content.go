package html

import (
	"net/url"
	"slices"
	"strings"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// content is the part of a page that it is there for. Pages that name it (main,
// article) are believed; of others, what stands around it is taken out by what
// it is called, and readability looks for the rest if there is still more than
// text.
func content(root *html.Node, base *url.URL) *html.Node {
	body := first(root, func(n *html.Node) bool { return n.DataAtom == atom.Body })
	if body == nil {
		return root
	}
	remove(body, isNoise)
	all := len(words(body))
	for _, is := range [...]func(*html.Node) bool{isMain, isArticle} {
		if part := only(body, is); part != nil && len(words(part))*mainShare >= all {
			remove(part, isAround)
			return part
		}
	}
	remove(body, isAround)
	links, left := linked(body), len(words(body))
	if links*2 <= left { // text, with lists of links beside it at most
		remove(body, isLinkList)
		return body
	}
	// Readability is made for news pages. It drops lists and tables that have
	// many links, so it is asked only where links make up most of the page.
	if part := readable(root, base); part != nil && len(words(part))*2 >= len(words(body)) {
		return part
	}
	return body
}

// mainShare is the least share of a page's text, one in so many, that an
// element has which is believed to be its content.
const mainShare = 5

// readable is what readability takes for the content, nil where it finds none.
func readable(root *html.Node, base *url.URL) *html.Node {
	if base == nil {
		base = &url.URL{Scheme: "https", Host: "localhost"}
	}
	p := readability.NewParser()
	p.MaxElemsToParse = maxElements
	article, err := p.ParseDocument(root, base)
	if err != nil {
		return nil
	}
	return article.Node
}

// maxElements bounds what readability looks at: it goes over a page many times.
const maxElements = 20_000

// first is the first node below another that a test holds for.
func first(root *html.Node, is func(*html.Node) bool) *html.Node {
	for n := range root.Descendants() {
		if is(n) {
			return n
		}
	}
	return nil
}

// only is the one node that a test holds for, nil where there are several.
func only(root *html.Node, is func(*html.Node) bool) *html.Node {
	var found *html.Node
	for n := range root.Descendants() {
		if !is(n) {
			continue
		}
		if found != nil {
			return nil
		}
		found = n
	}
	return found
}

// remove takes the nodes out that a test holds for.
func remove(root *html.Node, is func(*html.Node) bool) {
	for _, n := range slices.Collect(root.Descendants()) {
		if n.Parent != nil && n.Type == html.ElementNode && is(n) {
			n.Parent.RemoveChild(n)
		}
	}
}

// linked is how much of the text below a node are links, in bytes.
func linked(root *html.Node) int {
	total := 0
	for n := range root.Descendants() {
		if n.DataAtom == atom.A {
			total += len(words(n))
		}
	}
	return total
}

// leastLinks is how many links a list has that leads around a site.
const leastLinks = 8

// isLinkList holds for a list that is nothing but links.
func isLinkList(n *html.Node) bool {
	if n.DataAtom != atom.Ul && n.DataAtom != atom.Ol {
		return false
	}
	count := 0
	for d := range n.Descendants() {
		if d.DataAtom == atom.A {
			count++
		}
	}
	return count >= leastLinks && linked(n)*10 >= len(words(n))*9
}

func isMain(n *html.Node) bool { return n.DataAtom == atom.Main || attr(n, "role") == "main" }

func isArticle(n *html.Node) bool { return n.DataAtom == atom.Article }

// isNoise holds for what is never text of a page: code that runs, controls,
// what is hidden.
func isNoise(n *html.Node) bool {
	switch n.Data {
	case "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas",
		"input", "select", "textarea", "button", "audio", "video", "dialog":
		return true
	}
	if attr(n, "aria-hidden") == "true" {
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return a.Val != "until-found"
		case "style":
			style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
		}
	}
	return false
}

// isAround holds for what stands around the content of a page.
func isAround(n *html.Node) bool {
	switch n.Data {
	case "nav", "footer", "aside", "menu":
		return true
	case "header":
		return !holdsTitle(n)
	}
	switch attr(n, "role") {
	case "navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar", "dialog", "alertdialog":
		return true
	}
	return n.DataAtom != atom.Body && namedAround(attr(n, "id")+" "+attr(n, "class"))
}

// holdsTitle reports whether a header is that of the text, not of the site.
func holdsTitle(n *html.Node) bool {
	return first(n, func(n *html.Node) bool { return n.DataAtom == atom.H1 }) != nil &&
		first(n, func(n *html.Node) bool { return n.DataAtom == atom.Nav }) == nil
}

// namedAround reports whether an id or class is one that pages give to what
// stands around their content. Whole names alone: "footnotes" is no footer.
func namedAround(names string) bool {
	for name := range strings.FieldsSeq(strings.ToLower(names)) {
		switch name {
		case "nav", "navbar", "navigation", "sidebar", "footer", "site-header", "site-footer", "page-header", "page-footer", "menu", "breadcrumb", "breadcrumbs",
			"toc", "table-of-contents", "cookie-banner", "cookie-consent", "skip-link", "share", "social", "comments", "related", "pagination",
			"advertisement", "ads", "headerlink", "edit-link", "mw-editsection", "feedback", "sphinxsidebar", "wy-nav-side", "rst-footer-buttons":
			return true
		}
	}
	return false
}
