package embed_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge/embed"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
)

// status answers every call so; KEY stands for the key that came.
func status(code int, body string) change {
	return func(s *embedtest.Server, _ *embed.Options) {
		s.Fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "KEY", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
			return true
		}
	}
}

// TestRefusals holds which failures are not tried again, and that they say what
// to do, in one line, without the key.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const tries = 5
	for name, test := range map[string]struct {
		how   change
		calls int
		want  string
	}{
		"wrong key":        {func(_ *embedtest.Server, o *embed.Options) { o.Key = "sk-wrong-key-4711" }, 1, "check EMBEDDING_API_KEY"},
		"key repeated":     {status(401, `{"error":{"message":"Incorrect\nkey\u0007: KEY."}}`), 1, `"Incorrect key : [hidden]"`},
		"not allowed":      {status(403, "no"), 1, "check EMBEDDING_API_KEY"},
		"no model":         {status(404, `{"error":"model not found"}`), 1, "model not found"},
		"bad request":      {status(400, `{"message":"broken"}`), 3, "broken"}, // with and without dimensions, and another text
		"no money":         {status(402, ""), 1, "top it up"},
		"no credit":        {status(429, `{"error":{"code":"insufficient_quota","message":"x"}}`), 1, "top it up"},
		"no credit, Zhipu": {status(429, `{"error":{"code":"1113","message":"x"}}`), 1, "top it up"},
		"another length": {func(s *embedtest.Server, _ *embed.Options) {
			s.Model.Dimensions, s.NoDimensions = 128, true
		}, 2, "set EMBEDDING_DIMENSIONS=128"},
		"a page": {status(200, "<html>"), tries, "not in OpenAI's shape"},
		"more vectors": {func(s *embedtest.Server, _ *embed.Options) {
			s.Change = func(a *embedtest.Answer) { a.Data = append(a.Data, a.Data[0]) }
		}, tries, "2 vectors for 1 texts"},
		"an error with 200": {status(200, `{"error":{"message":"busy"}}`), tries, "busy"},
		"too many calls":    {status(429, ""), tries, "too many calls"},
		"failing":           {status(503, "<html>no</html>"), tries, "the endpoint fails"},
		"endless":           {status(200, strings.Repeat(" ", 33<<20)), 1, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, _ := serve(t, test.how)
			got, err := c.Embed(t.Context(), texts(1))
			if err == nil || !strings.Contains(err.Error(), test.want) || got != nil {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if text := err.Error(); strings.Contains(text, embedtest.Key[3:12]) || strings.Contains(text, "4711") || strings.ContainsAny(text, "\n\a") {
				t.Errorf("it says %q", text)
			}
			if n := len(s.Calls()); n != test.calls {
				t.Errorf("%d calls, want %d", n, test.calls)
			}
			e, ok := errors.AsType[*embed.Error](err)
			if !ok || e.Final() != (test.calls < tries) {
				t.Errorf("%v: final %t", err, ok && e.Final())
			}
		})
	}
}

// TestNoDirection holds that vectors that are none are not taken.
func TestNoDirection(t *testing.T) {
	t.Parallel()
	notNumbers := make([]byte, 4*64)
	for i := range notNumbers {
		notNumbers[i] = 0xff // NaN
	}
	for name, v := range map[string]any{
		"nothing":    []float32{},
		"zeros":      make([]float32, 64),
		"not base64": "?",
		"half":       "AAA=",
		"NaN":        base64.StdEncoding.EncodeToString(notNumbers),
		"huge":       append(make([]float64, 63), 1e300),
		"words":      []string{"a"},
		"nested":     [][]float32{{1}},
	} {
		_, c, _ := serve(t, func(s *embedtest.Server, _ *embed.Options) {
			s.Change = func(a *embedtest.Answer) { a.Data[0].Embedding = v }
		})
		if got, err := c.Embed(t.Context(), texts(2)); err == nil {
			t.Errorf("%s: got %d vectors", name, len(got))
		}
	}
	for _, at := range []int{math.MaxInt, -1, 1} {
		_, c, _ := serve(t, func(s *embedtest.Server, _ *embed.Options) {
			s.Change = func(a *embedtest.Answer) { a.Data[0].Index = &at }
		})
		if _, err := c.Embed(t.Context(), texts(2)); err == nil || !strings.Contains(err.Error(), "numbers are not those") {
			t.Errorf("number %d: %v", at, err)
		}
	}
}

