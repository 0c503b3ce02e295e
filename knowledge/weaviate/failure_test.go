package weaviate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// setup is an engine over fakes, with the office copied and a fallback.
type setup struct {
	*weaviate.Engine

	fakes []*fake
	x     *index.Index
	clock *clock
	log   *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// newSetup opens an engine over n hosts that are one and the same cluster.
func newSetup(t *testing.T, n int) *setup {
	t.Helper()
	s := &setup{x: library(t), clock: &clock{now: time.Unix(1e9, 0)}, log: &syncBuffer{}}
	var hosts []string
	for range n {
		f := newFake(t)
		if len(s.fakes) > 0 {
			f.objects, f.classes = s.fakes[0].objects, s.fakes[0].classes
		}
		s.fakes = append(s.fakes, f)
		hosts = append(hosts, f.URL)
	}
	var err error
	s.Engine, err = weaviate.Open(t.Context(), weaviate.Options{
		Hosts: hosts, Key: "the-secret-key", Fallback: s.x, Timeout: 200 * time.Millisecond,
		Now: s.clock.Now, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	follow(t, s.Engine, s.x, knowledgetest.Office)
	return s
}

// origin says who answered: the fakes give all six passages, the embedded engine
// those that have the words.
func (s *setup) origin(t *testing.T) string {
	t.Helper()
	switch got := find(t, s, lookup(knowledgetest.Office)); len(got) {
	case 6:
		return "cluster"
	case 4:
		return "embedded"
	default:
		t.Fatalf("got %v", got)
		return ""
	}
}

func answerWith(code int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(code)
		w.Write([]byte(body))
		return true
	}
}

func hang(_ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

func searchesOnly(how func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == "/v1/graphql" && how(w, r)
	}
}

// failures are what a host can do instead of answering.
func failures() map[string]func(http.ResponseWriter, *http.Request) bool {
	return map[string]func(http.ResponseWriter, *http.Request) bool{
		"hangs":      hang,
		"500":        answerWith(500, `{"error":[{"message":"shard is gone"}]}`),
		"503":        answerWith(503, ""),
		"too many":   answerWith(429, ""),
		"a web page": answerWith(200, "<html>Sign in</html>"),
		"redirect": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return true
		},
		"breaks off":  func(w http.ResponseWriter, _ *http.Request) bool { w.Header().Set("Content-Length", "99"); return true },
		"query error": searchesOnly(answerWith(200, `{"errors":[{"message":"no replica of shard x"}]}`)),
		"bad query":   searchesOnly(answerWith(422, `{"error":[{"message":"no such class"}]}`)),
		"other data": searchesOnly(answerWith(200,
			`{"data":{"Get":[]}}`)),
	}
}

// TestOneHostFails has two hosts: questions go to the other one, at once.
func TestOneHostFails(t *testing.T) {
	t.Parallel()
	for name, how := range failures() {
		if name == "query error" || name == "bad query" {
			continue // said by one host, true of all
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, 2)
			s.fakes[0].breaks(how)
			for range 6 {
				if got := s.origin(t); got != "cluster" {
					t.Fatalf("answered by %s", got)
				}
			}
			if st := s.State(); !st.Serving || !strings.HasPrefix(st.String(), "degraded: 127.0.0.1") {
				t.Errorf("state %q", st)
			}
			before := s.fakes[0].count()
			for range 4 {
				s.origin(t)
			}
			if n := s.fakes[0].count() - before; n != 0 {
				t.Errorf("a host that failed was asked %d times more", n)
			}
		})
	}
}

// TestAllHostsFail falls back, says so once a minute, and comes back.
func TestAllHostsFail(t *testing.T) {
	t.Parallel()
	for name, how := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, 2)
			for _, f := range s.fakes {
				f.breaks(how)
			}
			for range 5 {
				if got := s.origin(t); got != "embedded" {
					t.Fatalf("answered by %s", got)
				}
			}
			if n := strings.Count(s.log.String(), "weaviate does not serve"); n != 1 {
				t.Errorf("logged %d times:\n%s", n, s.log)
			}
			if st := s.State(); st.Serving || !strings.HasPrefix(st.String(), "degraded: ") {
				t.Errorf("state %q", st)
			}
			s.clock.pass(time.Hour)
			s.origin(t)
			if n := strings.Count(s.log.String(), "weaviate does not serve"); n != 2 {
				t.Errorf("logged %d times after an hour:\n%s", n, s.log)
			}
			for _, f := range s.fakes {
				f.breaks(nil)
			}
			s.clock.pass(time.Hour)
			if got := s.origin(t); got != "cluster" || !s.State().Serving {
				t.Errorf("mended: answered by %s, state %q", got, s.State())
			}
			if text := s.log.String(); strings.Contains(text, "secret") || strings.Contains(text, "门卡") {
				t.Errorf("logged what is secret:\n%s", text)
			}
		})
	}
}

