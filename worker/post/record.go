package post

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// record is the question's record in this worker's hands. The goroutine that
// shows and the one that answers both write to it.
type record struct {
	id    string
	store worker.Records
	now   func() time.Time

	mu  sync.Mutex
	rec worker.Record
}

// save changes the record and stores it. worker.ErrLost means that another
// worker has the question now.
func (r *record) save(ctx context.Context, change func(*worker.Record) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.rec
	if err := change(&next); err != nil {
		return err
	}
	next.UpdatedAt = r.now()
	saved, err := r.store.Save(ctx, r.id, next)
	if err != nil {
		return fmt.Errorf("store the question's record: %w", err)
	}
	r.rec = saved
	return nil
}

// mine returns worker.ErrLost when another worker has claimed the question:
// asked before anything is posted.
func (r *record) mine(ctx context.Context) error {
	current, err := r.store.Load(ctx, r.id)
	if err != nil {
		return fmt.Errorf("read the question's record: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if current.Claim != r.rec.Claim {
		return worker.ErrLost
	}
	return nil
}

// answer returns the stored answer, if there is one.
func (r *record) answer() (bots.Answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var a bots.Answer
	if len(r.rec.Answer) == 0 || json.Unmarshal(r.rec.Answer, &a) != nil {
		return bots.Answer{}, false
	}
	return a, true
}

// ref returns the answer's message, if it is known.
func (r *record) ref() (bots.Ref, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ref bots.Ref
	if len(r.rec.Ref) == 0 || json.Unmarshal(r.rec.Ref, &ref) != nil {
		return bots.Ref{}, false
	}
	return ref, true
}

// repeated tells whether an earlier delivery may have opened the message.
func (r *record) repeated() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rec.Tries > 1 || r.rec.State == worker.Dead
}
