package webchat

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	good := func() Options {
		o := webOptions()
		o.Store, o.Relay = newStore(), newRelay()
		return o
	}
	tests := map[string]func(*Options){
		"no name":         func(o *Options) { o.Name = "" },
		"colon in name":   func(o *Options) { o.Name = "web:2" },
		"relative path":   func(o *Options) { o.Path = "chat" },
		"slash at end":    func(o *Options) { o.Path = "/chat/" },
		"pattern in path": func(o *Options) { o.Path = "/{x}" },
		"no store":        func(o *Options) { o.Store = nil },
		"no relay":        func(o *Options) { o.Relay = nil },
		"all may":         func(o *Options) { o.Allow = nil },
		"bad host":        func(o *Options) { o.Hosts = []string{"https://"} },
		"bad origin":      func(o *Options) { o.Hosts = []string{"ftp://ask.example.com"} },
	}
	for name, spoil := range tests {
		o := good()
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	c, err := New(good())
	if err != nil {
		t.Fatal(err)
	}
	var p bots.Platform = c
	if _, ok := p.(bots.Pacer); !ok || c.Pace() <= 0 || c.Name() != "web" {
		t.Errorf("pace %v, name %q", c.Pace(), c.Name())
	}
}

func TestVisibilityFailsClosed(t *testing.T) {
	t.Parallel()
	o := webOptions()
	o.Visibility = ""
	f := start(t, o)
	if q := f.question(t, talk, qid, "Which?"); q.Visibility != bots.Private {
		t.Errorf("visibility %q", q.Visibility)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	o := webOptions()
	o.Hosts = []string{"https://ask.example.com", "tribune.lan:4000", "0.0.0.0:4000"}
	f := start(t, o)
	for host, want := range map[string]int{
		"localhost":            200,
		"localhost:4000":       200,
		"LOCALHOST.":           200,
		"127.0.0.1:9":          200,
		"[::1]:4000":           200,
		"ask.example.com":      200,
		"Ask.Example.com:443":  200,
		"tribune.lan":          200,
		"192.168.1.5:4000":     200, // an address can't be another site's name
		"evil.example":         421,
		"ask.example.com.evil": 421,
		"127.0.0.1.evil":       421,
		"localhost.evil":       421,
	} {
		for _, path := range []string{"", "/conversation?id=" + talk, "/assets/chat.js"} {
			response, _ := send(t, http.MethodGet, f.url+path, "", "Host", host)
			if response.StatusCode != want {
				t.Errorf("%s under %s: status %d, want %d", path, host, response.StatusCode, want)
			}
		}
	}
}

func TestOtherSitesPages(t *testing.T) {
	t.Parallel()
	o := webOptions()
	o.Hosts = []string{"https://ask.example.com"}
	f := start(t, o)
	tests := map[string]struct {
		header []string
		post   int
		get    int
	}{
		"a program":               {nil, 202, 200},
		"the page itself":         {[]string{"Sec-Fetch-Site", "same-origin"}, 202, 200},
		"typed address":           {[]string{"Sec-Fetch-Site", "none"}, 202, 200},
		"another site":            {[]string{"Sec-Fetch-Site", "cross-site"}, 403, 403},
		"a neighbour":             {[]string{"Sec-Fetch-Site", "same-site"}, 403, 403},
		"another origin":          {[]string{"Origin", "https://evil.example"}, 403, 200},
		"no origin":               {[]string{"Origin", "null"}, 403, 200},
		"our name behind a proxy": {[]string{"Origin", "https://ask.example.com"}, 202, 200},
	}
	for name, tt := range tests {
		response, got := send(t, http.MethodPost, f.url+"/questions", body(t, talk, qid, "Which?"), tt.header...)
		if response.StatusCode != tt.post {
			t.Errorf("%s posts: status %d, want %d: %s", name, response.StatusCode, tt.post, got)
		}
		response, got = send(t, http.MethodGet, f.url+"/conversation?id="+talk, "", tt.header...)
		if response.StatusCode != tt.get {
			t.Errorf("%s reads: status %d, want %d: %s", name, response.StatusCode, tt.get, got)
		}
		if response.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may read across origins", name)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	for _, path := range []string{"", "/assets/chat.css", "/assets/chat.js", "/conversation?id=" + talk, "/conversation?id=bad", "/assets/none"} {
		response, _ := send(t, http.MethodGet, f.url+path, "")
		h := response.Header
		for _, directive := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
			"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(h.Get("Content-Security-Policy")+";", directive+";") {
				t.Errorf("%s: the policy lacks %s", path, directive)
			}
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, h)
		}
		if strings.HasPrefix(path, "/assets/chat") == (h.Get("Cache-Control") == "no-store") {
			t.Errorf("%s: Cache-Control %q", path, h.Get("Cache-Control"))
		}
	}
	_, got := send(t, http.MethodGet, f.url, "")
	_, link, _ := strings.Cut(got, `src="/ui/chat`)
	link, _, _ = strings.Cut(link, `"`)
	response, _ := send(t, http.MethodGet, f.url+link, "")
	if !strings.Contains(response.Header.Get("Cache-Control"), "immutable") || response.StatusCode != http.StatusOK {
		t.Errorf("%s: status %d, %q", link, response.StatusCode, response.Header.Get("Cache-Control"))
	}
	response, _ = send(t, http.MethodGet, f.url+"/", "")
	if response.StatusCode != http.StatusMovedPermanently || response.Header.Get("Location") != "/ui/chat" {
		t.Errorf("with a slash: status %d to %q", response.StatusCode, response.Header.Get("Location"))
	}
}

