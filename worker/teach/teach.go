// Package teach learns from check marks: where somebody who is trusted marks an
// answer as right, its question becomes a lesson for the passages that it cites,
// so that the next person who asks in such words finds them. An answer of the bot
// names its passages; one of a person is read for the documents that it links to,
// names or repeats. Taking the mark back takes the lesson back.
package teach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/worker"
)

// Book keeps lessons.
type Book interface {
	// Learn keeps lessons; the same ones again are no harm.
	Learn(ctx context.Context, lessons []knowledge.Lesson) error
	// Unlearn takes back all that an origin taught.
	Unlearn(ctx context.Context, origin string) error
}

// Teacher learns from marks. All fields are needed but Log.
type Teacher struct {
	Book Book
	// Trusted tells whose marks count, by platform:team:user.
	Trusted func(who string) bool
	// Store keeps what was answered where, and which marks were seen.
	Store     bots.Store
	Platforms map[string]bots.Platform
	Retriever knowledge.Retriever
	// Visible says which collections a question may be answered from.
	Visible func(q bots.Question) ([]string, error)
	Log     *slog.Logger
}

// given is what is kept of an answer: enough to learn from it long after its
// record is gone.
type given struct {
	Question string          `json:"question"`
	Refs     []knowledge.Ref `json:"refs"`
}

// Answered notes what stands in an answer's message. It is called when the
// message is final, and again after a repeat. Refusals teach nothing.
func (t *Teacher) Answered(ctx context.Context, q bots.Question, at bots.Ref, a bots.Answer) error {
	g := given{Question: q.Text}
	for _, src := range a.Sources {
		if ref := (knowledge.Ref{Collection: src.Collection, ID: src.Ref}); src.Collection != "" && !slices.Contains(g.Refs, ref) {
			g.Refs = append(g.Refs, ref)
		}
	}
	if a.Refused || len(g.Refs) == 0 {
		return nil
	}
	value, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("note an answer: %w", err)
	}
	return t.put(ctx, answerKey(q.Thread.Platform, at), value)
}

func answerKey(platform string, at bots.Ref) string {
	return "answer/" + platform + ":" + at.Channel + ":" + at.Message
}

func markKey(r bots.Reacted) string {
	return "mark/" + r.Thread.Place() + ":" + r.Message + ":" + r.Person
}

// put writes a value whatever is there.
func (t *Teacher) put(ctx context.Context, key string, value []byte) error {
	for {
		_, revision, err := t.Store.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("note an answer: %w", err)
		}
		_, err = t.Store.Put(ctx, key, value, revision)
		if !errors.Is(err, bots.ErrConflict) {
			return err
		}
	}
}

// seen is the newest that was seen of one person's mark on one message.
type seen struct {
	At time.Time `json:"at"`
}

// Handle learns from a mark, or takes back what one taught. It is a
// worker.Handler. An older mark than the newest that was seen does nothing:
// marks may pass each other.
//
// Every mark is an origin of its own. So two marks on two answers to one
// question stand side by side, either can be taken back, and a mark that is
// given again teaches what the message says now.
func (t *Teacher) Handle(ctx context.Context, r bots.Reacted) error {
	if !t.Trusted(r.Who()) {
		return nil
	}
	raw, revision, err := t.Store.Get(ctx, markKey(r))
	if err != nil {
		return fmt.Errorf("read what was seen of a mark: %w", err)
	}
	var before seen
	if raw != nil && json.Unmarshal(raw, &before) == nil && before.At.After(r.At) {
		return nil
	}
	var lessons []knowledge.Lesson
	if !r.Removed {
		if lessons, err = t.lessons(ctx, r); err != nil {
			return err
		}
	}
	if err := t.replace(ctx, r, lessons); err != nil {
		return err
	}
	value, err := json.Marshal(seen{At: r.At})
	if err != nil {
		return fmt.Errorf("note a mark: %w", err)
	}
	if _, err = t.Store.Put(ctx, markKey(r), value, revision); err != nil {
		return fmt.Errorf("note a mark: %w", err)
	}
	return nil
}

// replace puts what a mark teaches now in the place of what it taught.
func (t *Teacher) replace(ctx context.Context, r bots.Reacted, lessons []knowledge.Lesson) error {
	if err := t.Book.Unlearn(ctx, originOf(r)); err != nil {
		return fmt.Errorf("take back what a mark taught: %w", err)
	}
	if len(lessons) == 0 {
		return nil
	}
	if err := t.Book.Learn(ctx, lessons); err != nil {
		return fmt.Errorf("learn from a mark: %w", err)
	}
	t.log().InfoContext(ctx, "learned from a mark", "place", r.Thread.Place(), "by", r.Who(), "lessons", len(lessons))
	return nil
}

// originOf names who marked what: the person, and after a slash the message.
func originOf(r bots.Reacted) string {
	at := r.Ref()
	return r.Who() + "/" + at.Channel + ":" + at.Message
}

// lessons are what a mark teaches, none where the message names no document.
func (t *Teacher) lessons(ctx context.Context, r bots.Reacted) ([]knowledge.Lesson, error) {
	g, err := t.marked(ctx, r)
	if err != nil {
		return nil, err
	}
	lessons := lessonsOf(g, r)
	if len(lessons) == 0 {
		t.log().InfoContext(ctx, "a marked message names no document: nothing was learned", "place", r.Thread.Place())
	}
	return lessons, nil
}

func (t *Teacher) log() *slog.Logger {
	if t.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Log
}

// lessonsOf is one lesson for each collection that was cited.
func lessonsOf(g given, r bots.Reacted) []knowledge.Lesson {
	var out []knowledge.Lesson
	for _, ref := range g.Refs {
		i := slices.IndexFunc(out, func(l knowledge.Lesson) bool { return l.Collection == ref.Collection })
		if i < 0 {
			out = append(out, knowledge.Lesson{Collection: ref.Collection, Question: g.Question, Origin: originOf(r), At: r.At})
			i = len(out) - 1
		}
		out[i].Refs = append(out[i].Refs, ref.ID)
	}
	return out
}

// marked finds the question and the passages of a marked message: of an answer
// of the bot they were noted, that of a person is read.
func (t *Teacher) marked(ctx context.Context, r bots.Reacted) (given, error) {
	raw, _, err := t.Store.Get(ctx, answerKey(r.Thread.Platform, r.Ref()))
	if err != nil {
		return given{}, fmt.Errorf("find the marked answer: %w", err)
	}
	var g given
	if raw != nil {
		if err := json.Unmarshal(raw, &g); err != nil {
			return given{}, worker.Never(fmt.Errorf("read the marked answer: %w", err))
		}
		return g, nil
	}
	return t.said(ctx, r)
}
