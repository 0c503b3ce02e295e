package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

const secret = "sk-a-virtual-key-0123456789"

func virtual(change func(k *llm.Key)) llm.Key {
	k := llm.Key{Hash: hashOf(secret), Shown: shown(secret), Alias: "alice"}
	if change != nil {
		change(&k)
	}
	return k
}

// call sends a request with these headers only.
func call(t *testing.T, g http.Handler, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	return serve(g, newRequest(t, question, header))
}

func newRequest(t *testing.T, body string, header http.Header) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
	r.Header = header
	return r
}

func serve(g http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func ownHeader(o *Options) { o.KeyHeader = "x-gate" }

func TestPresents(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(), ownHeader)
	for name, want := range map[string]bool{
		"Authorization": true, "X-Api-Key": true, "Api-Key": true, "X-Gate": true, "X-Other": false,
	} {
		if got := g.Presents(newRequest(t, "", http.Header{name: {"anything"}})); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header http.Header
		key    llm.Key
		change func(o *Options)
		want   int
		code   string
	}{
		"master":           {header: http.Header{"Authorization": {"Bearer " + master}}, want: 200},
		"master, lower":    {header: http.Header{"Authorization": {"bearer " + master}}, want: 200},
		"anthropic's":      {header: http.Header{"X-Api-Key": {secret}}, want: 200},
		"azure's":          {header: http.Header{"Api-Key": {secret}}, want: 200},
		"virtual":          {header: http.Header{"Authorization": {"Bearer " + secret}}, want: 200},
		"none":             {header: http.Header{}, want: 401, code: "invalid_api_key"},
		"empty":            {header: http.Header{"Authorization": {"Bearer "}}, want: 401, code: "invalid_api_key"},
		"basic":            {header: http.Header{"Authorization": {"Basic " + master}}, want: 401, code: "invalid_api_key"},
		"no scheme":        {header: http.Header{"Authorization": {master}}, want: 401, code: "invalid_api_key"},
		"wrong":            {header: http.Header{"Authorization": {"Bearer " + master + "x"}}, want: 401, code: "invalid_api_key"},
		"part of it":       {header: http.Header{"Authorization": {"Bearer " + master[:8]}}, want: 401, code: "invalid_api_key"},
		"SQL":              {header: http.Header{"Authorization": {"Bearer ' OR '1'='1"}}, want: 401, code: "invalid_api_key"},
		"template":         {header: http.Header{"Authorization": {"Bearer {{7*7}}${7*7}<%=7*7%>"}}, want: 401, code: "invalid_api_key"},
		"10 kB":            {header: http.Header{"Authorization": {"Bearer " + strings.Repeat("a", 10<<10)}}, want: 401, code: "invalid_api_key"},
		"NUL":              {header: http.Header{"Authorization": {"Bearer " + master + "\x00"}}, want: 401, code: "invalid_api_key"},
		"no ASCII":         {header: http.Header{"Authorization": {"Bearer 钥匙"}}, want: 401, code: "invalid_api_key"},
		"the hash":         {header: http.Header{"Authorization": {"Bearer " + hashOf(secret)}}, want: 401, code: "invalid_api_key"},
		"blocked":          {header: http.Header{"Authorization": {"Bearer " + secret}}, key: virtual(func(k *llm.Key) { k.Blocked = true }), want: 401, code: "key_blocked"},
		"expired":          {header: http.Header{"Authorization": {"Bearer " + secret}}, key: virtual(func(k *llm.Key) { k.Expires = now }), want: 401, code: "key_expired"},
		"not yet expired":  {header: http.Header{"Authorization": {"Bearer " + secret}}, key: virtual(func(k *llm.Key) { k.Expires = now.Add(1) }), want: 200},
		"no master key":    {header: http.Header{"Authorization": {"Bearer "}}, change: func(o *Options) { o.MasterKey = "" }, want: 401, code: "invalid_api_key"},
		"no keys at all":   {header: http.Header{"Authorization": {"Bearer " + secret}}, change: func(o *Options) { o.Keys = nil }, want: 401, code: "invalid_api_key"},
		"own header":       {header: http.Header{"X-Gate": {secret}}, change: ownHeader, want: 200},
		"own, as a bearer": {header: http.Header{"X-Gate": {"Bearer " + secret}}, change: ownHeader, want: 200},
		"own before all":   {header: http.Header{"X-Gate": {secret}, "Authorization": {"Bearer of another system"}}, change: ownHeader, want: 200},
		"own, wrong":       {header: http.Header{"X-Gate": {"sk-wrong"}, "Authorization": {"Bearer " + secret}}, change: ownHeader, want: 401, code: "invalid_api_key"},
		"own, not sent":    {header: http.Header{"Authorization": {"Bearer " + secret}}, change: ownHeader, want: 200},
		"nobody's header":  {header: http.Header{"X-Gate": {secret}, "": {secret}}, want: 401, code: "invalid_api_key"},
		"open":             {header: http.Header{}, change: func(o *Options) { o.Open = true }, want: 200},
		"open, any key":    {header: http.Header{"Authorization": {"Bearer nonsense"}}, change: func(o *Options) { o.Open = true }, want: 200},
		"open but blocked": {header: http.Header{"Authorization": {"Bearer " + secret}}, key: virtual(func(k *llm.Key) { k.Blocked = true }), change: func(o *Options) { o.Open = true }, want: 401, code: "key_blocked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.key.Hash == "" {
				c.key = virtual(nil)
			}
			g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
				o.Keys = &keyring{keys: []llm.Key{c.key}}
				o.Now = func() time.Time { return now }
				if c.change != nil {
					c.change(o)
				}
			})
			w := call(t, g, c.header)
			if w.Code != c.want {
				t.Fatalf("status %d, want %d: %s", w.Code, c.want, w.Body)
			}
			if c.want == http.StatusOK {
				return
			}
			got, message := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
			if got.Code != c.code {
				t.Errorf("code = %q, want %q", got.Code, c.code)
			}
			for _, v := range c.header {
				if _, key, _ := strings.Cut(v[0], " "); len(key) > 3 && strings.Contains(message+w.Body.String(), key) {
					t.Errorf("the answer repeats the key: %s", w.Body)
				}
			}
		})
	}
}

