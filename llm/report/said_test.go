package report

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

func TestAnswersOfEveryShape(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call   llm.Call
		id     string
		finish []string
		text   string
	}{
		"whole":      {llm.Call{Answer: sampleAnswer()}, "chatcmpl-7", []string{"stop"}, answerText},
		"stream":     {llm.Call{Chunks: sampleChunks()}, "chatcmpl-7", []string{"stop"}, answerText},
		"cut stream": {llm.Call{Chunks: sampleChunks()[:1]}, "chatcmpl-7", nil, "Thirty days"},
		"completion": {llm.Call{Answer: []byte(`{"id":"c","choices":[{"text":"upon a time","finish_reason":"length"}]}`)}, "c", []string{"length"}, "upon a time"},
		"embedding":  {llm.Call{Answer: []byte(`{"object":"list","data":[{"embedding":[0.1]}]}`)}, "", nil, ""},
		"nothing":    {llm.Call{}, "", nil, ""},
		"garbage":    {llm.Call{Answer: []byte(`<html>`)}, "", nil, ""},
		"odd types":  {llm.Call{Answer: []byte(`{"id":7,"choices":[{"finish_reason":"stop","message":{"content":"x"}}]}`)}, "", []string{"stop"}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := readSaid(test.call)
			if diff := cmp.Diff(test.finish, s.finishes()); diff != "" || s.ID != test.id {
				t.Errorf("%q %s", s.ID, diff)
			}
			if got := s.answer(); test.text == "" && len(got) > 0 || !strings.Contains(string(got), test.text) {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestConversation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"nothing": {"", ""},
		"prompt":  {`"once"`, `[{"role":"user","parts":[{"type":"text","content":"once"}]}]`},
		"prompts": {`["a","b"]`, `[{"role":"user","parts":[{"type":"text","content":"a"}]},{"role":"user","parts":[{"type":"text","content":"b"}]}]`},
		"picture": {
			`[{"role":"user","content":[{"type":"text","text":"what is it?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]`,
			`[{"role":"user","parts":[{"type":"text","content":"what is it?"},{"type":"image_url"}]}]`,
		},
		"tools": {
			`[{"role":"assistant","content":null,"tool_calls":[{"id":"t1","function":{"name":"find","arguments":"{\"q\":1}"}}]},{"role":"tool","tool_call_id":"t1","content":"found"}]`,
			`[{"role":"assistant","parts":[{"type":"tool_call","id":"t1","name":"find","arguments":{"q":1}}]},{"role":"tool","parts":[{"type":"tool_call_response","content":"found","id":"t1"}]}]`,
		},
		"half arguments": {
			`{"role":"assistant","tool_calls":[{"id":"t1","function":{"name":"f","arguments":"{\"q"}}]}`,
			`[{"role":"assistant","parts":[{"type":"tool_call","id":"t1","name":"f","arguments":""}]}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, conversation(json.RawMessage(test.in), "user", nil)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWishes(t *testing.T) {
	t.Parallel()
	labels := map[string]string{
		llm.LabelUser: "U1", llm.LabelSession: "thread-1", llm.LabelTags: "x,,y", llm.LabelQuestion: "q-1",
	}
	for name, test := range map[string]struct {
		body   string
		labels map[string]string
		want   wishes
	}{
		"none":        {`{}`, nil, wishes{trace: "call-1"}},
		"labels":      {``, labels, wishes{trace: "q-1", user: "U1", session: "thread-1", tags: []string{"x", "y"}}},
		"body":        {`{"metadata":{"trace_id":"t","trace_name":"n","trace_user_id":7,"session_id":"s","tags":["x","z"]}}`, labels, wishes{trace: "t", traceName: "n", user: "7", session: "s", tags: []string{"x", "z", "y"}, fromClient: true}},
		"by label":    {`{}`, map[string]string{LabelMetadata: `{"generation_name":"g","generation_id":"i"}`}, wishes{trace: "call-1", name: "g", id: "i"}},
		"litellm's":   {`{"metadata":{},"litellm_metadata":{"session_id":"s"}}`, nil, wishes{trace: "call-1", session: "s"}},
		"anthropic":   {`{"metadata":{"user_id":"someone"}}`, nil, wishes{trace: "call-1", user: "someone"}},
		"odd types":   {`{"metadata":{"trace_id":{"a":1},"tags":"x","session_id":["s"]}}`, nil, wishes{trace: "call-1"}},
		"no object":   {`{"metadata":"text"}`, nil, wishes{trace: "call-1"}},
		"not safe":    {`{"metadata":{"session_id":"a\u0000\nb"}}`, nil, wishes{trace: "call-1", session: "a  b"}},
		"without end": {`{"metadata":{"session_id":"` + strings.Repeat("x", 5000) + `"}}`, nil, wishes{trace: "call-1", session: strings.Repeat("x", maxID)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := llm.Call{Request: llm.Request{ID: "call-1", Body: []byte(test.body), Labels: test.labels}}
			if diff := cmp.Diff(test.want, readWishes(c, readAsked(c)), cmp.AllowUnexported(wishes{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "plain": "plain", "a\nb\x00": "a b ", "\xff": "\uFFFD", "\u2028": " ", "长长长": "长长"} {
		if got := clean(in, 7); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\nb", 3)
	f.Add("\xff\xfe长", 2)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(most, 0)
		got := clean(text, most)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00") || len(got) > 3*most {
			t.Errorf("%q", got)
		}
	})
}

func TestFilter(t *testing.T) {
	t.Parallel()
	well, bad := simpleCall(), failedCall(&llm.Error{Kind: llm.Timeout, Provider: "p"})
	for name, test := range map[string]struct {
		f    Filter
		want []string
	}{
		"both":    {Filter{Success: true, Failure: true}, []string{"start", "well", "bad"}},
		"success": {Filter{Success: true}, []string{"well"}},
		"failure": {Filter{Failure: true}, []string{"bad"}},
		"none":    {Filter{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen diary
			test.f.To = &seen
			test.f.Start(t.Context(), begin(well))
			test.f.Observe(t.Context(), well)
			test.f.Observe(t.Context(), bad)
			if diff := cmp.Diff(test.want, []string(seen)); diff != "" {
				t.Error(diff)
			}
		})
	}
	spans, err := NewSpans(SpansOptions{Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	Filter{To: spans, Success: true, Failure: true}.Start(t.Context(), well) // Spans want no beginnings
	if spans.State().Waiting != 0 {
		t.Error("a beginning became a report")
	}
}

// diary is an observer that remembers.
type diary []string

// Start remembers a beginning.
func (d *diary) Start(context.Context, llm.Call) { *d = append(*d, "start") }

// Observe remembers an end.
func (d *diary) Observe(_ context.Context, c llm.Call) {
	if c.Err != nil {
		*d = append(*d, "bad")
		return
	}
	*d = append(*d, "well")
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	for kind, want := range map[llm.Kind]struct {
		status int
		class  string
	}{
		llm.Unreachable:   {502, "Openai.APIConnectionError"},
		llm.Timeout:       {408, "Openai.Timeout"},
		llm.RateLimited:   {429, "Openai.RateLimitError"},
		llm.Overloaded:    {500, "Openai.InternalServerError"},
		llm.Unauthorised:  {401, "Openai.AuthenticationError"},
		llm.NoSuchModel:   {404, "Openai.NotFoundError"},
		llm.BadRequest:    {400, "Openai.BadRequestError"},
		llm.ContextWindow: {400, "Openai.ContextWindowExceededError"},
		llm.ContentPolicy: {400, "Openai.ContentPolicyViolationError"},
		llm.BadResponse:   {502, "Openai.APIResponseValidationError"},
		llm.NoFunds:       {402, "Openai.APIError"},
		llm.Cancelled:     {499, "CancelledError"},
		llm.OverBudget:    {429, "BudgetExceededError"},
		llm.NoDeployment:  {429, "RouterRateLimitError"},
		"something new":   {500, "Openai.InternalServerError"},
	} {
		e := &llm.Error{Kind: kind, Provider: "openai", Err: errors.New("x")}
		if exceptionStatus(e) != want.status || exceptionClass(e) != want.class {
			t.Errorf("%s: %d %s", kind, exceptionStatus(e), exceptionClass(e))
		}
	}
	for status, class := range map[int]string{403: "PermissionDeniedError", 422: "UnprocessableEntityError", 503: "ServiceUnavailableError"} {
		kind := map[int]llm.Kind{403: llm.Unauthorised, 422: llm.BadRequest, 503: llm.Overloaded}[status]
		e := &llm.Error{Kind: kind, Status: status}
		if exceptionStatus(e) != status || exceptionClass(e) != class {
			t.Errorf("%d: %s", status, exceptionClass(e))
		}
	}
}
