package webchat

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
)

// answering answers every question that is heard, in three steps.
func answering(t *testing.T, f *fixture) {
	t.Helper()
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(done)
		for {
			select {
			case q := <-f.inbox.news:
				r, err := f.Open(ctx, q)
				for _, c := range []bots.Content{{Text: "One"}, {Text: "One. Two"}, {Text: "One. Two.", Final: true}} {
					err = errors.Join(err, f.Write(ctx, r, c))
				}
				if err != nil {
					t.Error(err)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func TestClientAsks(t *testing.T) {
	t.Parallel()
	f := start(t, keyed(terminalOptions()))
	answering(t, f)
	c := &Client{URL: f.url, Key: "sk-canary-7", Wait: time.Millisecond}
	var last bots.Content
	for content, err := range c.Ask(t.Context(), Asked{Text: "Which?"}) {
		if err != nil {
			t.Fatal(err)
		}
		if last.Final {
			t.Errorf("something comes after the end: %+v", content)
		}
		last = content
	}
	if diff := cmp.Diff(bots.Content{Text: "One. Two.", Final: true}, last); diff != "" {
		t.Error(diff)
	}
}

func TestClientIsPatient(t *testing.T) {
	t.Parallel()
	f := start(t, terminalOptions(), func(c *Chat) { c.limits.life = 20 * time.Millisecond })
	f.inbox.full = 3
	c := &Client{URL: f.url, Wait: time.Millisecond}
	got := make(chan string, 1)
	go func() {
		for content, err := range c.Ask(context.Background(), Asked{Conversation: talk, ID: qid, Text: "Which?"}) {
			if err != nil || content.Final {
				got <- content.Text + errorText(err)
			}
		}
	}()
	q := f.inbox.next(t)
	before := f.served()
	eventually(t, "streams that end and are opened again", func() bool { return f.served() > before+2 })
	f.write(t, f.opened(t, q), bots.Content{Text: "This one.", Final: true})
	if s := <-got; s != "This one." {
		t.Errorf("the answer: %q", s)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestClientGivesUp(t *testing.T) {
	t.Parallel()
	f := start(t, keyed(terminalOptions()))
	fails := func(c *Client, a Asked) string {
		for content, err := range c.Ask(t.Context(), a) {
			if err != nil {
				return err.Error()
			}
			t.Errorf("answered %+v", content)
		}
		return ""
	}
	if got := fails(&Client{URL: f.url}, Asked{Text: "Which?"}); !strings.Contains(got, "valid key") {
		t.Errorf("without a key: %q", got)
	}
	right := &Client{URL: f.url, Key: "sk-canary-7", Wait: time.Millisecond}
	if got := fails(right, Asked{Text: " "}); !strings.Contains(got, "empty") {
		t.Errorf("an empty question: %q", got)
	}
	if got := fails(&Client{URL: "http://127.0.0.1:1/admin/chat", Wait: time.Microsecond}, Asked{Text: "Which?"}); !strings.Contains(got, "gave up after 9 attempts") {
		t.Errorf("without a server: %q", got)
	}
	f.inbox.setErr(errors.New("the disk is full"))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupted by Ctrl-C"))
	for _, err := range right.Ask(ctx, Asked{Text: "Which?"}) {
		if err == nil || !strings.Contains(err.Error(), "Ctrl-C") {
			t.Errorf("interrupted: %v", err)
		}
	}
}

// Who has heard enough may leave at any time.
func TestClientIsLeft(t *testing.T) {
	t.Parallel()
	f := start(t, terminalOptions())
	answering(t, f)
	c := &Client{URL: f.url}
	n := 0
	for range c.Ask(t.Context(), Asked{Text: "Which?"}) {
		n++
		break
	}
	eventually(t, "the stream is closed", func() bool { return f.relay.watchers() == 0 && n == 1 })
}
