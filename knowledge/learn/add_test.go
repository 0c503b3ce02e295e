package learn_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/knowledge/learn/learntest"
)

func TestToAddAgainIsHarmless(t *testing.T) {
	t.Parallel()
	store := new(learntest.Store)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := open(t, learn.Options{Store: store, Now: func() time.Time { return now }})
	l := lesson("office", "门卡丢了？", "a", "b", "a")
	l.At = time.Time{}
	if rep := add(t, b, l, l); rep.Added != 1 || rep.Unchanged != 1 {
		t.Errorf("first: %+v", rep)
	}
	l.Question = "  門卡丢了？"
	if rep := add(t, b, l); rep.Unchanged != 1 {
		t.Errorf("again: %+v", rep)
	}
	l.Refs = []string{"c"}
	if rep := add(t, b, l); rep.Changed != 1 {
		t.Errorf("judged anew: %+v", rep)
	}
	all, err := b.List(t.Context(), "office")
	want := []knowledge.Lesson{{Collection: "office", Question: "門卡丢了？", Refs: []string{"c"}, Origin: "test", At: now}}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(knowledge.Lesson{}, "ID")); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if again := open(t, learn.Options{Store: store}); again.Counts()["office"] != 1 {
		t.Error("it is not kept")
	}
}

func TestWhatCannotBeLearnedIsReported(t *testing.T) {
	t.Parallel()
	long := lesson("office", strings.Repeat("门", 2000), "a")
	noOrigin := lesson("office", "门卡", "a")
	noOrigin.Origin = ""
	many := lesson("office", "门卡", slices.Collect(func(yield func(string) bool) {
		for n := range 100 {
			if !yield(strings.Repeat("x", n+1)) {
				return
			}
		}
	})...)
	tests := []struct {
		name   string
		lesson knowledge.Lesson
		reason string
	}{
		{"no collection", lesson("", "门卡", "a"), "collection"},
		{"no question", lesson("office", " \n", "a"), "no question"},
		{"no words", lesson("office", "？！", "a"), "no words"},
		{"no text", lesson("office", "门\xff卡", "a"), "no question"},
		{"a long question", long, "longer"},
		{"no refs", lesson("office", "门卡", " ", ""), "no refs"},
		{"many refs", many, "more than 64"},
		{"a long ref", lesson("office", "门卡", strings.Repeat("x", 2000)), "longer"},
		{"nobody judged", noOrigin, "who judged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := open(t, learn.Options{})
			rep := add(t, b, lesson("office", "咖啡机", "a"), tt.lesson)
			if rep.Added != 1 || rep.Left != 1 || len(rep.Problems) != 1 || rep.Problems[0].Line != 2 || !strings.Contains(rep.Problems[0].Reason, tt.reason) {
				t.Errorf("got %+v", rep)
			}
		})
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	exists := func(_ context.Context, collection string, refs []string) ([]bool, error) {
		if collection == "broken" {
			return nil, errors.New("no engine")
		}
		out := make([]bool, len(refs))
		for i, r := range refs {
			out[i] = strings.HasPrefix(r, "there")
		}
		return out, nil
	}
	b := open(t, learn.Options{Exists: exists})
	rep := add(t, b, lesson("office", "门卡", "there/1", "gone/1"), lesson("office", "咖啡机", "gone/2"))
	if rep.Added != 1 || rep.Left != 1 || rep.Faults != 2 || !strings.Contains(rep.Problems[0].Reason, `"gone/1"`) || rep.Problems[1].Line != 2 {
		t.Errorf("got %+v", rep)
	}
	if got := recall(t, b, "门卡", 0, "office"); len(got) != 1 || !slices.Equal(got[0].Refs, []string{"there/1"}) {
		t.Errorf("got %+v", got)
	}
	if _, err := b.Add(t.Context(), []knowledge.Lesson{lesson("broken", "门卡", "x")}); err == nil {
		t.Error("no error")
	}
}

func TestAFullBook(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]learn.Options{"lessons": {MaxLessons: 2}, "bytes": {MaxBytes: 50}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := new(learntest.Store)
			o.Store = store
			b := open(t, o)
			rep := add(t, b, lesson("o", "门卡丢了一", "a"), lesson("o", "门卡丢了二", "a"), lesson("o", "门卡丢了三", "a"), lesson("o", "门卡丢了四", "a"))
			if rep.Added != 2 || rep.Left != 2 || !strings.Contains(rep.Problems[0].Reason, "full") || store.Len() != 2 {
				t.Fatalf("%+v, %d kept", rep, store.Len())
			}
			if rep := add(t, b, lesson("o", "门卡丢了一", "b")); rep.Changed != 1 {
				t.Errorf("a full book still changes: %+v", rep)
			}
			if n, err := b.Undo(t.Context(), "o", "test"); n != 2 || err != nil {
				t.Errorf("a full book still forgets: %d, %v", n, err)
			}
			if rep := add(t, b, lesson("o", "门卡丢了四", "a")); rep.Added != 1 {
				t.Errorf("there is room again: %+v", rep)
			}
		})
	}
}