// An open gateway without a master key is nobody's to administer.
func TestOpenIsNoAdministrator(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.MasterKey, o.Open = "", true })
	for _, path := range []string{"/key/generate", "/key/delete", "/key/list", "/key/update", "/key/block"} {
		method := http.MethodPost
		if path == "/key/list" {
			method = http.MethodGet
		}
		if w := ask(t, g, method, path, `{}`, "Authorization", "Bearer "); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
	}
}

type brokenKeys struct{ keyring }

func (*brokenKeys) Key(context.Context, string) (llm.Key, bool, error) {
	return llm.Key{}, false, errors.New("nats: no responders at canary-host")
}

// A store that cannot be asked is no reason to let anybody in, nor to tell
// where it is.
func TestKeysOutOfReach(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.Keys, o.Open = &brokenKeys{}, true })
	w := call(t, g, http.Header{"Authorization": {"Bearer " + secret}})
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if w := call(t, g, http.Header{"Authorization": {"Bearer " + master}}); w.Code != http.StatusOK {
		t.Errorf("the master key needs no store, but got status %d", w.Code)
	}
}

func TestWhatAKeyMayUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"m", "m", true},
		{"m", "mm", false},
		{"openai/*", "openai/gpt-4", true},
		{"openai/*", "openai/a/b", true},
		{"openai/*", "azure/openai/gpt", false},
		{"*-mini", "gpt-5-mini", true},
		{"*-mini", "gpt-5-mini-x", false},
		{"a*b*c", "a1b2c", true},
		{"a*b*c", "a1c2b", false},
		{"a*a", "a", false},
		{"[m]", "m", false},
		{"?", "m", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

func TestKeyBoundToModels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		models []string
		body   string
		want   int
		code   string
	}{
		"its own":              {[]string{"m"}, question, 200, ""},
		"another":              {[]string{"other"}, question, 403, "key_model_access_denied"},
		"by a pattern":         {[]string{"x/*", "m*"}, question, 200, ""},
		"all":                  {[]string{"all-proxy-models"}, question, 200, ""},
		"star":                 {[]string{"*"}, question, 200, ""},
		"not bound":            {nil, question, 200, ""},
		"none named":           {[]string{"m"}, `{"messages":[]}`, 400, ""},
		"none named, all":      {nil, `{"messages":[]}`, 200, ""},
		"unknown and not its":  {[]string{"m"}, `{"model":"ghost"}`, 403, "key_model_access_denied"},
		"fallback not its":     {[]string{"m"}, `{"model":"m","fallbacks":["other"]}`, 403, "key_model_access_denied"},
		"fallback its":         {[]string{"m", "other"}, `{"model":"m","fallbacks":["other"]}`, 200, ""},
		"fallback unknown":     {nil, `{"model":"m","fallbacks":["ghost"]}`, 400, "model_not_found"},
		"the name given twice": {[]string{"m"}, `{"model":"m","model":"other"}`, 403, "key_model_access_denied"},
		"the name escaped":     {[]string{"m"}, `{"model":"m","mode\u006c":"other"}`, 403, "key_model_access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
				o.Keys = &keyring{keys: []llm.Key{virtual(func(k *llm.Key) { k.Models = c.models })}}
			})
			w := ask(t, g, http.MethodPost, "/v1/chat/completions", c.body, "Authorization", "Bearer "+secret)
			if w.Code != c.want {
				t.Fatalf("status %d, want %d: %s", w.Code, c.want, w.Body)
			}
			if c.want == http.StatusOK {
				return
			}
			if got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes()); got.Code != c.code {
				t.Errorf("code = %q, want %q", got.Code, c.code)
			}
		})
	}
}
