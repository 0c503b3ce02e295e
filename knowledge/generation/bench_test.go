package generation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// built makes a store of generated documents and returns its folder.
func built(b *testing.B, docs []knowledge.Document) string {
	b.Helper()
	dir := b.TempDir()
	s := open(b, dir, generation.Options{})
	feed(b, s, "c", docs...)
	shut(b, s)
	return dir
}

// onDisk is how much the files of a store take, those that are linked once.
func onDisk(b *testing.B, dir string) float64 {
	b.Helper()
	var sum int64
	var seen []os.FileInfo
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		for _, other := range seen {
			if os.SameFile(info, other) {
				return nil
			}
		}
		seen, sum = append(seen, info), sum+info.Size()
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return float64(sum) / (1 << 20)
}

// resident is this process's memory, where the system tells, without what the
// collector is yet to give back.
func resident(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kb int
	for line := range strings.Lines(string(status)) {
		if n, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 && err == nil {
			break
		}
	}
	return float64(kb) / 1024
}

// BenchmarkBuild feeds an empty store.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		docs := knowledgetest.Generate(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			dir := ""
			for b.Loop() {
				dir = built(b, docs)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "documents/s")
			b.ReportMetric(onDisk(b, dir), "MB-disk")
		})
	}
}

// lookups are questions of the beginnings of documents.
func lookups(docs []knowledge.Document) []knowledge.Lookup {
	var out []knowledge.Lookup
	for i := 0; i < len(docs); i += max(1, len(docs)/500) {
		text := []rune(docs[i].Text)
		l := knowledge.Lookup{Collections: []string{"c"}}
		for _, t := range cut.Terms(string(text[:min(len(text), 40)])) {
			l.Terms = append(l.Terms, knowledge.Term{Text: strings.Clone(t.Text), Weight: 1})
		}
		out = append(out, l)
	}
	return out
}

// asked makes a store of n documents and some questions to it, and keeps nothing
// else in memory.
func asked(b *testing.B, n int) (string, []knowledge.Lookup) {
	b.Helper()
	docs := knowledgetest.Generate(n)
	return built(b, docs), lookups(docs)
}

// BenchmarkCandidates is the engine's share of a search as the store grows.
func BenchmarkCandidates(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		dir, questions := asked(b, n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			before := resident(b)
			s := open(b, dir, generation.Options{})
			i := 0
			for b.Loop() {
				got, err := s.Candidates(b.Context(), questions[i])
				if err != nil || len(got.Passages) == 0 {
					b.Fatalf("found %d, %v", len(got.Passages), err)
				}
				i = (i + 1) % len(questions)
			}
			b.ReportMetric(onDisk(b, dir), "MB-disk")
			b.ReportMetric(max(0, resident(b)-before), "MB-resident")
			shut(b, s)
		})
	}
}

// BenchmarkUnchanged feeds ten thousand documents again that are there already.
func BenchmarkUnchanged(b *testing.B) {
	docs := knowledgetest.Generate(10_000)
	s := open(b, built(b, docs), generation.Options{})
	defer s.Close()
	id := s.State().ID
	for b.Loop() {
		if r := feed(b, s, "c", docs...); r.Unchanged != len(docs) {
			b.Fatalf("%+v", r)
		}
	}
	if s.State().ID != id {
		b.Error("it was swapped")
	}
}

// BenchmarkOneChanged feeds ten thousand documents of which one is new.
func BenchmarkOneChanged(b *testing.B) {
	docs := knowledgetest.Generate(10_000)
	s := open(b, built(b, docs), generation.Options{})
	defer s.Close()
	n := 0
	for b.Loop() {
		n++
		docs[0].Text = fmt.Sprint("version ", n)
		if r := feed(b, s, "c", docs...); r.Changed != 1 {
			b.Fatalf("%+v", r)
		}
	}
}

// BenchmarkOpen is what a start waits for, the checksums of all files included.
func BenchmarkOpen(b *testing.B) {
	dir := built(b, knowledgetest.Generate(100_000))
	for b.Loop() {
		s, err := generation.Open(dir, generation.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(onDisk(b, dir), "MB-disk")
}
