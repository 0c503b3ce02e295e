package eval_test

import (
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/knowledge/learn/learntest"
	"github.com/tribunebot/tribune/knowledge/rank"
)

const (
	statutes = "statutes-zh"
	parts    = 5
)

// leastLearned is what must be found when other judged questions were learned.
func leastLearned() eval.Scores {
	return eval.Scores{Recall5: .54, Recall100: .85, ReciprocalRank10: .535}
}

// study is one measurement with lessons.
type study struct {
	engine    knowledge.Engine
	questions []question
	judged    eval.Judged
}

// TestDevelopmentLearned measures what learning of other people's questions
// gains: each of five parts is asked with what the other four taught. It does
// not run beside other tests: it measures time.
func TestDevelopmentLearned(t *testing.T) { //nolint:paralleltest // measures time, in the index of the others
	if !*evaluate {
		t.Skip("measures only with -eval")
	}
	if _, err := os.Stat(development); err != nil {
		t.Skipf("SKIPPED, NOT MEASURED: no development questions at %s", development)
	}
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	build(t, dir)
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	s := study{engine: x, questions: questions(t, statutes, "queries.jsonl"), judged: judgements(t, statutes)}
	plain := s.plain(t)
	learned, unseen := s.inParts(t)
	apart := s.apart(t)
	s.print(t, "nothing learned", plain, nil)
	got := s.print(t, "learned from the other four parts", learned, nil)
	s.print(t, "  of these no document was learned", learned, unseen)
	s.print(t, "  the same, nothing learned", plain, unseen)
	s.print(t, "learned all that rests on other documents", apart, nil)
	s.refusal(t)
	least := leastLearned()
	atLeast(t, "learned R@5", got.Recall5, least.Recall5)
	atLeast(t, "learned R@100", got.Recall100, least.Recall100)
	atLeast(t, "learned MRR@10", got.ReciprocalRank10, least.ReciprocalRank10)
}

// part says which of the parts a question is in.
func part(id string) int {
	h := fnv.New32a()
	fmt.Fprint(h, "part ", id)
	return int(h.Sum32() % parts)
}

// lessons are the judged questions that are wanted.
func (s study) lessons(want func(question) bool) []knowledge.Lesson {
	var out []knowledge.Lesson
	for _, q := range s.questions {
		if want(q) {
			out = append(out, knowledge.Lesson{
				Collection: statutes, Question: q.Text, Origin: "file:" + q.ID, Refs: slices.Sorted(maps.Keys(s.judged[q.ID])),
			})
		}
	}
	return out
}

func (s study) ranker(t *testing.T, lessons []knowledge.Lesson) (*rank.Ranker, *learn.Book) {
	t.Helper()
	book, err := learn.Open(t.Context(), learn.Options{Store: new(learntest.Store)})
	if err != nil {
		t.Fatal(err)
	}
	if rep, err := book.Add(t.Context(), lessons); err != nil || rep.Added != len(lessons) {
		t.Fatalf("learned %+v of %d, %v", rep, len(lessons), err)
	}
	r, err := rank.New(s.engine, rank.Options{Lessons: book})
	if err != nil {
		t.Fatal(err)
	}
	return r, book
}

func (s study) ask(t *testing.T, r *rank.Ranker, q question, run eval.Run) {
	t.Helper()
	for _, p := range retrieve(t, r, statutes, q.Text, 300) {
		run[q.ID] = append(run[q.ID], eval.Hit{Document: p.Document, Score: p.Score})
	}
}

func (s study) plain(t *testing.T) eval.Run {
	t.Helper()
	r, err := rank.New(s.engine, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := eval.Run{}
	for _, q := range s.questions {
		s.ask(t, r, q, run)
	}
	return run
}

// inParts asks each part with the lessons of the others, and names the questions
// that rest on no document that was learned.
func (s study) inParts(t *testing.T) (run eval.Run, unseen map[string]bool) {
	t.Helper()
	run, unseen = eval.Run{}, map[string]bool{}
	var took []time.Duration
	for n := range parts {
		lessons := s.lessons(func(q question) bool { return part(q.ID) != n })
		r, _ := s.ranker(t, lessons)
		known := map[string]bool{}
		for _, l := range lessons {
			for _, ref := range l.Refs {
				known[ref] = true
			}
		}
		for _, q := range s.questions {
			if part(q.ID) != n {
				continue
			}
			s.ask(t, r, q, run)
			started := time.Now()
			retrieve(t, r, statutes, q.Text, 10)
			took = append(took, time.Since(started))
			unseen[q.ID] = !overlap(s.judged[q.ID], known)
		}
	}
	slices.Sort(took)
	t.Logf("p50 %s, p99 %s a query with lessons", took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond))
	return run, unseen
}

// apart asks every question with all lessons but those that rest on one of its
// documents: all that is left is of no use to it, and must do little harm.
func (s study) apart(t *testing.T) eval.Run {
	t.Helper()
	run := eval.Run{}
	r, book := s.ranker(t, s.lessons(func(question) bool { return true }))
	for _, q := range s.questions {
		away := s.lessons(func(other question) bool { return overlap(s.judged[q.ID], s.judged[other.ID]) })
		for _, l := range away {
			if _, err := book.Undo(t.Context(), statutes, l.Origin); err != nil {
				t.Fatal(err)
			}
		}
		s.ask(t, r, q, run)
		if _, err := book.Add(t.Context(), away); err != nil {
			t.Fatal(err)
		}
	}
	return run
}

func overlap(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}
	return false
}

// print writes the figures of a run with their intervals: of all questions, or
// of those that are wanted.
func (s study) print(t *testing.T, name string, run eval.Run, want map[string]bool) eval.Scores {
	t.Helper()
	judged := eval.Judged{}
	var five, hundred, first []float64
	for id, relevant := range s.judged {
		if want == nil || want[id] {
			judged[id] = relevant
		}
	}
	for _, id := range slices.Sorted(maps.Keys(judged)) {
		one := eval.Score(eval.Run{id: run[id]}, eval.Judged{id: judged[id]})
		five, hundred, first = append(five, one.Recall5), append(hundred, one.Recall100), append(first, one.ReciprocalRank10)
	}
	got := eval.Score(run, judged)
	t.Logf("%-42s %v  95%%: R@5 %s, R@100 %s, MRR@10 %s", name, got, interval95(five), interval95(hundred), interval95(first))
	return got
}

func interval95(values []float64) string {
	low, high := eval.Interval(values)
	return fmt.Sprintf("%.3f-%.3f", low, high)
}

// refusal compares what is refused without lessons and with all of other parts.
func (s study) refusal(t *testing.T) {
	t.Helper()
	for _, learned := range [...]bool{false, true} {
		var yes, no []float64
		for n := range parts {
			r, _ := s.ranker(t, s.lessons(func(q question) bool { return learned && part(q.ID) != n }))
			for _, q := range s.questions {
				if part(q.ID) == n {
					yes = append(yes, rank.Confidence(retrieve(t, r, statutes, q.Text, 10)))
				}
			}
			if n == 0 {
				for _, q := range questions(t, statutes, "unanswerable.jsonl") {
					no = append(no, rank.Confidence(retrieve(t, r, statutes, q.Text, 10)))
				}
			}
		}
		t.Logf("refusal, learned %t: AUC %.3f; below %.2f are %.0f%% of the unanswerable and %.0f%% of the answerable",
			learned, eval.AUC(yes, no), rank.EnoughChinese, 100*below(no, rank.EnoughChinese), 100*below(yes, rank.EnoughChinese))
	}
}