// TestWithoutFallback is an error that says what is wrong.
func TestWithoutFallback(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	e, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{f.URL}})
	if err != nil {
		t.Fatal(err)
	}
	f.breaks(answerWith(500, ""))
	if _, err := e.Candidates(t.Context(), lookup(knowledgetest.Office)); !errors.Is(err, weaviate.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// TestUnreachableAtStart serves from the library and finds the cluster later.
func TestUnreachableAtStart(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.breaks(answerWith(503, ""))
	x := library(t)
	c := &clock{now: time.Unix(1e9, 0)}
	e, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{f.URL}, Fallback: x, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	if e.State().Serving {
		t.Error("an unreachable cluster serves")
	}
	if got, want := find(t, e, lookup(knowledgetest.Office)), find(t, x, lookup(knowledgetest.Office)); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	f.breaks(nil)
	c.pass(time.Minute)
	follow(t, e, x, knowledgetest.Office)
	if !e.State().Serving || len(find(t, e, lookup(knowledgetest.Office))) != 6 {
		t.Errorf("state %v", e.State())
	}
}

// TestRun brings back hosts that failed, and a cluster that was away at start.
func TestRun(t *testing.T) {
	t.Parallel()
	f, other := newFake(t), newFake(t)
	f.breaks(answerWith(503, ""))
	other.breaks(answerWith(503, ""))
	e, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{f.URL, other.URL}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	f.breaks(nil)
	other.objects, other.classes = f.objects, f.classes
	other.breaks(nil)
	var group sync.WaitGroup
	group.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for e.State().String() != "ok" && ctx.Err() == nil {
		<-tick.C
	}
	if s := e.State(); s.String() != "ok" {
		t.Errorf("state %v", s)
	}
	stop()
	group.Wait()
}

// TestCanary is a cluster that takes documents and finds none.
func TestCanary(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.breaks(searchesOnly(answerWith(200, `{"data":{"Get":{"canary":[]}}}`)))
	e, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{f.URL}})
	if err != nil {
		t.Fatal(err)
	}
	if s := e.State(); s.Serving || !strings.Contains(s.Reason, "what is written is not found") {
		t.Errorf("state %v", s)
	}
}

// TestRefusedInBatch repeats the objects that a batch's answer names, and gives
// up with the reason.
func TestRefusedInBatch(t *testing.T) {
	t.Parallel()
	s := newSetup(t, 1)
	docs := knowledgetest.Documents()[knowledgetest.Office]
	docs[0].Text += " changed"
	feed(t, s.x, knowledgetest.Office, docs)
	var id string
	for name, o := range s.fakes[0].objects {
		p, _ := o["properties"].(map[string]any)
		if text, _ := p["passage"].(string); strings.Contains(text, `"zh/badge.md#1"`) {
			id = name
		}
	}
	s.fakes[0].deny[id] = 2
	if n := follow(t, s.Engine, s.x, knowledgetest.Office); n != 1 {
		t.Errorf("%d written", n)
	}
	if p, _ := s.fakes[0].objects[id]["properties"].(map[string]any); !strings.Contains(p["passage"].(string), "changed") {
		t.Error("the object that was refused at first was not written")
	}
}

// TestFollowFails leaves a collection to the fallback until it is whole again.
func TestFollowFails(t *testing.T) {
	t.Parallel()
	s := newSetup(t, 1)
	feed(t, s.x, knowledgetest.Office, knowledgetest.Documents()[knowledgetest.Office][:5])
	s.fakes[0].breaks(func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodDelete && answerWith(422, `{"error":[{"message":"read only"}]}`)(w, r)
	})
	err := s.Follow(t.Context(), knowledgetest.Office, s.x.Passages(t.Context(), knowledgetest.Office), nil)
	if err == nil || !strings.Contains(err.Error(), "read only") {
		t.Errorf("got %v", err)
	}
	if got, want := find(t, s, lookup(knowledgetest.Office)), find(t, s.x, lookup(knowledgetest.Office)); !slices.Equal(got, want) {
		t.Errorf("a document that was removed is found: %v, want %v", got, want)
	}
	s.fakes[0].breaks(nil)
	follow(t, s.Engine, s.x, knowledgetest.Office)
	if got := find(t, s, lookup(knowledgetest.Office)); len(got) != 5 {
		t.Errorf("got %v", got)
	}
}

// TestLeak has a server that ignores the filter.
func TestLeak(t *testing.T) {
	t.Parallel()
	s := newSetup(t, 1)
	s.fakes[0].breaks(searchesOnly(answerWith(200, `{"data":{"Get":{"found":[{"passage":"{\"id\":\"a#1\",\"collection\":\"secret\"}",
		"_additional":{"id":"00000000-0000-0000-0000-000000000001","score":"1"}}]}}}`)))
	got, err := s.Candidates(t.Context(), lookup(knowledgetest.Office))
	if err != nil || len(got.Passages) != 0 {
		t.Errorf("got %v, %v", got.Passages, err)
	}
	if !strings.Contains(s.log.String(), "not asked for") {
		t.Error("nothing was logged")
	}
}

// TestAddresses are written wrong.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, hosts := range [][]string{nil, {""}, {"10.0.0.1:8080"}, {"ftp://a"}, {"http://key:secret@a"}, {"http://a?key=secret"}} {
		_, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: hosts})
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "WEAVIATE_") {
			t.Errorf("%q: %v", hosts, err)
		}
	}
	if _, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{"http://a"}, Prefix: "lower"}); err == nil {
		t.Error("a prefix that no class can have was taken")
	}
}

// TestHeader sends the key in a header, and questions in no address.
func TestHeader(t *testing.T) {
	t.Parallel()
	s := newSetup(t, 1)
	if _, err := s.Candidates(t.Context(), knowledge.Lookup{
		Terms: []knowledge.Term{{Text: "x", Weight: 1}, {Text: "y", Weight: .3}}, Collections: []string{knowledgetest.Office},
	}); err != nil {
		t.Fatal(err)
	}
	if s.fakes[0].auth != "Bearer the-secret-key" {
		t.Errorf("header %q", s.fakes[0].auth)
	}
	if !strings.Contains(s.fakes[0].body, strings.Repeat("x ", 3)+`y\"`) {
		t.Errorf("weights are not in the query: %s", s.fakes[0].body)
	}
}
