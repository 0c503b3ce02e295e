package router

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestBreaks holds at what point another deployment can still take over.
func TestBreaks(t *testing.T) {
	t.Parallel()
	thinking := llmtest.CutAfter(0, "So ")
	thinking.Reasoning = "Let me think."
	long := thinking
	long.Reasoning = strings.Repeat("Let me think. ", 30_000)
	tool := llmtest.Call("call_1", "leave_days", "{}")
	tool.Fault = llmtest.Cut
	for name, test := range map[string]struct {
		first llmtest.Step
		hold  bool // the reasoning
		over  bool // another takes over
		said  string
	}{
		"cut before the first word":          {llmtest.CutAfter(0, "So "), false, true, "Yes, really."},
		"an error before the first word":     {llmtest.Step{Fault: llmtest.ErrorEvent, Message: "overloaded", Code: "overloaded_error"}, false, true, "Yes, really."},
		"cut after the first word":           {llmtest.CutAfter(1, "So ", "far"), false, false, "So "},
		"cut while thinking":                 {thinking, false, false, ""},
		"cut while thinking, which is held":  {thinking, true, true, "Yes, really."},
		"cut while thinking for a long time": {long, true, false, ""},
		"cut before the finish of a tool":    {tool, false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, scripts := scene{does: []does{{"a", []llmtest.Step{test.first}}, {"b", []llmtest.Step{yes()}}}}.router(t)
				req := ask(t, "g")
				req.Asks = &llm.Asks{HoldReasoning: test.hold}
				chunks, err := llmtest.Read(t.Context(), r, req)
				if calls := len(scripts["b"].Requests()); (err == nil) != test.over || calls != btoi(test.over) {
					t.Errorf("error %v, calls of b: %d", err, calls)
				}
				var said strings.Builder
				for i, c := range chunks {
					said.WriteString(c.Text())
					if (c.From != nil) != (i == 0) {
						t.Errorf("chunk %d: From = %v", i, c.From)
					}
					if c.Served != nil && (err != nil || i < len(chunks)-1) {
						t.Errorf("chunk %d of %d says who served it, error %v", i, len(chunks), err)
					}
					if test.over && strings.Contains(string(c.Body), "think") {
						t.Errorf("chunk %d is of the first deployment: %s", i, c.Body)
					}
				}
				if said.String() != test.said {
					t.Errorf("text %q, want %q", said.String(), test.said)
				}
				if !test.over && llm.KindOf(err) != llm.Unreachable {
					t.Errorf("error %v: want that of the connection, untouched", err)
				}
			})
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestFrom(t *testing.T) {
	t.Parallel()
	m := newInstant()
	m.chunks[0].From = &llm.Served{Provider: "elsewhere", Header: http.Header{"X-Request-Id": {"r1"}}}
	down := llmtest.NewScript(fail(llm.Overloaded))
	r := newRouter(t, Options{
		Deployments: []Deployment{deployment("a", "g", down), deployment("b", "h", m)},
		Settings:    Settings{Fallbacks: map[string][]string{"g": {"h"}}, Retries: new(0)},
	})
	chunks, err := llmtest.Read(t.Context(), r, ask(t, "g"))
	if err != nil {
		t.Fatal(err)
	}
	from, last := chunks[0].From, chunks[len(chunks)-1].Served
	if from.Deployment != "b" || from.Group != "h" || from.Provider != "test" || from.APIBase != "http://b" || from.Model != "b" ||
		from.Attempts != 2 || from.Fallbacks != 1 || from.Header.Get("X-Request-Id") != "r1" || from.Route != last.Route {
		t.Errorf("%+v", from)
	}
	if !chunks[0].More || chunks[len(chunks)-1].More {
		t.Error("what was held back does not say that more is there, or the last chunk does")
	}
}

// TestFirstToken holds that a stream that says nothing in time moves on, and
// that a slow one that has begun does not.
func TestFirstToken(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Settings, *Deployment){
		"the router's":     func(s *Settings, _ *Deployment) { s.FirstToken = 3 * time.Second },
		"the deployment's": func(s *Settings, d *Deployment) { s.FirstToken, d.FirstToken = time.Hour, 3*time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				slow := llmtest.NewGate("really.")
				b := llmtest.NewScript(llmtest.Say("Yes, ", "really.").Hold(slow))
				list := []Deployment{deployment("a", "g", llmtest.NewScript(llmtest.Fail(llmtest.Silent))), deployment("b", "g", b)}
				var s Settings
				change(&s, &list[0])
				timer := time.AfterFunc(time.Minute, slow.Open)
				defer timer.Stop()
				began := time.Now()
				resp, err := llm.Collect(newRouter(t, Options{Deployments: list, Settings: s}).Stream(t.Context(), ask(t, "g")))
				if err != nil || resp.Deployment != "b" || resp.Text() != "Yes, really." || time.Since(began) != time.Minute {
					t.Errorf("%s said %q after %s, %v", resp.Deployment, resp.Text(), time.Since(began), err)
				}
				if want := "b answered after a did not answer in time"; resp.Route != want {
					t.Errorf("route %q, want %q", resp.Route, want)
				}
			})
		})
	}
}

