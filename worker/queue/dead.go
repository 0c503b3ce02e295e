package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// DeadLetter is a question that was given up, or a message that was none.
type DeadLetter struct {
	ID       string        `json:"id"`                // the question's; for junk "junk:" and its place in the queue
	Question bots.Question `json:"question,omitzero"` // without Via
	Raw      string        `json:"raw,omitempty"`     // junk as it was, cut to 16 KiB
	Reason   string        `json:"reason"`            // why it was given up
	Untold   string        `json:"untold,omitempty"`  // why the asker could not be told, where that failed
	Tries    int           `json:"tries"`             // how often a handler had it
	At       time.Time     `json:"at"`                // when it was given up
	seq      uint64
}

const (
	// tellTries and tellWait are how often, and after what pause, the asker is
	// told again that there will be no answer; tellLimit bounds all of it.
	tellTries = 3
	tellWait  = time.Second
	tellLimit = 30 * time.Second
	// lastCall is how long before a question leaves the stream it is given up
	// for good, whether its asker could be told or not.
	lastCall = 10 * time.Minute
	// maxReason is how many bytes of an error are kept.
	maxReason = 1 << 10
)

// giveUp tells the asker, keeps a letter, and ends the question, in this
// order: a crash in between repeats a step and hides none.
func (c *crew) giveUp(hard context.Context, d *delivery, reason error) {
	if !c.mine(hard, d) {
		return
	}
	untold := c.tell(hard, d, reason)
	if errors.Is(untold, worker.ErrLost) {
		_ = c.kept(hard, d, untold)
		return
	}
	if wait, later := worker.IsLater(untold); later && d.age(c.q.now()) < keepQuestions-lastCall {
		c.putOff(hard, d, wait) // the asker can be told in a while
		return
	}
	if untold != nil && hard.Err() != nil {
		c.putOff(hard, d, 0)
		return
	}
	letter := DeadLetter{ID: d.question.ID, Question: d.question, Reason: brief(reason), Tries: d.rec.Tries, At: c.q.now().UTC()}
	letter.Question.Via = ""
	if untold != nil {
		letter.Untold = brief(untold)
	}
	if c.bury(hard, d, letter) && c.note(hard, d, worker.Dead) {
		c.end(hard, d)
	}
}

// tell calls GiveUp until it succeeds, its tries are used up, or time is.
func (c *crew) tell(hard context.Context, d *delivery, reason error) error {
	if c.work.GiveUp == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(withClaim(hard, d.rec), tellLimit, errors.New("the asker could not be told in time"))
	defer cancel()
	var err error
	for try := range tellTries {
		if try > 0 {
			pause(ctx, tellWait)
		}
		err = c.guard(ctx, d, func() error { return c.work.GiveUp(ctx, d.question, reason) })
		if _, later := worker.IsLater(err); err == nil || later || errors.Is(err, worker.ErrLost) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// buryJunk keeps a message that is no question.
func (c *crew) buryJunk(hard context.Context, d *delivery) {
	raw := d.message().Data()
	letter := DeadLetter{
		ID: d.thread, Raw: strings.ToValidUTF8(string(raw[:min(len(raw), bots.MaxText)]), "\uFFFD"),
		Reason: d.junk, Tries: int(min(d.tries, 1<<20)), At: c.q.now().UTC(),
	}
	if c.bury(hard, d, letter) {
		c.end(hard, d)
	}
}

// bury stores a letter. Where that fails the message comes again.
func (c *crew) bury(hard context.Context, d *delivery, letter DeadLetter) bool {
	ctx, cancel := bounded(hard)
	defer cancel()
	data, err := json.Marshal(letter)
	if err == nil {
		_, err = c.q.publish(ctx, &nats.Msg{Subject: deadSubject(letter.ID), Data: data})
	}
	if err != nil {
		c.q.log.ErrorContext(ctx, "a dead letter could not be kept", "id", letter.ID, "error", err)
		c.nak(ctx, d, retryStep)
		return false
	}
	c.q.log.WarnContext(ctx, "a question was given up", "id", letter.ID, "tries", letter.Tries, "reason", letter.Reason)
	return true
}

// end tells the server never to deliver the message again.
func (c *crew) end(hard context.Context, d *delivery) {
	ctx, cancel := bounded(hard)
	defer cancel()
	if err := c.q.erase(ctx, d); err != nil {
		c.q.log.WarnContext(ctx, "a question's secret could not be erased yet", "id", d.question.ID, "error", err)
		c.nak(ctx, d, retryStep)
		return
	}
	if err := d.message().TermWithReason("given up"); err != nil {
		c.q.log.WarnContext(ctx, "a question that was given up may come again, and will be recognised", "id", d.question.ID, "error", err)
	}
}

// brief is an error as one short line.
func brief(err error) string {
	line := strings.Join(strings.Fields(strings.ToValidUTF8(err.Error(), "\uFFFD")), " ")
	if len(line) <= maxReason {
		return line
	}
	return strings.ToValidUTF8(line[:maxReason], "") + "…"
}

// ErrNoLetter says that there is no dead letter of that id.
var ErrNoLetter = errors.New("there is no dead letter of this id")

// Dead returns the newest dead letters, at most limit, newest first.
func (q *Queue) Dead(ctx context.Context, limit int) ([]DeadLetter, error) {
	info, err := q.dead.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return nil, fmt.Errorf("reading the dead letters: %w", err)
	}
	gone := make(map[uint64]bool, len(info.State.Deleted))
	for _, seq := range info.State.Deleted {
		gone[seq] = true
	}
	letters := []DeadLetter{}
	for seq := info.State.LastSeq; seq >= max(info.State.FirstSeq, 1) && info.State.Msgs > 0 && len(letters) < limit; seq-- {
		if gone[seq] {
			continue
		}
		raw, err := q.dead.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // dropped since
		}
		if err != nil {
			return nil, fmt.Errorf("reading a dead letter: %w", err)
		}
		letters = append(letters, readLetter(raw))
	}
	return letters, nil
}

