package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRobotsTxtIsKept(t *testing.T) {
	t.Parallel()
	h := serve(t, map[string]any{
		"/robots.txt": typed("text/plain", "nonsense\nUser-agent: *\nDisallow: /\n\nUser-Agent: tribunebot\r\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 2\n"),
		"/":           page("Start", "/private/a", "/private/open", "/moved"),
		"/private/a":  page("Private"), "/private/open": page("Open"),
		"/moved": redirect("/private/b"), "/private/b": page("Private too"),
	})
	c := &clock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	o := quick()
	o.Now, o.Wait = c.Now, c.Wait
	got := read(t, open(t, o, h.URL))
	same(t, "ids", []string{h.addr(), "private/open"}, got.ids())
	same(t, "reasons", []string{byRobots, byRobots}, []string{got.reason("private/a"), got.reason("moved")})
	if h.count("/private/a") > 0 || h.count("/private/b") > 0 {
		t.Errorf("asked for %v", h.asked)
	}
	if len(c.waits) < 2 {
		t.Errorf("waits %v", c.waits)
	}
	for _, d := range c.waits {
		if d <= time.Second {
			t.Errorf("a pause of %s where two seconds are asked for", d)
		}
	}
	same(t, "kept", []string(nil), got.kept)
}

func TestRobotsTxtThatCannotBeHad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		robots any
		read   bool
	}{
		"none": {nil, true}, "forbidden": {status(403), true}, "elsewhere": {redirect("http://elsewhere.example/robots.txt"), true},
		"broken": {status(503), false}, "all": {typed("text/plain", "User-agent: *\nDisallow: /"), false},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			for range 20 {
				w.Write([]byte(strings.Repeat("Disallow: /x\n", 10_000)))
			}
		}, true},
	} {
		h := serve(t, map[string]any{"/robots.txt": c.robots, "/": page("Start")})
		got := read(t, open(t, quick(), h.URL))
		if (got.err == nil) != c.read || (len(got.docs) == 1) != c.read {
			t.Errorf("%s: %v, %v", name, got.ids(), got.err)
		}
	}
}

// TestPauses looks at the time between two requests.
func TestPauses(t *testing.T) {
	t.Parallel()
	h := serve(t, map[string]any{"/": page("Start", "/a", "/b"), "/a": page("A"), "/b": page("B")})
	c := &clock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	o := quick()
	o.Now, o.Wait, o.Pause, o.Parallel = c.Now, c.Wait, time.Second, 1
	read(t, open(t, o, h.URL))
	same(t, "pauses", []time.Duration{time.Second, time.Second, time.Second}, c.waits) // robots.txt, then three pages
}

func TestAHostThatIsBusy(t *testing.T) {
	t.Parallel()
	busy := func(times int, after string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			if times--; times >= 0 {
				w.Header().Set("Retry-After", after)
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			typed("text/html", page("Late"))(w, r)
		}
	}
	for name, c := range map[string]struct {
		page func(http.ResponseWriter, *http.Request)
		wait time.Duration
		read bool
	}{
		"once":     {busy(1, "7"), 7 * time.Second, true},
		"a date":   {busy(1, "Tue, 01 Jan 2030 00:00:09 GMT"), 9 * time.Second, true},
		"nothing":  {busy(2, ""), 5 * time.Second, true},
		"nonsense": {busy(1, "-5"), time.Second, true},
		"always":   {busy(99, "1"), 5 * time.Second, false},
		"too long": {busy(1, "3600"), 0, false},
	} {
		h := serve(t, map[string]any{"/late.html": c.page})
		k := &clock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		o := quick()
		o.Now, o.Wait = k.Now, k.Wait
		got := read(t, open(t, o, h.URL+"/late.html"))
		if (got.err == nil) != c.read || (len(got.docs) == 1) != c.read {
			t.Errorf("%s: %v, %v", name, got.ids(), got.err)
		}
		total := time.Duration(0)
		for _, d := range k.waits {
			total += d
		}
		same(t, name, c.wait, total)
	}
}

