package llmtest

import (
	"context"
	"iter"
	"net/http"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// testNoLeak makes calls that end in every way, under a label that goroutines
// inherit, and then looks for goroutines that still carry it.
func testNoLeak(t *testing.T, h Harness) {
	t.Helper()
	transport := &http.Transport{}
	held := NewGate("far")
	server, m := h.start(t, Setup{Client: &http.Client{Transport: transport}, Idle: short},
		Say("So ", "far"), CutAfter(1, "So ", "far"), TooMany("1"), Fail(Garbage), Say("So ", "far").Hold(held))
	label := "llmtest-" + t.Name()
	pprof.Do(t.Context(), pprof.Labels("llmtest", label), func(ctx context.Context) {
		for range 4 {
			for _, err := range m.Stream(ctx, Ask(t, "Really?")) {
				if err != nil {
					break
				}
			}
		}
		next, stop := iter.Pull2(m.Stream(ctx, Ask(t, "Really?")))
		if _, err, _ := next(); err != nil {
			t.Error(err)
		}
		stop()
		if _, err := Read(ctx, m, Ask(t, "Really?")); err == nil {
			t.Error("the stalled stream did not fail")
		}
	})
	server.WaitIdle(t)
	deadline := time.Now().Add(patience)
	for n := 1; n > 0; {
		transport.CloseIdleConnections()
		if n = labelled(t, label); n > 0 && time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left", n)
		}
	}
}

// labelled counts the goroutines that carry the label. Lines of the profile
// look like "2 @ 0x... 0x..." and "# labels: {"llmtest":"..."}".
func labelled(t *testing.T, label string) int {
	t.Helper()
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	total, count := 0, 0
	for line := range strings.Lines(b.String()) {
		if n, rest, ok := strings.Cut(line, " @"); ok && rest != "" {
			count, _ = strconv.Atoi(n)
		}
		if strings.HasPrefix(line, "# labels:") && strings.Contains(line, label) {
			total += count
		}
	}
	return total
}

func testManyAtOnce(t *testing.T, h Harness) {
	t.Helper()
	_, m := h.start(t, Setup{}, EchoPrompt())
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			question := "question " + strconv.Itoa(i)
			resp, err := llm.Collect(m.Stream(t.Context(), Ask(t, question)))
			if err != nil || resp.Text() != question {
				t.Errorf("asked %q, got %q, error %v", question, resp.Text(), err)
			}
		})
	}
	group.Wait()
}
