package learntest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
)

// patience bounds every wait of the kit; none should come near it.
const patience = 20 * time.Second

// TestStore is what every learn.Store must do. Open returns two ways to one
// store that is empty, as two workers have them.
//
//nolint:tparallel // a kit: its caller is parallel
func TestStore(t *testing.T, open func(t *testing.T) (learn.Store, learn.Store)) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, learn.Store, learn.Store){
		"an empty store":                  empty,
		"what is put is there for all":    puts,
		"the same id replaces":            replaces,
		"what is deleted is gone":         deletes,
		"changes are told, of others too": watches,
		"a watch ends with its context":   ends,
		"calls end with their context":    cancelled,
		"a book follows another":          follows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			test(t, a, b)
		})
	}
}

// Lesson is the nth lesson of a kit, in words of several scripts.
func Lesson(n int) knowledge.Lesson {
	number := strconv.Itoa(n)
	l := knowledge.Lesson{
		Collection: "合同 office/*.>", Question: "门卡丢了怎么办？ \"lost\" badge\t" + number, Refs: []string{"zh/第八十七条#1", "a b\n" + number},
		Origin: "file:" + number + ".jsonl", At: time.Date(2026, 1, 2, 3, 4, n%60, 5000, time.UTC),
	}
	l.ID = learn.ID(l.Collection, l.Question, l.Origin)
	return l
}

func put(t *testing.T, s learn.Store, all ...knowledge.Lesson) {
	t.Helper()
	for _, l := range all {
		if err := s.Put(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

// holds compares what a store has with what it should have.
func holds(t *testing.T, s learn.Store, want ...knowledge.Lesson) {
	t.Helper()
	var got []knowledge.Lesson
	if err := s.Load(t.Context(), func(l knowledge.Lesson) { got = append(got, l) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func sorted(all []knowledge.Lesson) []knowledge.Lesson {
	return slices.SortedFunc(slices.Values(all), func(a, b knowledge.Lesson) int { return strings.Compare(a.ID, b.ID) })
}

func empty(t *testing.T, a, _ learn.Store) {
	t.Helper()
	holds(t, a)
	if err := a.Delete(t.Context(), Lesson(1).ID); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func puts(t *testing.T, a, b learn.Store) {
	t.Helper()
	var all []knowledge.Lesson
	for n := range 30 {
		all = append(all, Lesson(n))
	}
	put(t, a, all...)
	holds(t, a, all...)
	holds(t, b, all...)
}

func replaces(t *testing.T, a, b learn.Store) {
	t.Helper()
	l := Lesson(1)
	put(t, a, l)
	l.Refs = []string{"another"}
	put(t, b, l)
	holds(t, a, l)
}

func deletes(t *testing.T, a, b learn.Store) {
	t.Helper()
	put(t, a, Lesson(1), Lesson(2))
	if err := b.Delete(t.Context(), Lesson(1).ID); err != nil {
		t.Fatal(err)
	}
	holds(t, a, Lesson(2))
	put(t, a, Lesson(1))
	holds(t, b, Lesson(1), Lesson(2))
}

// told is what a watch tells.
type told struct {
	id      string
	deleted bool
}

// watch runs a watch and returns what it tells, and a function that ends it and
// returns what it returned.
func watch(t *testing.T, s learn.Store) (<-chan told, func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	all, done := make(chan told, 1000), make(chan error, 1)
	go func() {
		done <- s.Watch(
			ctx, func(l knowledge.Lesson) { all <- told{l.ID, false} },
			func(id string) { all <- told{id, true} },
		)
	}()
	end := func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.NewTimer(patience).C:
			return errors.New("it does not return")
		}
	}
	return all, end
}

// hear waits until a watch tells something.
func hear(t *testing.T, all <-chan told, want told) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case got := <-all:
			if got == want {
				return
			}
		case <-limit.C:
			t.Fatalf("never told of %+v", want)
		}
	}
}

func watches(t *testing.T, a, b learn.Store) {
	t.Helper()
	all, end := watch(t, a)
	// Nobody knows when it begins, and it need not tell of what is there: put
	// again until it tells.
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for heard := false; !heard; {
		put(t, b, Lesson(1))
		select {
		case got := <-all:
			heard = got == told{Lesson(1).ID, false}
		case <-tick.C:
		}
	}
	put(t, b, Lesson(2))
	hear(t, all, told{Lesson(2).ID, false})
	if err := b.Delete(t.Context(), Lesson(2).ID); err != nil {
		t.Fatal(err)
	}
	hear(t, all, told{Lesson(2).ID, true})
	put(t, a, Lesson(3))
	hear(t, all, told{Lesson(3).ID, false})
	if err := end(); err != nil {
		t.Error(err)
	}
}

func ends(t *testing.T, a, _ learn.Store) {
	t.Helper()
	_, end := watch(t, a)
	if err := end(); err != nil {
		t.Error(err)
	}
}

func cancelled(t *testing.T, a, _ learn.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a.Put(ctx, Lesson(1)) == nil || a.Delete(ctx, Lesson(1).ID) == nil || a.Load(ctx, func(knowledge.Lesson) {}) == nil {
		t.Error("a call whose context is done has no error")
	}
}

// follows has one book hear what another learns and forgets.
func follows(t *testing.T, a, b learn.Store) {
	t.Helper()
	teacher, pupil := book(t, a), book(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- pupil.Run(ctx) }()
	l := Lesson(1)
	if _, err := teacher.Add(t.Context(), []knowledge.Lesson{l}); err != nil {
		t.Fatal(err)
	}
	until(t, "the lesson is heard of", func() bool { return pupil.Counts()[l.Collection] == 1 })
	if n, err := teacher.Undo(t.Context(), "", l.Origin); n != 1 || err != nil {
		t.Fatalf("undone %d, %v", n, err)
	}
	until(t, "the lesson is forgotten", func() bool { return pupil.Counts()[l.Collection] == 0 })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func book(t *testing.T, s learn.Store) *learn.Book {
	t.Helper()
	b, err := learn.Open(t.Context(), learn.Options{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}
