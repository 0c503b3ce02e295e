package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// TestAnAskerWhoCannotBeToldYetIsToldLater has a question expire while its
// platform cannot be reached: it is not buried before the asker was told.
func TestAnAskerWhoCannotBeToldYetIsToldLater(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	e.AskedAt = time.Now().Add(-13 * time.Hour)
	hear(t, q, e)
	calls := make(chan error, 8)
	refused := false
	consume(t, q, Work{
		Handler: func(context.Context, bots.Question) error { return errors.New("an expired question was handled") },
		GiveUp: func(_ context.Context, _ bots.Question, reason error) error {
			calls <- reason
			if !refused {
				refused = true
				return worker.Later(time.Second, errors.New("the platform is away"))
			}
			return nil
		},
	})
	if err := receive(t, calls, "the asker being told"); !errors.Is(err, ErrExpired) {
		t.Errorf("given up because of %v", err)
	}
	if n := len(letters(t, q)); n != 0 {
		t.Errorf("%d letters before the asker was told", n)
	}
	receive(t, calls, "the asker being told again")
	settledDown(t, q)
	if list := letters(t, q); len(list) != 1 || list[0].Untold != "" {
		t.Errorf("letters %+v", list)
	}
}

// TestARetryAfterTheRecordIsGoneLooksFirst retries a letter that has outlived its
// record: the message may be there, and the next worker must look for it.
func TestARetryAfterTheRecordIsGoneLooksFirst(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	hear(t, q, e)
	stop := consume(t, q, Work{Handler: func(context.Context, bots.Question) error { return worker.Never(errBroken) }})
	eventually(t, "the letter is there", func() bool { return len(letters(t, q)) == 1 })
	settledDown(t, q)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := q.records.bucket.Purge(t.Context(), token(e.ID)); err != nil {
		t.Fatal(err)
	}
	if err := q.Retry(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	claims := make(chan worker.Record, 1)
	consume(t, q, Work{Handler: func(ctx context.Context, _ bots.Question) error {
		rec, _ := Claimed(ctx)
		claims <- rec
		return nil
	}})
	if rec := receive(t, claims, "the retried question"); string(rec.Ref) != "{}" {
		t.Errorf("its record is %+v", rec)
	}
	settledDown(t, q)
}
