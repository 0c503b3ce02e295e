// Package answer makes the answer to a question: it reads the earlier turns,
// finds passages, asks the model and lets only that through which the passages
// bear out. Without a model, or when it fails, the passages themselves are
// quoted; without passages the answer says that the documents do not tell.
//
// It posts nothing: package worker/post does, and hears from here what may be
// shown while the model writes.
package answer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/worker"
)

// Patience is how long a model may take over one answer, all retries and
// fallbacks together, before the passages are quoted instead. A reader in a chat
// gives up well before three minutes.
const Patience = 3 * time.Minute

// Plan is how a channel wants its questions answered.
type Plan struct {
	Collections []string // the only ones that may be searched, quoted or named
	Group       string   // model group; empty: the default
	Persona     string   // added to the system prompt
	Language    string   // "zh", "en"; empty or "auto": the question's own
	// Quotas limit what the answer's model calls may use, and Labels say more
	// about who asks; see llm.Request.
	Quotas []llm.Quota
	Labels map[string]string
}

// Answerer answers questions. All fields but Confidence, Model, History and Log
// are needed.
type Answerer struct {
	Retriever knowledge.Retriever
	// Relevant tells whether the passages are about the question at all.
	Relevant func(question string, found []knowledge.Passage) bool
	// Confidence says how likely it is that the passages answer, 0 to 1, for
	// the model router's rules; nil: it is not told.
	Confidence func(found []knowledge.Passage) float64
	Model      llm.Model // nil: every answer is extractive
	// Plan says how q is answered. An error makes the question wait: nothing is
	// searched when it is not known what may be.
	Plan func(q bots.Question) (Plan, error)
	// History reads the earlier turns of a thread.
	History func(ctx context.Context, t bots.Thread, limit int) ([]bots.Turn, error)
	Now     func() time.Time
	Log     *slog.Logger
}

// run is the answering of one question.
type run struct {
	*Answerer

	q       bots.Question
	plan    Plan
	lang    string
	say     words
	live    func(bots.Content)
	earlier []bots.Turn
	found   []knowledge.Passage
	nearby  []knowledge.Passage // what comes nearest, where nothing was found
	began   time.Time
	timings bots.Timings
}

// Answer answers q. live is called with what may be shown so far, from this
// goroutine, in order; it must not block. An error means that no answer could be
// made, not even an extractive one, and that trying again may help.
func (a *Answerer) Answer(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error) {
	r, err := a.start(q, live)
	if err != nil {
		return bots.Answer{}, err
	}
	if text := r.courtesy(); text != "" {
		return r.refuse(text), nil
	}
	if err := r.readEarlier(ctx); err != nil {
		return bots.Answer{}, err
	}
	if err := r.retrieve(ctx); err != nil {
		return bots.Answer{}, err
	}
	if len(r.found) == 0 {
		return r.miss(), nil
	}
	if a.Model == nil {
		return r.quote(r.say.noModel), nil
	}
	return r.complete(ctx)
}

func (a *Answerer) start(q bots.Question, live func(bots.Content)) (*run, error) {
	plan, err := a.Plan(q)
	if err != nil {
		err = fmt.Errorf("find out what the channel may see: %w", err)
	}
	r := &run{Answerer: a, q: q, plan: plan, lang: plan.Language, live: live, began: a.Now()}
	if r.lang != "zh" && r.lang != "en" {
		r.lang = extract.Language(q.Text)
	}
	r.say = say(r.lang)
	r.timings.Queue = millis(r.began.Sub(q.AskedAt))
	return r, err
}

// courtesy answers what is no question, or "".
func (r *run) courtesy() string {
	text := strings.TrimSpace(r.q.Text)
	bare := regexp.MustCompile(`<?a?:[\w+-]+:(?:\d+>)?`).ReplaceAllString(text, "") // without emoji by name
	switch {
	case r.q.Clipped:
		return r.say.tooLong
	case text == "":
		return r.say.empty
	case greeted(text):
		return r.say.greeting
	case strings.IndexFunc(bare, isWord) < 0:
		return r.say.unclear
	default:
		return ""
	}
}

func isWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// readEarlier reads what was said before in the thread. A platform that asks
// for patience gets it; one that cannot tell costs the answer its context, not
// the answer.
func (r *run) readEarlier(ctx context.Context) error {
	if r.History == nil || !r.q.InThread {
		return nil
	}
	turns, err := r.History(ctx, r.q.Thread, maxEarlier+1)
	if refusal, ok := errors.AsType[*bots.Refusal](err); ok && refusal.After > 0 {
		return worker.Later(refusal.After, fmt.Errorf("read the thread: %w", err))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		r.Log.WarnContext(ctx, "the thread's earlier turns could not be read", "question", r.q.ID, "error", err)
		return nil
	}
	for _, turn := range turns {
		if turn.Message != r.q.Message && turn.At.Before(r.q.AskedAt) && strings.TrimSpace(turn.Text) != "" {
			r.earlier = append(r.earlier, turn)
		}
	}
	r.earlier = r.earlier[max(0, len(r.earlier)-maxEarlier):]
	return nil
}

// retrieve finds the passages that are about the question: by its own words
// with the conversation's as context, and, where those say too little ("and
// during probation?"), together with what was asked before.
func (r *run) retrieve(ctx context.Context) error {
	began := r.Now()
	defer func() { r.timings.Retrieve = millis(r.Now().Sub(began)) }()
	before := r.askedBefore()
	for _, text := range []string{r.q.Text, strings.TrimSpace(before + "\n" + r.q.Text)} {
		found, err := r.Retriever.Retrieve(r.forCaller(ctx), knowledge.Query{
			Text: text, Context: before, Collections: r.plan.Collections, Limit: maxPassages,
		})
		if err != nil {
			return fmt.Errorf("search the documents: %w", err)
		}
		if r.Relevant(text, found) {
			r.found = found
			return nil
		}
		if len(r.nearby) == 0 {
			r.nearby = nearTo(found)
		}
		if before == "" {
			break
		}
	}
	return nil
}

// askedBefore returns the last question that people asked in the thread.
func (r *run) askedBefore() string {
	for _, turn := range slices.Backward(r.earlier) {
		if !turn.Own {
			return turn.Text
		}
	}
	return ""
}

// refuse answers with the bot's own words and no source.
func (r *run) refuse(text string) bots.Answer {
	answer := r.answer(bots.Extractive, text, nil)
	answer.Refused = true
	return answer
}

// quote answers with the passages' own sentences; note says why.
func (r *run) quote(note string) bots.Answer {
	text, used := extract.Answer(r.q.Text, r.found, extract.Limit(r.q.Text))
	if text == "" {
		r.nearby = nearTo(r.found)
		return r.miss()
	}
	answer := r.answer(bots.Extractive, text, used)
	answer.Note = note
	return answer
}

// answer fills in what every answer has.
func (r *run) answer(mode bots.Mode, text string, used []int) bots.Answer {
	now := r.Now()
	r.timings.Total = millis(now.Sub(r.q.AskedAt))
	sources := r.sources(used)
	return bots.Answer{
		QuestionID: r.q.ID, Question: r.q.Text, Text: newDefuser(sources).text(text), Sources: sources,
		Mode: mode, Language: r.lang, Timings: r.timings, At: now,
	}
}

// sources turns the cited passages into numbered sources.
func (r *run) sources(used []int) []bots.Source {
	sources := make([]bots.Source, 0, len(used))
	for n, i := range used {
		p := r.found[i]
		sources = append(sources, bots.Source{
			N: n + 1, Title: heading(p, r.lang), Ref: p.ID, Collection: p.Collection, URL: p.URL,
			Quote: clip(strings.Join(strings.Fields(p.Text), " "), 300), Score: p.Score,
		})
	}
	return sources
}

// Limited is the answer to a question that came too fast, to be posted instead
// of a real one.
func (a *Answerer) Limited(q bots.Question, wait time.Duration) bots.Answer {
	r, _ := a.start(q, nil) // nothing is searched for these words
	return r.refuse(fmt.Sprintf(r.say.limited, spell(wait, r.lang)))
}

// GivenUp is the answer to a question that will get no other.
func (a *Answerer) GivenUp(q bots.Question, expired bool) bots.Answer {
	r, _ := a.start(q, nil)
	if expired {
		return r.refuse(r.say.expired)
	}
	return r.refuse(r.say.failed)
}

// spell says a wait in words, rounded up.
func spell(d time.Duration, language string) string {
	n, zh, en := int((d+time.Second-1)/time.Second), "秒", "seconds"
	if d > 90*time.Second {
		n, zh, en = int((d+time.Minute-1)/time.Minute), "分钟", "minutes"
	}
	if language == "zh" {
		return fmt.Sprintf("%d %s", n, zh)
	}
	return fmt.Sprintf("%d %s", n, en)
}

func millis(d time.Duration) float64 {
	return float64(max(0, d).Microseconds()) / 1000
}
