package webchat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
)

func TestPlatform(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{webOptions(), terminalOptions()} {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			botstest.TestPlatform(t, func(t *testing.T) botstest.Harness {
				t.Helper()
				w := newWorld(t, o)
				return botstest.Harness{Platform: w.platform, World: w, Secrets: []string{"sk-canary-7"}}
			})
		})
	}
}

// mounted is a Chat whose routes are served once somebody listens, with the
// inbox of that somebody.
type mounted struct {
	*Chat

	mux   *http.ServeMux
	ready chan struct{}
}

func (m *mounted) Listen(ctx context.Context, in bots.Inbox) error {
	for pattern, h := range m.Routes(in) {
		m.mux.Handle(pattern, h)
	}
	close(m.ready)
	return m.Chat.Listen(ctx, in)
}

// world drives a Chat over HTTP as its page does: it posts, tries again with
// the same id, and keeps an event stream open for each conversation.
type world struct {
	platform *mounted
	store    *memoryStore
	url      string
	client   *http.Client
	posts    sync.WaitGroup
	streams  sync.WaitGroup
	ctx      context.Context //nolint:containedctx // the life of the world: it ends its goroutines

	mu     sync.Mutex
	made   int
	last   []byte // the last body that was posted
	asker  string // and by whom
	opened map[string]bool
	seen   map[string]shownTurn
	pings  []string
}

func newWorld(t *testing.T, o Options) *world {
	t.Helper()
	o.Allow = func(r *http.Request) (string, error) {
		if r.Header.Get("Authorization") != "Bearer sk-canary-7" {
			return "", errors.New("no such key")
		}
		return r.Header.Get("X-Asker"), nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &world{store: newStore(), client: &http.Client{}, ctx: ctx, opened: map[string]bool{}, seen: map[string]shownTurn{}}
	o.Store, o.Relay = w.store, newRelay()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.platform = &mounted{Chat: c, mux: http.NewServeMux(), ready: make(chan struct{})}
	server := httptest.NewServer(w.platform.mux)
	w.url = server.URL + o.Path
	t.Cleanup(func() {
		cancel()
		w.posts.Wait()
		w.streams.Wait()
		server.Close()
	})
	return w
}

func (w *world) Kinds() []botstest.Kind { return []botstest.Kind{botstest.Direct} }
func (w *world) Limit() int             { return 1 << 20 }
func (w *world) Resends() bool          { return true }

func (w *world) Say(tb testing.TB, s botstest.Said) {
	tb.Helper()
	w.mu.Lock()
	w.made++
	a := Asked{Conversation: fmt.Sprintf("conversation-%016d", w.made), ID: fmt.Sprintf("question-%016d", w.made), Text: s.Text}
	if s.In != nil {
		a.Conversation = s.In.Thread.Root
	}
	if w.asker = s.Asker; s.Asker == "" {
		w.asker = "local"
	}
	body, err := json.Marshal(a)
	if err != nil {
		tb.Fatal(err)
	}
	w.last = body
	asker := w.asker
	w.mu.Unlock()
	w.posts.Go(func() {
		w.watch(a.Conversation, asker)
		w.post(tb, body, asker)
	})
}

func (w *world) Redeliver(tb testing.TB) {
	tb.Helper()
	w.posts.Wait()
	w.mu.Lock()
	body, asker := w.last, w.asker
	w.mu.Unlock()
	w.post(tb, body, asker)
}

// post tries until the question is taken.
func (w *world) post(tb testing.TB, body []byte, asker string) {
	tb.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		response, err := w.do(http.MethodPost, "/questions", body, asker)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusAccepted {
				return
			}
			if response.StatusCode != http.StatusServiceUnavailable {
				tb.Errorf("a question was answered with %s", response.Status)
				return
			}
		}
		select {
		case <-again.C:
		case <-w.ctx.Done():
			return
		}
	}
}

func (w *world) do(method, path string, body []byte, asker string) (*http.Response, error) {
	select {
	case <-w.platform.ready:
	case <-w.ctx.Done():
		return nil, w.ctx.Err()
	}
	r, err := http.NewRequestWithContext(w.ctx, method, w.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer sk-canary-7")
	r.Header.Set("X-Asker", asker)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return w.client.Do(r)
}

// watch keeps a conversation's stream open, and its turns as a page has them.
func (w *world) watch(conversation, asker string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opened[conversation] {
		return
	}
	w.opened[conversation] = true
	w.streams.Go(func() {
		for w.ctx.Err() == nil {
			response, err := w.do(http.MethodGet, "/events?conversation="+conversation, nil, asker)
			if err != nil {
				return
			}
			w.read(response)
		}
	})
}

func (w *world) read(response *http.Response) {
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e struct {
			shownTurn

			Turns []shownTurn `json:"turns"`
		}
		if json.Unmarshal([]byte(data), &e) == nil {
			w.update(append(e.Turns, e.shownTurn))
		}
	}
}

func (w *world) update(turns []shownTurn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range turns {
		if t.ID == "" || w.seen[t.ID].Final && !t.Final {
			continue
		}
		w.seen[t.ID] = t
		for _, n := range t.Blocks {
			w.look(n)
		}
	}
}

// look takes a link to anywhere but the source's own host for a ping: in a
// page it is what comes nearest.
func (w *world) look(n node) {
	if n.Href != "" && !strings.HasPrefix(n.Href, "https://law.example/") {
		w.pings = append(w.pings, n.Href)
	}
	for _, child := range n.Nodes {
		w.look(child)
	}
}

// Shown is the answer as a page shows it: its text without markup, the note
// and the sources below. The terminal shows the Markdown itself.
func (w *world) Shown(_ testing.TB, q bots.Question) []botstest.Shown {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.seen[q.Message]
	if t.Message == "" {
		return nil
	}
	var text strings.Builder
	if w.platform.page == nil {
		text.WriteString(t.Content.Text)
	}
	for _, n := range t.Blocks {
		n.write(&text)
	}
	fmt.Fprintf(&text, "\n%s\n", t.Content.Note)
	for _, s := range t.Content.Sources {
		fmt.Fprintf(&text, "%d. %s %s\n%s\n", s.N, s.Title, s.Ref, s.Quote)
	}
	return []botstest.Shown{{ID: t.Message, Text: text.String()}}
}

// write writes what a reader sees of n.
func (n node) write(b *strings.Builder) {
	b.WriteString(n.Text)
	if n.Tag == "cite" {
		b.WriteString(strconv.Itoa(n.N))
	}
	for _, child := range n.Nodes {
		child.write(b)
	}
	if strings.Contains(" p h3 h4 h5 h6 li td th pre br ", " "+n.Tag+" ") && n.Tag != "" {
		b.WriteString("\n")
	}
}

func (w *world) Pings() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pings
}

// Fail waits until nothing is being posted: only the next Open or Write is to
// be struck.
func (w *world) Fail(f botstest.Fault) bool {
	w.posts.Wait()
	switch f {
	case botstest.Lost:
		w.store.failNext(func(put func() (uint64, error)) (uint64, error) {
			_, err := put()
			return 0, errors.Join(err, errors.New("the reply got lost"))
		})
	case botstest.Broken:
		w.store.failNext(func(func() (uint64, error)) (uint64, error) { return 0, errors.New("no quorum") })
	default: // there is no limit on writing, and a conversation can't be closed
		return false
	}
	return true
}
