package webchat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
)

// heardElsewhere is a question that was heard in some other process.
func heardElsewhere(name, id, text string) bots.Question {
	thread := bots.Thread{Platform: name, Team: "local", Channel: "chat", Root: talk}
	return bots.Question{
		ID: thread.Place() + ":" + id, Thread: thread, Message: id, Asker: "local", Text: text,
		AskedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Visibility: bots.Direct,
	}
}

func TestOpenIsOneMessage(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	q := heardElsewhere("web", qid, "Which?")
	if _, found, err := f.Find(t.Context(), q); found || err != nil {
		t.Fatalf("found before it was opened: %v, %v", found, err)
	}
	refs := make([]bots.Ref, 8)
	var all sync.WaitGroup
	for i := range refs {
		all.Go(func() {
			r, err := f.Open(t.Context(), q)
			if err != nil {
				t.Error(err)
			}
			refs[i] = r
		})
	}
	all.Wait()
	for _, r := range refs {
		if r != refs[0] {
			t.Errorf("two messages: %+v and %+v", refs[0], r)
		}
	}
	if r, found, err := f.Find(t.Context(), q); r != refs[0] || !found || err != nil {
		t.Errorf("Find: %+v, %v, %v", r, found, err)
	}
	if turns := f.fetch(t).Turns; len(turns) != 1 {
		t.Errorf("%d turns, want 1", len(turns))
	}
}

func TestOpenWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	q := heardElsewhere("web", qid, "Which?")
	f.store.failNext(func(put func() (uint64, error)) (uint64, error) {
		put() // stored, but the answer got lost
		return 0, context.DeadlineExceeded
	})
	_, err := f.Open(t.Context(), q)
	if _, refused := errors.AsType[*bots.Refusal](err); err == nil || refused {
		t.Fatalf("an unknown outcome is %v: it must be an error and no refusal", err)
	}
	r, found, err := f.Find(t.Context(), q)
	if !found || err != nil {
		t.Fatalf("Find after it: %v, %v", found, err)
	}
	f.write(t, r, bots.Content{Text: "This one.", Final: true})
}

func TestForeignQuestionsAndMessages(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	final := func(what string, err error) {
		t.Helper()
		if r, ok := errors.AsType[*bots.Refusal](err); !ok || !r.Final {
			t.Errorf("%s: %v, want a final refusal", what, err)
		}
	}
	slack := heardElsewhere("slack", qid, "Which?")
	_, err := f.Open(t.Context(), slack)
	final("Open", err)
	_, _, err = f.Find(t.Context(), slack)
	final("Find", err)
	_, err = f.Earlier(t.Context(), slack.Thread, 5)
	final("Earlier", err)
	odd := heardElsewhere("web", qid, "Which?")
	odd.Thread.Root = "../../secrets/of/others"
	_, err = f.Open(t.Context(), odd)
	final("Open with a path", err)
	final("Write", f.Write(t.Context(), bots.Ref{Channel: talk, Message: "a_nothing"}, bots.Content{Text: "x"}))
	final("Write to nothing", f.Write(t.Context(), bots.Ref{Channel: talk}, bots.Content{Text: "x"}))
}

func TestWriteIsIdempotentAndFinal(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	r := f.opened(t, heardElsewhere("web", qid, "Which?"))
	f.write(t, r, bots.Content{Text: "This"})
	f.write(t, r, bots.Content{Text: "This one.", Final: true})
	puts := f.store.count()
	f.write(t, r, bots.Content{Text: "This one.", Final: true})
	f.write(t, r, bots.Content{Text: "Thi"}) // of a worker that was late
	if got := f.store.count(); got != puts {
		t.Errorf("%d needless writes", got-puts)
	}
	if got := f.fetch(t).Turns[0]; got.Content.Text != "This one." || !got.Final {
		t.Errorf("it shows %+v", got)
	}
	f.write(t, r, bots.Content{Text: "That one.", Final: true})
	if got := f.fetch(t).Turns[0]; got.Content.Text != "That one." {
		t.Errorf("a second final content shows as %q", got.Content.Text)
	}
}

// Unfinished text is stored once a second only, whatever the pace of writing.
func TestWriteSparesTheStore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	o := webOptions()
	o.Now = func() time.Time { return now }
	f := start(t, o)
	r := f.opened(t, heardElsewhere("web", qid, "Which?"))
	before := f.store.count()
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "word%d ", i)
		f.write(t, r, bots.Content{Text: text.String()})
		now = now.Add(50 * time.Millisecond)
	}
	if got := f.store.count() - before; got != 3 {
		t.Errorf("%d writes to the store in 3 s, want 3", got)
	}
}

func TestConversationIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions(), func(c *Chat) { c.limits.turns = 5; c.limits.bytes = 100_000 })
	var refs []bots.Ref
	for i := range 8 {
		r := f.opened(t, heardElsewhere("web", fmt.Sprintf("question-%014d", i), "Which?"))
		refs = append(refs, r)
	}
	if turns := f.fetch(t).Turns; len(turns) != 5 || turns[0].ID != "question-00000000000003" {
		t.Errorf("%d turns from %s on", len(turns), turns[0].ID)
	}
	long := strings.Repeat("很长的回答。", 20_000)
	f.write(t, refs[7], bots.Content{Text: long, Final: true, Sources: make([]bots.Source, 100)})
	f.write(t, refs[6], bots.Content{Text: long, Final: true})
	turns := f.fetch(t).Turns
	if len(turns) > 2 {
		t.Errorf("%d turns of %d bytes and more", len(turns), maxAnswer)
	}
	last := turns[len(turns)-1].Content
	if len(last.Text) > maxAnswer || !strings.HasSuffix(last.Text, "…") || len(last.Sources) != maxSources {
		t.Errorf("an answer of %d bytes and %d sources", len(last.Text), len(last.Sources))
	}
}

func TestEarlier(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	first, second := heardElsewhere("web", qid, "First?"), heardElsewhere("web", "question-00000000000002", "Second?")
	third := heardElsewhere("web", "question-00000000000003", "Third?")
	f.write(t, f.opened(t, first), bots.Content{Text: "One.", Final: true})
	f.write(t, f.opened(t, second), bots.Content{Text: "Two, not fini"})
	f.opened(t, third)

	got, err := f.Earlier(t.Context(), first.Thread, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i].Own && got[i].At.Before(at) {
			t.Errorf("the answer was given at %v", got[i].At)
		}
		got[i].At = time.Time{}
	}
	want := []bots.Turn{
		{Message: qid, Asker: "local", Text: "First?"},
		{Message: "a_" + qid, Asker: "web", Own: true, Text: "One."},
		{Message: second.Message, Asker: "local", Text: "Second?"},
		{Message: third.Message, Asker: "local", Text: "Third?"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for limit, n := range map[int]int{-1: 0, 0: 0, 2: 2, 4: 4, 9: 4} {
		last, err := f.Earlier(t.Context(), first.Thread, limit)
		if err != nil || len(last) != n || n > 0 && last[n-1].Text != "Third?" {
			t.Errorf("limit %d: %d turns, %v", limit, len(last), err)
		}
	}
}

// Another process, or this one after a restart, finds everything in the store.
func TestConversationOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	q := f.question(t, talk, qid, "Which?")
	r := f.opened(t, q)
	o := webOptions()
	o.Store, o.Relay = f.store, newRelay()
	other, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if found, ok, err := other.Find(t.Context(), q); found != r || !ok || err != nil {
		t.Errorf("the other process finds %+v, %v, %v", found, ok, err)
	}
	if err := other.Write(t.Context(), r, bots.Content{Text: "This one.", Final: true}); err != nil {
		t.Fatal(err)
	}
	if got := f.fetch(t).Turns[0]; got.Content.Text != "This one." {
		t.Errorf("this process shows %+v", got)
	}
}

func TestBrokenStore(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	q := heardElsewhere("web", qid, "Which?")
	r := f.opened(t, q)
	f.store.setBroken(errors.New("no quorum"))
	if err := f.Write(t.Context(), r, bots.Content{Text: "x"}); err == nil {
		t.Error("Write says nothing")
	}
	if _, _, err := f.Find(t.Context(), q); err == nil {
		t.Error("Find says nothing")
	}
	for _, path := range []string{"/conversation?id=" + talk, "/events?conversation=" + talk} {
		response, got := send(t, http.MethodGet, f.url+path, "")
		if response.StatusCode != http.StatusServiceUnavailable || code(t, got) != "busy" {
			t.Errorf("%s: status %d: %s", path, response.StatusCode, got)
		}
	}
	response, _ := send(t, http.MethodPost, f.url+"/questions", body(t, talk, "question-00000000000002", "And now?"))
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a question: status %d", response.StatusCode)
	}
}

func TestConversationsAreKeptApart(t *testing.T) {
	t.Parallel()
	f := start(t, webOptions())
	a, b := heardElsewhere("web", qid, "On wages?"), heardElsewhere("web", "question-00000000000002", "On leave?")
	b.Thread.Root = "conversation-0000000002"
	f.write(t, f.opened(t, a), bots.Content{Text: "Wages.", Final: true})
	f.write(t, f.opened(t, b), bots.Content{Text: "Leave.", Final: true})
	for _, q := range []bots.Question{a, b} {
		turns, err := f.Earlier(t.Context(), q.Thread, 10)
		if err != nil || len(turns) != 2 || turns[0].Text != q.Text {
			t.Errorf("%s has %+v, %v", q.Text, turns, err)
		}
	}
	if turns := f.fetch(t).Turns; len(turns) != 1 || turns[0].Content.Text != "Wages." {
		t.Errorf("the page shows %+v", turns)
	}
}
