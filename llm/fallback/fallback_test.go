package fallback_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/fallback"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// chain makes a chain of scripts named a, b, c ... without jitter.
func chain(t *testing.T, o fallback.Options, scripts ...*llmtest.Script) *fallback.Chain {
	t.Helper()
	for i, s := range scripts {
		s.Name = string(rune('a' + i))
		o.Models = append(o.Models, fallback.Named{Name: s.Name, Model: s})
	}
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0 }
	}
	c, err := fallback.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fail(k llm.Kind) llmtest.Step {
	return llmtest.Step{Err: &llm.Error{Kind: k, Provider: "x", Err: errors.New(string(k))}}
}

func limited(after time.Duration) llmtest.Step {
	return llmtest.Step{Err: &llm.Error{Kind: llm.RateLimited, Provider: "x", After: after, Err: errors.New("slow down")}}
}

type outcome struct {
	Text     string
	Route    string
	Attempts int
	Took     time.Duration
	Kind     llm.Kind
	Calls    []int // of each model
}

// modes runs the same test as a completion and as a stream.
func modes(t *testing.T, test func(t *testing.T, ask func(context.Context, llm.Model, llm.Request) (llm.Response, error))) {
	t.Helper()
	for mode, ask := range map[string]func(context.Context, llm.Model, llm.Request) (llm.Response, error){
		"complete": func(ctx context.Context, m llm.Model, r llm.Request) (llm.Response, error) { return m.Complete(ctx, r) },
		"stream": func(ctx context.Context, m llm.Model, r llm.Request) (llm.Response, error) {
			return llm.Collect(m.Stream(ctx, r))
		},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			test(t, ask)
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	say := llmtest.Say("Yes, ", "really.")
	const yes = "Yes, really."
	for name, test := range map[string]struct {
		a, b     []llmtest.Step
		group    string
		deadline time.Duration
		want     outcome
	}{
		"first answers": {
			a: []llmtest.Step{say}, b: []llmtest.Step{say},
			want: outcome{Text: yes, Route: "a answered", Attempts: 1, Calls: []int{1, 0}},
		},
		"an overload passes": {
			a: []llmtest.Step{fail(llm.Overloaded), say}, b: []llmtest.Step{say},
			want: outcome{
				Text: yes, Route: "a answered after it was overloaded", Attempts: 2,
				Took: 500 * time.Millisecond, Calls: []int{2, 0},
			},
		},
		"an overload stays": {
			a: []llmtest.Step{fail(llm.Overloaded)}, b: []llmtest.Step{say},
			want: outcome{
				Text: yes, Route: "b answered after a was overloaded 3 times", Attempts: 4,
				Took: 1500 * time.Millisecond, Calls: []int{3, 1},
			},
		},
		"a slow model is not waited for again": {
			a: []llmtest.Step{fail(llm.Timeout)}, b: []llmtest.Step{fail(llm.Timeout), say},
			want: outcome{
				Text: yes, Route: "b answered after a did not answer in time and it did not answer in time", Attempts: 3,
				Took: 500 * time.Millisecond, Calls: []int{1, 2},
			},
		},
		"mixed failures": {
			a: []llmtest.Step{fail(llm.Overloaded), fail(llm.Unreachable), fail(llm.BadResponse)}, b: []llmtest.Step{say},
			want: outcome{
				Text:     yes,
				Route:    "b answered after a was overloaded, a could not be reached and a gave no usable answer",
				Attempts: 4, Took: 1500 * time.Millisecond, Calls: []int{3, 1},
			},
		},
		"Retry-After is believed": {
			a: []llmtest.Step{limited(7 * time.Second), say}, b: []llmtest.Step{say},
			want: outcome{
				Text: yes, Route: "a answered after it was rate limited", Attempts: 2, Took: 7 * time.Second, Calls: []int{2, 0},
			},
		},
		"Retry-After of a minute is too long": {
			a: []llmtest.Step{limited(time.Minute)}, b: []llmtest.Step{say},
			want: outcome{Text: yes, Route: "b answered after a was rate limited", Attempts: 2, Calls: []int{1, 1}},
		},
		"Retry-After does not fit the deadline": {
			a: []llmtest.Step{limited(7 * time.Second)}, b: []llmtest.Step{say}, deadline: 7 * time.Second,
			want: outcome{Text: yes, Route: "b answered after a was rate limited", Attempts: 2, Calls: []int{1, 1}},
		},
		"back-off does not fit the deadline": {
			a: []llmtest.Step{fail(llm.Overloaded)}, b: []llmtest.Step{say}, deadline: time.Second,
			want: outcome{
				Text: yes, Route: "b answered after a was overloaded twice", Attempts: 3,
				Took: 500 * time.Millisecond, Calls: []int{2, 1},
			},
		},
		"a bad request ends it": {
			a: []llmtest.Step{fail(llm.BadRequest)}, b: []llmtest.Step{say},
			want: outcome{Kind: llm.BadRequest, Calls: []int{1, 0}},
		},
		"a cancelled call ends it": {
			a: []llmtest.Step{fail(llm.Cancelled)}, b: []llmtest.Step{say},
			want: outcome{Kind: llm.Cancelled, Calls: []int{1, 0}},
		},
		"all fail": {
			a: []llmtest.Step{fail(llm.NoFunds)}, b: []llmtest.Step{fail(llm.Unauthorised)},
			want: outcome{Kind: llm.Unauthorised, Calls: []int{1, 1}},
		},
		"a group that names a model starts there": {
			a: []llmtest.Step{say}, b: []llmtest.Step{say}, group: "b",
			want: outcome{Text: yes, Route: "b answered", Attempts: 1, Calls: []int{0, 1}},
		},
		"another group starts at the front": {
			a: []llmtest.Step{say}, b: []llmtest.Step{say}, group: "cheap",
			want: outcome{Text: yes, Route: "a answered", Attempts: 1, Calls: []int{1, 0}},
		},
		"a stream cut before its first word": {
			a: []llmtest.Step{llmtest.CutAfter(0, "Yes, ")}, b: []llmtest.Step{say},
			want: outcome{
				Text: yes, Route: "b answered after a could not be reached 3 times", Attempts: 4,
				Took: 1500 * time.Millisecond, Calls: []int{3, 1},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, ask func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					a, b := llmtest.NewScript(test.a...), llmtest.NewScript(test.b...)
					ctx := t.Context()
					if test.deadline > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, test.deadline)
						defer cancel()
					}
					r := llmtest.Ask(t, "Really?")
					r.Group = test.group
					began := time.Now()
					resp, err := ask(ctx, chain(t, fallback.Options{}, a, b), r)
					got := outcome{
						Route: resp.Route, Attempts: resp.Attempts, Took: time.Since(began), Kind: llm.KindOf(err),
						Calls: []int{len(a.Requests()), len(b.Requests())},
					}
					if err == nil {
						got.Text = resp.Text()
					}
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			})
		})
	}
}

func TestNextModelAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []llm.Kind{llm.Unauthorised, llm.NoSuchModel, llm.ContextWindow, llm.ContentPolicy, llm.NoFunds} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := llmtest.NewScript(fail(kind)), llmtest.NewScript(llmtest.Say("Yes."))
				began := time.Now()
				resp, err := chain(t, fallback.Options{}, a, b).Complete(t.Context(), llmtest.Ask(t, "Really?"))
				if err != nil || resp.Text() != "Yes." || resp.Deployment != "b" {
					t.Errorf("%+v, %v: want b's answer", resp.Served, err)
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("it took %s, want no wait", took)
				}
			})
		})
	}
}

func TestBackoffGrowsAndIsJittered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options fallback.Options
		want    time.Duration
	}{
		"plain":    {fallback.Options{Retries: 5}, (500 + 1000 + 2000 + 4000 + 8000) * time.Millisecond},
		"capped":   {fallback.Options{Retries: 4, Backoff: time.Second, MaxBackoff: 3 * time.Second}, (1 + 2 + 3 + 3) * time.Second},
		"jittered": {fallback.Options{Retries: 2, Jitter: func() float64 { return 0.5 }}, (375 + 750) * time.Millisecond},
		"never":    {fallback.Options{Retries: -1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				c := chain(t, test.options, llmtest.NewScript(fail(llm.Overloaded)))
				if _, err := c.Complete(t.Context(), llmtest.Ask(t, "Really?")); llm.KindOf(err) != llm.Overloaded {
					t.Errorf("error = %v", err)
				}
				if took := time.Since(began); took != test.want {
					t.Errorf("the waits add up to %s, want %s", took, test.want)
				}
			})
		})
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := llmtest.NewScript(llmtest.TooMany("90"))
		b := llmtest.NewScript(llmtest.Refuse(http.StatusPaymentRequired, "Insufficient Balance"))
		d := llmtest.NewScript(llmtest.TooMany("120"))
		_, err := chain(t, fallback.Options{}, a, b, d).Complete(t.Context(), llmtest.Ask(t, "Really?"))
		e := llm.AsError(err)
		if e.Kind != llm.RateLimited || e.After != 2*time.Minute || e.Status != http.StatusTooManyRequests {
			t.Errorf("%+v: want the last error's kind, status and wait", e)
		}
		for _, want := range []string{"a was rate limited", "b was out of funds", "c was rate limited", "slow down"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	})
}

