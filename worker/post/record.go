package post

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// How persistent one delivery is with the records.
const (
	saves     = 3                     // times to save a record: a paid answer is in it
	saveAgain = time.Second           // between two of them
	reads     = 5                     // times to read past a copy of the store that lags behind
	staleWait = 50 * time.Millisecond // between two of them
)

// announced stands in a record's Ref from before the first Open until the
// message is known. Tries cannot tell that an Open was begun: the queue gives
// a try back when the question has to wait or the worker stops.
const announced = `{}`

// record is the question's record in this worker's hands. One goroutine at a
// time saves: the one that shows, and once it has ended the one that answers.
type record struct {
	id    string
	via   string // the question's secret, which a store may leave out of a Ref
	store worker.Records
	now   func() time.Time

	mu  sync.Mutex
	rec worker.Record
}

func (r *record) held() worker.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rec
}

func (r *record) hold(rec worker.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rec = rec
}

// save changes the record and stores it. worker.ErrLost means that another
// worker has the question now.
func (r *record) save(ctx context.Context, change func(*worker.Record) error) error {
	next := r.held()
	if err := change(&next); err != nil {
		return err
	}
	next.UpdatedAt = r.now()
	var err error
	for try := range saves {
		if try > 0 {
			if err := wait(ctx, saveAgain); err != nil {
				return err
			}
		}
		var saved worker.Record
		saved, err = r.store.Save(ctx, r.id, next)
		if errors.Is(err, worker.ErrLost) && try > 0 {
			saved, err = r.arrived(ctx, next)
		}
		if err == nil {
			r.hold(saved)
			return nil
		}
		if errors.Is(err, worker.ErrLost) {
			break
		}
	}
	return fmt.Errorf("store the question's record: %w", err)
}

// arrived tells whether what stands in the way of next is next itself: an
// earlier save of it worked, and only its reply was lost.
func (r *record) arrived(ctx context.Context, next worker.Record) (worker.Record, error) {
	stored, err := r.current(ctx)
	if err != nil {
		return next, err
	}
	if stored.State != next.State || !bytes.Equal(stored.Answer, next.Answer) || place(stored) != place(next) {
		return next, worker.ErrLost
	}
	next.Revision = stored.Revision
	return next, nil
}

// place is a record's Ref without its secret.
func place(rec worker.Record) bots.Ref {
	ref, _ := refOf(rec)
	ref.Via = ""
	return ref
}

// mine returns worker.ErrLost when another worker has claimed the question:
// asked before anything is posted.
func (r *record) mine(ctx context.Context) error {
	_, err := r.current(ctx)
	return err
}

// current reads the record as it is stored; worker.ErrLost when another worker
// has claimed the question. What is older than the record in hand comes from a
// copy that lags behind, and says nothing about the claim.
func (r *record) current(ctx context.Context) (worker.Record, error) {
	held := r.held()
	for try := range reads {
		if try > 0 {
			if err := wait(ctx, staleWait); err != nil {
				return worker.Record{}, err
			}
		}
		if ctx.Err() != nil {
			return worker.Record{}, context.Cause(ctx)
		}
		stored, err := r.store.Load(ctx, r.id)
		switch {
		case err != nil:
			return worker.Record{}, fmt.Errorf("read the question's record: %w", err)
		case stored.Claim == held.Claim:
			return stored, nil
		case stored.Revision > held.Revision:
			return worker.Record{}, worker.ErrLost
		}
	}
	return worker.Record{}, errors.New("read the question's record: only older ones are to be had")
}

// refresh takes the record as it is stored, where that is newer than the one
// in hand.
func (r *record) refresh(ctx context.Context) error {
	stored, err := r.current(ctx)
	if err != nil {
		return err
	}
	if stored.Revision <= r.held().Revision {
		return nil
	}
	if ref, known := refOf(stored); known && ref.Via != "" {
		ref.Via = r.via
		if err := setRef(&stored, ref); err != nil {
			return err
		}
	}
	r.hold(stored)
	return nil
}

// announce notes that the message may exist from now on.
func (r *record) announce(ctx context.Context) error {
	if len(r.held().Ref) > 0 {
		return r.mine(ctx)
	}
	return r.save(ctx, func(rec *worker.Record) error {
		rec.Ref = json.RawMessage(announced)
		return nil
	})
}

// withdraw notes that the message does not exist after all.
func (r *record) withdraw(ctx context.Context) error {
	return r.save(ctx, func(rec *worker.Record) error {
		rec.Ref = nil
		return nil
	})
}

// answer returns the stored answer, if there is one.
func (r *record) answer() (bots.Answer, bool) { return answerOf(r.held()) }

// ref returns the answer's message, if it is known.
func (r *record) ref() (bots.Ref, bool) { return refOf(r.held()) }

// repeated tells whether the message may exist although it is not known.
func (r *record) repeated() bool {
	rec := r.held()
	return len(rec.Ref) > 0 || rec.Tries > 1 || rec.State == worker.Dead
}

func answerOf(rec worker.Record) (bots.Answer, bool) {
	var a bots.Answer
	if len(rec.Answer) == 0 || json.Unmarshal(rec.Answer, &a) != nil {
		return bots.Answer{}, false
	}
	return a, true
}

func refOf(rec worker.Record) (bots.Ref, bool) {
	var ref bots.Ref
	if len(rec.Ref) == 0 || json.Unmarshal(rec.Ref, &ref) != nil || ref == (bots.Ref{}) {
		return bots.Ref{}, false
	}
	return ref, true
}

func setAnswer(r *worker.Record, answer bots.Answer) error {
	data, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	r.State, r.Answer = worker.Answered, data
	return nil
}

func setRef(r *worker.Record, ref bots.Ref) error {
	data, err := json.Marshal(ref)
	if err != nil {
		return fmt.Errorf("encode the message's reference: %w", err)
	}
	r.Ref = data
	return nil
}
