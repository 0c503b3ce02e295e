package webchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// shownTurn is a turn as the API shows it.
type shownTurn struct {
	ID       string       `json:"id"`
	Question string       `json:"question"`
	AskedAt  time.Time    `json:"asked_at"`
	Message  string       `json:"message,omitempty"` // empty: no worker has it yet
	Content  bots.Content `json:"content"`
	Final    bool         `json:"final"`
	// Blocks is content.text taken apart for the page; see render.go.
	Blocks []node `json:"blocks,omitempty"`
}

// shownState is the body of GET .../conversation and the first event of a stream.
type shownState struct {
	Conversation string      `json:"conversation"`
	Turns        []shownTurn `json:"turns"`
}

func (c *Chat) shown(t turn) shownTurn {
	s := shownTurn{
		ID: t.ID, Question: t.Text, AskedAt: t.AskedAt,
		Message: t.Message, Content: t.Content, Final: t.Content.Final,
	}
	if c.page != nil {
		s.Blocks = blocks(t.Content)
	}
	return s
}

func (c *Chat) state(id string, conv conversation) shownState {
	s := shownState{Conversation: id, Turns: make([]shownTurn, 0, len(conv.Turns))}
	for _, t := range conv.Turns {
		s.Turns = append(s.Turns, c.shown(t))
	}
	return s
}

// mayRead loads a conversation for somebody who wants to look at it. One that
// does not exist yet is empty, and anybody's who made up its id.
func (c *Chat) mayRead(ctx context.Context, id, asker string) (conversation, uint64, *problem) {
	if !validToken(id) {
		return conversation{}, 0, bad("bad_conversation")
	}
	conv, revision, err := c.load(ctx, id)
	if err != nil {
		return conversation{}, 0, busy(err)
	}
	if conv.Owner != "" && conv.Owner != asker {
		return conversation{}, 0, &problem{status: http.StatusForbidden, code: "not_yours"}
	}
	return conv, revision, nil
}

// show answers GET .../conversation?id=.
func (c *Chat) show(w http.ResponseWriter, r *http.Request, asker string) {
	id := r.URL.Query().Get("id")
	conv, _, p := c.mayRead(r.Context(), id, asker)
	if p != nil {
		c.refuse(w, r, p)
		return
	}
	writeJSON(w, http.StatusOK, c.state(id, conv))
}

// events answers GET .../events?conversation= with a stream that ends when the
// reader goes, when nobody listens any more, or after limits.life.
func (c *Chat) events(w http.ResponseWriter, r *http.Request, asker string) {
	id := r.URL.Query().Get("conversation")
	if !validToken(id) {
		c.refuse(w, r, bad("bad_conversation"))
		return
	}
	closing, leave, p := c.enter(asker)
	if p != nil {
		c.refuse(w, r, p)
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(r.Context(), c.limits.life)
	defer cancel()

	// Watching begins before the state is read: nothing falls in between.
	box := newMailbox(c.limits.turns)
	stop, err := c.watch(ctx, id, box)
	if err != nil {
		c.refuse(w, r, busy(err))
		return
	}
	defer stop()
	conv, revision, p := c.mayRead(ctx, id, asker)
	if p != nil {
		c.refuse(w, r, p)
		return
	}
	s := &stream{c: c, w: w, out: http.NewResponseController(w), id: id, last: map[string]turn{}}
	if err := s.run(ctx, closing, box, conv, revision, r.Header.Get("Last-Event-ID")); err != nil {
		c.o.Log.DebugContext(ctx, "a reader was cut off", "error", err)
	}
}

// watch puts what is relayed for a conversation into box.
func (c *Chat) watch(ctx context.Context, id string, box *mailbox) (stop func(), err error) {
	return c.o.Relay.Watch(ctx, c.topic(id), func(data json.RawMessage) {
		var t turn
		if json.Unmarshal(data, &t) == nil && t.ID != "" {
			box.put(t)
		}
	})
}

// enter counts a reader in, and leave out again.
func (c *Chat) enter(asker string) (closing <-chan struct{}, leave func(), p *problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if closed(c.closing) {
		return nil, nil, busy(errors.New("shutting down"))
	}
	total := 0
	for _, n := range c.readers {
		total += n
	}
	if total >= c.limits.streams || c.readers[asker] >= c.limits.each {
		return nil, nil, &problem{status: http.StatusTooManyRequests, code: "too_many_streams", after: 5 * time.Second}
	}
	c.readers[asker]++
	c.open.Add(1)
	return c.closing, func() { c.leave(asker) }, nil
}

func (c *Chat) leave(asker string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readers[asker]--; c.readers[asker] == 0 {
		delete(c.readers, asker)
	}
	c.open.Done()
}

// stream is one reader's event stream.
type stream struct {
	c        *Chat
	w        http.ResponseWriter
	out      *http.ResponseController
	id       string
	revision uint64
	last     map[string]turn // what the reader has of each turn, without texts
}

func (s *stream) run(ctx context.Context, closing <-chan struct{}, box *mailbox,
	conv conversation, revision uint64, known string,
) error {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s.revision = revision
	if err := s.begin(conv, known); err != nil {
		return err
	}
	beat := time.NewTicker(s.c.limits.beat)
	defer beat.Stop()
	poll := time.NewTicker(s.c.limits.poll)
	defer poll.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-closing:
			return nil
		case <-box.ready:
			err = s.turns(box.take(), 0)
		case <-poll.C:
			if s.waiting() {
				err = s.reread(ctx)
			}
		case <-beat.C:
			if err = s.write([]byte(": still here\n\n")); err == nil {
				err = s.reread(ctx)
			}
		}
		if err != nil {
			return err
		}
	}
}

