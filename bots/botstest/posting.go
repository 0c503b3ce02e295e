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

func openedVisible(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is anything to be seen?")
	k.open(t, q)
	k.shows(t, q)
	k.once(t, q)
}

func everyWay(t testing.TB, k *kit) {
	t.Helper()
	for _, kind := range []Kind{Mention, Direct, Command} {
		if !k.can(kind) {
			continue
		}
		q := k.askAs(t, Said{Kind: kind, Text: "Asked by " + string(kind)})
		k.answer(t, q, bots.Content{Text: "Answered by " + string(kind)})
		k.shows(t, q, "Answered by "+string(kind))
		k.once(t, q)
	}
}

func liveReplaced(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is it replaced?")
	ref := k.open(t, q)
	k.write(t, ref, bots.Content{Text: "The first draft"})
	k.shows(t, q, "The first draft")
	k.write(t, ref, bots.Content{Text: "The first draft goes on"})
	k.shows(t, q, "The first draft goes on")
	k.write(t, ref, bots.Content{Text: "Something else"})
	if shown := readable(k.shows(t, q, "Something else")); strings.Contains(shown, "draft") {
		t.Errorf("the old text is still there: %q", shown)
	}
	k.write(t, ref, bots.Content{Text: "The end", Final: true})
	if shown := readable(k.shows(t, q, "The end")); strings.Contains(shown, "Something") {
		t.Errorf("the old text is still there: %q", shown)
	}
	k.once(t, q)
}

func finalWhole(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is everything there?")
	ref := k.open(t, q)
	k.write(t, ref, bots.Content{Text: "The notice"})
	k.write(t, ref, sample())
	k.shows(t, q, "thirty days", "handbook", "Labour Contract Law", "员工手册 第三章", "Quoted without a model.")
	k.once(t, q)
}

func sameAgain(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "And once more?")
	ref := k.open(t, q)
	live := bots.Content{Text: "The notice"}
	k.write(t, ref, live)
	k.write(t, ref, live)
	k.shows(t, q, "The notice")
	k.once(t, q)
	k.write(t, ref, sample())
	before := k.shows(t, q, "Quoted without a model.")
	k.write(t, ref, sample())
	if diff := cmp.Diff(before, k.World.Shown(t, q)); diff != "" {
		t.Errorf("the second time changed it (-first +second):\n%s", diff)
	}
}

func nothingBehind(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Short after long?")
	ref := k.open(t, q)
	k.write(t, ref, bots.Content{Text: strings.Repeat("A long draft that goes on.\n\n", 600)})
	k.shows(t, q, "A long draft")
	k.write(t, ref, bots.Content{Text: "In short: yes.", Final: true})
	if shown := readable(k.shows(t, q, "In short: yes.")); strings.Contains(shown, "draft") {
		t.Errorf("the draft is still there: %q", shorten(shown))
	}
	k.once(t, q)
}

func notFound(t testing.TB, k *kit) {
	t.Helper()
	other := k.ask(t, "What is this?")
	q := k.ask(t, "Was this opened?")
	k.open(t, other)
	if ref, found := k.find(t, q); found {
		t.Errorf("found %+v, which is not its answer", ref.Message)
	}
}

func opened(t testing.TB, k *kit) {
	t.Helper()
	k.open(t, k.ask(t, "What is this?"))
	q := k.ask(t, "Was this opened too?")
	ref := k.open(t, q)
	got, found := k.find(t, q)
	if !found || got.Message != ref.Message || got.Channel != ref.Channel {
		t.Errorf("found %v: %s in %s, want %s in %s", found, got.Message, got.Channel, ref.Message, ref.Channel)
	}
}

func sideBySide(t testing.TB, k *kit) {
	t.Helper()
	const many = 6
	questions := make([]bots.Question, many)
	for i := range questions {
		questions[i] = k.ask(t, fmt.Sprintf("Question number %d?", i))
	}
	errs := make([]error, many)
	var group sync.WaitGroup
	for i, q := range questions {
		group.Go(func() { errs[i] = k.answerAlone(t, q, fmt.Sprintf("Answer number %d.", i)) })
	}
	group.Wait()
	for i, q := range questions {
		if errs[i] != nil {
			t.Fatalf("question %d: %v", i, errs[i])
		}
		shown := readable(k.shows(t, q, fmt.Sprintf("Answer number %d.", i)))
		if strings.Count(shown, "Answer number") != 1 {
			t.Errorf("question %d shows %q", i, shown)
		}
		k.once(t, q)
	}
}

// answerAlone is answer for a goroutine of its own.
func (k *kit) answerAlone(t testing.TB, q bots.Question, text string) error {
	t.Helper()
	var ref bots.Ref
	err := k.patiently(t, func(ctx context.Context) (err error) {
		ref, err = k.Platform.Open(ctx, q)
		return err
	})
	for _, c := range []bots.Content{{Text: text[:len(text)/2]}, {Text: text, Final: true}} {
		if err == nil {
			err = k.patiently(t, func(ctx context.Context) error { return k.Platform.Write(ctx, ref, c) })
		}
	}
	return err
}

func noticeSilent(t testing.TB, k *kit) {
	t.Helper()
	n, ok := k.Platform.(bots.Noticer)
	if !ok {
		t.Skip("this platform notices nothing")
	}
	q := k.ask(t, "Did you notice?")
	if err := k.call(t, func(ctx context.Context) error { return n.Notice(ctx, q) }); err != nil {
		t.Errorf("Notice: %v", err)
	}
	if shown := k.World.Shown(t, q); len(shown) > 0 {
		t.Errorf("Notice posted %q", shown)
	}
	k.answer(t, q, bots.Content{Text: "I did."})
	k.shows(t, q, "I did.")
	k.once(t, q)
}

func contextEnds(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is it over?")
	ctx, cancel := context.WithCancel(t.Context())
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
			t.Error("Open worked although its context was over")
		}
	case <-timeout.C:
		t.Error("Open does not return although its context is over")
	}
}
