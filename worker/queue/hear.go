package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
)

// ErrFull says that the queue takes no more. The platform is not told that it
// was received, so that it sends the question again or says that it failed.
var ErrFull = errors.New("the queue is full")

// hearLimit leaves time to tell the platform before its own limit (Slack
// waits 3 s for an answer to an event).
const hearLimit = 2500 * time.Millisecond

// What the server says when there is no more room (errors.json of nats-server).
const (
	codeStreamFull   jetstream.ErrorCode = 10077 // maximum messages or bytes of the stream
	codeNoResources  jetstream.ErrorCode = 10023 // the server's or the account's limit
	codeAccountLimit jetstream.ErrorCode = 10002
	codeNoStorage    jetstream.ErrorCode = 10047
)

// Hear implements bots.Inbox: it returns nil once the event is on disk, or was
// there already. It never takes longer than 2.5 s. Where the queue takes no more
// the error is ErrFull.
func (q *Queue) Hear(ctx context.Context, e bots.Event) error {
	switch e := e.(type) {
	case bots.Question:
		return q.hearQuestion(ctx, e)
	case bots.Reacted:
		return q.hearMark(ctx, e)
	}
	return fmt.Errorf("the queue does not take a %T", e)
}

func (q *Queue) hearQuestion(ctx context.Context, question bots.Question) error {
	if question.ID == "" || question.Thread.Platform == "" {
		return errors.New("a question needs an id and a thread")
	}
	question = question.Clip()
	return q.publishQuestion(ctx, question, question.ID+":"+strconv.Itoa(question.Revision), nil)
}

// publishQuestion writes a question to its thread's subject.
func (q *Queue) publishQuestion(ctx context.Context, question bots.Question, msgID string, header nats.Header) error {
	data, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("writing the question as JSON: %w", err)
	}
	if err := q.store(ctx, &nats.Msg{Subject: questionSubject(question), Data: data, Header: header}, msgID); err != nil {
		return fmt.Errorf("putting the question in the queue: %w", err)
	}
	return nil
}

// store publishes what was heard, within hearLimit.
func (q *Queue) store(ctx context.Context, msg *nats.Msg, msgID string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, hearLimit, fmt.Errorf("the queue did not answer within %s", hearLimit))
	defer cancel()
	_, err := q.publish(ctx, msg, jetstream.WithMsgID(msgID))
	return err
}

// publish stores one message and waits for the server's word that it is on
// disk. Writes without a reply are counted: see heal.
func (q *Queue) publish(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	ack, err := q.js.PublishMsg(ctx, msg, opts...)
	if err == nil {
		q.stalled.Store(0)
		return ack, nil
	}
	if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		q.stalled.Add(1)
		return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	if full(err) {
		return nil, fmt.Errorf("%w: %w", ErrFull, err)
	}
	return nil, err
}

// full tells whether the server refused for want of room.
func full(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode {
	case codeStreamFull, codeNoResources, codeAccountLimit, codeNoStorage:
		return true
	default:
		return false
	}
}

// conflict tells whether the server refused because somebody else wrote first.
func conflict(err error) bool {
	if errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return true
	}
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
