package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// schedule has the server deliver a pointer after wait. A question has one
// return at a time: a new one replaces the old.
func (q *Queue) schedule(ctx context.Context, p pointer, wait time.Duration) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("writing a pointer as JSON: %w", err)
	}
	info, err := q.waits.Info(ctx)
	if err != nil {
		return fmt.Errorf("asking for the queue's time: %w", err)
	}
	msg := &nats.Msg{Subject: waitSubject(p.ID), Data: data}
	_, err = q.publish(ctx, msg, jetstream.WithScheduleAt(dueTime(info.TimeStamp, wait)),
		jetstream.WithScheduleTarget(againSubject(p.Thread)))
	if err != nil {
		return fmt.Errorf("scheduling a question's return: %w", err)
	}
	return nil
}

// dueTime is when the wait is over by the server's clock. A schedule is kept
// in whole seconds, cut: rounding up keeps it from being early.
func dueTime(now time.Time, wait time.Duration) time.Time {
	return now.Add(max(wait, 0) + time.Second - time.Nanosecond).Truncate(time.Second)
}

// erase overwrites a question that carries a secret, in the server's files
// too. Other questions stay for a day: they are what repeats are known by.
func (q *Queue) erase(ctx context.Context, d *delivery) error {
	if d.question.Via == "" {
		return nil
	}
	err := q.questions.SecureDeleteMsg(ctx, d.seq)
	if err == nil || errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, gone := q.questions.GetMsg(ctx, d.seq); errors.Is(gone, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return fmt.Errorf("erasing a question: %w", err)
}
