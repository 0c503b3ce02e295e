package learn_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/knowledge/learn/learntest"
)

func open(tb testing.TB, o learn.Options) *learn.Book {
	tb.Helper()
	if o.Store == nil {
		o.Store = new(learntest.Store)
	}
	b, err := learn.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func lesson(collection, question string, refs ...string) knowledge.Lesson {
	return knowledge.Lesson{Collection: collection, Question: question, Refs: refs, Origin: "test", At: time.Unix(1, 0).UTC()}
}

func add(tb testing.TB, b *learn.Book, lessons ...knowledge.Lesson) learn.Report {
	tb.Helper()
	rep, err := b.Add(tb.Context(), lessons)
	if err != nil {
		tb.Fatal(err)
	}
	return rep
}

func recall(tb testing.TB, b *learn.Book, text string, limit int, collections ...string) []knowledge.Recalled {
	tb.Helper()
	var terms []knowledge.Term
	for _, c := range cut.Terms(text) {
		terms = append(terms, knowledge.Term{Text: c.Text, Weight: 1})
	}
	got, err := b.Recall(tb.Context(), terms, collections, limit)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

func questions(all []knowledge.Recalled) []string {
	var out []string
	for _, r := range all {
		out = append(out, r.Question)
	}
	return out
}

func TestRecallGivesTheLikestFirst(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	add(
		t, b,
		lesson("office", "门卡丢了怎么办", "badge#1"),
		lesson("office", "咖啡机坏了找谁", "coffee"),
		lesson("office", "丢了门卡的人要交多少钱", "badge#2"),
	)
	got := recall(t, b, "门卡丢了怎么办？", 2, "office")
	if diff := cmp.Diff([]string{"门卡丢了怎么办", "丢了门卡的人要交多少钱"}, questions(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) == 2 && (got[0].Likeness < .99 || got[1].Likeness > .8 || got[1].Likeness < .2) {
		t.Errorf("likeness %.2f and %.2f", got[0].Likeness, got[1].Likeness)
	}
}
