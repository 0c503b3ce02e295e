package webchat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// event is one server-sent event.
type event struct {
	id, name, data string
}

// reader is an event stream as a browser reads it.
type reader struct {
	response *http.Response
	events   chan event
	ended    chan struct{}
	leave    context.CancelFunc
}

func (f *fixture) reader(t *testing.T, header ...string) *reader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"/events?conversation="+talk, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // read closes it
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{response: response, events: make(chan event, 1000), ended: make(chan struct{}), leave: cancel}
	go r.read()
	return r
}

func (r *reader) read() {
	defer close(r.ended)
	defer r.response.Body.Close()
	var e event
	lines := bufio.NewScanner(r.response.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" || value != "" {
				r.events <- e
			}
			e = event{name: ""}
		}
	}
}

func (r *reader) next(t *testing.T, name string) event {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		select {
		case e := <-r.events:
			if e.name == "" {
				continue
			}
			if e.name != name {
				t.Fatalf("event %q, want %q: %s", e.name, name, e.data)
			}
			return e
		case <-limit.C:
			t.Fatalf("no event %q came", name)
		}
	}
}

func (r *reader) turn(t *testing.T) shownTurn {
	t.Helper()
	var s shownTurn
	if err := json.Unmarshal([]byte(r.next(t, "turn").data), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *reader) state(t *testing.T) (s shownState, id string) {
	t.Helper()
	e := r.next(t, "state")
	if err := json.Unmarshal([]byte(e.data), &s); err != nil {
		t.Fatal(err)
	}
	return s, e.id
}

func (r *reader) over(t *testing.T) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	select {
	case <-r.ended:
	case <-limit.C:
		t.Fatal("the stream does not end")
	}
}

func TestStreamShowsAnAnswerGrow(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{webOptions(), terminalOptions()} {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			f := start(t, o)
			r := f.reader(t)
			if kind := r.response.Header.Get("Content-Type"); kind != "text/event-stream" {
				t.Errorf("content type %q", kind)
			}
			if s, _ := r.state(t); len(s.Turns) != 0 || s.Conversation != talk {
				t.Errorf("a new conversation is %+v", s)
			}
			q := f.question(t, talk, qid, "Which?")
			if got := r.turn(t); got.ID != qid || got.Question != "Which?" || got.Message != "" || got.Final {
				t.Errorf("the question came as %+v", got)
			}
			ref := f.opened(t, q)
			if got := r.turn(t); got.Message != ref.Message || got.Content.Text != "" {
				t.Errorf("the open answer came as %+v", got)
			}
			for _, text := range []string{"This", "This one, ", "This one, says [1]"} {
				f.write(t, ref, bots.Content{Text: text})
				if got := r.turn(t); got.Content.Text != text || got.Final {
					t.Errorf("%q came as %+v", text, got)
				}
			}
			f.write(t, ref, bots.Content{Text: "This one, says [1].", Final: true, Sources: []bots.Source{{N: 1, Title: "Guide"}}})
			got := r.turn(t)
			if !got.Final || !got.Content.Final || got.Content.Sources[0].Title != "Guide" {
				t.Errorf("the end came as %+v", got)
			}
			if page := o.Page; page != (len(got.Blocks) > 0) {
				t.Errorf("with a page: %v, but %d blocks", page, len(got.Blocks))
			}
		})
	}
}

func TestStreamComesBack(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	ref := f.opened(t, heardElsewhere("web", qid, "Which?"))
	f.write(t, ref, bots.Content{Text: "This"})
	first := f.reader(t)
	s, id := first.state(t)
	if len(s.Turns) != 1 || s.Turns[0].Content.Text != "This" || id == "" {
		t.Fatalf("the state with id %q is %+v", id, s)
	}
	first.leave()
	first.over(t)

	same := f.reader(t, "Last-Event-ID", id)
	f.write(t, ref, bots.Content{Text: "This one."})
	if got := same.turn(t); got.Content.Text != "This one." {
		t.Errorf("who missed nothing is sent %+v", got)
	}
	f.write(t, ref, bots.Content{Text: "This one is it.", Final: true})
	missed := f.reader(t, "Last-Event-ID", id)
	if s, _ := missed.state(t); s.Turns[0].Content.Text != "This one is it." {
		t.Errorf("who missed the end is sent %+v", s)
	}
}

// What the relay loses is found in the store.
func TestStreamWithoutRelay(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions(), func(c *Chat) { c.limits.poll, c.limits.beat = 10*time.Millisecond, time.Hour })
	ref := f.opened(t, heardElsewhere("web", qid, "Which?"))
	r := f.reader(t)
	r.state(t)
	f.relay.setDeaf(true)
	f.write(t, ref, bots.Content{Text: "This one.", Final: true})
	if got := r.turn(t); got.Content.Text != "This one." || !got.Final {
		t.Errorf("the answer came as %+v", got)
	}
}

