package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listed is a sitemap; HOST stands for the host.
func listed(h **host, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		typed("application/xml", strings.ReplaceAll(body, "HOST", (*h).URL))(w, r)
	}
}

func gzipped(t *testing.T, r io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return out.Bytes()
}

const mapOfMaps = `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`

func TestSitemaps(t *testing.T) {
	t.Parallel()
	var h *host
	h = serve(t, map[string]any{
		// It lists itself, another one twice, one of another host, and one that is gone.
		"/sitemap.xml": listed(&h, mapOfMaps+`<sitemap><loc>HOST/sitemap.xml</loc></sitemap><sitemap><loc> HOST/maps/docs.xml.gz </loc></sitemap>
			<sitemap><loc>HOST/maps/docs.xml.gz</loc></sitemap><sitemap><loc>http://elsewhere.example/s.xml</loc></sitemap></sitemapindex>`),
		"/maps/docs.xml.gz": func(w http.ResponseWriter, _ *http.Request) {
			w.Write(gzipped(t, strings.NewReader(strings.ReplaceAll(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="x">
				<url><loc>HOST/docs/a?b=1&amp;a=2</loc><lastmod>2025-03-04</lastmod><image:image><image:loc>HOST/i.png</image:loc></image:image></url>
				<url><loc>HOST/docs/deep/b</loc><lastmod>2999-01-01T00:00:00Z</lastmod></url>
				<url><loc>HOST/docs/a?a=2&amp;b=1</loc></url><url><loc>http://elsewhere.example/x</loc></url><url><loc>file:///etc/passwd</loc></url><url><loc>::</loc></url>
				<url></url></urlset>`, "HOST", h.URL))))
		},
		"/docs/a?a=2&b=1": page("A", "/docs/not-listed"), "/docs/deep/b": page("B"), "/docs/not-listed": page("Not listed"),
	})
	src := open(t, quick(), h.URL+"/sitemap.xml")
	got := read(t, src)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "ids", []string{"docs/a?a=2&b=1", "docs/deep/b"}, got.ids())
	same(t, "changed", []time.Time{time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC), {}}, []time.Time{got.docs[0].UpdatedAt, got.docs[1].UpdatedAt})
	same(t, "asked for the map", 1, h.count("/sitemap.xml"))
	same(t, "covers what it lists", []bool{true, false}, []bool{src.Covers(h.URL + "/docs/old"), src.Covers(h.URL + "/blog/x")})

	viaRobots := serve(t, map[string]any{"/docs/a": page("A"), "/docs/b": page("B"), "/docs/": page("Docs")})
	viaRobots.set("/robots.txt", typed("text/plain", "Sitemap: "+viaRobots.URL+"/list.txt\nSitemap: /other.xml\n"))
	viaRobots.set("/list.txt", typed("text/plain", viaRobots.URL+"/docs/a\n"+viaRobots.URL+"/docs/b\nnonsense\n"))
	same(t, "by robots.txt", []string{"docs/a", "docs/b"}, read(t, open(t, quick(), viaRobots.URL+"/robots.txt")).ids())
	same(t, "a page and those that are listed below it", []string{"docs", "docs/a", "docs/b"}, read(t, open(t, quick(), viaRobots.URL+"/docs/")).ids())
}

func TestSitemapsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	bomb := gzipped(t, io.MultiReader(strings.NewReader("<urlset>"), io.LimitReader(spaces{}, maxSitemap+1)))
	for name, c := range map[string]struct{ page any }{
		"none": {nil}, "a page": {page("A page")}, "nothing": {typed("application/xml", "")}, "cut off": {typed("application/xml", "<urlset><url><loc>http://x/")},
		"empty":    {typed("application/xml", "<urlset></urlset>")},
		"a feed":   {typed("application/xml", "<rss><channel></channel></rss>")},
		"bomb":     {typed("application/gzip", string(bomb))},
		"no gzip":  {typed("application/gzip", "\x1f\x8bnot really")},
		"entities": {typed("application/xml", `<!DOCTYPE u [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>`)},
	} {
		h := serve(t, map[string]any{"/sitemap.xml": c.page})
		got := read(t, open(t, quick(), h.URL+"/sitemap.xml"))
		if got.err == nil || len(got.docs) > 0 || !strings.Contains(got.err.Error(), h.URL) {
			t.Errorf("%s: %v, %v", name, got.ids(), got.err)
		}
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestSitemapsWithoutEnd lists ever more sitemaps.
func TestSitemapsWithoutEnd(t *testing.T) {
	t.Parallel()
	h := serve(t, nil)
	n := 0
	h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/sitemap") {
			h.mu.Lock()
			n++
			here := n
			h.mu.Unlock()
			body := fmt.Sprintf("%s<sitemap><loc>%s/sitemap-%d.xml</loc></sitemap><sitemap><loc>%s/sitemap-x%d.xml</loc></sitemap></sitemapindex>", mapOfMaps, h.URL, here, h.URL, here)
			typed("application/xml", body)(w, r)
			return
		}
		http.NotFound(w, r)
	})
	got := read(t, open(t, quick(), h.URL+"/sitemap.xml"))
	if got.err == nil || n != maxSitemaps {
		t.Errorf("read %d sitemaps: %v", n, got.err)
	}
}
