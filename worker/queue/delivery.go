package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// headerRetry marks a question that somebody took out of the dead letters: its
// deadline counts from then.
const headerRetry = "Tribune-Retry"

// pointer is what waits in WAITS: which question comes again.
type pointer struct {
	ID     string      `json:"id"`
	Seq    uint64      `json:"seq"`    // in QUESTIONS
	Thread bots.Thread `json:"thread"` // as mailboxThread gives it
}

// delivery is one question in a worker's hands.
type delivery struct {
	stream string
	msgSeq uint64                    // of the message, in stream
	msg    atomic.Pointer[reference] // swapped when the server delivers again
	tries  uint64                    // deliveries so far, as the server counts

	seq      uint64 // of the question, in QUESTIONS
	thread   string // whose turn it waits for
	question bots.Question
	stored   time.Time // when the question was put in the queue
	retried  bool
	loaded   bool   // question is there; a pointer's is fetched when its turn comes
	junk     string // why the message is no question; empty where it is one

	rec worker.Record // as claimed
}

// reference holds the message that acknowledgements go to.
type reference struct{ jetstream.Msg }

// key tells deliveries apart within a worker.
func (d *delivery) key() messageKey { return messageKey{d.stream, d.msgSeq} }

type messageKey struct {
	stream string
	seq    uint64
}

// message is what is acknowledged.
func (d *delivery) message() jetstream.Msg { return d.msg.Load().Msg }

// accept reads a message of either stream.
func accept(msg jetstream.Msg) (*delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("reading a message of the queue: %w", err)
	}
	d := &delivery{stream: meta.Stream, msgSeq: meta.Sequence.Stream, tries: meta.NumDelivered, stored: meta.Timestamp}
	d.msg.Store(&reference{msg})
	if meta.Stream == waitsStream {
		d.readPointer(msg.Data())
	} else {
		d.seq = d.msgSeq
		d.readQuestion(msg.Data(), msg.Headers().Get(headerRetry) != "")
	}
	if d.junk != "" {
		d.thread = fmt.Sprintf("junk:%s:%d", d.stream, d.msgSeq)
	}
	return d, nil
}

func (d *delivery) readPointer(data []byte) {
	var p pointer
	if err := json.Unmarshal(data, &p); err != nil || p.ID == "" || p.Seq == 0 {
		d.junk = "not a pointer to a question"
		return
	}
	d.seq, d.thread = p.Seq, p.Thread.Key()
	d.question.ID = p.ID
}

func (d *delivery) readQuestion(data []byte, retried bool) {
	var q bots.Question
	if err := json.Unmarshal(data, &q); err != nil {
		d.junk = "not a question: " + jsonFault(err)
		return
	}
	if q.ID == "" || q.Thread.Platform == "" {
		d.junk = "not a question: it has no id or no thread"
		return
	}
	d.question, d.retried, d.loaded = q, retried, true
	d.thread = mailboxThread(q).Key()
}

// jsonFault says where JSON is wrong without quoting it.
func jsonFault(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("broken JSON after %d bytes", syntax.Offset)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("a wrong kind of value in %q", kind.Field)
	}
	return "broken JSON"
}

// errGone says that the question a pointer names is no longer there.
var errGone = errors.New("the question is no longer in the queue")

// load fetches the question that a pointer names.
func (q *Queue) load(ctx context.Context, d *delivery) error {
	if d.loaded {
		return nil
	}
	raw, err := q.questions.GetMsg(ctx, d.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return errGone
	}
	if err != nil {
		return fmt.Errorf("fetching a question that waited: %w", err)
	}
	id, thread := d.question.ID, d.thread
	d.readQuestion(raw.Data, raw.Header.Get(headerRetry) != "")
	if d.junk != "" || d.question.ID != id {
		d.junk, d.question, d.loaded = "", bots.Question{ID: id}, false
		return errGone
	}
	d.stored, d.thread = raw.Time, thread
	return nil
}

// pointer names the delivery's question.
func (d *delivery) pointer() pointer {
	return pointer{ID: d.question.ID, Seq: d.seq, Thread: mailboxThread(d.question)}
}

// age is how long ago the question was asked; never negative. A platform's
// clock that runs ahead is not believed over the queue's own.
func (d *delivery) age(now time.Time) time.Duration {
	asked := d.question.AskedAt
	if d.retried || asked.IsZero() || asked.After(d.stored) {
		asked = d.stored
	}
	return max(now.Sub(asked), 0)
}