func TestStreamBeats(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions(), func(c *Chat) { c.limits.beat = 10 * time.Millisecond })
	r := f.reader(t)
	r.state(t)
	f.relay.setDeaf(true)
	f.opened(t, heardElsewhere("web", qid, "Which?"))
	if got := r.turn(t); got.ID != qid {
		t.Errorf("a beat brought %+v", got)
	}
}

// Contents that arrive in the wrong order never undo newer ones.
func TestStreamKeepsOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	grow := func(text string, after time.Duration, final bool) turn {
		return turn{ID: qid, Message: "a", At: at.Add(after), Content: bots.Content{Text: text, Final: final}}
	}
	tests := map[string]struct {
		old, next turn
		want      bool
	}{
		"newer":                    {grow("a", 0, false), grow("ab", 1, false), true},
		"older":                    {grow("ab", 1, false), grow("a", 0, false), false},
		"the same":                 {grow("ab", 1, false), grow("ab", 1, false), false},
		"final by a slower clock":  {grow("ab", 9, false), grow("abc", 1, true), true},
		"unfinished after the end": {grow("abc", 1, true), grow("ab", 9, false), false},
		"a second end":             {grow("abc", 1, true), grow("xyz", 2, true), true},
		"opened":                   {turn{ID: qid, At: at}, turn{ID: qid, Message: "a", At: at}, true},
	}
	for name, tt := range tests {
		if got := tt.next.newerThan(tt.old); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	box := newMailbox(3)
	for i := range 10 {
		box.put(turn{ID: strconv.Itoa(i % 5), At: at.Add(time.Duration(i)), Message: "a"})
	}
	got := box.take()
	if len(got) != 3 || got[2].ID != "4" || !got[2].At.Equal(at.Add(9)) || len(box.take()) != 0 {
		t.Errorf("the mailbox holds %+v", got)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	o := webOptions()
	o.Allow = func(r *http.Request) (string, error) { return r.Header.Get("X-Asker"), nil }
	f := start(t, o, func(c *Chat) { c.limits.streams, c.limits.each = 3, 2 })
	read := func(asker string) *reader { return f.reader(t, "X-Asker", asker) }
	first := read("ann")
	first.state(t)
	read("ann").state(t)
	refused := read("ann")
	if refused.response.StatusCode != http.StatusTooManyRequests || refused.response.Header.Get("Retry-After") == "" {
		t.Errorf("a third stream of one person: status %d", refused.response.StatusCode)
	}
	read("bob").state(t)
	if got := read("cat").response.StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("a fourth stream: status %d", got)
	}
	first.leave()
	eventually(t, "room for another", func() bool { return read("cat").response.StatusCode == http.StatusOK })
}

func TestStreamEndsByItself(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions(), func(c *Chat) { c.limits.life = 50 * time.Millisecond })
	r := f.reader(t)
	r.state(t)
	r.over(t)
	eventually(t, "everything is let go", func() bool { return f.relay.watchers() == 0 })
}

func TestShutdownEndsStreams(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	r := f.reader(t)
	r.state(t)
	f.stop() // returns only after all streams have ended
	r.over(t)
	if got := f.relay.watchers(); got != 0 {
		t.Errorf("%d still watch", got)
	}
	if got := f.reader(t).response.StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("a new stream: status %d", got)
	}
	stop := listen(t, f.Chat, f.inbox) // and listening again serves again
	defer stop()
	eventually(t, "streams are served again", func() bool { return f.reader(t).response.StatusCode == http.StatusOK })
}

// A reader who takes nothing is cut, and costs no more than one content.
func TestSlowReaderIsCut(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions(), func(c *Chat) { c.limits.write = 200 * time.Millisecond })
	address, err := url.Parse(f.url)
	if err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s/events?conversation=%s HTTP/1.1\r\nHost: %s\r\n\r\n", address.Path, talk, address.Host)
	eventually(t, "the stream is open", func() bool { return f.relay.watchers() == 1 })

	ref := f.opened(t, heardElsewhere("web", qid, "Which?"))
	n := 0
	eventually(t, "the reader is cut off", func() bool {
		for range 10 {
			n++
			f.write(t, ref, bots.Content{Text: fmt.Sprint(n, strings.Repeat("很长的回答。", 3000))})
		}
		return f.relay.watchers() == 0
	})
}
