package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// host is a web server of a test's own, at 127.0.0.1.
type host struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]http.HandlerFunc // by path and query
	asked []string
}

// serve starts a host. A page of text is HTML; a handler does as it likes.
func serve(t *testing.T, pages map[string]any) *host {
	t.Helper()
	h := &host{pages: map[string]http.HandlerFunc{}}
	for at, page := range pages {
		h.set(at, page)
	}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.RequestURI)
		page := h.pages[r.RequestURI]
		h.mu.Unlock()
		if page == nil {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) set(at string, page any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch page := page.(type) {
	case func(http.ResponseWriter, *http.Request):
		h.pages[at] = page
	case string:
		h.pages[at] = typed("text/html; charset=utf-8", strings.ReplaceAll(page, "HOST", "http://"+h.addr()))
	case nil:
		delete(h.pages, at)
	}
}

func (h *host) addr() string {
	if h.Server == nil {
		return ""
	}
	return h.Listener.Addr().String()
}

// count says how often an address was asked for.
func (h *host) count(at string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, a := range h.asked {
		if a == at {
			n++
		}
	}
	return n
}

func typed(kind, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write([]byte(body))
	}
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func redirect(to string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusMovedPermanently)
	}
}

// page is a page with a text of its own and some links.
func page(title string, links ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html><head><title>%s</title></head><body><main><h1 id=top>%s</h1><p>%s</p>", title, title, prose(title))
	for _, l := range links {
		fmt.Fprintf(&b, "<p>See <a href=\"%s\">the other page</a> too.</p>", l)
	}
	return b.String() + "</main></body></html>"
}

func prose(about string) string {
	return strings.Repeat("This paragraph tells what a reader needs to know about "+about+", and tells it at some length. ", 4)
}

// clock is a time that only passes by waiting.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		c.now = c.now.Add(d)
		c.waits = append(c.waits, d)
	}
	return ctx.Err()
}

// quick are options that allow 127.0.0.1 and wait for nothing.
func quick() Options {
	c := &clock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	return Options{Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Pause: -1, Now: c.Now, Wait: c.Wait}
}

// outcome is what a source gave.
type outcome struct {
	docs    []knowledge.Document
	skipped []knowledge.Skipped
	kept    []string // origins that are not to be pruned
	err     error
}

func (o outcome) ids() []string {
	ids := []string{}
	for _, d := range o.docs {
		ids = append(ids, d.ID)
	}
	return ids
}

// reason is why a document was left out.
func (o outcome) reason(id string) string {
	for _, s := range o.skipped {
		if s.Document == id {
			return s.Reason
		}
	}
	return ""
}

func open(t *testing.T, o Options, addresses ...string) *source {
	t.Helper()
	src, err := New(addresses, o)
	if err != nil {
		t.Fatal(err)
	}
	return src.(*source)
}

func read(t *testing.T, src knowledge.Source) outcome {
	t.Helper()
	var out outcome
	for doc, err := range src.Documents(t.Context()) {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok {
			out.skipped = append(out.skipped, *s)
			if !s.Foreign {
				out.kept = append(out.kept, doc.Origin)
			}
			continue
		}
		if err != nil {
			out.err = err
			continue
		}
		out.docs = append(out.docs, doc)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAPageAndThoseBelow(t *testing.T) {
	t.Parallel()
	h := serve(t, map[string]any{
		"/guide/":          page("Guide", "b", "/guide/a?utm_source=x#part", "/blog/", "//elsewhere.example/", "mailto:a@b.c", "../guide/a", "/guide/logo.png", "/guide/data.json"),
		"/guide/a":         page("Page A", "/guide/deep/c", "/guide/"),
		"/guide/b":         page("Page B"),
		"/blog/":           page("Blog"),
		"/guide/data.json": typed("application/json", "{}"),
		"/guide/deep/c": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Last-Modified", "Tue, 01 Jul 2025 10:00:00 GMT")
			typed("text/html", page("Page C"))(w, r)
		},
	})
	src := open(t, quick(), h.URL+"/guide/")
	got := read(t, src)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "ids", []string{"guide", "guide/b", "guide/a", "guide/deep/c"}, got.ids())
	a := got.docs[2]
	same(t, "page", []any{"Page A", h.URL + "/guide/a", h.URL + "/guide/a", knowledge.AnchorHeading, true}, []any{a.Title, a.URL, a.Origin, a.Anchor, a.Markdown})
	if !strings.Contains(a.Text, "a reader needs to know about Page A") {
		t.Errorf("text %q", a.Text)
	}
	same(t, "changed", time.Date(2025, 7, 1, 10, 0, 0, 0, time.UTC), got.docs[3].UpdatedAt)
	if h.count("/blog/") > 0 || h.count("/guide/logo.png") > 0 || h.count("/guide/a") != 1 {
		t.Errorf("asked for %v", h.asked)
	}
	for _, id := range []string{"guide/logo.png", "guide/data.json"} {
		if got.reason(id) == "" {
			t.Errorf("%s was left out without a word: %+v", id, got.skipped)
		}
	}
	same(t, "kept", []string(nil), got.kept)
	for origin, want := range map[string]bool{
		h.URL + "/guide/": true, h.URL + "/guide/new": true, h.URL + "/guide": false, h.URL + "/blog/": false,
		"https://docs.example.com/guide/a": false, "/a/file": false, "": false,
	} {
		if src.Covers(origin) != want {
			t.Errorf("covers %s: %t", origin, !want)
		}
	}
}

