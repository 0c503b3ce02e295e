package teach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
	"github.com/tribunebot/tribune/worker"
)

// turnsRead is how many turns of a thread are read to find a marked one and the
// question above it.
const turnsRead = 100

// passagesRead is how many passages a person's answer is compared with.
const passagesRead = 20

// What makes a passage one that a person's answer rests on. An answer that
// repeats a rule in its own words keeps most of its word pieces; half of them is
// what the check of a model's sentences asks for before it lends them a mark.
const (
	repeated   = .5
	leastRunes = 12 // of a sentence: "yes, you can" stands in many places
	titleRunes = 4  // of a title: a shorter one is an everyday word
	mostRefs   = 5  // an answer that would rest on more rests on none in particular
)

// said reads a person's answer: the question is what somebody else asked last
// before it.
func (t *Teacher) said(ctx context.Context, r bots.Reacted) (given, error) {
	thread, err := t.locate(ctx, r)
	if err != nil {
		return given{}, verdict(err)
	}
	turns, err := t.Platforms[r.Thread.Platform].Earlier(ctx, thread, turnsRead)
	if err != nil {
		return given{}, verdict(fmt.Errorf("read the thread of a mark: %w", err))
	}
	question, answer, ok := exchange(turns, r.Message)
	if !ok {
		return given{}, nil
	}
	g := given{Question: question.Text}
	g.Refs, err = t.cited(ctx, thread, question.Text, answer.Text)
	return g, err
}

// locate finds the thread of a mark.
func (t *Teacher) locate(ctx context.Context, r bots.Reacted) (bots.Thread, error) {
	p, ok := t.Platforms[r.Thread.Platform]
	if !ok {
		return bots.Thread{}, fmt.Errorf("no platform %q is set up here", r.Thread.Platform)
	}
	l, ok := p.(bots.Locator)
	if r.Thread.Root != "" || !ok {
		return r.Thread, nil
	}
	thread, err := l.Locate(ctx, r)
	if err != nil {
		return bots.Thread{}, fmt.Errorf("find the thread of a mark: %w", err)
	}
	return thread, nil
}

// verdict turns a platform's refusal into what the queue should do.
func verdict(err error) error {
	refusal, ok := errors.AsType[*bots.Refusal](err)
	switch {
	case ok && refusal.Final:
		return worker.Never(err)
	case ok && refusal.After > 0:
		return worker.Later(refusal.After, err)
	}
	return err
}

// exchange finds the marked turn and the question that it answers. The bot's own
// turns are not learned from here: what they cite was noted when they were made.
func exchange(turns []bots.Turn, message string) (question, answer bots.Turn, ok bool) {
	for i, turn := range turns {
		if turn.Message != message || turn.Own {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			if q := turns[j]; !q.Own && q.Asker != turn.Asker && strings.TrimSpace(q.Text) != "" {
				return q, turn, true
			}
		}
	}
	return bots.Turn{}, bots.Turn{}, false
}

// cited finds the passages that a person's answer rests on, among those that the
// place may see.
func (t *Teacher) cited(ctx context.Context, thread bots.Thread, question, answer string) ([]knowledge.Ref, error) {
	visibility, err := t.visibility(ctx, thread)
	if err != nil {
		return nil, err
	}
	in, err := t.Visible(bots.Question{Thread: thread, Text: question, Visibility: visibility})
	if err != nil {
		return nil, fmt.Errorf("find out what the channel may see: %w", err)
	}
	var refs []knowledge.Ref
	for _, text := range []string{answer, question} {
		found, err := t.Retriever.Retrieve(ctx, knowledge.Query{Text: text, Collections: in, Limit: passagesRead})
		if err != nil {
			return nil, fmt.Errorf("search the documents: %w", err)
		}
		for _, p := range found {
			refs = withRef(refs, p, restsOn(answer, p))
		}
	}
	if len(refs) > mostRefs {
		return nil, nil
	}
	return refs, nil
}

func withRef(refs []knowledge.Ref, p knowledge.Passage, cited bool) []knowledge.Ref {
	ref := knowledge.Ref{Collection: p.Collection, ID: p.ID}
	for _, r := range refs {
		cited = cited && r != ref
	}
	if cited {
		refs = append(refs, ref)
	}
	return refs
}

// visibility asks who reads along, as for a question.
func (t *Teacher) visibility(ctx context.Context, thread bots.Thread) (bots.Visibility, error) {
	p, ok := t.Platforms[thread.Platform].(bots.Placer)
	if !ok {
		return "", nil
	}
	v, err := p.Visibility(ctx, thread)
	if err != nil {
		return "", verdict(fmt.Errorf("find out who reads along: %w", err))
	}
	return v, nil
}

// restsOn reports whether an answer links to a passage, names it, or has a
// sentence that says what it says, with the same numbers.
func restsOn(answer string, p knowledge.Passage) bool {
	if p.URL != "" && linksTo(answer, p.URL) {
		return true
	}
	if named(answer, p) {
		return true
	}
	for _, sentence := range extract.Sentences(answer) {
		if utf8.RuneCountInString(sentence) < leastRunes {
			continue
		}
		b := extract.Support(sentence, p)
		if b.SameLanguage && b.Overlap >= repeated && len(b.MissingNumbers) == 0 {
			return true
		}
	}
	return false
}

// linksTo reports whether a text has an address as a whole: not as the beginning
// of a longer one.
func linksTo(text, address string) bool {
	for rest := text; ; {
		_, behind, ok := strings.Cut(rest, address)
		if !ok {
			return false
		}
		next := strings.TrimLeft(behind, ".,;:!?")
		c, _ := utf8.DecodeRuneInString(next)
		if next == "" || len(next) < len(behind) && strings.ContainsRune(" \t\r\n", c) || strings.ContainsRune(" \t\r\n>)|\"'*_]", c) || c >= 0x2E80 {
			return true
		}
		rest = behind
	}
}

// named reports whether an answer names the passage's place: its document and
// the heading that it stands under.
func named(answer string, p knowledge.Passage) bool {
	last := strings.TrimSpace(p.Section[strings.LastIndexByte(p.Section, '>')+1:])
	return utf8.RuneCountInString(p.Title) >= titleRunes && strings.Contains(answer, p.Title) &&
		last != "" && strings.Contains(answer, last)
}