// TestThinkingIsNotSilence holds that reasoning that is held back still is a
// sign of life.
func TestThinkingIsNotSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate("Yes, ")
		step := yes().Hold(gate)
		step.Reasoning = "Let me think."
		r, scripts := scene{does: []does{{"a", []llmtest.Step{step}}}, set: Settings{FirstToken: time.Second}}.router(t)
		timer := time.AfterFunc(time.Minute, gate.Open)
		defer timer.Stop()
		req := ask(t, "g")
		req.Asks = &llm.Asks{HoldReasoning: true}
		resp, err := llm.Collect(r.Stream(t.Context(), req))
		if err != nil || resp.Text() != "Yes, really." || len(scripts["a"].Requests()) != 1 {
			t.Errorf("%q after %d calls, %v", resp.Text(), len(scripts["a"].Requests()), err)
		}
	})
}

// TestTimeouts holds which limit is named when time is up.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set   Settings
		own   time.Duration
		asks  time.Duration
		took  time.Duration
		calls int
		want  string
	}{
		"the whole request":  {Settings{Timeout: 20 * time.Second}, 0, 0, 20 * time.Second, 1, "the request did not end within 20s"},
		"the request's wish": {Settings{}, 0, 5 * time.Second, 5 * time.Second, 1, "the request did not end within 5s"},
		"a wish past the operator's limit": {
			Settings{Timeout: 20 * time.Second}, 0, time.Hour, 20 * time.Second, 1, "the request did not end within 20s",
		},
		"the default": {Settings{}, 0, 0, 10 * time.Minute, 1, "the request did not end within 10m0s"},
		"the deployment's": {
			Settings{Retries: new(1)}, 4 * time.Second, 0, 8*time.Second + firstBackoff, 2, "a did not answer within 4s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					r, scripts := scene{
						does: []does{{"a", []llmtest.Step{llmtest.Fail(llmtest.Silent)}}}, set: test.set,
						change: func(d *Deployment) { d.Timeout = test.own },
					}.router(t)
					req := ask(t, "g")
					req.Asks = &llm.Asks{Timeout: test.asks}
					began := time.Now()
					_, err := call(t.Context(), r, req)
					if llm.KindOf(err) != llm.Timeout || !strings.Contains(err.Error(), test.want) || time.Since(began) != test.took {
						t.Errorf("after %s: %v, want %q", time.Since(began), err, test.want)
					}
					if n := len(scripts["a"].Requests()); n != test.calls {
						t.Errorf("%d calls, want %d", n, test.calls)
					}
					// A caller's wish is nobody's fault.
					if s := r.Deployments()[0]; (s.Failures > 0) != (test.asks == 0 || test.asks > test.took) || s.InFlight != 0 {
						t.Errorf("%+v", s)
					}
				})
			})
		})
	}
}

func TestLeftEarly(t *testing.T) {
	t.Parallel()
	seen := &watcher{}
	a := llmtest.NewScript(llmtest.Say("So ", "far"))
	d := deployment("a", "g", a)
	d.Quota.Parallel = 1
	d.Price = usd(1, 10)
	r := newRouter(t, Options{Deployments: []Deployment{d}, Observers: []llm.Observer{seen}})
	for range 2 { // the place is given back
		for chunk, err := range r.Stream(t.Context(), ask(t, "g")) {
			if err != nil {
				t.Fatal(err)
			}
			if chunk.Text() != "" {
				break
			}
		}
	}
	a.WaitLeft(t, 2)
	c := seen.last(t)
	if c.Err == nil || c.Err.Kind != llm.Cancelled || c.Text() != "So " || c.First.IsZero() {
		t.Errorf("the call was reported as %+v", c)
	}
	if u := c.Served.Usage; u == nil || !c.Served.Counted || u.Completion != 2 || *c.Served.CostUSD != float64(u.Prompt+10*u.Completion) {
		t.Errorf("%+v: what was said has to be paid for", c.Served)
	} else if s := r.Deployments()[0]; s.Tokens < int64(2*u.Completion) || s.Failures != 0 {
		t.Errorf("%+v: want the tokens of both, and no failure", s)
	}
}

