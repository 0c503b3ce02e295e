package gateway

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		model := llmtest.NewScript(llmtest.Respond(func(r llmtest.Request) llmtest.Step {
			if r.Group == "d1" && broken.Load() {
				return llmtest.Step{Err: &llm.Error{Kind: llm.Unauthorised, Provider: "deepseek", Err: errors.New("no such key")}}
			}
			return llmtest.Say("pong")
		}))
		var log bytes.Buffer
		g := housed(t, model)
		g.ProbeEvery, g.Log = time.Minute, textLog(&log)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); g.Watch(ctx) }()
		synctest.Wait()
		for round, want := range []bool{false, true, true, false} {
			// One that its calls say is down stays so, whatever a probe says.
			got := decoded[healthList](t, ask(t, g, http.MethodGet, "/health?model=d1", ""))
			all := append(got.Healthy, got.Unhealthy...)
			if n := len(model.Requests()); n != 3*(round+1) || got.UnhealthyCount == 1 != want || all[0].ProbedAt == nil {
				t.Errorf("round %d: %d probes, %+v", round, n, got)
			}
			broken.Store(round < 2)
			<-time.NewTimer(time.Minute).C // the bubble's clock
			synctest.Wait()
		}
		stop()
		<-done
		if warned := strings.Count(log.String(), "does not answer"); warned != 1 || strings.Count(log.String(), "answers its health check again") != 1 {
			t.Errorf("logged:\n%s", &log)
		}
	})
}

// A stop while deployments are called leaves what was known before.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	gate := llmtest.NewGate(llmtest.AtStart)
	g := housed(t, llmtest.NewScript(llmtest.Say("pong").Hold(gate)))
	g.Watch(t.Context()) // nothing is asked of it: it returns
	g.ProbeEvery = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); g.Watch(ctx) }()
	<-gate.Reached()
	stop()
	<-done
	if latest := g.probes.get(); len(latest) != 0 {
		t.Errorf("a stopped round is believed: %v", latest)
	}
}
