package web

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// TestWhatIsNeverReached follows links and redirects to private addresses, on a
// machine where something listens at one.
func TestWhatIsNeverReached(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("no address 127.0.0.2 here: %v", err)
	}
	var reached atomic.Int32
	private := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	private.Listener.Close()
	private.Listener = l
	private.Start()
	defer private.Close()
	bad := []string{
		private.URL, "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://0x7f000002/", "http://0177.0.0.2/", "http://[::ffff:127.0.0.2]/",
		"http://[64:ff9b::7f00:2]/", "http://100.64.0.1/", "file:///etc/passwd", "gopher://127.0.0.2/", "http://a:b@127.0.0.1/", "javascript:alert(1)", "data:text/html,x",
	}
	pages := map[string]any{}
	var links []string
	for i, to := range bad {
		at := fmt.Sprintf("/r%d", i)
		pages[at] = redirect(to)
		links = append(links, at, to)
	}
	pages["/"] = page("Start", links...)
	pages["/robots.txt"] = redirect(private.URL + "/robots.txt")
	h := serve(t, pages)
	got := read(t, open(t, quick(), h.URL))
	same(t, "ids", []string{h.addr()}, got.ids())
	same(t, "left out", len(bad), len(got.skipped))
	same(t, "kept", []string(nil), got.kept)
	for i, to := range bad {
		single := read(t, open(t, quick(), fmt.Sprintf("%s/r%d", h.URL, i)))
		if single.err == nil || strings.Contains(single.err.Error(), "a:b@") {
			t.Errorf("a redirect to %s: %v", to, single.err)
		}
	}
	if reached.Load() > 0 {
		t.Error("a private address was reached")
	}
	closed := quick()
	closed.Private = nil
	named := strings.Replace(h.URL, "127.0.0.1", "localhost", 1)
	if got := read(t, open(t, closed, named)); got.err == nil || !strings.Contains(got.err.Error(), "not a public address") {
		t.Errorf("a name that leads to this machine: %v", got.err)
	}
}

func TestPagesThatDoNotCome(t *testing.T) {
	t.Parallel()
	pages := map[string]any{
		"/loop": redirect("/loop"), "/500": status(500), "/teapot": status(418), "/nothing": status(204), "/404": nil, "/410": status(410), "/401": status(401), "/member": redirect("/login?next=/member"),
		"/login":   `<html><head><title>Sign in</title></head><body><form><p>Please sign in with your account to go on.</p><input type="password"></form></body></html>`,
		"/large":   typed("text/html", strings.Repeat("<p>a long page</p>", 20_000)),
		"/picture": typed("image/png", "\x89PNG"), "/unknown": typed("application/x-secret\r\nx", "x"),
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			w.Write([]byte("<p>cut"))
		},
		"/zipbomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gzipped(t, &limited{n: 20 << 20}))
		},
		"/empty": "<html><body></body></html>", "/ok": page("Fine"),
	}
	var links []string
	for at := range pages {
		links = append(links, at)
	}
	pages["/"] = page("Start", links...)
	o := quick()
	o.MaxPage = 100 << 10
	h := serve(t, pages)
	src := open(t, o, h.URL)
	got := read(t, src)
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "documents", 2, len(got.docs))
	kept := map[string]bool{}
	for _, origin := range got.kept {
		kept[strings.TrimPrefix(origin, h.URL)] = true
	}
	for at, want := range map[string]struct {
		reason     string
		kept, gone bool
	}{
		"/loop": {"redirects", false, true}, "/500": {"(500)", true, false}, "/teapot": {"(418)", false, false}, "/nothing": {"(204)", false, false}, "/404": {"(404)", false, true}, "/410": {"(410)", false, true},
		"/401": {"sign-in", true, false}, "/member": {"sign-in", true, false}, "/login": {"sign in", true, false}, "/large": {"more than 0 MB", true, false},
		"/picture": {"image/png", false, false}, "/cut": {"reached", true, false}, "/zipbomb": {"more than", true, false}, "/empty": {"no text", true, false},
	} {
		reason := got.reason(at[1:])
		if !strings.Contains(reason, want.reason) || kept[at] != want.kept || src.Gone(h.URL+at) != want.gone {
			t.Errorf("%s: %q, kept %t, gone %t", at, reason, kept[at], src.Gone(h.URL+at))
		}
	}
	if !kept[""] {
		t.Error("pages failed for now, and what they lead to is not kept")
	}
}

// limited is n bytes that compress well.
type limited struct{ n int }

