package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// keepMarks is how long a check mark waits to be learned from.
const keepMarks = 7 * 24 * time.Hour

// markTries is how often learning from a mark is tried: with the waits below,
// for some two hours.
const markTries = 12

// markWait is how long one mark may take.
const markWait = time.Minute

// marksConfig: a mark goes when it was acted upon. Of a full stream the oldest
// goes: no answer depends on it.
func (q *Queue) marksConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: marksStream, Description: "check marks on answers",
		Subjects: []string{markSubjects}, Replicas: q.replicas,
		Storage: jetstream.FileStorage, Retention: jetstream.WorkQueuePolicy,
		MaxAge: keepMarks, Duplicates: duplicates, MaxBytes: q.maxStore / 100,
	}
}

// heldMarks is how many marks may wait for another try while others go on.
const heldMarks = 256

// ensureMarks makes the consumer of check marks.
func (q *Queue) ensureMarks(ctx context.Context) error {
	_, err := q.js.CreateOrUpdateConsumer(ctx, marksStream, jetstream.ConsumerConfig{
		Durable: workers, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: markWait + stepLimit, MaxDeliver: -1, MaxAckPending: heldMarks,
	})
	if err != nil {
		return fmt.Errorf("consumer of %s: %w", marksStream, err)
	}
	return nil
}

// hearMark stores a check mark.
func (q *Queue) hearMark(ctx context.Context, r bots.Reacted) error {
	if r.Message == "" || r.Person == "" || r.Thread.Platform == "" {
		return errors.New("a mark needs a message, a person and a thread")
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the mark as JSON: %w", err)
	}
	place := r.Thread.Place() + ":" + r.Message
	id := strings.Join([]string{place, r.Person, strconv.FormatBool(r.Removed), r.At.UTC().Format(time.RFC3339Nano)}, "|")
	if err := q.store(ctx, &nats.Msg{Subject: "mark." + token(place), Data: data}, id); err != nil {
		return fmt.Errorf("putting the mark in the queue: %w", err)
	}
	return nil
}

// Marks hands check marks to handle, one at a time, until ctx is done. A failure
// is tried again, some two hours long, and others pass it meanwhile: whoever
// handles them looks at Reacted.At. Never and Later mean what they do for
// questions.
func (q *Queue) Marks(ctx context.Context, handle worker.Handler[bots.Reacted]) error {
	for ctx.Err() == nil {
		err := q.someMarks(ctx, handle)
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.Is(err, jetstream.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionClosed):
			return fmt.Errorf("the queue was closed while marks were read: %w", err)
		default:
			q.log.WarnContext(ctx, "reading marks failed", "error", err)
			pause(ctx, time.Second)
		}
	}
	return nil
}

func (q *Queue) someMarks(ctx context.Context, handle worker.Handler[bots.Reacted]) error {
	consumer, err := q.js.Consumer(ctx, marksStream, workers)
	if err != nil {
		return err
	}
	batch, err := consumer.Fetch(1, jetstream.FetchContext(ctx))
	if err != nil {
		return err
	}
	for msg := range batch.Messages() {
		q.mark(ctx, msg, handle)
	}
	if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) && ctx.Err() == nil {
		return err
	}
	return nil
}

// mark lets one mark be handled and turns the verdict into an acknowledgement.
func (q *Queue) mark(ctx context.Context, msg jetstream.Msg, handle worker.Handler[bots.Reacted]) {
	var r bots.Reacted
	err := json.Unmarshal(msg.Data(), &r)
	tries := uint64(1)
	if meta, metaErr := msg.Metadata(); metaErr == nil {
		// The server's clock orders marks: listeners' clocks differ.
		tries, r.At = meta.NumDelivered, meta.Timestamp
	}
	if err == nil {
		limit, cancel := context.WithTimeoutCause(ctx, markWait, fmt.Errorf("learning from a mark took longer than %s", markWait))
		err = handle(limit, r)
		cancel()
	} else {
		err = worker.Never(err)
	}
	after, later := worker.IsLater(err)
	switch {
	case err == nil:
		err = msg.DoubleAck(ctx)
	case later:
		err = msg.NakWithDelay(after)
	case worker.IsNever(err), tries >= markTries:
		q.log.WarnContext(ctx, "a mark was not learned from", "place", r.Thread.Place(), "tries", tries, "error", err)
		err = msg.Term()
	default:
		err = msg.NakWithDelay(markBackoff(tries))
	}
	if err != nil && ctx.Err() == nil {
		q.log.WarnContext(ctx, "a mark was not acknowledged, and comes again", "error", err)
	}
}

// markBackoff doubles from four seconds to an hour.
func markBackoff(tries uint64) time.Duration {
	return min(2*time.Second<<min(tries, 20), time.Hour)
}
