// Package post gets a question answered and its answer posted, once.
//
// A question's record says how far an earlier worker came, and each step is
// written down before the next begins: the message is opened (or found again),
// the finished answer is stored, then posted. So a repeat is an edit and never
// a second message, a failed post never pays the model twice, and a worker that
// lost its question to another writes nothing more.
package post

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// Answerer makes the answer's words.
type Answerer interface {
	// Answer answers q, calling live with what may be shown so far.
	Answer(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error)
	// Limited is the answer to a question that came too fast.
	Limited(q bots.Question, wait time.Duration) bots.Answer
	// GivenUp is the answer to a question that will get no other.
	GivenUp(q bots.Question, expired bool) bots.Answer
}

// Turn says whose turn it is in a channel.
type Turn struct {
	Wait   time.Duration // how long until the question's turn; 0: now
	Refuse bool          // with Wait > 0: say so instead of waiting
}

// Desk works on questions. All fields but Admit and Answered are needed.
type Desk struct {
	Platforms map[string]bots.Platform // by Thread.Platform
	Records   worker.Records
	Answerer  Answerer
	// Admit tells whether it is the question's turn in its channel; nil: always.
	Admit func(ctx context.Context, q bots.Question) (Turn, error)
	// Answered is told which answer stands in which message, just before it is
	// shown there: people may react to it at once. Nil: nobody is told. Its
	// failure is logged and costs the question nothing.
	Answered func(ctx context.Context, q bots.Question, at bots.Ref, a bots.Answer) error
	// Claimed returns the record under which the queue handed q out.
	Claimed func(ctx context.Context) (worker.Record, bool)
	Now     func() time.Time
	Log     *slog.Logger
}

// job is the work on one question.
type job struct {
	*Desk

	q        bots.Question
	platform bots.Platform
	record   *record
}

// ErrGivenUp is returned by Finished for a question among the dead letters.
var ErrGivenUp = errors.New("the question was given up: `tribune dead list` says why")

// Finished returns the finished answer of the question id, if there is one.
func Finished(ctx context.Context, records worker.Records, id string) (bots.Answer, bool, error) {
	rec, err := records.Load(ctx, id)
	if err != nil {
		return bots.Answer{}, false, fmt.Errorf("read the question's record: %w", err)
	}
	if rec.State == worker.Dead {
		return bots.Answer{}, false, ErrGivenUp
	}
	answer, ok := answerOf(rec)
	return answer, ok, nil
}

// Handle answers q and posts the answer. It is a worker.Handler. Where ctx was
// cancelled its error wraps the cause.
func (d *Desk) Handle(ctx context.Context, q bots.Question) error {
	return because(ctx, d.handle(ctx, q))
}

func (d *Desk) handle(ctx context.Context, q bots.Question) error {
	j, err := d.open(ctx, q)
	if err != nil {
		return err
	}
	answer, stored := j.record.answer()
	if stored {
		return j.finish(ctx, answer)
	}
	turn, err := d.turn(ctx, q)
	switch {
	case err != nil:
		return fmt.Errorf("ask for the channel's turn: %w", err)
	case turn.Wait > 0 && turn.Refuse:
		return j.finish(ctx, d.Answerer.Limited(q, turn.Wait))
	case turn.Wait > 0:
		return worker.Later(turn.Wait, errors.New("the channel's limit"))
	}
	return j.work(ctx)
}

// GiveUp tells the asker that no answer will come. It is called before the
// question goes to the dead letters, and may be called again; expired says that
// its deadline passed.
func (d *Desk) GiveUp(ctx context.Context, q bots.Question, expired bool) error {
	return because(ctx, d.giveUp(ctx, q, expired))
}

func (d *Desk) giveUp(ctx context.Context, q bots.Question, expired bool) error {
	j, err := d.open(ctx, q)
	if err != nil {
		return err
	}
	// The claim is as old as the delivery: what Handle came to since is in the
	// store alone.
	if err := j.record.refresh(ctx); err != nil {
		return err
	}
	answer, stored := j.record.answer()
	if !stored {
		answer = d.Answerer.GivenUp(q, expired)
	}
	ref, err := j.message(ctx)
	if err != nil {
		return err
	}
	return j.write(ctx, ref, answer.Content())
}

