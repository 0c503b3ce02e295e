package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// errWithdrawn is the cause with which a handler is cancelled whose question
// was withdrawn.
var errWithdrawn = errors.New("the question was withdrawn by its asker")

// Withdraw ends a question that nobody waits for any more: it is not begun, and
// a handler of this process that works on it is cancelled. A handler of another
// process is not stopped, but can store nothing more.
func (q *Queue) Withdraw(ctx context.Context, question bots.Question) error {
	for range claimTries {
		rec, err := q.records.Load(ctx, question.ID)
		if err != nil {
			return fmt.Errorf("withdraw a question: %w", err)
		}
		rec.State, rec.Claim = worker.Final, newClaim(question.Revision)
		_, err = q.records.Save(ctx, question.ID, rec)
		if errors.Is(err, worker.ErrLost) {
			continue
		}
		if err != nil {
			return fmt.Errorf("withdraw a question: %w", err)
		}
		break
	}
	for _, c := range q.enlisted() {
		c.interrupt(question.ID)
	}
	return nil
}

// enlist notes that a crew begins or ends its work.
func (q *Queue) enlist(c *crew, begins bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if begins {
		q.crews[c] = true
		return
	}
	delete(q.crews, c)
}

func (q *Queue) enlisted() []*crew {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Collect(maps.Keys(q.crews))
}

// interrupt cancels the handler that works on a question, if one does.
func (c *crew) interrupt(id string) {
	c.mu.Lock()
	boxes := slices.Collect(maps.Values(c.boxes))
	c.mu.Unlock()
	for _, b := range boxes {
		b.mu.Lock()
		if b.running == id && b.interrupt != nil {
			b.interrupt(errWithdrawn)
		}
		b.mu.Unlock()
	}
}
