package weaviate_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/source/folder"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

var (
	quality = flag.Bool("quality", false, "measure on the development questions (minutes)")
	sets    = flag.String("quality-sets", "statutes-zh,aws-docs-en", "the collections to measure")
	keep    = flag.String("quality-index", "", "folder of the embedded index; kept for the next run")
)

// development is where the questions lie, beside a checkout; they are not part
// of the repository.
const development = "../../../shared/eval/retrieval-dev"

// TestQuality compares both engines under the same ranker.
func TestQuality(t *testing.T) {
	t.Parallel()
	if !*quality {
		t.Skip("measures only with -quality")
	}
	needServer(t)
	if _, err := os.Stat(development); err != nil {
		t.Skipf("SKIPPED, NOT MEASURED: no development questions at %s", development)
	}
	nodes := startCluster(t, 1, 18200)
	x := developmentLibrary(t)
	e := open(t, "Quality", nodes, weaviate.Options{})
	for name := range strings.SplitSeq(*sets, ",") {
		started := time.Now()
		n := follow(t, e, x, name)
		t.Logf("%s: %d passages copied in %s; server: %d MB on disk, %d MB resident", name, n,
			time.Since(started).Round(time.Second), diskMB(t, nodes[0].dir), nodes[0].resident(t))
		started = time.Now()
		n = follow(t, e, x, name)
		t.Logf("%s: %d passages copied again in %s", name, n, time.Since(started).Round(time.Millisecond))
		embedded := measure(t, name, "embedded", x)
		got := measure(t, name, "weaviate", e)
		// Both give the same passages but for some of the last: the ranker's
		// order must show it.
		if got.Recall10 < embedded.Recall10-.02 || got.ReciprocalRank10 < embedded.ReciprocalRank10-.02 {
			t.Errorf("%s: weaviate %v, embedded %v", name, got, embedded)
		}
	}
}

func measure(t *testing.T, collection, name string, e knowledge.Engine) eval.Scores {
	t.Helper()
	r, err := rank.New(e, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := eval.Run{}
	var took []time.Duration
	for _, q := range questions(t, collection) {
		started := time.Now()
		found, err := r.Retrieve(t.Context(), knowledge.Query{Text: q.Text, Collections: []string{collection}, Limit: 300})
		if err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(started))
		for _, p := range found {
			run[q.ID] = append(run[q.ID], eval.Hit{Document: p.Document, Score: p.Score})
		}
	}
	f, err := os.Open(filepath.Join(development, collection, "qrels.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	judged, err := eval.ReadJudged(f)
	if err != nil {
		t.Fatal(err)
	}
	got := eval.Score(run, judged)
	slices.Sort(took)
	t.Logf("%-12s %-10s %v; p50 %s, p99 %s", collection, name, got,
		took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond))
	return got
}

type question struct{ ID, Text string }

func questions(t *testing.T, name string) []question {
	t.Helper()
	f, err := os.Open(filepath.Join(development, name, "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []question
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

// developmentLibrary is the embedded library with both development collections.
func developmentLibrary(t *testing.T) *index.Index {
	t.Helper()
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	for name := range strings.SplitSeq(*sets, ",") {
		src, err := folder.New([]string{unpack(t, name)})
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Ingest(t.Context(), name, src, knowledge.IngestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: fed into the embedded library in %s, %d MB on disk", name, r.Took.Round(time.Second), diskMB(t, dir))
	}
	return x
}

func unpack(t *testing.T, name string) string {
	t.Helper()
	in, err := os.Open(filepath.Join(development, name, "corpus.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "corpus.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