// because adds the reason why ctx was cancelled to an error that came of it.
func because(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err == nil || cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// open finds the platform and the record of a question.
func (d *Desk) open(ctx context.Context, q bots.Question) (*job, error) {
	platform, ok := d.Platforms[q.Thread.Platform]
	if !ok {
		// Its token may be set again at the next start: the question waits.
		return nil, worker.Later(time.Minute, fmt.Errorf("no platform %q is set up here", q.Thread.Platform))
	}
	r := &record{id: q.ID, via: q.Via, store: d.Records, now: d.Now}
	rec, ok := d.Claimed(ctx)
	if !ok {
		var err error
		if rec, err = d.Records.Load(ctx, q.ID); err != nil {
			return nil, fmt.Errorf("read the record: %w", err)
		}
	}
	r.hold(rec)
	return &job{Desk: d, q: q, platform: platform, record: r}, nil
}

func (d *Desk) turn(ctx context.Context, q bots.Question) (Turn, error) {
	if d.Admit == nil {
		return Turn{}, nil
	}
	return d.Admit(ctx, q)
}

// work lets the answer be made and shows it as it grows.
func (j *job) work(ctx context.Context) error {
	answering, halt := context.WithCancelCause(ctx)
	show := newShow(j, halt)
	defer func() { // for a panic: it must not leave anybody who writes
		halt(nil)
		<-show.done
	}()
	go show.run(answering)
	answer, err := j.Answerer.Answer(answering, j.q, show.offer)
	ref, shown := show.end()
	switch {
	case errors.Is(shown, worker.ErrLost), err != nil && hopeless(shown):
		return j.verdict(shown)
	case err != nil:
		return err
	}
	if err := j.record.save(ctx, func(r *worker.Record) error { return setAnswer(r, answer) }); err != nil {
		return err
	}
	if shown != nil {
		return j.verdict(shown)
	}
	return j.conclude(ctx, ref, answer)
}

// finish posts an answer that needs no making.
func (j *job) finish(ctx context.Context, answer bots.Answer) error {
	if err := j.record.save(ctx, func(r *worker.Record) error { return setAnswer(r, answer) }); err != nil {
		return err
	}
	ref, err := j.message(ctx)
	if err != nil {
		return j.verdict(err)
	}
	return j.conclude(ctx, ref, answer)
}

// conclude writes the final content and closes the record.
func (j *job) conclude(ctx context.Context, ref bots.Ref, answer bots.Answer) error {
	j.tell(ctx, ref, answer)
	if err := j.write(ctx, ref, answer.Content()); err != nil {
		return j.verdict(err)
	}
	return j.record.save(ctx, func(r *worker.Record) error {
		ref.Via = "" // a secret that nobody needs any more
		r.State = worker.Final
		return setRef(r, ref)
	})
}

// tell tells which answer is about to stand in a message.
func (j *job) tell(ctx context.Context, ref bots.Ref, answer bots.Answer) {
	if j.Answered == nil {
		return
	}
	if err := j.Answered(ctx, j.q, ref, answer); err != nil {
		j.Log.WarnContext(ctx, "an answer is posted but was not noted: nothing can be learned from it", "question", j.q.ID, "error", err)
	}
}

// verdict turns a platform's refusal into what the queue should do.
func (j *job) verdict(err error) error {
	refusal, ok := errors.AsType[*bots.Refusal](err)
	switch {
	case !ok:
		return err
	case refusal.Final:
		return worker.Never(err)
	case refusal.After > 0:
		return worker.Later(refusal.After, err)
	default:
		return err
	}
}

// hopeless tells whether nothing can be posted any more: another worker has the
// question, or the platform refused for good.
func hopeless(err error) bool {
	refusal, refused := errors.AsType[*bots.Refusal](err)
	return errors.Is(err, worker.ErrLost) || refused && refusal.Final
}
