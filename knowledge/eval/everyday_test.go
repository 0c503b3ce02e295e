package eval_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/rank"
)

// everyday is a short question in everyday words over the statutes, with the
// articles that answer it; none: the statutes do not answer it. Those that are
// held were written before the words of everyday life were, and no list was
// changed for them; the weights of refusal were fitted on them too.
type everyday struct {
	Text   string   `json:"text"`
	Titles []string `json:"titles"`
	Held   bool     `json:"held"`
}

// TestDevelopmentEveryday measures what people ask in a few words: the
// development questions are longer, and of a lawyer's clients.
//
//nolint:paralleltest // one measurement at a time: the index is opened by one
func TestDevelopmentEveryday(t *testing.T) {
	r := developed(t)
	for _, held := range []bool{false, true} {
		var yes, no []float64
		run, judged := eval.Run{}, eval.Judged{}
		for _, q := range everydays(t) {
			if q.Held != held {
				continue
			}
			found := retrieve(t, r, "statutes-zh", q.Text, 10)
			if len(q.Titles) == 0 {
				no = append(no, rank.Confidence(found))
				continue
			}
			run[q.Text], judged[q.Text] = titled(found), grades(q.Titles)
			if slices.ContainsFunc(found[:min(len(found), 5)], func(p knowledge.Passage) bool { return slices.Contains(q.Titles, p.Title) }) {
				yes = append(yes, rank.Confidence(found))
			}
		}
		got := eval.Score(run, judged)
		t.Logf("everyday (held %t): %v of %d; of %d that were found %.0f%% are lost, of %d unanswerable %.0f%% refused; AUC %.3f",
			held, got, len(run), len(yes), 100*below(yes, rank.EnoughChinese), len(no), 100*below(no, rank.EnoughChinese), eval.AUC(yes, no))
		t.Logf("everyday (held %t): 95 %% intervals: %s", held, intervals(eval.Each(run, judged)))
		atLeast(t, "everyday R@5", got.Recall5, .57)
		atLeast(t, "everyday MRR@10", got.ReciprocalRank10, .50)
		atLeast(t, "everyday refused", below(no, rank.EnoughChinese), .75)
		atLeast(t, "everyday kept", 1-below(yes, rank.EnoughChinese), .80)
	}
}

// titled are hits by title: an article's is its name.
func titled(found []knowledge.Passage) []eval.Hit {
	out := make([]eval.Hit, len(found))
	for i, p := range found {
		out[i] = eval.Hit{Document: p.Title, Score: p.Score}
	}
	return out
}

func grades(titles []string) map[string]bool {
	out := map[string]bool{}
	for _, title := range titles {
		out[title] = true
	}
	return out
}

func everydays(t *testing.T) []everyday {
	t.Helper()
	in, err := os.Open("testdata/everyday.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out []everyday
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var q everyday
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}