func readLetter(raw *jetstream.RawStreamMsg) DeadLetter {
	var letter DeadLetter
	if err := json.Unmarshal(raw.Data, &letter); err != nil {
		letter = DeadLetter{ID: raw.Subject, Reason: "the letter is damaged: " + jsonFault(err), At: raw.Time}
	}
	letter.seq = raw.Sequence
	return letter
}

// letter finds the dead letter of a question.
func (q *Queue) letter(ctx context.Context, id string) (DeadLetter, error) {
	raw, err := q.dead.GetLastMsgForSubject(ctx, deadSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return DeadLetter{}, fmt.Errorf("%w: %q (list them first)", ErrNoLetter, id)
	}
	if err != nil {
		return DeadLetter{}, fmt.Errorf("reading the dead letter of %q: %w", id, err)
	}
	return readLetter(raw), nil
}

// Retry puts a dead question back into the queue with all its tries and a new
// deadline, and removes its letter. The error is ErrNoLetter where there is none.
func (q *Queue) Retry(ctx context.Context, id string) error {
	letter, err := q.letter(ctx, id)
	if err != nil {
		return err
	}
	if letter.Question.ID == "" {
		return fmt.Errorf("%q was no question, so it cannot be tried again: drop it", id)
	}
	if err := q.revive(ctx, letter.Question); err != nil {
		return err
	}
	// Named after the letter, so that Retry after a crash in the middle of
	// Retry does not ask twice.
	msgID := fmt.Sprintf("%s:%d:retry:%d", id, letter.Question.Revision, letter.seq)
	if err := q.publishQuestion(ctx, letter.Question, msgID, nats.Header{headerRetry: {"1"}}); err != nil {
		return err
	}
	return q.dropLetter(ctx, letter)
}

// revive makes a dead record workable again.
func (q *Queue) revive(ctx context.Context, question bots.Question) error {
	rec, err := q.records.Load(ctx, question.ID)
	if err != nil {
		return err
	}
	switch {
	case rec.Revision == 0:
		// Its record is gone by now, but its message may be there still.
		rec.State, rec.Ref = worker.Dead, json.RawMessage("{}")
	case rec.State != worker.Dead:
		return nil
	}
	rec = reopened(rec)
	rec.State, rec.Claim = stateOf(rec), newClaim(question.Revision)
	_, err = q.records.Save(ctx, question.ID, rec)
	return err
}

// Drop removes a dead letter for good, and overwrites it in the server's
// files. The error is ErrNoLetter where there is none.
func (q *Queue) Drop(ctx context.Context, id string) error {
	letter, err := q.letter(ctx, id)
	if err != nil {
		return err
	}
	return q.dropLetter(ctx, letter)
}

func (q *Queue) dropLetter(ctx context.Context, letter DeadLetter) error {
	err := q.dead.SecureDeleteMsg(ctx, letter.seq)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("removing the dead letter of %q: %w", letter.ID, err)
	}
	return nil
}
