package queue

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/knowledge/learn/learntest"
)

func lessonsOf(t *testing.T, q *Queue) *Lessons {
	t.Helper()
	s, err := q.Lessons(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLessonsKeepThePromises(t *testing.T) {
	t.Parallel()
	learntest.TestStore(t, func(t *testing.T) (learn.Store, learn.Store) {
		t.Helper()
		_, o := cluster(t, t.TempDir(), 0)
		return lessonsOf(t, open(t, o)), lessonsOf(t, open(t, o))
	})
}

func TestLessonsOutliveARestartAndAreNotTakenBackByIt(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := open(t, o)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	keep := knowledge.Lesson{ID: "1a", Collection: "人事", Question: "门卡丢了？", Refs: []string{"a/第一条#1"}, Origin: "slack:T01:U07", At: at}
	gone := keep
	gone.ID = "2b"
	for _, l := range []knowledge.Lesson{keep, gone} {
		if err := lessonsOf(t, q).Put(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if err := lessonsOf(t, q).Delete(t.Context(), "2b"); err != nil {
		t.Fatal(err)
	}
	shut(t, q)
	var got []knowledge.Lesson
	if err := lessonsOf(t, open(t, o)).Load(t.Context(), func(l knowledge.Lesson) { got = append(got, l) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]knowledge.Lesson{keep}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestADamagedLesson is one that a book can count and leave out.
func TestADamagedLesson(t *testing.T) {
	t.Parallel()
	s := lessonsOf(t, open(t, Options{}))
	if _, err := s.bucket.Put(t.Context(), "bad", []byte(`{"question":`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), knowledge.Lesson{ID: learn.ID("c", "q", "o"), Collection: "c", Question: "门卡", Refs: []string{"r"}, Origin: "o"}); err != nil {
		t.Fatal(err)
	}
	book, err := learn.Open(t.Context(), learn.Options{Store: s, Log: logTo(t)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"c": 1}, book.Counts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALessonsIDIsAKey(t *testing.T) {
	t.Parallel()
	s := lessonsOf(t, open(t, Options{}))
	for _, id := range []string{"", "a.b", "a>", "*", "公司", "a b"} {
		if err := s.Put(t.Context(), knowledge.Lesson{ID: id}); err == nil {
			t.Errorf("put %q: no error", id)
		}
		if err := s.Delete(t.Context(), id); err == nil {
			t.Errorf("delete %q: no error", id)
		}
	}
}