func TestAStoreWithMoreThanTheBookHolds(t *testing.T) {
	t.Parallel()
	store := new(learntest.Store)
	add(t, open(t, learn.Options{Store: store}), lesson("o", "门卡一", "a"), lesson("o", "门卡二", "a"), lesson("o", "门卡三", "a"))
	if err := store.Put(t.Context(), knowledge.Lesson{ID: "damaged"}); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	b := open(t, learn.Options{Store: store, MaxLessons: 2, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if b.Counts()["o"] != 2 || store.Len() != 4 || !strings.Contains(log.String(), "lessons=2") || strings.Contains(log.String(), "门卡") {
		t.Errorf("%v, %d kept, log %q", b.Counts(), store.Len(), log.String())
	}
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	store := new(learntest.Store)
	b := open(t, learn.Options{Store: store})
	other := lesson("office", "咖啡机", "c")
	other.Origin = "slack:U1"
	add(t, b, lesson("office", "门卡", "a"), other, lesson("board", "门卡", "b"))
	if diff := cmp.Diff(map[string]int{"office": 2, "board": 1}, b.Counts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"test": 1, "slack:U1": 1}, b.Origins("office")); diff != "" {
		t.Error(diff)
	}
	if n, err := b.Remove(t.Context(), learn.ID("office", "门卡", "test"), "unheard-of"); n != 1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	var follower knowledge.Follower = b
	if err := follower.Forget(t.Context(), "board"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]int{"office": 1}, b.Counts()); diff != "" || store.Len() != 1 {
		t.Errorf("%d kept; %s", store.Len(), diff)
	}
	if got := recall(t, b, "门卡", 0, "office", "board"); len(got) != 0 {
		t.Errorf("forgotten, and found: %v", got)
	}
	if n, err := b.Undo(t.Context(), "board", "slack:U1"); n != 0 || err != nil {
		t.Errorf("undone in another collection: %d, %v", n, err)
	}
}

// TestForgettingMany makes the index anew on the way.
func TestForgettingMany(t *testing.T) {
	t.Parallel()
	b, all := crowd(t, 4000)
	for _, text := range all[:3500] {
		if _, err := b.Remove(t.Context(), learn.ID("crowd", text, "test")); err != nil {
			t.Fatal(err)
		}
	}
	for i, text := range all {
		got := recall(t, b, text, 1, "crowd")
		if found := len(got) == 1 && got[0].Question == text; found != (i >= 3500) {
			t.Fatalf("lesson %d is found: %t", i, found)
		}
	}
	if rep := add(t, b, lesson("crowd", all[0], "again")); rep.Added != 1 || len(recall(t, b, all[0], 1, "crowd")) != 1 {
		t.Errorf("%+v", rep)
	}
}

func TestAStoreThatFails(t *testing.T) {
	t.Parallel()
	store := new(learntest.Store)
	b := open(t, learn.Options{Store: store})
	add(t, b, lesson("o", "门卡", "a"))
	broken := errors.New("disk full")
	store.Fail(broken)
	if rep, err := b.Add(t.Context(), []knowledge.Lesson{lesson("o", "咖啡机", "a")}); !errors.Is(err, broken) || rep.Added != 0 {
		t.Errorf("%+v, %v", rep, err)
	}
	if _, err := b.Undo(t.Context(), "", "test"); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := learn.Open(t.Context(), learn.Options{Store: store}); !errors.Is(err, broken) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"门卡"}, questions(recall(t, b, "门卡 咖啡机", 0, "o"))); diff != "" {
		t.Errorf("what could not be kept or removed (-want +got):\n%s", diff)
	}
	if _, err := learn.Open(t.Context(), learn.Options{}); err == nil {
		t.Error("no store, no error")
	}
}

// TestAStoreThatComesBack is followed again after a pause.
func TestAStoreThatComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := new(learntest.Store)
		teacher, pupil := open(t, learn.Options{Store: store}), open(t, learn.Options{Store: store})
		store.Fail(errors.New("away"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- pupil.Run(ctx) }()
		synctest.Wait()
		store.Fail(nil)
		add(t, teacher, lesson("o", "门卡", "a"))
		if len(recall(t, pupil, "门卡", 0, "o")) != 0 {
			t.Error("told by nobody, and known")
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock
		if len(recall(t, pupil, "门卡", 0, "o")) != 1 {
			t.Error("what was learned while the store was away is not known")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
