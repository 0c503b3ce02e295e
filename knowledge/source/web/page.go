package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/format/html"
)

// document reads a page that came.
func (c *crawl) document(ctx context.Context, f *fetched) error {
	first := f.url == c.target.start
	if at := f.answer.url; key(at) != key(f.url) {
		if !c.target.covers(at) {
			bad := &unread{verdict: outside, reason: "it leads to " + at.String() + ": name that address if it is to be read"}
			return c.miss(f, bad)
		}
		if _, ok := c.seen[key(at)]; ok && !first {
			return nil // it is read there
		}
		c.seen[key(at)] = struct{}{}
	}
	ending := endingOf(f.answer)
	switch ending {
	case "":
		return c.miss(f, &unread{verdict: outside, reason: noText + shownType(f.answer)})
	case ".html":
		return c.html(f)
	}
	return c.file(ctx, f, ending)
}

// html reads a web page and follows its links.
func (c *crawl) html(f *fetched) error {
	at := f.answer.url
	page, err := readPage(f.answer)
	noIndex, noFollow := robotsTag(f.answer.header)
	if !noFollow && !page.NoFollow && !c.known(page.Markdown) {
		c.follow(f, page.Links)
	}
	at = c.canonical(at, page.Canonical)
	switch {
	case key(at) != key(f.answer.url) && c.was(at):
		return nil // it has been read there, or will be
	case noIndex || page.NoIndex:
		return c.skip(at, "it asks not to be found (noindex)", true)
	case err != nil:
		return c.skip(at, err.Error(), false)
	case isForm(f.answer.body, page.Markdown):
		c.barred++
		return c.skip(at, "it is a page to sign in at: only what everybody may read is read", false)
	}
	return c.give(knowledge.Document{
		Title: page.Title, Text: page.Markdown, Markdown: true, Anchor: knowledge.AnchorHeading,
		UpdatedAt: c.changed(f, page.Modified),
	}, at)
}

// errBroken is said of a page that the reader of pages can't make sense of.
var errBroken = errors.New("it is damaged")

// readPage reads HTML. A panic of a library is a broken page's.
func readPage(a answer) (page html.Page, err error) {
	defer func() {
		if recover() != nil {
			err = errBroken
		}
	}()
	return html.Read(bytes.NewReader(a.body), a.url, a.header.Get("Content-Type"))
}

// file reads a document of another kind.
func (c *crawl) file(ctx context.Context, f *fetched, ending string) error {
	u := f.answer.url
	name := c.id(u)
	if !strings.EqualFold(path.Ext(name), ending) {
		name += ending
	}
	var err error
	format.Read(ctx, format.File{
		Name: name, Size: int64(len(f.answer.body)), ReaderAt: bytes.NewReader(f.answer.body),
		Origin: u.String(), URL: u.String(), ModTime: c.changed(f, time.Time{}),
	}, func(doc knowledge.Document, bad error) bool {
		if bad != nil && ctx.Err() == nil {
			if !c.yield(doc, bad) {
				err = errStop
			}
			return err == nil
		}
		if err = ctx.Err(); err == nil {
			err = c.give(doc, nil)
		}
		return err == nil
	})
	return err
}

// give yields a document, unless the same text came before. Its address is that
// of a page; nil: it has its own.
func (c *crawl) give(doc knowledge.Document, at *url.URL) error {
	if at != nil {
		doc.ID, doc.Origin, doc.URL = c.id(at), at.String(), at.String()
	}
	hash := hashOf(doc.Title + "\x00" + doc.Text)
	if other, ok := c.texts[hash]; ok {
		skipped := &knowledge.Skipped{Document: doc.ID, Reason: "it is the same as " + other, Foreign: true}
		if !c.yield(knowledge.Document{Origin: doc.Origin}, skipped) {
			return errStop
		}
		return nil
	}
	c.texts[hash], c.texts[hashOf(doc.Text)] = doc.ID, doc.ID
	if !c.yield(doc, nil) {
		return errStop
	}
	return nil
}

// known reports whether a text came before: a page that only repeats another
// leads nowhere, as those of sites that put a session into every link.
func (c *crawl) known(text string) bool {
	_, ok := c.texts[hashOf(text)]
	return ok && text != ""
}

func hashOf(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// follow queues the pages that a page links to.
func (c *crawl) follow(f *fetched, links []string) {
	if c.target.shape != tree || f.depth >= c.o.MaxDepth {
		return
	}
	for _, link := range links {
		to, err := url.Parse(link)
		if err != nil || c.guard.Check(to) != nil {
			continue
		}
		if sameHost(to, f.answer.url) && f.answer.url.Scheme == "https" {
			to.Scheme = "https" // old links of a site that has moved to HTTPS
		}
		if to = normal(to); c.target.covers(to) && !isTrap(to) {
			c.add(item{url: to, depth: f.depth + 1})
		}
	}
}

// canonical is the address that a page says is its own, where that can be: on
// the same host, within what was named. Sites that call each page their home
// page mean something else.
func (c *crawl) canonical(at *url.URL, says string) *url.URL {
	to, err := url.Parse(says)
	if says == "" || err != nil || c.guard.Check(to) != nil || !sameHost(to, at) {
		return at
	}
	to.Scheme, to.Host = at.Scheme, at.Host
	if to = normal(to); !c.target.covers(to) || to.Path == "/" && at.Path != "/" || !c.site.allows(to) {
		return at
	}
	return to
}

// was reports whether an address was queued before, and notes it.
func (c *crawl) was(u *url.URL) bool {
	_, ok := c.seen[key(u)]
	c.seen[key(u)] = struct{}{}
	return ok
}

// changed is when a page was last changed, as far as is known: by the sitemap,
// by the page, by the server. No time lies ahead.
func (c *crawl) changed(f *fetched, says time.Time) time.Time {
	at := f.lastmod
	if at.IsZero() {
		at = says
	}
	if at.IsZero() {
		at, _ = http.ParseTime(f.answer.header.Get("Last-Modified")) // zero where it has none
	}
	if at.After(c.o.Now()) {
		return time.Time{}
	}
	return at
}

// robotsTag is what the header X-Robots-Tag asks for, of all or of us.
func robotsTag(h http.Header) (noIndex, noFollow bool) {
	for _, value := range h.Values("X-Robots-Tag") {
		rules := strings.ToLower(value)
		if who, rest, named := strings.Cut(rules, ":"); named && !strings.Contains(who, ",") && !strings.HasPrefix(who, "unavailable") {
			if strings.TrimSpace(who) != strings.ToLower(product) {
				continue
			}
			rules = rest
		}
		none := strings.Contains(rules, "none")
		noIndex = noIndex || none || strings.Contains(rules, "noindex")
		noFollow = noFollow || none || strings.Contains(rules, "nofollow")
	}
	return noIndex, noFollow
}

// shortText is how much text a page to sign in at has at most, in bytes.
const shortText = 1000

// isForm reports whether a page is there to sign in at.
func isForm(body []byte, text string) bool {
	body = bytes.ToLower(body)
	return len(text) < shortText && (bytes.Contains(body, []byte(`type="password"`)) || bytes.Contains(body, []byte(`type='password'`)) || bytes.Contains(body, []byte("type=password")))
}
