package llmtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
)

// Setup is what a model under test is made with.
type Setup struct {
	URL    string // the server's, without /v1
	Key    string
	Client *http.Client

	Timeout, FirstToken, Idle time.Duration // 0: the adapter's default
	MaxBytes                  int64         // 0: the adapter's default
}

// Harness makes the model under test.
type Harness struct {
	New func(t testing.TB, s Setup) llm.Model
	// KeepsUnknown tells that fields that nobody knows survive from the
	// provider's answer: true for a protocol that is not translated.
	KeepsUnknown bool
}

// kitKey is the secret that must not be seen anywhere. It does not look like a
// key, so that only knowing it hides it.
const kitKey = "canary/9f2c-Tribune-Kit-Secret"

// TestModel checks everything that the port promises of a model.
func TestModel(t *testing.T, h Harness) { //nolint:tparallel // its caller has called t.Parallel, and twice would panic
	t.Helper()
	for name, test := range map[string]func(*testing.T, Harness){
		"complete":                 testComplete,
		"complete with tools":      testCompleteTools,
		"stream":                   testStream,
		"stream with tools":        testStreamTools,
		"stream without usage":     testStreamNoUsage,
		"request passes untouched": testRequest,
		"answer passes untouched":  testAnswer,
		"caller's headers":         testHeaders,
		"collect equals complete":  testCollect,
		"refusals":                 testRefusals,
		"faults":                   testFaults,
		"time limits":              testTimeLimits,
		"nobody there":             testNobody,
		"retry after":              testRetryAfter,
		"web pages":                testWebPage,
		"redirects":                testRedirects,
		"cancelled":                testCancelled,
		"caller's deadline":        testDeadline,
		"loop left early":          testLeftEarly,
		"secrets":                  testSecrets,
		"no goroutine is left":     testNoLeak,
		"many at once":             testManyAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// start makes a server and a model that calls it.
func (h Harness) start(t *testing.T, s Setup, steps ...Step) (*Server, llm.Model) {
	t.Helper()
	server := NewServer(t, steps...)
	s.URL = server.URL
	return server, h.model(t, s)
}

func (h Harness) model(t *testing.T, s Setup) llm.Model {
	t.Helper()
	s.Key = kitKey
	if s.Client == nil {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		s.Client = &http.Client{Transport: transport}
	}
	return h.New(t, s)
}

// Ask is a request with one question in it.
func Ask(tb testing.TB, question string) llm.Request {
	tb.Helper()
	body, err := llm.Chat(openai.ChatCompletionRequest{
		Messages: []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: question}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return llm.Request{Body: body}
}

// Read reads a stream to its end. The chunks are those before the error.
func Read(ctx context.Context, m llm.Model, r llm.Request) ([]llm.Chunk, error) {
	var chunks []llm.Chunk
	for chunk, err := range m.Stream(ctx, r) {
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// testHeaders: a caller's headers reach the provider, but for those that the
// deployment has itself.
func testHeaders(t *testing.T, h Harness) {
	t.Helper()
	server, m := h.start(t, Setup{}, Say("Yes."))
	r := Ask(t, "Hi")
	r.Header = http.Header{"X-Request-Source": {"ci"}, "Content-Type": {"text/plain"}}
	if _, err := m.Complete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), m, r); err != nil {
		t.Fatal(err)
	}
	for _, got := range server.Requests() {
		if got.Header.Get("X-Request-Source") != "ci" || got.Header.Get("Content-Type") != "application/json" {
			t.Errorf("headers = %v", got.Header)
		}
	}
}

func joined(chunks []llm.Chunk) string {
	var b strings.Builder
	for _, c := range chunks {
		b.WriteString(c.Text())
	}
	return b.String()
}

func testComplete(t *testing.T, h Harness) {
	t.Helper()
	server, m := h.start(t, Setup{}, Say("Four", "teen ", "days."))
	resp, err := m.Complete(t.Context(), Ask(t, "How many days?"))
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Text(); got != "Fourteen days." {
		t.Errorf("text = %q", got)
	}
	checkServed(t, &resp.Served, DefaultUsage())
	if got := server.Requests()[0].Prompt(); got != "How many days?" {
		t.Errorf("the provider was asked %q", got)
	}
	var body openai.ChatCompletionResponse
	if err := json.Unmarshal(resp.Body, &body); err != nil || body.Choices[0].FinishReason != "stop" {
		t.Errorf("body %s, error %v: want a completion that stopped", resp.Body, err)
	}
}

func checkServed(t *testing.T, s *llm.Served, usage llm.Usage) {
	t.Helper()
	if s == nil {
		t.Fatal("nobody says who served")
	}
	if s.Deployment == "" || s.Provider == "" || s.Model == "" || s.Attempts != 1 {
		t.Errorf("served = %+v: want deployment, provider, model and one attempt", *s)
	}
	if diff := cmp.Diff(&usage, s.Usage); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

func toolCall() Step { return Call("call_1", "leave_days", `{"year":2026,"who":"me"}`) }

func checkTools(t *testing.T, resp llm.Response) {
	t.Helper()
	var body openai.ChatCompletionResponse
	if err := json.Unmarshal(resp.Body, &body); err != nil {
		t.Fatal(err)
	}
	calls := body.Choices[0].Message.ToolCalls
	if len(calls) != 1 || calls[0].ID != "call_1" || calls[0].Function.Name != "leave_days" {
		t.Fatalf("tool calls = %+v", calls)
	}
	var got, want any
	if json.Unmarshal([]byte(calls[0].Function.Arguments), &got) != nil ||
		json.Unmarshal([]byte(toolCall().Tools[0].Function.Arguments), &want) != nil || !cmp.Equal(got, want) {
		t.Errorf("arguments = %s", calls[0].Function.Arguments)
	}
	if got := body.Choices[0].FinishReason; got != "tool_calls" {
		t.Errorf("finish reason = %q", got)
	}
}

func testCompleteTools(t *testing.T, h Harness) {
	t.Helper()
	_, m := h.start(t, Setup{}, toolCall())
	resp, err := m.Complete(t.Context(), Ask(t, "How many days have I left?"))
	if err != nil {
		t.Fatal(err)
	}
	checkTools(t, resp)
}

func testStreamTools(t *testing.T, h Harness) {
	t.Helper()
	_, m := h.start(t, Setup{}, toolCall())
	resp, err := llm.Collect(m.Stream(t.Context(), Ask(t, "How many days have I left?")))
	if err != nil {
		t.Fatal(err)
	}
	checkTools(t, resp)
}

// testStream reads each piece while the provider holds the next one back, so
// that nothing can have been saved up.
func testStream(t *testing.T, h Harness) {
	t.Helper()
	gates := []*Gate{NewGate("teen "), NewGate("days.")}
	_, m := h.start(t, Setup{}, Say("Four", "teen ", "days.").Hold(gates[0]).Hold(gates[1]))
	var chunks []llm.Chunk
	for chunk, err := range m.Stream(t.Context(), Ask(t, "How many days?")) {
		if err != nil {
			t.Fatal(err)
		}
		if chunk.Text() != "" && len(gates) > 0 {
			gates[0].Open()
			gates = gates[1:]
		}
		chunks = append(chunks, chunk)
	}
	if got := joined(chunks); got != "Fourteen days." {
		t.Errorf("text = %q", got)
	}
	last := chunks[len(chunks)-1]
	checkServed(t, last.Served, DefaultUsage())
	finished := 0
	for _, c := range chunks {
		if c.Finish() == "stop" {
			finished++
		}
		if c.Served != nil && len(c.Body) > 0 && !json.Valid(c.Body) || c.Served == nil && !json.Valid(c.Body) {
			t.Errorf("a chunk is no JSON: %s", c.Body)
		}
	}
	if finished != 1 {
		t.Errorf("%d chunks say that the answer stopped, want 1", finished)
	}
}

func testStreamNoUsage(t *testing.T, h Harness) {
	t.Helper()
	step := Say("Yes.")
	step.NoUsage = true
	_, m := h.start(t, Setup{}, step)
	chunks, err := Read(t.Context(), m, Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	if got := chunks[len(chunks)-1].Served; got == nil || got.Usage != nil {
		t.Errorf("served = %+v: want no usage", got)
	}
}

func testRequest(t *testing.T, h Harness) {
	t.Helper()
	server, m := h.start(t, Setup{}, Say("Yes."))
	r := Ask(t, "Really?")
	body, err := llm.SetFields(r.Body, map[string]any{
		"model": "whatever", "stream": "perhaps", "x_probe": map[string]any{"deep": json.RawMessage("12345678901234567890")},
	})
	if err != nil {
		t.Fatal(err)
	}
	before := string(body)
	if _, err := m.Complete(t.Context(), llm.Request{Body: body}); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), m, llm.Request{Body: body}); err != nil {
		t.Fatal(err)
	}
	for i, got := range server.Requests() {
		if probe := string(llm.Field(got.Body, "x_probe")); probe != `{"deep":12345678901234567890}` {
			t.Errorf("call %d: the unknown field arrived as %q", i+1, probe)
		}
		if model := string(llm.Field(got.Body, "model")); model == `"whatever"` || model == "" {
			t.Errorf("call %d: model = %s, want the deployment's own", i+1, model)
		}
		if stream := string(llm.Field(got.Body, "stream")); stream == `"perhaps"` || (stream == "true") != (i == 1) {
			t.Errorf("call %d: stream = %s: the method that is called decides", i+1, stream)
		}
	}
	if string(body) != before {
		t.Error("the caller's body was changed")
	}
}

func testAnswer(t *testing.T, h Harness) {
	t.Helper()
	step := Say("Yes.")
	step.Extra = map[string]any{"x_note": "kept"}
	step.Reasoning = "Let me think."
	_, m := h.start(t, Setup{}, step)
	resp, err := m.Complete(t.Context(), Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := Read(t.Context(), m, Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	var streamed strings.Builder
	for _, c := range chunks {
		streamed.Write(c.Body)
	}
	wanted := []string{`"reasoning_content":"Let me think."`}
	if h.KeepsUnknown {
		wanted = append(wanted, `"x_note":"kept"`)
	}
	for _, want := range wanted {
		if !strings.Contains(string(resp.Body), want) {
			t.Errorf("the completion lost %s: %s", want, resp.Body)
		}
		if !strings.Contains(streamed.String(), want) {
			t.Errorf("the stream lost %s: %s", want, streamed.String())
		}
	}
}

func testCollect(t *testing.T, h Harness) {
	t.Helper()
	step := Say("One ", "two ", "three.")
	step.Reasoning = "Counting."
	_, m := h.start(t, Setup{}, step)
	whole, err := m.Complete(t.Context(), Ask(t, "Count."))
	if err != nil {
		t.Fatal(err)
	}
	joined, err := llm.Collect(m.Stream(t.Context(), Ask(t, "Count.")))
	if err != nil {
		t.Fatal(err)
	}
	if whole.Text() != joined.Text() {
		t.Errorf("complete says %q, the stream %q", whole.Text(), joined.Text())
	}
	if whole.APIBase == "" || len(whole.Header) == 0 || len(joined.Header) == 0 {
		t.Errorf("served = %+v: want the provider's address and headers", whole.Served)
	}
	whole.Header, joined.Header = nil, nil // they say which of the two it was
	if diff := cmp.Diff(whole.Served, joined.Served); diff != "" {
		t.Errorf("served (-complete +stream):\n%s", diff)
	}
}
