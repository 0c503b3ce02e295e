package main

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// statutes are the development questions about statutes, which lie beside a
// checkout and are no part of it.
const statutes = "../../../shared/eval/retrieval-dev/statutes-zh"

// mostResident is what `serve` may keep in memory with them, in MB.
const mostResident = 200

// BenchmarkStatutes feeds 58,542 articles with the program itself, feeds them
// again unchanged, and asks all questions through a server, one round after the
// other, whose memory it tells.
func BenchmarkStatutes(b *testing.B) {
	corpus, err := os.Open(filepath.Join(statutes, "corpus.jsonl.gz"))
	if err != nil {
		b.Skipf("SKIPPED, NOT MEASURED: no development questions at %s", statutes)
	}
	defer corpus.Close()
	dir := b.TempDir()
	unpackTo(b, corpus, filepath.Join(dir, "laws.jsonl"))
	asked, err := filepath.Abs(filepath.Join(statutes, "queries.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	feed := []string{"ingest", "laws.jsonl", "--collection", "laws"}
	fed, again := runIn(b, dir, feed...), runIn(b, dir, feed...)
	p := serveProcess(b, dir, nil)
	idle := resident(b, p.cmd.Process.Pid)
	rounds, n := time.Duration(0), 0
	for b.Loop() {
		rounds += runIn(b, dir, "search", "--collection", "laws", "--queries", asked, "--run", "run.tsv", "-k", "10")
		n++
	}
	memory := resident(b, p.cmd.Process.Pid)
	b.ReportMetric(fed.Seconds(), "fed-s")
	b.ReportMetric(again.Seconds(), "unchanged-s")
	b.ReportMetric(rounds.Seconds()/float64(n), "all-questions-s")
	b.ReportMetric(idle, "idle-MB")
	b.ReportMetric(memory, "resident-MB")
	if memory > mostResident {
		b.Errorf("serve keeps %.0f MB in memory, want at most %d", memory, mostResident)
	}
}

// runIn runs the program once and tells how long that took.
func runIn(b *testing.B, dir string, args ...string) time.Duration {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "tribune", args...)
	cmd.Dir = dir
	started := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", args, err, out)
	}
	return time.Since(started)
}

func unpackTo(b *testing.B, packed io.Reader, path string) {
	b.Helper()
	z, err := gzip.NewReader(packed)
	if err != nil {
		b.Fatal(err)
	}
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(out, z); err != nil { //nolint:gosec // a file of the development set's
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}
