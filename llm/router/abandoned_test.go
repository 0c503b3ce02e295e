package router

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

// deaf never answers; connects says how far its calls get.
type deaf struct{ client *http.Client }

// newDeaf makes HTTP calls over a dialer that never has a connection, or over
// one whose other end reads and says nothing.
func newDeaf(connects bool) deaf {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		if !connects {
			// A dialer goes on when the call that it dials for has ended.
			return nil, errors.Join(pause(ctx, 4*time.Hour, nil), errors.New("no connection"))
		}
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			buffer := make([]byte, 1<<10)
			for {
				if _, err := far.Read(buffer); err != nil {
					return
				}
			}
		}()
		return near, nil
	}
	return deaf{client: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

func (d deaf) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://provider.example/", strings.NewReader(string(r.Body)))
	if err != nil {
		return llm.Response{}, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return llm.Response{}, err
	}
	return llm.Response{}, errors.Join(errors.New("it answered"), resp.Body.Close())
}

func (d deaf) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		_, err := d.Complete(ctx, r)
		yield(llm.Chunk{}, err)
	}
}

// TestAbandonedCallsArePaidFor holds that the prompt of a call that nobody waited
// for any longer is paid for, once for each deployment that has seen it.
func TestAbandonedCallsArePaidFor(t *testing.T) {
	t.Parallel()
	refuses := func(k llm.Kind) func() llm.Model {
		return func() llm.Model { return llmtest.NewScript(fail(k)) }
	}
	for name, test := range map[string]struct {
		model  func() llm.Model
		leaves time.Duration // when the caller does; 0: it waits
		limit  time.Duration // of each deployment
		first  time.Duration // for its first word
		times  int64         // that the prompt is paid for
	}{
		"the caller leaves":              {func() llm.Model { return newDeaf(true) }, time.Second, 0, 0, 1},
		"a deployment's time is over":    {func() llm.Model { return newDeaf(true) }, 0, time.Second, 0, 2},
		"the first word's time is over":  {func() llm.Model { return newDeaf(true) }, 0, time.Minute, time.Second, 2},
		"the request's time is over":     {func() llm.Model { return newDeaf(true) }, 0, 0, 0, 1},
		"it left without a connection":   {func() llm.Model { return newDeaf(false) }, time.Second, 0, 0, 0},
		"no connection in time":          {func() llm.Model { return newDeaf(false) }, 0, time.Second, 0, 0},
		"a provider that has no time":    {refuses(llm.Timeout), 0, 0, 0, 0},
		"a provider that is overloaded":  {refuses(llm.Overloaded), 0, 0, 0, 0},
		"a provider that is not there":   {refuses(llm.Unreachable), 0, 0, 0, 0},
		"a model that speaks no HTTP":    {func() llm.Model { return llmtest.NewScript(yes().Hold(llmtest.NewGate(llmtest.AtStart))) }, time.Second, 0, 0, 1},
		"a refusal of what it was asked": {refuses(llm.BadRequest), 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					if test.first > 0 && strings.HasSuffix(t.Name(), "complete") {
						return // only a stream has a first word
					}
					var list []Deployment
					for _, id := range []string{"a", "b"} {
						d := deployment(id, "g", test.model())
						d.Price, d.Timeout, d.FirstToken = price.Price{Known: true, In: 1}, test.limit, test.first
						list = append(list, d)
					}
					r := newRouter(t, Options{Deployments: list, Settings: Settings{Timeout: 2 * time.Hour, Retries: new(1)}})
					req := ask(t, "g")
					req.Quotas = []llm.Quota{{ID: "key/x", TPM: 1 << 40, BudgetUSD: new(1e6)}}
					ctx, leave := context.WithCancel(t.Context())
					defer leave()
					if test.leaves > 0 {
						timer := time.AfterFunc(test.leaves, leave)
						defer timer.Stop()
					}
					began := time.Now()
					if _, err := call(ctx, r, req); err == nil {
						t.Fatal("there was an answer")
					}
					s := charged(t, r, req)
					want := test.times * price.Estimate(req.Body)
					sameMinute := time.Since(began) < time.Minute
					if int64(s.Budget.Used) != want || sameMinute && s.Tokens.Used != want {
						t.Errorf("$%v and %d tokens, want %d", s.Budget.Used, s.Tokens.Used, want)
					}
					if pause(t.Context(), 4*time.Hour, nil) != nil { // until the last dialer has given up
						t.Error("the test was over early")
					}
				})
			})
		})
	}
}

// TestAbandonedCallIsReported holds that reports hear of what a budget was
// charged for.
func TestAbandonedCallIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := deployment("a", "g", newDeaf(true))
		d.Price = price.Price{Known: true, In: 1}
		seen := &watcher{}
		r := newRouter(t, Options{Deployments: []Deployment{d}, Observers: []llm.Observer{seen}, Settings: Settings{Timeout: time.Minute, Retries: new(0)}})
		req := ask(t, "g")
		_, err := r.Complete(t.Context(), req)
		want := int(price.Estimate(req.Body))
		if s := seen.calls[0].Served; llm.KindOf(err) != llm.Timeout || s.Usage == nil || s.Usage.Prompt != want || !s.Counted || *s.CostUSD != float64(want) {
			t.Errorf("%v, %+v", err, s)
		}
	})
}
