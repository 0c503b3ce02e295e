package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// memoryStore is a bots.Store that can be made to fail.
type memoryStore struct {
	mu        sync.Mutex
	values    map[string][]byte
	revisions map[string]uint64
	puts      int
	fail      []func(put func() (uint64, error)) (uint64, error) // one for each of the next Puts
	broken    error                                              // what Get says meanwhile
}

func newStore() *memoryStore {
	return &memoryStore{values: map[string][]byte{}, revisions: map[string]uint64{}}
}

func (s *memoryStore) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.values[key]), s.revisions[key], s.broken
}

func (s *memoryStore) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	put := func() (uint64, error) {
		if s.revisions[key] != revision {
			return 0, bots.ErrConflict
		}
		s.puts++
		s.values[key], s.revisions[key] = bytes.Clone(value), revision+1
		return revision + 1, nil
	}
	if len(s.fail) > 0 {
		fail := s.fail[0]
		s.fail = s.fail[1:]
		return fail(put)
	}
	return put()
}

func (s *memoryStore) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.puts
}

func (s *memoryStore) failNext(f func(put func() (uint64, error)) (uint64, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = append(s.fail, f)
}

func (s *memoryStore) setBroken(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
}

// memoryRelay is a bots.Relay within one process that can lose everything.
type memoryRelay struct {
	mu      sync.Mutex
	next    int
	watches map[int]watch
	deaf    bool
}

type watch struct {
	topic string
	got   func(json.RawMessage)
}

func newRelay() *memoryRelay { return &memoryRelay{watches: map[int]watch{}} }

func (m *memoryRelay) Send(_ context.Context, topic string, data json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deaf {
		return errors.New("the relay is down")
	}
	for _, w := range m.watches {
		if w.topic == topic {
			w.got(bytes.Clone(data))
		}
	}
	return nil
}

func (m *memoryRelay) Watch(_ context.Context, topic string, got func(json.RawMessage)) (func(), error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	n := m.next
	m.watches[n] = watch{topic, got}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watches, n)
	}, nil
}

func (m *memoryRelay) watchers() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.watches)
}

func (m *memoryRelay) setDeaf(deaf bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaf = deaf
}

// inbox keeps what was heard, once per id, as a queue does.
type inbox struct {
	mu    sync.Mutex
	err   error
	full  int // so many calls fail at first
	calls int
	heard []bots.Question
	news  chan bots.Question
}

func newInbox() *inbox { return &inbox{news: make(chan bots.Question, 100)} }

func (in *inbox) Hear(_ context.Context, e bots.Event) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.calls++
	if in.calls <= in.full {
		return errors.New("the disk is full")
	}
	if in.err != nil {
		return in.err
	}
	q := e.(bots.Question)
	for _, known := range in.heard {
		if known.ID == q.ID {
			return nil
		}
	}
	in.heard = append(in.heard, q)
	in.news <- q
	return nil
}

func (in *inbox) setErr(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.err = err
}

func (in *inbox) next(t *testing.T) bots.Question {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	select {
	case q := <-in.news:
		return q
	case <-limit.C:
		t.Fatal("no question was heard")
		return bots.Question{}
	}
}

// fixture is a chat that is served and listens.
type fixture struct {
	*Chat
	store *memoryStore
	relay *memoryRelay
	inbox *inbox
	url   string // of Options.Path
	stop  func() // ends listening, and waits for it
}

// anybody lets everybody in under one name.
func anybody(*http.Request) (string, error) { return "local", nil }

func webOptions() Options {
	return Options{Name: "web", Path: "/ui/chat", Page: true, Allow: anybody, Visibility: bots.Direct}
}

func terminalOptions() Options {
	return Options{Name: "terminal", Path: "/admin/chat", Allow: anybody, Visibility: bots.Direct}
}

// start serves a chat on a free port until the test ends.
func start(t *testing.T, o Options, change ...func(*Chat)) *fixture {
	t.Helper()
	f := &fixture{store: newStore(), relay: newRelay(), inbox: newInbox()}
	o.Store, o.Relay = f.store, f.relay
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(c)
	}
	f.Chat = c
	mux := http.NewServeMux()
	for pattern, h := range c.Routes(f.inbox) {
		mux.Handle(pattern, h)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.url = server.URL + o.Path
	f.stop = listen(t, c, f.inbox)
	t.Cleanup(f.stop)
	return f
}

func listen(t *testing.T, c *Chat, in bots.Inbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Listen(ctx, in) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
}

// The tokens of the tests. Their form is all that matters.
const (
	talk = "conversation-0000000001"
	qid  = "question-00000000000001"
)

// reply is what came back, beside the body.
type reply struct {
	StatusCode int
	Header     http.Header
	cookies    []*http.Cookie
}

// send makes a request and returns its response and the body.
func send(t *testing.T, method, url, body string, header ...string) (response reply, read string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{got.StatusCode, got.Header, got.Cookies()}, string(data)
}

// body is a question's request body.
func body(t *testing.T, conversation, id, text string) string {
	t.Helper()
	data, err := json.Marshal(map[string]string{"conversation": conversation, "id": id, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// question posts a question that must be taken, and returns it as it was heard.
func (f *fixture) question(t *testing.T, conversation, id, text string) bots.Question {
	t.Helper()
	response, got := send(t, http.MethodPost, f.url+"/questions", body(t, conversation, id, text))
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d: %s", response.StatusCode, got)
	}
	return f.inbox.next(t)
}

// opened opens the answer of q.
func (f *fixture) opened(t *testing.T, q bots.Question) bots.Ref {
	t.Helper()
	r, err := f.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (f *fixture) write(t *testing.T, r bots.Ref, c bots.Content) {
	t.Helper()
	if err := f.Write(t.Context(), r, c); err != nil {
		t.Fatal(err)
	}
}

// fetch reads the tests' usual conversation as a client does.
func (f *fixture) fetch(t *testing.T) shownState {
	t.Helper()
	response, got := send(t, http.MethodGet, f.url+"/conversation?id="+talk, "")
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", response.StatusCode, got)
	}
	var s shownState
	if err := json.Unmarshal([]byte(got), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// eventually waits until ok, looking a hundred times a second.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (in *inbox) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.calls
}
