package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// Limits of sitemaps: those of sitemaps.org for one file, and how many files.
const (
	maxSitemap  = 50 << 20 // bytes, unpacked
	maxSitemaps = 200
	// maxEntries is how many entries of one file are read, by the limit of the
	// protocol (sitemaps.org): more are somebody's mistake, or harm.
	maxEntries = 50_000
)

var (
	errNoSitemap = errors.New("it is no sitemap: name a page, or the sitemap's own address")
	errEmpty     = errors.New("it lists no page of its own host")
	errBomb      = fmt.Errorf("the sitemap has more than %d MB when it is unpacked", maxSitemap>>20)
)

// entry is a page that a sitemap lists.
type entry struct {
	url     *url.URL
	lastmod time.Time
}

// listing is what one sitemap has.
type listing struct {
	pages []entry
	maps  []string
}

// sitemaps reads sitemaps and those that they list, each once. It fails only
// where the first can't be read.
func (c *crawl) sitemaps(ctx context.Context, from []string) ([]entry, error) {
	var out []entry
	seen := map[string]bool{}
	for n := 0; len(from) > 0; n++ {
		address := from[0]
		from = from[1:]
		u, err := c.target.start.Parse(strings.TrimSpace(address))
		if err != nil || !sameHost(u, c.target.start) || seen[key(u)] {
			continue
		}
		seen[key(u)] = true
		if len(seen) > maxSitemaps {
			c.partial = fmt.Sprintf("it has more than %d sitemaps", maxSitemaps)
			break
		}
		list, err := c.sitemap(ctx, u)
		switch {
		case err != nil && (len(seen) == 1 || ctx.Err() != nil):
			return nil, err
		case err != nil:
			c.partial = "the sitemap " + u.Path + " can't be read: " + err.Error()
			continue
		}
		if room := max(0, maxQueue*maxSitemaps-len(from)); len(list.maps) > room {
			list.maps = list.maps[:room]
		}
		from = append(from, list.maps...)
		out = c.onHost(out, list.pages)
	}
	if len(seen) == 0 {
		return nil, errNoSitemap
	}
	return out, nil
}

// onHost adds the pages that are on the target's host.
func (c *crawl) onHost(to, pages []entry) []entry {
	for _, e := range pages {
		if len(to) >= maxQueue*c.o.MaxPages {
			c.partial = "its sitemaps list too many pages"
			return to
		}
		if c.guard.Check(e.url) != nil || !sameHost(e.url, c.target.start) {
			continue
		}
		if c.target.start.Scheme == "https" {
			e.url.Scheme = "https"
		}
		e.url = normal(e.url)
		to = append(to, e)
	}
	return to
}

// sitemap reads one sitemap.
func (c *crawl) sitemap(ctx context.Context, u *url.URL) (listing, error) {
	if !c.site.allows(u) {
		return listing{}, &unread{verdict: refused, reason: byRobots}
	}
	got, err := c.fetch(ctx, c.site, u, maxSitemap)
	if err != nil {
		return listing{}, err
	}
	body := got.body
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) { // the mark of gzip, RFC 1952
		if body, err = unpack(body); err != nil {
			return listing{}, err
		}
	}
	if text := bytes.TrimSpace(body); !bytes.HasPrefix(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("<")) && got.kind() == "text/plain" {
		return lines(text), nil
	}
	return parseSitemap(body)
}

// unpack undoes gzip, up to a limit.
func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoSitemap, err)
	}
	out, err := io.ReadAll(io.LimitReader(z, maxSitemap+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the sitemap is damaged: %w", err)
	case len(out) > maxSitemap:
		return nil, errBomb
	}
	return out, nil
}

// lines reads a sitemap that is a list of addresses.
func lines(text []byte) listing {
	var out listing
	for line := range strings.Lines(string(text)) {
		if len(out.pages) >= maxEntries {
			break
		}
		if u, err := url.Parse(strings.TrimSpace(line)); err == nil && u.Host != "" {
			out.pages = append(out.pages, entry{url: u})
		}
	}
	return out
}

// parseSitemap reads a sitemap in XML.
func parseSitemap(body []byte) (listing, error) {
	in := xml.NewDecoder(bytes.NewReader(body))
	in.CharsetReader = charset.NewReaderLabel
	var out listing
	for root := true; ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) && !root {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("%w (%w)", errNoSitemap, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root && start.Name.Local != "urlset" && start.Name.Local != "sitemapindex" {
			return out, errNoSitemap
		}
		if err := out.element(in, start, root); err != nil {
			return out, fmt.Errorf("the sitemap is damaged: %w", err)
		}
		root = false
		if len(out.pages)+len(out.maps) >= maxEntries {
			return out, nil
		}
	}
}

// element takes one element of a sitemap.
func (l *listing) element(in *xml.Decoder, start xml.StartElement, root bool) error {
	var at struct {
		Loc     string `xml:"loc"`
		Lastmod string `xml:"lastmod"`
	}
	if root || start.Name.Local != "url" && start.Name.Local != "sitemap" {
		return nil
	}
	if err := in.DecodeElement(&at, &start); err != nil {
		return err
	}
	loc := strings.TrimSpace(at.Loc)
	if start.Name.Local == "sitemap" {
		l.maps = append(l.maps, loc)
	} else if u, err := url.Parse(loc); err == nil && u.Host != "" {
		l.pages = append(l.pages, entry{u, date(strings.TrimSpace(at.Lastmod))})
	}
	return nil
}

// date reads a time as sitemaps write it (w3.org/TR/NOTE-datetime), zero for
// one that is none.
func date(s string) time.Time {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	return time.Time{}
}
