package rank_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/handbook"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// company is what a team's few pages must answer and refuse: the part of the
// answerable questions that may be lost, and of the others that must be refused,
// alone and beside the handbook. The lists of words know an office; they were
// not changed for the library and the clinic, whose own words are as foreign to
// them as any team's are. What is lost there is what vectors, a team's own words
// and answered questions are for.
type company struct {
	name         string
	lost, beside float64
	refused      float64
}

func companies() []company {
	return []company{
		{"office-en", .08, .10, .85},
		{"office-zh", .08, .08, .85},
		{"library-en", .30, .40, .85},
		{"clinic-zh", .30, .45, .85},
	}
}

func TestCompanies(t *testing.T) {
	t.Parallel()
	for _, c := range companies() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := companyRanker(t, c.name)
			c.hold(t, "alone", c.lost, tell(t, r, c.name, []string{"own"}))
			c.hold(t, "beside the handbook", c.beside, tell(t, r, c.name, []string{"own", "handbook"}))
		})
	}
}

// told is how many questions were lost or refused.
type told struct{ answerable, lost, others, refused int }

func (c company) hold(t *testing.T, where string, most float64, got told) {
	t.Helper()
	lost, refused := float64(got.lost)/float64(got.answerable), float64(got.refused)/float64(got.others)
	t.Logf("%s: lost %.3f of %d, refused %.3f of %d", where, lost, got.answerable, refused, got.others)
	if lost > most {
		t.Errorf("%s: lost %.3f of the answerable, want %.2f at most", where, lost, most)
	}
	if refused < c.refused {
		t.Errorf("%s: refused %.3f of the others, want %.2f", where, refused, c.refused)
	}
}

func companyRanker(t *testing.T, name string) *rank.Ranker {
	t.Helper()
	own, err := folder.New([]string{filepath.Join("testdata", "companies", name)})
	if err != nil {
		t.Fatal(err)
	}
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	for collection, src := range map[string]knowledge.Source{"own": own, "handbook": handbook.Source()} {
		if _, err := x.Ingest(t.Context(), collection, src, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := rank.New(x, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tell(t *testing.T, r *rank.Ranker, name string, collections []string) told {
	t.Helper()
	in, err := os.Open(filepath.Join("testdata", "companies", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var got told
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var q struct {
			Text       string
			Answerable bool
		}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		found, err := r.Retrieve(t.Context(), knowledge.Query{Text: q.Text, Collections: collections})
		if err != nil {
			t.Fatal(err)
		}
		relevant := rank.Relevant(q.Text, found)
		switch {
		case q.Answerable:
			got.answerable++
			got.lost += number(!relevant)
		default:
			got.others++
			got.refused += number(!relevant)
		}
		if relevant != q.Answerable {
			t.Logf("WRONG: relevant %t (%.2f): %s", relevant, rank.Confidence(found), q.Text)
		}
	}
	return got
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