// TestPanickingReader holds that nothing stays taken when a reader panics.
func TestPanickingReader(t *testing.T) {
	t.Parallel()
	d := deployment("a", "g", newInstant())
	d.Quota.Parallel = 1
	r := newRouter(t, Options{Deployments: []Deployment{d}, Settings: Settings{MaxParallel: 1}})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		for range r.Stream(t.Context(), ask(t, "g")) {
			panic("of the reader")
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := r.Complete(ctx, ask(t, "g")); err != nil {
		t.Error(err)
	}
}

// raw streams what it is given, with a proper end or without.
type raw struct {
	chunks []string
	served bool
}

func (r raw) Complete(context.Context, llm.Request) (llm.Response, error) {
	return llm.Response{}, errors.New("not asked for")
}

func (r raw) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for _, c := range r.chunks {
			if !yield(llm.Chunk{Body: json.RawMessage(c)}, nil) {
				return
			}
		}
		if r.served {
			yield(llm.Chunk{Served: &llm.Served{}}, nil)
		}
	}
}

func TestEmptyAnswerIsAnAnswer(t *testing.T) {
	t.Parallel()
	r := newRouter(t, Options{Deployments: []Deployment{deployment("a", "g", raw{served: true})}})
	chunks, err := llmtest.Read(t.Context(), r, ask(t, "g"))
	if err != nil || len(chunks) != 1 || chunks[0].Served == nil || chunks[0].From == nil || chunks[0].Served.Route != "a answered" {
		t.Errorf("chunks %v, error %v", chunks, err)
	}
}

func TestStreamThatNeverSaysWho(t *testing.T) {
	t.Parallel()
	r := newRouter(t, Options{
		Deployments: []Deployment{deployment("a", "g", raw{}), deployment("b", "g", newInstant())},
	})
	if resp, err := llm.Collect(r.Stream(t.Context(), ask(t, "g"))); err != nil || resp.Deployment != "b" {
		t.Errorf("%+v, %v", resp.Served, err)
	}
}

// TestSpeaks holds what counts as the first word.
func TestSpeaks(t *testing.T) {
	t.Parallel()
	choice := func(delta string) string {
		return `{"choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}]}`
	}
	for body, want := range map[string][2]bool{ // as a rule, and with reasoning held back
		choice(`{"role":"assistant","content":""}`):         {false, false},
		choice(`{"content":null,"reasoning_content":null}`): {false, false},
		choice(`{"content":"x"}`):                           {true, true},
		choice(`{"content":[{"type":"text","text":"x"}]}`):  {true, true},
		choice(`{"reasoning_content":"x"}`):                 {true, false},
		choice(`{"reasoning":"x"}`):                         {true, false},
		choice(`{"refusal":"x"}`):                           {true, true},
		choice(`{"tool_calls":[{"index":0,"id":"1"}]}`):     {true, true},
		`{"choices":[{"delta":{},"finish_reason":"stop"}]}`: {true, true},
		`{"choices":[{"text":"x","finish_reason":null}]}`:   {true, true},
		`{"choices":[{"text":"","finish_reason":null}]}`:    {false, false},
		`{"choices":[],"usage":{"total_tokens":3}}`:         {false, false},
		``:    {false, false},
		`nul`: {false, false},
	} {
		c := llm.Chunk{Body: json.RawMessage(body)}
		if got := [2]bool{speaks(c, false), speaks(c, true)}; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

func TestSaid(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"choices":[{"message":{"content":"a","reasoning":"b","reasoning_content":"b"}},{"message":{"content":"c"}}]}`:                                    "abc",
		`{"choices":[{"delta":{"content":[{"text":"a"},{"text":"b"}],"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{\"y\""}}]}}]}`: `abf{"y"`,
		`{"choices":[{"delta":{"tool_calls":null,"function_call":{"arguments":"z"}}}]}`:                                                                    `z`,
		`{"choices":[{"text":"\u4e2d","finish_reason":"stop"}]}`:                                                                                           "中",
		`{"object":"list","data":[{"embedding":[1]}]}`:                                                                                                     "",
	} {
		var b strings.Builder
		addSaid(&b, json.RawMessage(body))
		if b.String() != want {
			t.Errorf("%s: %q, want %q", body, b.String(), want)
		}
	}
}
