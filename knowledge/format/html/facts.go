package html

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// facts reads what a page says of itself.
func facts(root *html.Node, base *url.URL) Page {
	var p Page
	seen := map[string]bool{}
	for n := range root.Descendants() {
		switch n.Data {
		case "html":
			p.Language = attr(n, "lang")
		case "base":
			if u := resolve(base, attr(n, "href")); u != nil && base != nil {
				base = u
			}
		case "title":
			if p.Title == "" && n.Parent.DataAtom == atom.Head {
				p.Title = words(n)
			}
		case "meta":
			p.meta(strings.ToLower(attr(n, "name")+attr(n, "property")), attr(n, "content"))
		case "link":
			if slices.Contains(strings.Fields(strings.ToLower(attr(n, "rel"))), "canonical") {
				if u := resolve(base, attr(n, "href")); u != nil {
					p.Canonical = u.String()
				}
			}
		case "a":
			p.link(resolve(base, attr(n, "href")), attr(n, "rel"), seen)
		}
	}
	return p
}

// meta takes what one meta element says.
func (p *Page) meta(name, content string) {
	switch name {
	case "robots":
		content = strings.ToLower(content)
		p.NoIndex = p.NoIndex || strings.Contains(content, "noindex") || strings.Contains(content, "none")
		p.NoFollow = p.NoFollow || strings.Contains(content, "nofollow") || strings.Contains(content, "none")
	case "article:modified_time", "last-modified", "og:updated_time":
		for _, layout := range [...]string{time.RFC3339, time.DateOnly, time.RFC1123} {
			if at, err := time.Parse(layout, content); err == nil {
				p.Modified = at
				return
			}
		}
	}
}

// link takes one link of a page.
func (p *Page) link(u *url.URL, rel string, seen map[string]bool) {
	if u == nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || len(p.Links) >= maxLinks {
		return
	}
	u.Fragment, u.RawFragment = "", ""
	to := u.String()
	if to == "" || seen[to] || slices.Contains(strings.Fields(strings.ToLower(rel)), "nofollow") {
		return
	}
	seen[to] = true
	p.Links = append(p.Links, to)
}

// resolve completes an address, nil for one that is none.
func resolve(base *url.URL, ref string) *url.URL {
	u, err := url.Parse(strings.TrimSpace(ref))
	if err != nil || ref == "" {
		return nil
	}
	if base == nil {
		return u
	}
	return base.ResolveReference(u)
}