func TestWhatPagesAskFor(t *testing.T) {
	t.Parallel()
	h := serve(t, map[string]any{
		"/":       page("Start", "/hidden", "/quiet", "/tag", "/other", "/copy?v=1", "/copy?v=2", "/home", "/abroad"),
		"/hidden": strings.Replace(page("Hidden", "/behind"), "<head>", `<head><meta name="robots" content="NOINDEX">`, 1),
		"/behind": page("Behind"),
		"/quiet":  strings.Replace(page("Quiet", "/never"), "<head>", `<head><meta name="robots" content="nofollow">`, 1),
		"/never":  page("Never"),
		"/tag": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("X-Robots-Tag", "otherbot: nofollow")
			w.Header().Add("X-Robots-Tag", "noindex, nofollow")
			typed("text/html", page("Tag", "/never2"))(w, r)
		},
		"/other": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Robots-Tag", "otherbot: noindex")
			typed("text/html", page("Other"))(w, r)
		},
		"/never2":   page("Never"),
		"/copy?v=1": strings.Replace(page("Copy one"), "<head>", `<head><link rel="canonical" href="/copy">`, 1),
		"/copy?v=2": strings.Replace(page("Copy two"), "<head>", `<head><link rel="canonical" href="/copy">`, 1),
		"/home":     strings.Replace(page("Home"), "<head>", `<head><link rel="canonical" href="/">`, 1),
		"/abroad":   strings.Replace(page("Abroad"), "<head>", `<head><link rel="canonical" href="https://evil.example/x">`, 1),
	})
	got := read(t, open(t, quick(), h.URL))
	same(t, "ids", []string{h.addr(), "quiet", "other", "copy", "home", "abroad", "behind"}, got.ids())
	for _, d := range got.docs {
		if !strings.HasPrefix(d.URL, h.URL) {
			t.Errorf("%s has the address %s", d.ID, d.URL)
		}
	}
	for _, id := range []string{"hidden", "tag"} {
		if !strings.Contains(got.reason(id), "noindex") {
			t.Errorf("%s: %q", id, got.reason(id))
		}
	}
}

// TestSitesWithoutEnd makes up pages for ever, each with links to more.
func TestSitesWithoutEnd(t *testing.T) {
	t.Parallel()
	endless := func(link func(r *http.Request, n int) []string) *host {
		n := 0
		h := serve(t, nil)
		h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				http.NotFound(w, r)
				return
			}
			h.mu.Lock()
			n++
			here := n
			h.asked = append(h.asked, r.RequestURI)
			h.mu.Unlock()
			typed("text/html", page(r.RequestURI, link(r, here)...))(w, r)
		})
		return h
	}
	for name, c := range map[string]struct {
		link    func(r *http.Request, n int) []string
		most    int
		partial bool
	}{
		"a calendar": {func(_ *http.Request, n int) []string {
			return []string{fmt.Sprintf("/calendar?month=%d", n+1), fmt.Sprintf("/calendar?month=%d", n+1000)}
		}, 50, true},
		"a chain":           {func(_ *http.Request, n int) []string { return []string{fmt.Sprintf("/next/%d", n)} }, 11, false},
		"a path that grows": {func(*http.Request, int) []string { return []string{"more/"} }, 5, false},
		"sessions": {func(r *http.Request, n int) []string {
			return []string{fmt.Sprintf("/a?sid=%d", n), fmt.Sprintf("/b;jsessionid=%d", n), fmt.Sprintf("/c?PHPSESSID=%d#x", n)}
		}, 4, false},
		"many links": {func(_ *http.Request, n int) []string {
			var all []string
			for i := range 200 {
				all = append(all, fmt.Sprintf("/p/%d/%d", n, i))
			}
			return all
		}, 50, true},
	} {
		h := endless(c.link)
		o := quick()
		o.MaxPages = 50
		got := read(t, open(t, o, h.URL))
		if got.err != nil || len(got.docs) > c.most || len(h.asked) > c.most+1 {
			t.Errorf("%s: %d documents, asked %d times, %v", name, len(got.docs), len(h.asked), got.err)
		}
		if (len(got.kept) > 0) != c.partial {
			t.Errorf("%s: kept %v", name, got.kept)
		}
	}
}

// TestASessionInThePath repeats the same pages under ever new addresses.
func TestASessionInThePath(t *testing.T) {
	t.Parallel()
	h := serve(t, nil)
	n := 0
	h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		h.mu.Lock()
		n++
		here := n
		h.mu.Unlock()
		body := strings.ReplaceAll(page("Same"), "</main>", fmt.Sprintf("</main><nav><a href='/s%d/a'>a</a><a href='/s%d/b'>b</a></nav>", here, here))
		typed("text/html", body)(w, r)
	})
	got := read(t, open(t, quick(), h.URL))
	same(t, "ids", []string{h.addr()}, got.ids())
	if n > 3 {
		t.Errorf("asked %d times", n)
	}
}
