package webchat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// message names the answer's message of a question. One question has one
// message, so its name can be told from the question's.
func message(question string) string { return "a_" + question }

// Open makes the answer's message appear, empty: readers show that something
// is going on. A second Open of the same question finds the first one's.
func (c *Chat) Open(ctx context.Context, q bots.Question) (bots.Ref, error) {
	if err := c.mine(q); err != nil {
		return bots.Ref{}, err
	}
	t, err := c.update(ctx, q.Thread.Root, func(conv *conversation) (*turn, error) {
		t, _ := conv.turnOf(q)
		if t.Message != "" {
			return t, errSame
		}
		t.Message, t.At = message(t.ID), c.o.Now()
		return t, nil
	})
	if err != nil {
		return bots.Ref{}, fmt.Errorf("open an answer: %w", err)
	}
	c.send(ctx, q.Thread.Root, t)
	return bots.Ref{Channel: q.Thread.Root, Message: t.Message}, nil
}

// Find tells whether the answer's message of q exists.
func (c *Chat) Find(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	if err := c.mine(q); err != nil {
		return bots.Ref{}, false, err
	}
	conv, _, err := c.load(ctx, q.Thread.Root)
	if err != nil {
		return bots.Ref{}, false, err
	}
	t, ok := conv.find(func(t turn) bool { return t.ID == q.Message && t.Message != "" })
	if !ok {
		return bots.Ref{}, false, nil
	}
	return bots.Ref{Channel: q.Thread.Root, Message: t.Message}, true, nil
}

// Write shows content. A final content is stored; an unfinished one is relayed
// each time but stored about once a second, for those who reload meanwhile.
// After a final content unfinished ones come too late and change nothing.
func (c *Chat) Write(ctx context.Context, r bots.Ref, content bots.Content) error {
	content = bound(content)
	conv, _, err := c.load(ctx, r.Channel)
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	t, err := conv.answer(r)
	if err != nil {
		return err
	}
	now := c.o.Now()
	due := content.Final || t.Content.Text == "" || now.Sub(t.At) >= c.limits.keep
	next := *t
	if err := next.show(content, now); err != nil {
		return nil //nolint:nilerr // it shows this already, or something final
	}
	if due {
		if next, err = c.keep(ctx, r, content, now); err != nil {
			return fmt.Errorf("write an answer: %w", err)
		}
	}
	c.send(ctx, r.Channel, next)
	return nil
}

// keep stores what the message of r shows.
func (c *Chat) keep(ctx context.Context, r bots.Ref, content bots.Content, at time.Time) (turn, error) {
	return c.update(ctx, r.Channel, func(conv *conversation) (*turn, error) {
		t, err := conv.answer(r)
		if err != nil {
			return nil, err
		}
		return t, t.show(content, at)
	})
}

// show puts content into t, or returns errSame where nothing would change.
func (t *turn) show(content bots.Content, at time.Time) error {
	if t.Content.Final && !content.Final || sameContent(t.Content, content) {
		return errSame
	}
	t.Content, t.At = content, at
	return nil
}

func sameContent(a, b bots.Content) bool {
	return a.Text == b.Text && a.Note == b.Note && a.Language == b.Language &&
		a.Final == b.Final && slices.Equal(a.Sources, b.Sources)
}

// answer returns the turn whose message r names.
func (conv *conversation) answer(r bots.Ref) (*turn, error) {
	if r.Message != "" {
		if t, ok := conv.find(func(t turn) bool { return t.Message == r.Message }); ok {
			return t, nil
		}
	}
	return nil, &bots.Refusal{Final: true, Err: errors.New("the conversation has no such message (any more)")}
}

// mine checks that q can have come from here: its words become keys and topics.
func (c *Chat) mine(q bots.Question) error {
	if q.Thread.Platform != c.o.Name || !validToken(q.Thread.Root) || !validToken(q.Message) {
		return &bots.Refusal{Final: true, Err: fmt.Errorf("the question is not one of the platform %q", c.o.Name)}
	}
	return nil
}

// Earlier returns the last turns of a conversation, oldest first. Answers that
// are not finished are left out.
func (c *Chat) Earlier(ctx context.Context, t bots.Thread, limit int) ([]bots.Turn, error) {
	if t.Platform != c.o.Name || !validToken(t.Root) {
		return nil, &bots.Refusal{Final: true, Err: fmt.Errorf("the thread is not one of the platform %q", c.o.Name)}
	}
	conv, _, err := c.load(ctx, t.Root)
	if err != nil {
		return nil, err
	}
	var turns []bots.Turn
	for _, t := range conv.Turns {
		turns = append(turns, bots.Turn{Message: t.ID, Asker: t.Asker, Text: t.Text, At: t.AskedAt})
		if t.Content.Final {
			turns = append(turns, bots.Turn{Message: t.Message, Asker: c.o.Name, Own: true, Text: t.Content.Text, At: t.At})
		}
	}
	return turns[max(0, len(turns)-max(0, limit)):], nil
}
