package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// TestAWorkerThatWasTakenOverWritesNothing freezes a worker in the middle of a
// question, lets another one take it over, and wakes it again.
func TestAWorkerThatWasTakenOverWritesNothing(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	hear(t, q, e)
	asleep, wake, awake := make(chan worker.Record), make(chan struct{}), make(chan error)
	consume(t, q, Work{MaxTries: 1, Handler: func(ctx context.Context, _ bots.Question) error {
		rec, _ := Claimed(ctx)
		asleep <- rec
		<-wake
		rec.State = worker.Answered
		_, err := q.Records().Save(ctx, e.ID, rec)
		awake <- err
		return err
	}})
	zombie := receive(t, asleep, "the question being begun")

	other, done, err := q.claim(t.Context(), e)
	if err != nil || done || other.Claim == zombie.Claim || other.Tries != 2 {
		t.Fatalf("taking over: %+v, %v, %v", other, done, err)
	}
	close(wake)
	if err := receive(t, awake, "the sleeper's save"); !errors.Is(err, worker.ErrLost) {
		t.Fatalf("the sleeper could save: %v", err)
	}
	// Neither a letter, nor a try, nor an acknowledgement: the message is still
	// the server's to deliver, which it does when the silence has been too long.
	if rec, err := q.Records().Load(t.Context(), e.ID); err != nil || rec.Claim != other.Claim || rec.State != worker.Opening {
		t.Errorf("record %+v, %v", rec, err)
	}
	if n := len(letters(t, q)); n != 0 {
		t.Errorf("%d letters", n)
	}
	other.State = worker.Final
	if _, err := q.Records().Save(t.Context(), e.ID, other); err != nil {
		t.Fatal(err)
	}
	settledDown(t, q)
	nothing(t, asleep, "a question that is final was begun")
}

// TestALostLeaseEndsTheHandler takes a thread away from a running handler.
func TestALostLeaseEndsTheHandler(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	hear(t, q, e)
	begun, cause := make(chan struct{}, 8), make(chan error, 8)
	consume(t, q, Work{Handler: func(ctx context.Context, _ bots.Question) error {
		begun <- struct{}{}
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	}, Grace: time.Millisecond})
	receive(t, begun, "the handler")
	// Another worker's lease, as it would be after this one had been frozen.
	subject := leaseSubject(mailboxThread(e).Key())
	if _, err := q.js.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Data: []byte("another")}, jetstream.WithMsgTTL(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, cause, "the handler's end"); !errors.Is(err, worker.ErrLost) {
		t.Errorf("cause %v", err)
	}
	receive(t, begun, "the question coming again when that lease has run out")
}

func TestLeases(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	mine, other := q.newLease("slack:T:C:1"), q.newLease("slack:T:C:1")
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(q.hold(ctx, mine))
	if err := q.hold(ctx, other); !errors.Is(err, errHeld) {
		t.Fatalf("a held thread: %v", err)
	}
	must(q.renew(ctx, mine))
	must(q.hold(ctx, mine))
	must(q.release(ctx, mine))
	must(q.hold(ctx, other))
	if err := q.renew(ctx, mine); err != nil { // not held: nothing to prolong
		t.Error(err)
	}
	// The server loses its memory: whoever had the lease takes it again.
	must(q.leases.Purge(ctx))
	must(q.renew(ctx, other))
	// The reply to a renewal is lost: the lease is still ours.
	must(q.writeAfter(ctx, other, other.seq))
	other.seq--
	must(q.renew(ctx, other))
	// Silence: the server frees it by its own clock.
	eventually(t, "the lease runs out", func() bool { return q.hold(ctx, mine) == nil })
	if err := q.renew(ctx, other); !errors.Is(err, errHeld) {
		t.Errorf("prolonging a lease that another took: %v", err)
	}
	must(q.release(ctx, other)) // must not free the other's
	if err := q.hold(ctx, q.newLease("slack:T:C:1")); !errors.Is(err, errHeld) {
		t.Errorf("releasing a lost lease freed the thread: %v", err)
	}
}

func TestLeaseTTLIsShorterThanTheSilenceAllowed(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]time.Duration{
		defaultAckWait: 7 * time.Second, time.Second: time.Second, 4 * time.Second: 3 * time.Second,
	} {
		if got := leaseTTL(wait); got != want {
			t.Errorf("%s: %s, want %s", wait, got, want)
		}
	}
}

