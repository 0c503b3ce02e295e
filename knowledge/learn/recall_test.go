package learn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/learn"
)

// TestWhatIsLearnedElsewhereNeverShows plants lessons in a collection that is
// not named: neither they nor any number may tell that they exist.
func TestWhatIsLearnedElsewhereNeverShows(t *testing.T) {
	t.Parallel()
	alone, beside := open(t, learn.Options{}), open(t, learn.Options{})
	for n := range 30 {
		l := lesson("office", fmt.Sprintf("门卡丢了怎么办，第%d次问 badge%d", n, n), "badge")
		add(t, alone, l)
		add(t, beside, l)
	}
	for n := range 300 { // the words of the question, as often as they can
		add(t, beside, lesson("board", fmt.Sprintf("门卡丢了怎么办 canary%d badge3", n), fmt.Sprintf("secret/%d", n)))
	}
	for _, text := range []string{"门卡丢了怎么办 badge3", "canary7", "丢了门卡 canary7 badge"} {
		want, got := recall(t, alone, text, 0, "office"), recall(t, beside, text, 0, "office", "unheard-of", "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: lessons of another collection show (-without +with):\n%s", text, diff)
		}
		for _, none := range [][]string{nil, {}, {""}, {"unheard-of"}, {"Board"}, {"boar"}} {
			if got := recall(t, beside, text, 0, none...); len(got) != 0 {
				t.Errorf("%q in %q: %v", text, none, questions(got))
			}
		}
	}
	if got := recall(t, beside, "canary7", 0, "board"); len(got) != 1 {
		t.Errorf("who may see it finds %d, want 1", len(got))
	}
}

func TestRecallOverSeveralCollections(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	add(t, b, lesson("a", "门卡丢了怎么办", "a1"), lesson("b", "门卡丢了怎么办？", "b1"), lesson("c", "门卡丢了", "c1"))
	got := recall(t, b, "门卡丢了怎么办", 0, "b", "a", "b")
	var names []string
	for _, r := range got {
		names = append(names, r.Collection)
		if r.Likeness < .999 {
			t.Errorf("likeness %f, want 1", r.Likeness)
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("got %v", names)
	}
}

func TestOneQuestionOfSeveralOriginsIsOne(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	first, second := lesson("office", "门卡丢了？", "a", "b"), lesson("office", " 門卡丢了？ ", "b", "c")
	first.Origin, second.Origin = "slack:U1", "slack:U2"
	first.At, second.At = time.Unix(1, 0), time.Unix(2, 0)
	add(t, b, first, second)
	got := recall(t, b, "门卡丢了", 0, "office")
	if len(got) != 1 || !slices.Equal(got[0].Refs, []string{"a", "b", "c"}) || got[0].Origin != "slack:U2" {
		t.Fatalf("got %+v", got)
	}
	if n, err := b.Undo(t.Context(), "", "slack:U2"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got := recall(t, b, "门卡丢了", 0, "office"); len(got) != 1 || !slices.Equal(got[0].Refs, []string{"a", "b"}) {
		t.Errorf("after one is taken back: %+v", got)
	}
}

func TestSharedNamesTheTerms(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	add(t, b, lesson("o", "lost badge", "x"), lesson("o", "lost keys", "y"))
	terms := []knowledge.Term{{Text: "nothing", Weight: 1}, {Text: "lost", Weight: 1}, {Text: "badg", Weight: .5}, {Text: "lost", Weight: 1}, {}}
	got, err := b.Recall(t.Context(), terms, []string{"o"}, 1)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	shared := got[0].Shared
	slices.SortFunc(shared, func(a, b knowledge.Shared) int { return a.Term - b.Term })
	if len(shared) != 2 || shared[0].Term != 1 || shared[1].Term != 2 || shared[0].Says <= 0 || shared[1].Says <= shared[0].Says {
		t.Errorf("got %+v: want the places of the two words, the rarer saying more", shared)
	}
	if got[0].Likeness <= 0 || got[0].Likeness >= 1 {
		t.Errorf("likeness %f", got[0].Likeness)
	}
}

func TestAPastedLogIsNotLikeEverything(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	log.WriteString("门卡丢了怎么办")
	for r := range 900 {
		log.WriteRune(rune(0x5000 + r*3))
	}
	b := open(t, learn.Options{})
	add(t, b, lesson("o", log.String(), "log"), lesson("o", "我的门卡丢了", "badge"))
	if got := recall(t, b, "门卡丢了怎么办", 0, "o"); len(got) != 2 || got[0].Refs[0] != "badge" {
		t.Errorf("got %v first", got[0].Refs)
	}
}

func TestRecallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, learn.Options{}).Recall(ctx, nil, nil, 0); err == nil {
		t.Error("no error")
	}
}

// TestManyLessonsAreFoundAsFewAre compares the shortcut for common terms with
// what an exhaustive comparison finds.
func TestManyLessonsAreFoundAsFewAre(t *testing.T) {
	t.Parallel()
	b, all := crowd(t, 30_000)
	draw := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		want := all[draw.IntN(len(all))]
		got := recall(t, b, want, 5, "crowd")
		if len(got) != 5 || got[0].Question != want || got[0].Likeness < .999 {
			t.Errorf("%q is not found by its own words: %v", want, questions(got))
		}
		if !slices.IsSortedFunc(got, func(a, b knowledge.Recalled) int {
			return compare(b.Likeness, a.Likeness)
		}) {
			t.Errorf("not the likest first: %v", got)
		}
	}
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// crowd is a book of questions made of syllables, some of which are common as in
// a language.
func crowd(tb testing.TB, n int) (*learn.Book, []string) {
	tb.Helper()
	draw := rand.New(rand.NewPCG(1, 2))
	b := open(tb, learn.Options{})
	lessons, texts := make([]knowledge.Lesson, n), make([]string, n)
	for i := range lessons {
		var q strings.Builder
		for range 8 + draw.IntN(20) {
			q.WriteRune(rune(0x4E00 + int(draw.ExpFloat64()*300)))
		}
		texts[i] = fmt.Sprintf("%s %d", q.String(), i)
		lessons[i] = lesson("crowd", texts[i], fmt.Sprintf("doc/%d", i%5000))
	}
	if rep := add(tb, b, lessons...); rep.Added != n {
		tb.Fatalf("%+v", rep)
	}
	return b, texts
}

func BenchmarkRecall(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			book, all := crowd(b, n)
			var terms [][]knowledge.Term
			for i := range 100 {
				var list []knowledge.Term
				for _, c := range cut.Terms(all[i*n/100]) {
					list = append(list, knowledge.Term{Text: c.Text, Weight: 1})
				}
				terms = append(terms, list)
			}
			i := 0
			for b.Loop() {
				if _, err := book.Recall(b.Context(), terms[i%100], []string{"crowd"}, 50); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// TestUndoIsOfOnePerson: an origin stands for its own marks, not for those of
// others whose name begins alike.
func TestUndoIsOfOnePerson(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	for i, origin := range []string{"slack:T:U1/C1:1", "slack:T:U12/C1:2", "slack:T:U1", "slack:T:U12"} {
		l := lesson("office", "question "+string(rune('a'+i)), "doc")
		l.Origin = origin
		add(t, b, l)
	}
	if n, err := b.Undo(t.Context(), "", "slack:T:U1"); n != 2 || err != nil {
		t.Errorf("took back %d, %v, want 2", n, err)
	}
}