func TestWhatWasNamed(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]target{
		"https://Docs.Example.com":                   {shape: tree, page: "/", below: "/"},
		"https://docs.example.com/guide":             {shape: tree, page: "/guide", below: "/guide/"},
		"https://docs.example.com/v1.2":              {shape: tree, page: "/v1.2", below: "/v1.2/"},
		"https://docs.example.com/3/index.html":      {shape: tree, page: "/3/index.html", below: "/3/"},
		"https://docs.example.com/a/fees.html":       {shape: single, page: "/a/fees.html"},
		"https://docs.example.com/a/fees.pdf?v=2":    {shape: single, page: "/a/fees.pdf"},
		"https://docs.example.com/sitemap.xml":       {shape: sitemap},
		"https://docs.example.com/a/pages.xml.gz":    {shape: sitemap},
		"https://docs.example.com/sitemap_index.txt": {shape: sitemap},
		"https://docs.example.com/robots.txt":        {shape: robots},
	} {
		got, err := parse(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		got.start = nil
		if *got != want {
			t.Errorf("%s: %+v, want %+v", address, *got, want)
		}
	}
	for _, bad := range []string{"", "docs.example.com", "ftp://docs.example.com/", "http://", "http://127.0.0.1/", "http://[::1]:80/", "http://0x7f000001/", "https://me:secret@docs.example.com/", "https://a b/"} {
		src, err := New([]string{bad}, Options{})
		if err == nil {
			t.Errorf("%q is read: %s", bad, src.Name())
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows the password: %v", bad, err)
		}
	}
	if _, err := New(nil, Options{}); !errors.Is(err, errNothing) {
		t.Errorf("no address: %v", err)
	}
	if !Is("https://a.example") || !Is("HTTP://a") || Is("git@a:b") || Is("/a/b") || Is("file:///a") {
		t.Error("Is is wrong about schemes")
	}
}

func TestOneForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"HTTPS://Docs.Example.com:443/a#b":                  "https://docs.example.com/a",
		"http://h.example:80":                               "http://h.example/",
		"http://h.example:8080/?":                           "http://h.example:8080/",
		"https://h.example/a?b=2&a=1&utm_source=x&fbclid=y": "https://h.example/a?a=1&b=2",
		"https://h.example/a;jsessionid=12AB?sid=3":         "https://h.example/a",
		"https://h.example/%E4%B8%AD%7E":                    "https://h.example/%E4%B8%AD~",
		"https://h.example/中~":                              "https://h.example/%E4%B8%AD~",
		"https://h.example/a%2Fb":                           "https://h.example/a%2Fb",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := normal(u).String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	s, err := New([]string{"https://h.example/"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"https://h.example/": "h.example", "https://h.example/a/b/": "a/b", "https://h.example/%E4%B8%AD?q=%E6%96%87": "中?q=文", "https://h.example/a%0Ab": "a%0Ab",
	} {
		u, _ := url.Parse(in)
		same(t, "id", want, s.(*source).id(u))
	}
}

func TestSeveralHosts(t *testing.T) {
	t.Parallel()
	one, two := serve(t, map[string]any{"/": page("One")}), serve(t, map[string]any{"/a.html": page("Two"), "/b.html": page("Three")})
	got := read(t, open(t, quick(), one.URL, two.URL+"/a.html"))
	same(t, "ids", []string{one.addr(), two.addr() + "/a.html"}, got.ids())
}

// TestAReadThatEndsEarly stops at each document: nothing hangs and nothing more
// is asked for.
func TestAReadThatEndsEarly(t *testing.T) {
	t.Parallel()
	pages := map[string]any{}
	var all []string
	for i := range 6 {
		all = append(all, fmt.Sprintf("/p%d", i))
		pages[all[i]] = page(fmt.Sprintf("Page %d", i))
	}
	pages["/"] = page("Start", all...)
	for stop := 1; stop <= 7; stop++ {
		h := serve(t, maps.Clone(pages))
		n := 0
		for range open(t, quick(), h.URL).Documents(t.Context()) {
			if n++; n == stop {
				break
			}
		}
		same(t, "documents", stop, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h := serve(t, pages)
	last := error(nil)
	for _, err := range open(t, quick(), h.URL).Documents(ctx) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("after cancel: %v", last)
	}
}