// begin sends the state, unless the reader comes back and has it.
func (s *stream) begin(conv conversation, known string) error {
	for _, t := range conv.Turns {
		s.last[t.ID] = t.bare()
	}
	hello := []byte("retry: 2000\n\n")
	if s.revision > 0 && known == strconv.FormatUint(s.revision, 10) {
		return s.write(hello)
	}
	event, err := format("state", s.revision, s.c.state(s.id, conv))
	if err != nil {
		return err
	}
	return s.write(append(hello, event...))
}

// waiting tells whether an answer is still to come.
func (s *stream) waiting() bool {
	for _, t := range s.last {
		if !t.Content.Final {
			return true
		}
	}
	return false
}

// reread makes up for what the relay lost.
func (s *stream) reread(ctx context.Context) error {
	conv, revision, err := s.c.load(ctx, s.id)
	if err != nil {
		s.c.o.Log.DebugContext(ctx, "a conversation could not be read again", "error", err)
		return nil
	}
	if revision == s.revision {
		return nil
	}
	s.revision = revision
	kept := make(map[string]turn, len(conv.Turns))
	for _, t := range conv.Turns {
		if old, ok := s.last[t.ID]; ok {
			kept[t.ID] = old
		}
	}
	s.last = kept // turns that were dropped need not be remembered
	return s.turns(conv.Turns, revision)
}

// turns sends those of ts that are news to the reader.
func (s *stream) turns(ts []turn, revision uint64) error {
	var events []byte
	for _, t := range ts {
		if old, ok := s.last[t.ID]; ok && !t.newerThan(old) {
			continue
		}
		event, err := format("turn", revision, s.c.shown(t))
		if err != nil {
			return err
		}
		s.last[t.ID] = t.bare()
		events = append(events, event...)
	}
	if events == nil {
		return nil
	}
	return s.write(events)
}

// bare is what newerThan looks at.
func (t turn) bare() turn {
	return turn{ID: t.ID, Message: t.Message, At: t.At, Content: bots.Content{Final: t.Content.Final}}
}

// format makes one event. The id lets a reader who comes back say what it has;
// events that were only relayed carry none.
func format(name string, revision uint64, data any) ([]byte, error) {
	payload, err := json.Marshal(data) // one line: JSON has no raw line breaks
	if err != nil {
		return nil, fmt.Errorf("encode an event: %w", err)
	}
	var b bytes.Buffer
	if revision > 0 {
		fmt.Fprintf(&b, "id: %d\n", revision)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, payload)
	return b.Bytes(), nil
}

// write sends b within the deadline that cuts slow readers off.
func (s *stream) write(b []byte) error {
	deadline := time.Now().Add(s.c.limits.write)
	if err := s.out.SetWriteDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set a deadline: %w", err)
	}
	if _, err := s.w.Write(b); err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	return nil
}