func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, ask func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			a, b := llmtest.NewScript(limited(30*time.Second)), llmtest.NewScript(llmtest.Say("Yes."))
			ctx, cancel := context.WithCancelCause(t.Context())
			reason := errors.New("the asker took it back")
			timer := time.AfterFunc(10*time.Second, func() { cancel(reason) })
			defer timer.Stop()
			began := time.Now()
			_, err := ask(ctx, chain(t, fallback.Options{}, a, b), llmtest.Ask(t, "Really?"))
			if llm.KindOf(err) != llm.Cancelled || !errors.Is(err, reason) {
				t.Errorf("error = %v, want the reason of the cancellation", err)
			}
			if took := time.Since(began); took != 10*time.Second {
				t.Errorf("it took %s, want 10s", took)
			}
			if n := len(b.Requests()); n != 0 {
				t.Errorf("the next model was asked %d times after the caller had left", n)
			}
		})
	})
}

func TestDeadlineDuringACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := llmtest.NewScript(llmtest.Fail(llmtest.Silent)), llmtest.NewScript(llmtest.Say("Yes."))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := chain(t, fallback.Options{}, a, b).Complete(ctx, llmtest.Ask(t, "Really?"))
		if llm.KindOf(err) != llm.Timeout || len(b.Requests()) != 0 {
			t.Errorf("error = %v, calls of b = %d: want a timeout and no further call", err, len(b.Requests()))
		}
	})
}

func TestBrokenAfterFirstWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, b := llmtest.NewScript(llmtest.CutAfter(1, "So ", "far")), llmtest.NewScript(llmtest.Say("Yes."))
		chunks, err := llmtest.Read(t.Context(), chain(t, fallback.Options{}, a, b), llmtest.Ask(t, "Really?"))
		if llm.KindOf(err) != llm.Unreachable {
			t.Errorf("error = %v", err)
		}
		var said strings.Builder
		for _, c := range chunks {
			said.WriteString(c.Text())
			if c.Served != nil {
				t.Error("a broken stream says who served it")
			}
		}
		if text := said.String(); text != "So " || len(a.Requests()) != 1 || len(b.Requests()) != 0 {
			t.Errorf("text %q, calls %d and %d: want the half answer and no other try", text, len(a.Requests()), len(b.Requests()))
		}
	})
}

// TestBrokenWhileThinking holds that reasoning is no answer yet, unless there
// is more of it than the chain holds back.
func TestBrokenWhileThinking(t *testing.T) {
	t.Parallel()
	thinking := llmtest.CutAfter(0, "So ")
	thinking.Reasoning = "Let me think."
	long := thinking
	long.Reasoning = strings.Repeat("Let me think. ", 30_000)
	for name, test := range map[string]struct {
		first llmtest.Step
		kind  llm.Kind
		calls int
	}{
		"a little": {thinking, "", 1},
		"too long": {long, llm.Unreachable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a, b := llmtest.NewScript(test.first), llmtest.NewScript(llmtest.Say("Yes."))
				resp, err := llm.Collect(chain(t, fallback.Options{}, a, b).Stream(t.Context(), llmtest.Ask(t, "Really?")))
				if llm.KindOf(err) != test.kind || len(b.Requests()) != test.calls {
					t.Errorf("error %v, calls of b %d", err, len(b.Requests()))
				}
				if err == nil && (resp.Text() != "Yes." || strings.Contains(string(resp.Body), "think")) {
					t.Errorf("body = %s: want nothing of the first model", resp.Body)
				}
			})
		})
	}
}

func TestLeftEarly(t *testing.T) {
	t.Parallel()
	a := llmtest.NewScript(llmtest.Say("So ", "far"))
	for chunk, err := range chain(t, fallback.Options{}, a).Stream(t.Context(), llmtest.Ask(t, "Really?")) {
		if err != nil {
			t.Fatal(err)
		}
		if chunk.Text() != "" {
			break
		}
	}
	a.WaitLeft(t, 1)
}

func TestEmptyAnswerIsAnAnswer(t *testing.T) {
	t.Parallel()
	c := chain(t, fallback.Options{}, llmtest.NewScript(llmtest.Say()))
	chunks, err := llmtest.Read(t.Context(), c, llmtest.Ask(t, "Really?"))
	if err != nil || chunks[len(chunks)-1].Served == nil || chunks[len(chunks)-1].Served.Route != "a answered" {
		t.Errorf("chunks %v, error %v", chunks, err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	m := llmtest.NewScript()
	for name, models := range map[string][]fallback.Named{
		"none":      nil,
		"no name":   {{Model: m}},
		"no model":  {{Name: "a"}},
		"same name": {{Name: "a", Model: m}, {Name: "a", Model: m}},
	} {
		if _, err := fallback.New(fallback.Options{Models: models}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
