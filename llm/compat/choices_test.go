package compat_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// choiceEnd is a choice from its only word to its end.
func choiceEnd(index string) string {
	return `data: {"choices":[{"index":` + index + `,"delta":{"content":"a"},"text":"a","finish_reason":"stop"}]}` + "\n\n"
}

// TestEveryChoiceHasToEnd holds that a stream is whole once as many choices have
// ended as were asked for, or once it says so itself, and never before.
func TestEveryChoiceHasToEnd(t *testing.T) {
	t.Parallel()
	const done, usage = "data: [DONE]\n\n", `data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}` + "\n\n"
	const begun = `data: {"choices":[{"index":2,"delta":{"content":"a"}}]}` + "\n\n"
	first, both := choiceEnd("0"), choiceEnd("0")+choiceEnd("1")
	for name, test := range map[string]struct {
		endpoint        llm.Endpoint
		request, answer string
		whole           bool
	}{
		"one":                          {"", `{}`, first, true},
		"one of two":                   {"", `{"n":2}`, first, false},
		"one of two and usage":         {"", `{"n":2}`, first + usage, false},
		"two of two":                   {"", `{"n":2}`, both, true},
		"two of two, in any order":     {"", `{"n":2}`, choiceEnd("1") + choiceEnd("0"), true},
		"one twice":                    {"", `{"n":2}`, first + first, false},
		"one of two, said to be all":   {"", `{"n":2}`, first + done, true},
		"two, and a third begun":       {"", `{"n":2}`, both + begun, false},
		"n is no number":               {"", `{"n":"2"}`, first, true},
		"n is null":                    {"", `{"n":null}`, first, true},
		"n is nothing":                 {"", `{"n":0}`, first, true},
		"n is a whole number":          {"", `{"n":2.0}`, first, false},
		"more than can be told apart":  {"", `{"n":500}`, first + choiceEnd("499"), false},
		"a prompt in a chat counts no": {"", `{"prompt":["a","b"]}`, first, true},
		"completions":                  {llm.Completions, `{"prompt":"a","n":2}`, first, false},
		"completions, the best of two": {llm.Completions, `{"prompt":"a","best_of":2}`, first, true},
		"two prompts":                  {llm.Completions, `{"prompt":["a","b"]}`, first, false},
		"two prompts, both":            {llm.Completions, `{"prompt":["a","b"]}`, both, true},
		"two prompts in tokens":        {llm.Completions, `{"prompt":[[1,2],[3]]}`, first, false},
		"one prompt in tokens":         {llm.Completions, `{"prompt":[1,2,3]}`, first, true},
		"two prompts, two of each":     {llm.Completions, `{"prompt":["a","b"],"n":2}`, both, false},
		"no prompt":                    {llm.Completions, `{"prompt":[]}`, first, true},
	} {
		m := handle(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, test.answer)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			panic(http.ErrAbortHandler)
		})
		chunks, err := llmtest.Read(t.Context(), m, llm.Request{Endpoint: test.endpoint, Body: []byte(test.request)})
		served := len(chunks) > 0 && chunks[len(chunks)-1].Served != nil
		if served != test.whole || (err == nil) != test.whole || err != nil && llm.KindOf(err) != llm.Unreachable {
			t.Errorf("%s: served %t, %v, want whole %t", name, served, err, test.whole)
		}
	}
}

// TestTheDeploymentsOwnChoices holds that what counts is the n that is sent.
func TestTheDeploymentsOwnChoices(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		o     compat.Options
		whole bool
	}{
		"set by the deployment":  {compat.Options{Fields: map[string]any{"n": 3}}, false},
		"dropped by it":          {compat.Options{Drop: []string{"n"}}, true},
		"a tidy end is no proof": {compat.Options{}, false},
	} {
		request := `{"n":2}`
		if test.o.Fields != nil {
			request = `{}`
		}
		m := scripted(t, test.o, func(_ context.Context, w *io.PipeWriter) { io.WriteString(w, choiceEnd("0")) })
		if _, err := llmtest.Read(t.Context(), m, llm.Request{Body: []byte(request)}); (err == nil) != test.whole {
			t.Errorf("%s: %v, want whole %t", name, err, test.whole)
		}
	}
}

// roundTrip answers requests without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// scripted is a model whose provider streams what answer writes, and then ends.
func scripted(t *testing.T, o compat.Options, answer func(ctx context.Context, w *io.PipeWriter)) *compat.Model {
	t.Helper()
	o.Model, o.BaseURL = "m", "http://provider.example/v1"
	o.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body, in := io.Pipe()
		go func() {
			answer(r.Context(), in)
			in.Close()
		}()
		go func() {
			<-r.Context().Done()
			in.CloseWithError(r.Context().Err())
		}()
		header := http.Header{"Content-Type": {"text/event-stream"}}
		return &http.Response{StatusCode: http.StatusOK, Header: header, Body: body, ContentLength: -1, Request: r}, nil
	})}
	m, err := compat.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestALateChoice holds that a choice is waited for as long as for any token,
// even where all others have ended long ago.
func TestALateChoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := scripted(t, compat.Options{Idle: time.Minute}, func(ctx context.Context, w *io.PipeWriter) {
			io.WriteString(w, choiceEnd("0"))
			timer := time.NewTimer(50 * time.Second)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
			io.WriteString(w, strings.Replace(choiceEnd("1"), `"a"`, `"late"`, 1)+"data: [DONE]\n\n")
		})
		chunks, err := llmtest.Read(t.Context(), m, llm.Request{Body: []byte(`{"n":2}`)})
		if err != nil || len(chunks) != 3 || !strings.Contains(string(chunks[1].Body), "late") {
			t.Errorf("%d chunks, %v", len(chunks), err)
		}
	})
}

// TestAChoiceThatNeverComes holds that the wait for it ends as any silence does.
func TestAChoiceThatNeverComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := scripted(t, compat.Options{Idle: time.Minute}, func(ctx context.Context, w *io.PipeWriter) {
			io.WriteString(w, choiceEnd("0"))
			<-ctx.Done()
		})
		began := time.Now()
		_, err := llmtest.Read(t.Context(), m, llm.Request{Body: []byte(`{"n":2}`)})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Timeout || time.Since(began) != time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

// TestOneChoiceOfTwoIsNotEndedTwice holds that a finish reason is filled in for a
// choice that lacks one, not for one that never came.
func TestOneChoiceOfTwoIsNotEndedTwice(t *testing.T) {
	t.Parallel()
	m := scripted(t, compat.Options{Quirks: &compat.Quirks{EmptyFinish: true}}, func(_ context.Context, w *io.PipeWriter) {
		io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]},"finish_reason":"tool_calls"}]}`+"\n\ndata: [DONE]\n\n")
	})
	chunks, err := llmtest.Read(t.Context(), m, llm.Request{Body: []byte(`{"n":2}`)})
	if err != nil || len(chunks) != 2 {
		t.Errorf("%d chunks, %v", len(chunks), err)
	}
}
