package botstest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
)

// posting are the promises of bots.Poster where nothing goes wrong.
func posting() []promise {
	return []promise{
		{"an opened answer is visible", openedVisible},
		{"an answer can be opened in every way of asking", everyWay},
		{"live text is replaced", liveReplaced},
		{"the final content is whole", finalWhole},
		{"writing the same again changes nothing", sameAgain},
		{"short text after long leaves nothing behind", nothingBehind},
		{"what was not opened is not found", notFound},
		{"what was opened is found", opened},
		{"questions side by side do not mix", sideBySide},
		{"a notice is no message", noticeSilent},
		{"a finished context ends a call", contextEnds},
	}
}

// sample is a short answer with everything in it.
func sample() bots.Content {
	return bots.Content{
		Text: "The notice period is **thirty days** [1]; see also the handbook [2].",
		Sources: []bots.Source{
			{N: 1, Title: "Labour Contract Law", Ref: "law#40", URL: "https://law.example/40", Quote: "thirty days"},
			{N: 2, Title: "员工手册 第三章", Ref: "handbook#3", Quote: "提前三十日"},
		},
		Note: "Quoted without a model.", Language: "en", Final: true,
	}
}

func openedVisible(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is anything to be seen?")
	k.open(tb, q)
	k.shows(tb, q)
	k.once(tb, q)
}

func everyWay(tb testing.TB, k *kit) {
	tb.Helper()
	for _, kind := range []Kind{Mention, Direct, Command} {
		if !k.can(kind) {
			continue
		}
		q := k.askAs(tb, Said{Kind: kind, Text: "Asked by " + string(kind)})
		k.answer(tb, q, bots.Content{Text: "Answered by " + string(kind)})
		k.shows(tb, q, "Answered by "+string(kind))
		k.once(tb, q)
	}
}

func liveReplaced(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is it replaced?")
	ref := k.open(tb, q)
	k.write(tb, ref, bots.Content{Text: "The first draft"})
	k.shows(tb, q, "The first draft")
	k.write(tb, ref, bots.Content{Text: "The first draft goes on"})
	k.shows(tb, q, "The first draft goes on")
	k.write(tb, ref, bots.Content{Text: "Something else"})
	if shown := readable(k.shows(tb, q, "Something else")); strings.Contains(shown, "draft") {
		tb.Errorf("the old text is still there: %q", shown)
	}
	k.write(tb, ref, bots.Content{Text: "The end", Final: true})
	if shown := readable(k.shows(tb, q, "The end")); strings.Contains(shown, "Something") {
		tb.Errorf("the old text is still there: %q", shown)
	}
	k.once(tb, q)
}

func finalWhole(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is everything there?")
	ref := k.open(tb, q)
	k.write(tb, ref, bots.Content{Text: "The notice"})
	k.write(tb, ref, sample())
	k.shows(tb, q, "thirty days", "handbook", "Labour Contract Law", "员工手册 第三章", "Quoted without a model.")
	k.once(tb, q)
}

func sameAgain(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "And once more?")
	ref := k.open(tb, q)
	live := bots.Content{Text: "The notice"}
	k.write(tb, ref, live)
	k.write(tb, ref, live)
	k.shows(tb, q, "The notice")
	k.once(tb, q)
	k.write(tb, ref, sample())
	before := k.shows(tb, q, "Quoted without a model.")
	k.write(tb, ref, sample())
	if diff := cmp.Diff(before, k.World.Shown(tb, q)); diff != "" {
		tb.Errorf("the second time changed it (-first +second):\n%s", diff)
	}
}

func nothingBehind(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Short after long?")
	ref := k.open(tb, q)
	k.write(tb, ref, bots.Content{Text: strings.Repeat("A long draft that goes on.\n\n", 600)})
	k.shows(tb, q, "A long draft")
	k.write(tb, ref, bots.Content{Text: "In short: yes.", Final: true})
	if shown := readable(k.shows(tb, q, "In short: yes.")); strings.Contains(shown, "draft") {
		tb.Errorf("the draft is still there: %q", shorten(shown))
	}
	k.once(tb, q)
}

func notFound(tb testing.TB, k *kit) {
	tb.Helper()
	other := k.ask(tb, "What is this?")
	q := k.ask(tb, "Was this opened?")
	k.open(tb, other)
	if ref, found := k.find(tb, q); found {
		tb.Errorf("found %+v, which is not its answer", ref.Message)
	}
}

func opened(tb testing.TB, k *kit) {
	tb.Helper()
	k.open(tb, k.ask(tb, "What is this?"))
	q := k.ask(tb, "Was this opened too?")
	ref := k.open(tb, q)
	got, found := k.find(tb, q)
	if !found || got.Message != ref.Message || got.Channel != ref.Channel {
		tb.Errorf("found %v: %s in %s, want %s in %s", found, got.Message, got.Channel, ref.Message, ref.Channel)
	}
}

func sideBySide(tb testing.TB, k *kit) {
	tb.Helper()
	const many = 6
	questions := make([]bots.Question, many)
	for i := range questions {
		questions[i] = k.ask(tb, fmt.Sprintf("Question number %d?", i))
	}
	errs := make([]error, many)
	var group sync.WaitGroup
	for i, q := range questions {
		group.Go(func() { errs[i] = k.answerAlone(tb, q, fmt.Sprintf("Answer number %d.", i)) })
	}
	group.Wait()
	for i, q := range questions {
		if errs[i] != nil {
			tb.Fatalf("question %d: %v", i, errs[i])
		}
		shown := readable(k.shows(tb, q, fmt.Sprintf("Answer number %d.", i)))
		if strings.Count(shown, "Answer number") != 1 {
			tb.Errorf("question %d shows %q", i, shown)
		}
		k.once(tb, q)
	}
}

// answerAlone is answer for a goroutine of its own.
func (k *kit) answerAlone(tb testing.TB, q bots.Question, text string) error {
	tb.Helper()
	var ref bots.Ref
	err := k.patiently(tb, func(ctx context.Context) (err error) {
		ref, err = k.Platform.Open(ctx, q)
		return err
	})
	for _, c := range []bots.Content{{Text: text[:len(text)/2]}, {Text: text, Final: true}} {
		if err == nil {
			err = k.patiently(tb, func(ctx context.Context) error { return k.Platform.Write(ctx, ref, c) })
		}
	}
	return err
}

func noticeSilent(tb testing.TB, k *kit) {
	tb.Helper()
	n, ok := k.Platform.(bots.Noticer)
	if !ok {
		tb.Skip("this platform notices nothing")
	}
	q := k.ask(tb, "Did you notice?")
	if err := k.call(tb, func(ctx context.Context) error { return n.Notice(ctx, q) }); err != nil {
		tb.Errorf("Notice: %v", err)
	}
	if shown := k.World.Shown(tb, q); len(shown) > 0 {
		tb.Errorf("Notice posted %q", shown)
	}
	k.answer(tb, q, bots.Content{Text: "I did."})
	k.shows(tb, q, "I did.")
	k.once(tb, q)
}

func contextEnds(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is it over?")
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	done := make(chan error, 1)
	go func() {
		_, err := k.Platform.Open(ctx, q)
		done <- err
	}()
	timeout := time.NewTimer(k.Patience)
	defer timeout.Stop()
	select {
	case err := <-done:
		if k.note(err) == nil {
			tb.Error("Open worked although its context was over")
		}
	case <-timeout.C:
		tb.Error("Open does not return although its context is over")
	}
}
