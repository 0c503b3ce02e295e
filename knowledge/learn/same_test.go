package learn_test

import (
	"math"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
)

func bySame(t *testing.T, b *learn.Book, text string, collections ...string) map[string]knowledge.Recalled {
	t.Helper()
	out := map[string]knowledge.Recalled{}
	for _, r := range recall(t, b, text, 0, collections...) {
		if r.Same < 0 || r.Same > 1+1e-9 || math.IsNaN(r.Same) {
			t.Errorf("%q shares %f of both", r.Question, r.Same)
		}
		out[r.Refs[0]] = r
	}
	return out
}

// TestALongLessonIsNotTheSame has two lessons with all words of a question, one
// of which asks for much more.
func TestALongLessonIsNotTheSame(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	add(t, b,
		lesson("o", "lost badge", "same"),
		lesson("o", "lost badge printer toner kitchen parking lunch holiday", "long"),
		lesson("o", "lost keys", "half"))
	got := bySame(t, b, "lost badge", "o")
	if len(got) != 3 || got["same"].Same < .999 || got["long"].Likeness < .999 {
		t.Fatalf("got %+v", got)
	}
	if long := got["long"].Same; long > .8 || long <= 0 {
		t.Errorf("a lesson that asks for six things more shares %.2f", long)
	}
	if half := got["half"].Same; half <= 0 || half >= got["half"].Likeness {
		t.Errorf("half of the words share %.2f, likeness %.2f", half, got["half"].Likeness)
	}
}

// TestSameOverSeveralCollections finds the same question on two shelves.
func TestSameOverSeveralCollections(t *testing.T) {
	t.Parallel()
	b := open(t, learn.Options{})
	add(t, b, lesson("a", "门卡丢了怎么办", "a1"), lesson("b", "门卡丢了怎么办？", "b1"), lesson("b", "杯子丢了", "b2"))
	got := bySame(t, b, "门卡丢了怎么办", "a", "b")
	if got["a1"].Same < .999 || got["b1"].Same < .999 || got["b2"].Same >= got["b1"].Same {
		t.Errorf("got %+v", got)
	}
}
