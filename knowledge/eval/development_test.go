package eval_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

var (
	evaluate = flag.Bool("eval", false, "measure on the development questions (minutes)")
	keep     = flag.String("eval-index", "", "folder of the index to measure with; kept, so that the next run need not build it")
	runs     = flag.String("eval-runs", "", "folder to write the run files to")
)

// development is where the questions lie, beside a checkout; they are not part
// of the repository.
const development = "../../../shared/eval/retrieval-dev"

// judgedSet is one judged collection and what is expected of it.
type judgedSet struct {
	name  string
	least eval.Scores
}

func sets() []judgedSet {
	return []judgedSet{
		{"statutes-zh", eval.Scores{Recall5: .475, Recall100: .78, ReciprocalRank10: .47}},
		{"aws-docs-en", eval.Scores{Recall10: .90, ReciprocalRank10: .69}},
	}
}

// TestDevelopment measures retrieval and refusal on the development questions.
func TestDevelopment(t *testing.T) {
	t.Parallel()
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
	started := time.Now()
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	t.Logf("opened in %s, %s resident when idle", time.Since(started).Round(time.Millisecond), resident())
	r, err := rank.New(x, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sets() {
		measure(t, r, s)
	}
	t.Logf("%s resident after all questions", resident())
}

// build feeds both collections.
func build(t *testing.T, dir string) {
	t.Helper()
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, s := range sets() {
		src, err := folder.New([]string{unpack(t, s.name)})
		if err != nil {
			t.Fatal(err)
		}
		rep, err := x.Ingest(t.Context(), s.name, src, knowledge.IngestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-12s fed in %s: %d added, %d unchanged, %d passages, %d left out; %d MB on disk, %s resident",
			s.name, rep.Took.Round(time.Millisecond), rep.Added, rep.Unchanged, rep.Passages, rep.Skips, size(t, dir)>>20, resident())
	}
}

// unpack writes a collection's corpus as a file that the folder source reads.
func unpack(tb testing.TB, name string) string {
	tb.Helper()
	in, err := os.Open(filepath.Join(development, name, "corpus.jsonl.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "corpus.jsonl")
	out, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.Copy(out, z); err != nil {
		tb.Fatal(err)
	}
	if err := out.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func measure(t *testing.T, r *rank.Ranker, s judgedSet) {
	t.Helper()
	var (
		run  = eval.Run{}
		ten  = eval.Run{} // what people see: searched less deeply
		took []time.Duration
		yes  []float64
		no   []float64
	)
	asked := questions(t, s.name, "queries.jsonl")
	busy := processor()
	for _, q := range asked {
		started := time.Now()
		ten[q.ID] = hits(retrieve(t, r, s.name, q.Text, 10))
		took = append(took, time.Since(started))
	}
	busy = (processor() - busy) / time.Duration(len(asked))
	for _, q := range asked {
		found := retrieve(t, r, s.name, q.Text, deep)
		run[q.ID] = hits(found)
		yes = append(yes, rank.Confidence(found))
	}
	for _, q := range questions(t, s.name, "unanswerable.jsonl") {
		no = append(no, rank.Confidence(retrieve(t, r, s.name, q.Text, 10)))
	}
	judged := judgements(t, s.name)
	got := eval.Score(run, judged)
	slices.Sort(took)
	t.Logf("%-12s %v", s.name, got)
	t.Logf("%-12s 95 %% intervals: %s", s.name, intervals(eval.Each(run, judged)))
	best := eval.Score(ten, judged)
	t.Logf("%-12s where ten passages are asked for: R@5 %.3f, MRR@10 %.3f", s.name, best.Recall5, best.ReciprocalRank10)
	for half := range 2 {
		t.Logf("%-12s half %d: %v", s.name, half, eval.Score(run, halved(judged, asked, half)))
	}
	t.Logf("%-12s p50 %s, p99 %s, %s of processor time a query", s.name,
		took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond), busy.Round(time.Microsecond))
	t.Logf("%-12s refusal: AUC %.3f", s.name, eval.AUC(yes, no))
	for _, limit := range [...]float64{rank.EnoughChinese, rank.EnoughEnglish} {
		t.Logf("%-12s refusal: below %.2f are %.0f%% of the unanswerable and %.0f%% of the answerable",
			s.name, limit, 100*below(no, limit), 100*below(yes, limit))
	}
	atLeast(t, s.name+" R@5 of ten", best.Recall5, s.least.Recall5)
	atLeast(t, s.name+" MRR@10 of ten", best.ReciprocalRank10, s.least.ReciprocalRank10)
	atLeast(t, s.name+" R@5", got.Recall5, s.least.Recall5)
	atLeast(t, s.name+" R@10", got.Recall10, s.least.Recall10)
	atLeast(t, s.name+" R@100", got.Recall100, s.least.Recall100)
	atLeast(t, s.name+" MRR@10", got.ReciprocalRank10, s.least.ReciprocalRank10)
	if *runs != "" {
		write(t, run, filepath.Join(*runs, s.name+".tsv"))
	}
}

// deep is how many passages hold a hundred documents, where several passages of
// one are found.
const deep = 300

func hits(found []knowledge.Passage) []eval.Hit {
	out := make([]eval.Hit, len(found))
	for i, p := range found {
		out[i] = eval.Hit{Document: p.Document, Score: p.Score}
	}
	return out
}

// intervals are those of the figures that are asked for.
func intervals(each []eval.Scores) string {
	var out []string
	for _, f := range figures() {
		var values []float64
		for _, s := range each {
			values = append(values, f.of(s))
		}
		low, high := eval.Interval(values)
		out = append(out, fmt.Sprintf("%s %.3f to %.3f", f.name, low, high))
	}
	return strings.Join(out, ", ")
}

type figure struct {
	name string
	of   func(eval.Scores) float64
}

func figures() []figure {
	return []figure{
		{"R@5", func(s eval.Scores) float64 { return s.Recall5 }},
		{"R@10", func(s eval.Scores) float64 { return s.Recall10 }},
		{"R@100", func(s eval.Scores) float64 { return s.Recall100 }},
		{"MRR@10", func(s eval.Scores) float64 { return s.ReciprocalRank10 }},
	}
}

// halved are the judgements of every other question: what is worth having must
// help both halves.
func halved(judged eval.Judged, asked []question, half int) eval.Judged {
	out := eval.Judged{}
	for i, q := range asked {
		if i%2 == half {
			out[q.ID] = judged[q.ID]
		}
	}
	return out
}

func atLeast(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got < want {
		t.Errorf("%s is %.4f, want at least %.2f", what, got, want)
	}
}

func below(values []float64, limit float64) float64 {
	n := 0
	for _, v := range values {
		if v < limit {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

func retrieve(tb testing.TB, r *rank.Ranker, collection, text string, limit int) []knowledge.Passage {
	tb.Helper()
	got, err := r.Retrieve(tb.Context(), knowledge.Query{Text: text, Collections: []string{collection}, Limit: limit})
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

type question struct{ ID, Text string }

func questions(tb testing.TB, name, file string) []question {
	tb.Helper()
	f, err := os.Open(filepath.Join(development, name, file))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var out []question
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			tb.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

func judgements(t *testing.T, name string) eval.Judged {
	t.Helper()
	f, err := os.Open(filepath.Join(development, name, "qrels.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	judged, err := eval.ReadJudged(f)
	if err != nil {
		t.Fatal(err)
	}
	return judged
}

func write(t *testing.T, run eval.Run, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(run.Write(f, 100), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func size(tb testing.TB, dir string) (bytes int64) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // merged away meanwhile
			return nil
		}
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return bytes
}

// resident is this process's memory, where the system tells.
func resident() string {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown memory"
	}
	var out []string
	for line := range strings.Lines(string(status)) {
		for _, name := range [...]string{"VmRSS:", "RssAnon:"} {
			var kb int
			if _, err := fmt.Sscanf(line, name+" %d", &kb); err == nil {
				out = append(out, fmt.Sprintf("%s %d MB", strings.TrimSuffix(name, ":"), kb>>10))
			}
		}
	}
	return strings.Join(out, ", ")
}

// tick is the unit of processor times on Linux (USER_HZ, proc(5)).
const tick = 10 * time.Millisecond

// processor is the processor time of this process, 0 where the system does not
// tell.
func processor() time.Duration {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	var user, system int64
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if _, err := fmt.Sscan(fields[11], &user); err != nil {
		return 0
	}
	if _, err := fmt.Sscan(fields[12], &system); err != nil {
		return 0
	}
	return time.Duration(user+system) * tick
}
