package eval_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// BenchmarkDevelopment asks each development question once a round and tells
// half and ninety-nine in a hundred of the times, the processor time a question,
// what the index takes on the disk and how long it took to make. The bounds that
// no busy machine can break are checked.
func BenchmarkDevelopment(b *testing.B) {
	if _, err := os.Stat(development); err != nil {
		b.Skipf("SKIPPED, NOT MEASURED: no development questions at %s", development)
	}
	for _, s := range sets() {
		dir := filepath.Join(b.TempDir(), "index")
		x, err := index.Open(dir, index.Options{})
		if err != nil {
			b.Fatal(err)
		}
		src, err := folder.New([]string{unpack(b, s.name)})
		if err != nil {
			b.Fatal(err)
		}
		fed, err := x.Ingest(b.Context(), s.name, src, knowledge.IngestOptions{})
		if err != nil {
			b.Fatal(err)
		}
		r, err := rank.New(x, rank.Options{})
		if err != nil {
			b.Fatal(err)
		}
		asked := questions(b, s.name, "queries.jsonl")
		b.Run(s.name, func(b *testing.B) {
			askAll(b, r, s.name, asked)
			b.ReportMetric(fed.Took.Seconds(), "fed-s")
			b.ReportMetric(float64(size(b, dir))/(1<<20), "MB-disk")
		})
		if mb := size(b, dir) >> 20; mb > mostDisk {
			b.Errorf("%s takes %d MB on disk, want at most %d", s.name, mb, mostDisk)
		}
		if err := x.Close(); err != nil {
			b.Error(err)
		}
	}
}

// mostDisk is what the index of either set may take, in MB.
const mostDisk = 150

// askAll asks all questions once a round.
func askAll(b *testing.B, r *rank.Ranker, collection string, asked []question) {
	b.Helper()
	var took []time.Duration
	busy := processor()
	for b.Loop() {
		for _, q := range asked {
			started := time.Now()
			retrieve(b, r, collection, q.Text, 10)
			took = append(took, time.Since(started))
		}
	}
	busy = (processor() - busy) / time.Duration(len(took))
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(milliseconds(busy), "cpu-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