// keyed lets those in who have the key, as a gateway does.
func keyed(o Options) Options {
	o.Allow = func(r *http.Request) (string, error) {
		if r.Header.Get("Authorization") != "Bearer sk-canary-7" {
			return "", errors.New("no such key: internal-detail")
		}
		return "key:ann", nil
	}
	return o
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	o := keyed(webOptions())
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	f := start(t, o)
	for _, path := range []string{"", "/conversation?id=" + talk, "/events?conversation=" + talk} {
		response, got := send(t, http.MethodGet, f.url+path, "")
		if response.StatusCode != http.StatusUnauthorized || strings.Contains(got, "internal-detail") {
			t.Errorf("%s without a key: status %d: %s", path, response.StatusCode, got)
		}
	}
	for _, key := range []string{"", "wrong", "sk-canary-7;x", "sk canary", strings.Repeat("k", 600)} {
		response, got := send(t, http.MethodPost, f.url+"/sign-in", `{"key":"`+key+`"}`)
		if response.StatusCode != http.StatusUnauthorized || response.Header.Get("Set-Cookie") != "" {
			t.Errorf("key %q: status %d: %s", key, response.StatusCode, got)
		}
	}
	response, _ := send(t, http.MethodPost, f.url+"/sign-in", "key=sk-canary-7", "Content-Type", "application/x-www-form-urlencoded")
	if response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("as a form: status %d", response.StatusCode)
	}

	response, _ = send(t, http.MethodPost, f.url+"/sign-in", `{"key":"sk-canary-7"}`)
	cookies := response.cookies
	if response.StatusCode != http.StatusNoContent || len(cookies) != 1 {
		t.Fatalf("status %d, cookies %v", response.StatusCode, cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/ui/chat" || c.Secure {
		t.Errorf("the cookie is %s", c)
	}
	for _, path := range []string{"", "/conversation?id=" + talk} {
		response, got := send(t, http.MethodGet, f.url+path, "", "Cookie", c.String())
		if response.StatusCode != http.StatusOK || strings.Contains(got, "sk-canary-7") {
			t.Errorf("%s with the cookie: status %d", path, response.StatusCode)
		}
	}
	response, _ = send(t, http.MethodPost, f.url+"/questions", body(t, talk, qid, "Which?"), "Authorization", "Bearer sk-canary-7")
	if q := f.inbox.next(t); response.StatusCode != http.StatusAccepted || q.Asker != "key:ann" {
		t.Errorf("with the key itself: status %d, asker %q", response.StatusCode, q.Asker)
	}
	response, _ = send(t, http.MethodPost, f.url+"/sign-out", "", "Cookie", c.String())
	if got := response.cookies; len(got) != 1 || got[0].MaxAge >= 0 {
		t.Errorf("signing out: %v", got)
	}
	if strings.Contains(log.String(), "sk-canary-7") || !strings.Contains(log.String(), "internal-detail") {
		t.Errorf("the log: %s", log.String())
	}
}

// Behind a proxy that speaks https to the browser the cookie says so.
func TestSigningInOverHTTPS(t *testing.T) {
	t.Parallel()
	o := keyed(webOptions())
	o.Hosts = []string{"https://ask.example.com"}
	f := start(t, o)
	response, _ := send(t, http.MethodPost, f.url+"/sign-in", `{"key":"sk-canary-7"}`, "Origin", "https://ask.example.com")
	if got := response.cookies; len(got) != 1 || !got[0].Secure {
		t.Errorf("status %d, cookies %v", response.StatusCode, got)
	}
}

// The terminal's way in has no page, no cookies and no assets.
func TestWithoutPage(t *testing.T) {
	t.Parallel()
	f := start(t, keyed(terminalOptions()))
	for _, path := range []string{"", "/", "/assets/chat.js"} {
		if response, _ := send(t, http.MethodGet, f.url+path, "", "Authorization", "Bearer sk-canary-7"); response.StatusCode != http.StatusNotFound {
			t.Errorf("GET %q: status %d", path, response.StatusCode)
		}
	}
	response, _ := send(t, http.MethodGet, f.url+"/conversation?id="+talk, "", "Cookie", "tribune_terminal=sk-canary-7")
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a cookie: status %d", response.StatusCode)
	}
}
