package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// clockwork notes when each question was heard and when the model was called
// for it.
type clockwork struct {
	mu     sync.Mutex
	called map[string]time.Time // by the question's marker
}

// model answers at once and notes the call.
func (c *clockwork) model() llmtest.Step {
	quote := quoteFirst().Do
	return llmtest.Step{Do: func(r llmtest.Request) llmtest.Step {
		now := time.Now()
		_, marker, _ := strings.Cut(r.Prompt(), "question-")
		marker, _, _ = strings.Cut(marker, "-")
		c.mu.Lock()
		c.called[marker] = now
		c.mu.Unlock()
		return quote(r)
	}}
}

func (c *clockwork) at(marker string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.called[marker]
}

// pour asks n questions at a steady rate, each in a thread of its own, and
// returns them with the times at which they were asked.
func pour(tb testing.TB, room *botstest.Room, n int, every time.Duration) ([]bots.Question, []time.Time) {
	tb.Helper()
	asked := make([]bots.Question, 0, n)
	times := make([]time.Time, 0, n)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		times = append(times, time.Now())
		asked = append(asked, room.Ask(tb, botstest.Said{
			Kind: botstest.Mention, Text: fmt.Sprintf("试用期最长多久？ question-%d-", i),
		}))
	}
	return asked, times
}

// unlimited lets every channel ask as fast as it likes.
func unlimited(tb testing.TB, dir string) {
	tb.Helper()
	write(tb, dir, "tribune.yaml", "channels:\n  default: {questions: 10000/s, burst: 1000}\n")
}

// percentile of sorted durations, in milliseconds.
func percentile(sorted []time.Duration, p float64) float64 {
	return float64(sorted[min(len(sorted)-1, int(p*float64(len(sorted))))].Microseconds()) / 1000
}

// BenchmarkHeardToModel is the program's own share of an answer's latency: from
// the event until the model is called, queue, record, limit and retrieval
// between, with SyncAlways, at ten questions a second.
func BenchmarkHeardToModel(b *testing.B) {
	work := &clockwork{called: map[string]time.Time{}}
	_, s := provider(b, work.model())
	room := botstest.NewRoom()
	dir := b.TempDir()
	unlimited(b, dir)
	start(b, dir, s, Parts{Platforms: []bots.Platform{room}})
	n := max(b.N, 100)
	asked, times := pour(b, room, n, 100*time.Millisecond)
	waits := make([]time.Duration, 0, n)
	for i, q := range asked {
		room.WaitFinal(b, q.ID)
		waits = append(waits, work.at(strconv.Itoa(i)).Sub(times[i]))
	}
	slices.Sort(waits)
	b.ReportMetric(percentile(waits, .5), "p50-ms")
	b.ReportMetric(percentile(waits, .99), "p99-ms")
	b.ReportMetric(float64(n), "questions")
}

// BenchmarkReady is the time from starting the program until it is ready to
// take questions, with an index that is there, and what it holds in memory then.
func BenchmarkReady(b *testing.B) {
	dir := b.TempDir()
	first := serveProcess(b, dir, nil)
	first.kill()
	client := &http.Client{Timeout: 5 * time.Second}
	var memory float64
	for b.Loop() {
		p := serveProcess(b, dir, nil)
		for !ready(b, client, p.address(b)) {
			continue
		}
		b.StopTimer()
		memory = resident(b, p.cmd.Process.Pid)
		p.kill()
		b.StartTimer()
	}
	b.ReportMetric(memory, "resident-MB")
}

func ready(tb testing.TB, client *http.Client, base string) bool {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, base+"/readyz", nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// resident is the resident memory of a process in MB; 0 where /proc is not.
func resident(tb testing.TB, pid int) float64 {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(kb)
	if err != nil {
		tb.Fatal(err)
	}
	return float64(n) / 1024
}

// TestSoak pours fifty questions a second through the whole program for as
// long as -soak says; every one must be answered.
//
//nolint:paralleltest // alone: it measures
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("not asked for: make soak runs it for a minute")
	}
	const rate = 50
	work := &clockwork{called: map[string]time.Time{}}
	_, s := provider(t, work.model())
	room := botstest.NewRoom()
	dir := t.TempDir()
	unlimited(t, dir)
	app := start(t, dir, s, Parts{Platforms: []bots.Platform{room}})
	n := int(soak.Seconds() * rate)
	began := time.Now()
	asked, times := pour(t, room, n, time.Second/rate)
	waits := make([]time.Duration, 0, n)
	for i, q := range asked {
		final := room.WaitFinal(t, q.ID)
		if len(final.Sources) == 0 {
			t.Errorf("%s got %q", q.ID, final.Text)
		}
		if shown := room.Shown(t, q); len(shown) != 1 {
			t.Errorf("%d messages answer %s", len(shown), q.ID)
		}
		waits = append(waits, work.at(strconv.Itoa(i)).Sub(times[i]))
	}
	took := time.Since(began)
	slices.Sort(waits)
	t.Logf("%d questions in %s (%.1f/s), all answered once; heard to model p50 %.1f ms, p99 %.1f ms",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), percentile(waits, .5), percentile(waits, .99))
	if letters, err := app.DeadLetters(t.Context(), 10); err != nil || len(letters) > 0 {
		t.Errorf("dead letters %v, %v", letters, err)
	}
}
