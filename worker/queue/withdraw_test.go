package queue

import (
	"context"
	"errors"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// TestWithdraw withdraws a question that is being worked on and the one behind
// it in its thread: the first handler is cancelled, the second never begins, and
// nothing is left waiting.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	first, second, third := question("1", 1), question("1", 2), question("1", 3)
	begun, causes := make(chan string, 3), make(chan error, 3)
	consume(t, q, Work{Handler: func(ctx context.Context, e bots.Question) error {
		begun <- e.ID
		if e.ID == third.ID {
			return nil
		}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return context.Cause(ctx)
	}})
	hear(t, q, first, second, third)
	if id := receive(t, begun, "the first question being begun"); id != first.ID {
		t.Fatalf("%s was begun first", id)
	}
	for _, e := range []bots.Question{second, first} {
		if err := q.Withdraw(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := receive(t, causes, "the handler being cancelled"); !errors.Is(err, errWithdrawn) {
		t.Errorf("cancelled because of %v", err)
	}
	if id := receive(t, begun, "the third question being begun"); id != third.ID {
		t.Errorf("%s was begun after that", id)
	}
	settledDown(t, q)
	for _, e := range []bots.Question{first, second} {
		if rec, err := q.Records().Load(t.Context(), e.ID); err != nil || rec.State != worker.Final {
			t.Errorf("%s: record %+v, %v", e.ID, rec, err)
		}
	}
	if n := len(letters(t, q)); n != 0 {
		t.Errorf("%d letters", n)
	}
}