func TestRecordsAreComparedAndSet(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	r, ctx := q.Records(), t.Context()
	id := "slack:T*:C.>:1 2"
	if rec, err := r.Load(ctx, id); err != nil || rec.Revision != 0 || rec.State != "" {
		t.Fatalf("a new record: %+v, %v", rec, err)
	}
	saved, err := r.Save(ctx, id, worker.Record{State: worker.Opening, Claim: "0/a"})
	if err != nil || saved.Revision == 0 || saved.UpdatedAt.IsZero() {
		t.Fatalf("saving: %+v, %v", saved, err)
	}
	if _, err := r.Save(ctx, id, worker.Record{State: worker.Open}); !errors.Is(err, worker.ErrLost) {
		t.Errorf("saving over an existing record: %v", err)
	}
	saved.State = worker.Open
	saved.Ref = []byte(`{"channel":"C","message":"1","via":"secret-token"}`)
	saved, err = r.Save(ctx, id, saved)
	if err != nil || string(saved.Ref) != `{"channel":"C","message":"1","via":"secret-token"}` {
		t.Fatalf("saving again: %+v, %v", saved, err)
	}
	rec, err := r.Load(ctx, id)
	if err != nil || string(rec.Ref) != `{"channel":"C","message":"1","via":"in the question"}` {
		t.Errorf("a stored secret: %s, %v", rec.Ref, err)
	}
	if got := string(showVia(rec.Ref, "secret-token")); got != string(saved.Ref) {
		t.Errorf("a secret put back: %s", got)
	}
	// A damaged record does not block its question for ever, and says that a
	// message may be there.
	if _, err := q.records.bucket.Put(ctx, token(id), []byte("{")); err != nil {
		t.Fatal(err)
	}
	e := question("1", 1)
	e.ID = id
	if rec, done, err := q.claim(ctx, e); err != nil || done || rec.State != worker.Opening || string(rec.Ref) != "{}" {
		t.Errorf("claiming a damaged record: %+v, %v, %v", rec, done, err)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	ref, answer := []byte(`{"channel":"C"}`), []byte(`{"id":"x"}`)
	for name, c := range map[string]struct {
		rec      worker.Record
		revision int
		done     bool
		state    worker.State
		tries    int
		answered bool
	}{
		"new":                      {state: worker.Opening, tries: 1},
		"crashed while opening":    {rec: worker.Record{State: worker.Opening, Claim: "0/a", Tries: 1}, state: worker.Opening, tries: 2},
		"crashed while writing":    {rec: worker.Record{State: worker.Open, Claim: "0/a", Tries: 1, Ref: ref}, state: worker.Open, tries: 2},
		"answered, not posted":     {rec: worker.Record{State: worker.Answered, Claim: "0/a", Tries: 3, Ref: ref, Answer: answer}, state: worker.Answered, tries: 4, answered: true},
		"final":                    {rec: worker.Record{State: worker.Final, Claim: "0/a"}, done: true},
		"dead":                     {rec: worker.Record{State: worker.Dead, Claim: "0/a"}, done: true},
		"an edit of a final one":   {rec: worker.Record{State: worker.Final, Claim: "0/a", Tries: 4, Ref: ref, Answer: answer}, revision: 1, state: worker.Open, tries: 1},
		"an edit of a dead one":    {rec: worker.Record{State: worker.Dead, Claim: "0/a", Tries: 5}, revision: 1, state: worker.Opening, tries: 1},
		"overtaken by an edit":     {rec: worker.Record{State: worker.Open, Claim: "2/a", Ref: ref}, revision: 1, done: true},
		"a claim of somebody else": {rec: worker.Record{State: worker.Open, Claim: "?", Ref: ref}, state: worker.Open, tries: 1},
	} {
		if got := settled(c.rec, c.revision); got != c.done {
			t.Errorf("%s: settled %v", name, got)
		}
		if c.done {
			continue
		}
		got := claimed(c.rec, c.revision)
		if got.State != c.state || got.Tries != c.tries || (got.Answer != nil) != c.answered ||
			got.Claim == c.rec.Claim || claimRevision(got.Claim) != c.revision {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
