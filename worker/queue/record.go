package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// Records returns the questions' records.
func (q *Queue) Records() worker.Records { return q.records }

// records keeps them in a bucket on disk.
type records struct {
	bucket jetstream.KeyValue
	now    func() time.Time
}

// Load implements worker.Records. A Ref's Via is left out: see hideVia. A
// damaged record is as good as none, but for its revision: whoever claims it
// looks first whether the answer's message exists.
func (r *records) Load(ctx context.Context, id string) (worker.Record, error) {
	entry, err := r.bucket.Get(ctx, token(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return worker.Record{}, nil
	}
	if err != nil {
		return worker.Record{}, fmt.Errorf("reading the record of %s: %w", id, err)
	}
	var rec worker.Record
	if json.Unmarshal(entry.Value(), &rec) != nil {
		// The empty reference says that a message may be there.
		rec = worker.Record{State: worker.Opening, Ref: json.RawMessage("{}")}
	}
	rec.Revision = entry.Revision()
	return rec, nil
}

// Save implements worker.Records, and stamps the record with the time.
func (r *records) Save(ctx context.Context, id string, rec worker.Record) (worker.Record, error) {
	rec.UpdatedAt = r.now().UTC()
	stored := rec
	stored.Ref = hideVia(rec.Ref)
	data, err := json.Marshal(stored)
	if err != nil {
		return rec, fmt.Errorf("writing the record of %s as JSON: %w", id, err)
	}
	revision, err := put(ctx, r.bucket, token(id), data, rec.Revision)
	if conflict(err) {
		return rec, fmt.Errorf("the record of %s: %w", id, worker.ErrLost)
	}
	if err != nil {
		return rec, fmt.Errorf("saving the record of %s: %w", id, err)
	}
	rec.Revision = revision
	return rec, nil
}

// put writes a value if the key is still at revision (0: absent).
func put(ctx context.Context, bucket jetstream.KeyValue, key string, value []byte, revision uint64) (uint64, error) {
	if revision == 0 {
		return bucket.Create(ctx, key, value)
	}
	return bucket.Update(ctx, key, value, revision)
}

// viaInQuestion stands in a stored Ref for the secret that is in the question
// itself. The question can be erased when it is done; what a bucket once held
// stays in its files for days.
const viaInQuestion = "in the question"

// hideVia takes the secret out of a Ref.
func hideVia(ref json.RawMessage) json.RawMessage { return swapVia(ref, viaInQuestion) }

// showVia puts the question's secret back into a Ref that had it.
func showVia(ref json.RawMessage, via string) json.RawMessage { return swapVia(ref, via) }

func swapVia(ref json.RawMessage, via string) json.RawMessage {
	var r bots.Ref
	if len(ref) == 0 || json.Unmarshal(ref, &r) != nil || r.Via == "" {
		return ref
	}
	r.Via = via
	swapped, err := json.Marshal(r)
	if err != nil {
		return ref
	}
	return swapped
}

// newClaim makes the name of one delivery. It begins with the question's
// revision, so that a record tells which wording it is about.
func newClaim(revision int) string { return strconv.Itoa(revision) + "/" + rand.Text() }

// claimRevision reads the question's revision out of a claim; -1 where there
// is no claim yet.
func claimRevision(claim string) int {
	if claim == "" {
		return -1
	}
	number, _, _ := strings.Cut(claim, "/")
	revision, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return revision
}

// settled tells whether nothing is left to do for this wording of a question:
// it was answered or given up, or a newer wording has been taken up.
func settled(rec worker.Record, revision int) bool {
	known := claimRevision(rec.Claim)
	return known > revision || known == revision && (rec.State == worker.Final || rec.State == worker.Dead)
}

// claimed is the record as the next worker takes it over.
func claimed(rec worker.Record, revision int) worker.Record {
	if claimRevision(rec.Claim) < revision {
		rec = reopened(rec)
		rec.Answer = nil // it answered another wording
	}
	if rec.State == "" || rec.State == worker.Answered && len(rec.Answer) == 0 {
		rec.State = stateOf(rec)
	}
	rec.Claim = newClaim(revision)
	rec.Tries++
	return rec
}

// reopened is a record that can be worked on again, with all its tries.
func reopened(rec worker.Record) worker.Record {
	rec.Tries, rec.State = 0, ""
	return rec
}

// stateOf tells a state from what is there.
func stateOf(rec worker.Record) worker.State {
	switch {
	case len(rec.Answer) > 0:
		return worker.Answered
	case len(rec.Ref) > len("{}"): // an empty one only says that it may exist
		return worker.Open
	default:
		return worker.Opening
	}
}

// claimTries bounds how often a claim is tried against a worker that still
// saves; it loses as soon as the claim is in.
const claimTries = 5

// claim takes a question over: from here on whoever had it before can save
// nothing. done is true where there is nothing left to do.
func (q *Queue) claim(ctx context.Context, question bots.Question) (rec worker.Record, done bool, err error) {
	for range claimTries {
		if rec, err = q.records.Load(ctx, question.ID); err != nil {
			return rec, false, err
		}
		if settled(rec, question.Revision) {
			return rec, true, nil
		}
		rec, err = q.records.Save(ctx, question.ID, claimed(rec, question.Revision))
		if err == nil {
			rec.Ref = showVia(rec.Ref, question.Via)
			return rec, false, nil
		}
		if !errors.Is(err, worker.ErrLost) {
			return rec, false, err
		}
	}
	return rec, false, err
}

// staleWait is the pause before a record is read again that came from a
// replica which lags behind.
const staleWait = 20 * time.Millisecond

// owned reads a claimed question's record; worker.ErrLost where somebody else
// has claimed it since.
func (q *Queue) owned(ctx context.Context, d *delivery) (worker.Record, error) {
	for range claimTries {
		rec, err := q.records.Load(ctx, d.question.ID)
		if err != nil || rec.Claim == d.rec.Claim {
			return rec, err
		}
		if rec.Revision > d.rec.Revision {
			break
		}
		pause(ctx, staleWait)
	}
	return worker.Record{}, worker.ErrLost
}

// amend changes the record of a claimed question; worker.ErrLost where
// somebody else has claimed it since.
func (q *Queue) amend(ctx context.Context, d *delivery, change func(*worker.Record)) error {
	var err error
	for range claimTries {
		var rec worker.Record
		if rec, err = q.owned(ctx, d); err != nil {
			return err
		}
		change(&rec)
		if _, err = q.records.Save(ctx, d.question.ID, rec); !errors.Is(err, worker.ErrLost) {
			return err
		}
		pause(ctx, staleWait)
	}
	return err
}

// claimKey is where a handler's context keeps its record.
type claimKey struct{}

// Claimed returns the record that the queue claimed for the handler that runs
// in ctx. The handler saves with this record's revision, and with the one that
// each Save returns, so that it notices when it was taken over.
func Claimed(ctx context.Context) (worker.Record, bool) {
	rec, ok := ctx.Value(claimKey{}).(worker.Record)
	return rec, ok
}

func withClaim(ctx context.Context, rec worker.Record) context.Context {
	return context.WithValue(ctx, claimKey{}, rec)
}
