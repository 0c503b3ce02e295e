package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// maxBody is the most that a question's request may hold: room for a text of
// 1 MB in its most wasteful JSON spelling. The queue clips the text later, and
// its asker is told so.
const maxBody = 4 << 20

// The caps on an asker's wishes.
const (
	maxCollections = 16
	maxName        = 128
)

// readTime is how long a request body may take to arrive.
const readTime = 30 * time.Second

// Asked is a question as the API takes it: the body of POST .../questions.
type Asked struct {
	// Conversation and ID are made by the asker: 16 to 64 letters, digits, -
	// or _, not to be guessed. The same ID is the same question.
	Conversation string `json:"conversation"`
	ID           string `json:"id"`
	Text         string `json:"text"`
	// Collections and Group are the asker's wishes; empty: what the settings say.
	Collections []string `json:"collections,omitempty"`
	Group       string   `json:"group,omitempty"`
}

func (a Asked) check() *problem {
	switch {
	case !validToken(a.Conversation):
		return bad("bad_conversation")
	case !validToken(a.ID):
		return bad("bad_id")
	case strings.TrimSpace(a.Text) == "":
		return bad("empty_text")
	case len(a.Collections) > maxCollections || len(a.Group) > maxName:
		return bad("bad_wish")
	}
	for _, name := range a.Collections {
		if name == "" || len(name) > maxName {
			return bad("bad_wish")
		}
	}
	return nil
}

// question makes the question that a means.
func (c *Chat) question(a Asked, asker string) bots.Question {
	thread := bots.Thread{Platform: c.o.Name, Team: team, Channel: channel, Root: a.Conversation}
	return bots.Question{
		ID: thread.Place() + ":" + a.ID, Thread: thread, Message: a.ID,
		Asker: asker, Text: a.Text, AskedAt: c.o.Now(),
		Visibility: c.o.Visibility, Collections: a.Collections, Group: a.Group,
	}.Clip()
}

// ask answers 202 only after in has the question on disk. Asking again with
// the same id is how a client makes sure of that.
func (c *Chat) ask(in bots.Inbox) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, asker string) {
		a, p := c.decode(w, r)
		if p == nil {
			p = c.hear(r.Context(), in, c.question(a, asker))
		}
		if p != nil {
			c.refuse(w, r, p)
			return
		}
		writeJSON(w, http.StatusAccepted, map[string]string{"id": a.ID})
	}
}

// decode reads the body, a few at a time: each may take megabytes.
func (c *Chat) decode(w http.ResponseWriter, r *http.Request) (Asked, *problem) {
	if !isJSON(r) {
		return Asked{}, &problem{status: http.StatusUnsupportedMediaType, code: "not_json"}
	}
	select {
	case c.bodies <- struct{}{}:
		defer func() { <-c.bodies }()
	default:
		return Asked{}, busy(errors.New("too many bodies are being read"))
	}
	// A writer without deadlines, as in some tests, is no reason to refuse.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTime))
	var a Asked
	if p := readJSON(http.MaxBytesReader(w, r.Body, maxBody), &a); p != nil {
		return Asked{}, p
	}
	return a, a.check()
}

// readJSON reads one JSON object and nothing after it.
func readJSON(body io.Reader, into any) *problem {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.Join(errors.New("there is more after the JSON object"), more)
		}
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &problem{status: http.StatusRequestEntityTooLarge, code: "too_large"}
	}
	if err != nil {
		return &problem{status: http.StatusBadRequest, code: "bad_json", detail: clip(err.Error(), maxLine)}
	}
	return nil
}

// hear hands q to the inbox, and then shows it to all who look at the
// conversation. The second may fail: Open makes up for it.
func (c *Chat) hear(ctx context.Context, in bots.Inbox, q bots.Question) *problem {
	conv, _, err := c.load(ctx, q.Thread.Root)
	if err != nil {
		return busy(err)
	}
	if conv.Owner != "" && conv.Owner != q.Asker {
		return &problem{status: http.StatusForbidden, code: "not_yours"}
	}
	if known, ok := conv.find(func(t turn) bool { return t.ID == q.Message }); ok {
		if known.Text != q.Text {
			return &problem{status: http.StatusConflict, code: "id_taken"}
		}
		q.AskedAt = known.AskedAt
	}
	q.InThread = conv.before(q.Message)

	limited, cancel := context.WithTimeoutCause(ctx, c.limits.hear,
		fmt.Errorf("the queue did not take the question in %s", c.limits.hear))
	defer cancel()
	if err := in.Hear(limited, q); err != nil {
		return busy(fmt.Errorf("the queue did not take a question: %w", err))
	}
	c.remember(ctx, q)
	return nil
}

// before tells whether the conversation has other turns than the one named.
func (conv conversation) before(id string) bool {
	_, other := conv.find(func(t turn) bool { return t.ID != id })
	return other
}

func (c *Chat) remember(ctx context.Context, q bots.Question) {
	t, err := c.update(ctx, q.Thread.Root, func(conv *conversation) (*turn, error) {
		t, made := conv.turnOf(q)
		if !made {
			return t, errSame
		}
		return t, nil
	})
	if err != nil {
		c.o.Log.WarnContext(ctx, "a question is queued, but not yet in its conversation", "error", err)
		return
	}
	c.send(ctx, q.Thread.Root, t)
}