// TestRetries holds how long failures are sat out, by the clock that is given.
func TestRetries(t *testing.T) {
	t.Parallel()
	fail := func(n int, header string, status int) change {
		return func(s *embedtest.Server, _ *embed.Options) {
			s.Fault = func(call int, w http.ResponseWriter, _ *http.Request) bool {
				if call > n {
					return false
				}
				if header != "" {
					w.Header().Set("Retry-After", header)
				}
				w.WriteHeader(status)
				return true
			}
		}
	}
	soon := time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat)
	for name, test := range map[string]struct {
		how         change
		least, most time.Duration
	}{
		"twice 500":           {fail(2, "", 500), 1500 * time.Millisecond, 2300 * time.Millisecond},
		"four times 429":      {fail(4, "", 429), 7500 * time.Millisecond, 12 * time.Second},
		"Retry-After":         {fail(1, "7", 429), 7 * time.Second, 7 * time.Second},
		"Retry-After a day":   {fail(1, "86400", 503), time.Minute, time.Minute},
		"Retry-After a date":  {fail(1, soon, 429), 10 * time.Second, 20 * time.Second},
		"Retry-After nothing": {fail(1, "soon", 429), 500 * time.Millisecond, 800 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, clock := serve(t, test.how)
			holds(t, s, c, texts(3))
			if took := clock.passed(); took < test.least || took > test.most {
				t.Errorf("waited %v (%v), want %v to %v", took, clock.slept, test.least, test.most)
			}
		})
	}
}

// TestNoTimeToWait holds that a question with a person behind it does not wait
// for a try that comes too late.
func TestNoTimeToWait(t *testing.T) {
	t.Parallel()
	s, c, clock := serve(t, func(s *embedtest.Server, o *embed.Options) {
		o.Now = time.Now
		s.Fault = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 2 { // the second does not even ask
		if _, err := c.Embed(ctx, texts(1)); err == nil || !strings.Contains(err.Error(), "too many calls") {
			t.Errorf("got %v", err)
		}
	}
	if len(s.Calls()) != 1 || len(clock.slept) != 0 {
		t.Errorf("%d calls, slept %v", len(s.Calls()), clock.slept)
	}
}

// TestRate holds that an ingest keeps to the calls a minute, and a question does
// not queue behind it.
func TestRate(t *testing.T) {
	t.Parallel()
	s, c, clock := serve(t, func(_ *embedtest.Server, o *embed.Options) { o.RPM, o.Batch = 60, 2 })
	for _, step := range []struct {
		texts int
		want  time.Duration
	}{
		{20, 9 * time.Second}, // ten calls, the first at once
		{1, 9 * time.Second},  // a question
		{2, 11 * time.Second}, // after it: the question counts
	} {
		holds(t, s, c, texts(step.texts))
		if took := clock.passed().Round(time.Millisecond); took != step.want {
			t.Errorf("%d texts were there after %v, want %v", step.texts, took, step.want)
		}
	}
}

// TestRedirect holds that texts and key go nowhere else.
func TestRedirect(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(other.Close)
	for _, client := range []*http.Client{nil, {}} {
		_, c, _ := serve(t, func(s *embedtest.Server, o *embed.Options) {
			o.Client = client
			s.Fault = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
				return true
			}
		})
		if _, err := c.Embed(t.Context(), texts(2)); err == nil || !strings.Contains(err.Error(), "EMBEDDING_API_BASE") {
			t.Errorf("got %v", err)
		}
	}
}

// TestUnreached holds that an address with secrets in it is not shown.
func TestUnreached(t *testing.T) {
	t.Parallel()
	s := embedtest.NewServer(&embedtest.Model{})
	s.Close()
	clock := &clock{now: time.Unix(1e9, 0)}
	base := strings.Replace(s.Base(), "http://", "http://user:passw0rd@", 1) + "?token=t0psecret"
	c, err := embed.New(embed.Options{Base: base, Key: "k", Now: clock.Now, Sleep: clock.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Embed(t.Context(), texts(1))
	if err == nil || strings.Contains(err.Error(), "passw0rd") || strings.Contains(err.Error(), "t0psecret") || len(clock.slept) != 1 {
		t.Errorf("got %v after %v", err, clock.slept)
	}
}

// TestSlow holds that a call ends with its time limit and with its context.
func TestSlow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	_, c, _ := serve(t, func(s *embedtest.Server, o *embed.Options) {
		o.Timeout = 20 * time.Millisecond
		s.Fault = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-r.Context().Done():
			case <-release:
			}
			return true
		}
	})
	t.Cleanup(func() { close(release) }) // before the server waits for its calls
	if _, err := c.Embed(t.Context(), texts(1)); err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Embed(ctx, texts(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