func (l *limited) Read(p []byte) (int, error) {
	if l.n <= 0 {
		return 0, io.EOF
	}
	l.n -= len(p)
	return spaces{}.Read(p)
}

// TestAPageThatNeverEnds drips for ever.
func TestAPageThatNeverEnds(t *testing.T) {
	t.Parallel()
	h := serve(t, map[string]any{
		"/drip.html": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for r.Context().Err() == nil {
				w.Write([]byte("<p>drip</p>"))
				w.(http.Flusher).Flush()
				wait(r.Context(), time.Millisecond)
			}
		},
		"/silent.html": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	})
	o := quick()
	o.Timeout = 50 * time.Millisecond
	for _, at := range []string{"/drip.html", "/silent.html"} {
		got := read(t, open(t, o, h.URL+at))
		if got.err == nil || !strings.Contains(got.err.Error(), "it did not come within 50ms") {
			t.Errorf("%s: %v", at, got.err)
		}
	}
}

func TestOtherDocuments(t *testing.T) {
	t.Parallel()
	h := serve(t, map[string]any{
		"/":           page("Start", "/notes.md", "/plain", "/table", "/raw", "/broken.pdf"),
		"/notes.md":   typed("text/markdown", "# Notes\n\nWhat was said."),
		"/plain":      typed("text/plain; charset=utf-8", "Just some text."),
		"/table":      typed("text/csv", "name,fee\nA,5\n"),
		"/raw":        typed("application/octet-stream", "<!doctype html><html><head><title>Raw</title></head><body><p>A page of which the server says nothing at all, though it has text.</p></body></html>"),
		"/broken.pdf": typed("application/pdf", "%PDF-1.7 nothing more"),
	})
	got := read(t, open(t, quick(), h.URL))
	same(t, "ids", []string{h.addr(), "notes.md", "plain.txt", "table.csv", "raw"}, got.ids())
	same(t, "titles", []string{"Notes", "plain"}, []string{got.docs[1].Title, got.docs[2].Title})
	same(t, "address", h.URL+"/plain", got.docs[2].URL)
	if got.reason("broken.pdf") == "" {
		t.Errorf("a broken PDF is left out without a word: %+v", got.skipped)
	}
}

// fed feeds a site into an index, time and again.
type fed struct {
	t *testing.T
	x *index.Index
	h *host
}

// ids are what is indexed after another run.
func (f fed) ids(o knowledge.IngestOptions) map[string]bool {
	f.t.Helper()
	src := open(f.t, quick(), f.h.URL+"/")
	o.Prune = true
	if _, err := f.x.Ingest(f.t.Context(), "site", src, o); err != nil {
		f.t.Logf("ingest: %v", err)
	}
	ids := map[string]bool{}
	for p, err := range f.x.Passages(f.t.Context(), "site") {
		if err != nil {
			f.t.Fatal(err)
		}
		ids[strings.TrimPrefix(p.Document, f.h.addr())] = true
	}
	return ids
}

// TestWhatIsKeptAndWhatIsPruned runs a site through an index while its pages
// come, go and fail.
func TestWhatIsKeptAndWhatIsPruned(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]knowledge.IngestOptions{"part": {}, "whole": {Whole: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := index.Open(t.TempDir(), index.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			h := serve(t, map[string]any{"/": page("Start", "/a", "/b"), "/a": page("A", "/a/deep"), "/a/deep": page("Deep"), "/b": page("B")})
			f := fed{t, x, h}
			all := map[string]bool{"": true, "a": true, "a/deep": true, "b": true}
			same(t, "at first", all, f.ids(o))
			h.set("/a", status(503)) // what it leads to is out of sight
			same(t, "while a page is down", all, f.ids(o))
			h.set("/", status(500))
			same(t, "while the site is down", all, f.ids(o))
			h.set("/", status(401))
			same(t, "behind a sign-in", all, f.ids(o))
			h.set("/robots.txt", status(500))
			same(t, "while robots.txt is down", all, f.ids(o))
			h.set("/robots.txt", nil)
			h.set("/", page("Start", "/a", "/b"))
			h.set("/a", page("A"))
			h.set("/b", nil)
			same(t, "after pages have gone", map[string]bool{"": true, "a": true}, f.ids(o))
			h.set("/a", strings.Replace(page("A"), "<head>", `<head><meta name="robots" content="noindex">`, 1))
			same(t, "after a page asked not to be found", map[string]bool{"": true}, f.ids(o))
		})
	}
}
