package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// State is how the queue stands.
type State struct {
	Waiting   int       `json:"waiting"`   // no worker has them yet
	Working   int       `json:"working"`   // with a worker: running, next in their thread, or given back for a moment
	Scheduled int       `json:"scheduled"` // come again at a later time
	Dead      int       `json:"dead"`      // given up; see Dead
	Kept      int       `json:"kept"`      // all questions of the last day, whatever became of them
	Bytes     int64     `json:"bytes"`     // that these take
	MaxBytes  int64     `json:"max_bytes"` // that they may take before new ones are refused
	Oldest    time.Time `json:"oldest,omitzero"`
	Embedded  bool      `json:"embedded"`
	Server    string    `json:"server_version"`
}

// State tells how the queue stands.
func (q *Queue) State(ctx context.Context) (State, error) {
	s := State{Embedded: q.embedded != nil, Server: q.conn.ConnectedServerVersion()}
	for _, stream := range []string{questionsStream, waitsStream} {
		consumer, err := q.js.Consumer(ctx, stream, workers)
		if err != nil {
			return s, fmt.Errorf("asking how the queue stands: %w", err)
		}
		info := consumer.CachedInfo()
		s.Waiting += int(info.NumPending)
		s.Working += info.NumAckPending
	}
	questions, err := q.questions.Info(ctx)
	if err != nil {
		return s, fmt.Errorf("asking how the queue stands: %w", err)
	}
	s.Kept, s.Bytes, s.MaxBytes = int(questions.State.Msgs), int64(questions.State.Bytes), questions.Config.MaxBytes
	if s.Kept > 0 {
		s.Oldest = questions.State.FirstTime
	}
	waits, err := q.waits.Info(ctx, jetstream.WithSubjectFilter(waitSubjects))
	if err != nil {
		return s, fmt.Errorf("asking what waits: %w", err)
	}
	s.Scheduled = len(waits.State.Subjects)
	dead, err := q.dead.Info(ctx)
	if err != nil {
		return s, fmt.Errorf("asking for the dead letters: %w", err)
	}
	s.Dead = int(dead.State.Msgs)
	return s, nil
}
