package rank

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/knowledge/learn/learntest"
)

// taught is a ranker over the kit's documents with lessons.
func taught(tb testing.TB, lessons ...knowledge.Lesson) *Ranker {
	tb.Helper()
	book, err := learn.Open(tb.Context(), learn.Options{Store: new(learntest.Store)})
	if err != nil {
		tb.Fatal(err)
	}
	if rep, err := book.Add(tb.Context(), lessons); err != nil || rep.Left > 0 {
		tb.Fatal(rep, err)
	}
	return over(tb, knowledgetest.Documents()).with(tb, book)
}

// with is the same ranker with lessons.
func (r *Ranker) with(tb testing.TB, lessons knowledge.Lessons) *Ranker {
	tb.Helper()
	out, err := New(r.engine, Options{Lessons: lessons})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func judged(collection, question string, refs ...string) knowledge.Lesson {
	return knowledge.Lesson{Collection: collection, Question: question, Refs: refs, Origin: "test"}
}

func ask(t *testing.T, r *Ranker, text string, collections ...string) []knowledge.Passage {
	t.Helper()
	got, err := r.Retrieve(t.Context(), knowledge.Query{Text: text, Collections: collections})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestARankerWithLessonsKeepsThePromises(t *testing.T) {
	t.Parallel()
	knowledgetest.TestRetriever(t, taught(
		t,
		judged(knowledgetest.Office, "工牌找不到了", "zh/badge.md"),
		judged(knowledgetest.Office, "where do I print", "en/printer.md#1"),
		judged(knowledgetest.Secret, "门卡 badge bonus 奖金", "salary.md"),
	))
}

// TestLayWordsFindWhatTheyFoundBefore asks in words that no document has.
func TestLayWordsFindWhatTheyFoundBefore(t *testing.T) {
	t.Parallel()
	const asked = "工牌不见啦，急"
	for _, ref := range []string{"zh/badge.md", "zh/badge.md#1"} {
		r := taught(t, judged(knowledgetest.Office, "我的工牌不见了", ref), judged(knowledgetest.Office, "杯子不见了", "en/printer.md"))
		got := ask(t, r, asked, knowledgetest.Office)
		if len(got) == 0 || got[0].Document != "zh/badge.md" {
			t.Fatalf("%s: got %+v", ref, got)
		}
		if !Relevant("我的工牌不见了？", ask(t, r, "我的工牌不见了？", knowledgetest.Office)) {
			t.Errorf("%s: a question that was answered before is refused", ref)
		}
	}
	if Relevant(asked, ask(t, over(t, knowledgetest.Documents()), asked, knowledgetest.Office)) {
		t.Error("it is answered without lessons: this test says nothing")
	}
}

// TestLessonsOfUnseenCollections plants lessons where the question may not look:
// nothing changes, not even a score.
func TestLessonsOfUnseenCollections(t *testing.T) {
	t.Parallel()
	seen := judged(knowledgetest.Office, "工牌找不到了", "zh/badge.md")
	lessons := []knowledge.Lesson{seen}
	for n := range 50 {
		lessons = append(lessons, judged(knowledgetest.Secret, fmt.Sprintf("工牌找不到了 canary%d", n), "salary.md", "zh/coffee.md"))
	}
	without, with := taught(t, seen), taught(t, lessons...)
	for _, text := range []string{"工牌找不到了", "canary7 工牌", "门卡遗失"} {
		if diff := cmp.Diff(ask(t, without, text, knowledgetest.Office), ask(t, with, text, knowledgetest.Office)); diff != "" {
			t.Errorf("%q (-without +with):\n%s", text, diff)
		}
	}
	if got := ask(t, with, "canary7", knowledgetest.Secret); len(got) == 0 {
		t.Error("who may see it does not find it")
	}
}

// TestWhatIsNamedStaysFirst has many people whose like question was answered
// from another article.
func TestWhatIsNamedStaysFirst(t *testing.T) {
	t.Parallel()
	var lessons []knowledge.Lesson
	for n := range 20 {
		lessons = append(lessons, judged(knowledgetest.Office, fmt.Sprintf("门卡管理规定第十二条怎么说 %d", n), "rules/第十三条"))
	}
	got := ask(t, taught(t, lessons...), "门卡管理规定第12条", knowledgetest.Office)
	if len(got) == 0 || got[0].Document != "rules/第十二条" {
		t.Errorf("got %+v first", got[0])
	}
}

// lost are lessons that cannot be had, or are wrong.
type lost struct {
	recalled []knowledge.Recalled
	err      error
}

func (l lost) Recall(context.Context, []knowledge.Term, []string, int) ([]knowledge.Recalled, error) {
	return l.recalled, l.err
}

func TestLessonsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	plain := over(t, knowledgetest.Documents())
	want := ask(t, plain, "门卡遗失", knowledgetest.Office)
	var log strings.Builder
	r, err := New(plain.engine, Options{Lessons: lost{err: errors.New("away")}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ask(t, r, "门卡遗失", knowledgetest.Office)); diff != "" || !strings.Contains(log.String(), "away") {
		t.Errorf("log %q (-want +got):\n%s", log.String(), diff)
	}
	odd := lost{recalled: []knowledge.Recalled{
		{Lesson: judged(knowledgetest.Secret, "q", "salary.md"), Likeness: 1},
		{Lesson: judged(knowledgetest.Office, "q", "nowhere"), Likeness: 0, Shared: []knowledge.Shared{{Term: -1}, {Term: 999, Says: 3}}},
		{Lesson: judged(knowledgetest.Office, "q", "zh/badge.md"), Likeness: 0, Shared: []knowledge.Shared{{Term: 999, Says: 3}}},
	}}
	got := ask(t, plain.with(t, odd), "门卡遗失", knowledgetest.Office)
	if slices.ContainsFunc(got, func(p knowledge.Passage) bool { return p.Collection != knowledgetest.Office || p.Score != p.Score }) || len(got) == 0 {
		t.Errorf("got %+v", got)
	}
}

// TestAWordOfBothCountsLittleMore compares what lessons add to a passage that
// has the words with one that has not.
func TestAWordOfBothCountsLittleMore(t *testing.T) {
	t.Parallel()
	l := &learned{w: measured()}
	term := &wanted{weight: 1, idf: 5}
	whole := 5 * (l.w.k1 + 1) * l.w.kind(term.kind)
	has, has2 := whole*.5, whole*.9
	none, some, much := l.gain(term, 0, 1, 9), l.gain(term, has, 1, 9), l.gain(term, has2, 1, 9)
	if none <= some || some <= much || much <= 0 || none >= whole {
		t.Errorf("gains %.3f, %.3f, %.3f of %.3f", none, some, much, whole)
	}
	if little := l.gain(term, 0, 1, 1); little >= none/4 {
		t.Errorf("a word that everybody asks with gains %.3f, another %.3f", little, none)
	}
	if got := l.gain(&wanted{weight: 1}, 0, 1, 1); got != 0 {
		t.Errorf("a word that all passages have gains %f", got)
	}
}
