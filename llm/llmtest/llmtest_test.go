package llmtest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func post(t *testing.T, url, body string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(got), err
}

// TestServerSpeaks pins the protocols byte by byte, because everything else is
// tested against them.
func TestServerSpeaks(t *testing.T) {
	t.Parallel()
	const ask = `{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}`
	for path, want := range map[string][]string{
		"/v1/chat/completions": {
			`data: {"choices":[{"delta":{"content":"","role":"assistant"},"finish_reason":null,"index":0}],"created":1700000000,"id":"call-1","model":"m","object":"chat.completion.chunk"}`,
			`data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null,"index":0}]`,
			`data: {"choices":[{"delta":{},"finish_reason":"stop","index":0}]`,
			`data: {"choices":[],`, `"usage":{"completion_tokens":7,`, `data: [DONE]`,
		},
		"/v1/messages": {
			"event: message_start\ndata: ", "event: ping\n", "event: content_block_start\n",
			`{"delta":{"text":"Hi","type":"text_delta"},"index":0,"type":"content_block_delta"}`,
			"event: content_block_stop\n", `"stop_reason":"end_turn"`, "event: message_stop\n",
		},
	} {
		server := llmtest.NewServer(t)
		status, body, err := post(t, server.URL+path, ask)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, status, err)
		}
		rest := body
		for _, part := range want {
			_, after, ok := strings.Cut(rest, part)
			if !ok {
				t.Errorf("%s: %q is missing, or out of order, in\n%s", path, part, body)
			}
			rest = after
		}
	}
}

func TestServerFaults(t *testing.T) {
	t.Parallel()
	const ask = `{"model":"m","messages":[]}`
	server := llmtest.NewServer(t, llmtest.Fail(llmtest.Empty), llmtest.CutAfter(0, "x"), llmtest.TooMany("7"), llmtest.Say("done"))
	for i, test := range []struct {
		status int
		body   string
		cut    bool
	}{
		{http.StatusOK, "{}", false},
		{http.StatusOK, `{"choices"`, true},
		{http.StatusTooManyRequests, "slow down", false},
		{http.StatusOK, "done", false},
		{http.StatusOK, "done", false}, // the last step is repeated
	} {
		status, body, err := post(t, server.URL+"/chat/completions", ask)
		if status != test.status || !strings.Contains(body, test.body) || (err != nil) != test.cut {
			t.Errorf("call %d: %d, %q, %v", i+1, status, body, err)
		}
	}
	if n := len(server.Wait(t, 5)); n != 5 {
		t.Errorf("%d calls were noted", n)
	}
	server.WaitIdle(t)
}

func TestPrompt(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url"}]}]}`:                      "Be brief.\nHi",
		`{"system":[{"type":"text","text":"Be brief."}],"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"one"}]}]}]}`: "Be brief.\none",
		`{"system":"S","messages":[{"role":"assistant","content":null},{"role":"user","content":""}]}`:                                                             "S",
		`nonsense`: "",
	} {
		if got := (llmtest.Request{Body: []byte(body)}).Prompt(); got != want {
			t.Errorf("Prompt of %s = %q, want %q", body, got, want)
		}
	}
}

// TestScript holds that the model in memory does what an adapter does with the
// same steps.
func TestScript(t *testing.T) {
	t.Parallel()
	own := errors.New("anything")
	for name, test := range map[string]struct {
		step llmtest.Step
		text string
		kind llm.Kind
	}{
		"text":     {llmtest.Say("Four", "teen"), "Fourteen", ""},
		"echo":     {llmtest.EchoPrompt(), "Really?", ""},
		"respond":  {llmtest.Respond(func(r llmtest.Request) llmtest.Step { return llmtest.Say(r.Group) }), "smart", ""},
		"tools":    {llmtest.Call("1", "f", "{}"), "", ""},
		"too many": {llmtest.TooMany("7"), "", llm.RateLimited},
		"refused":  {llmtest.Refuse(http.StatusPaymentRequired, "pay"), "", llm.NoFunds},
		"garbage":  {llmtest.Fail(llmtest.Garbage), "", llm.BadResponse},
		"empty":    {llmtest.Fail(llmtest.Empty), "", llm.BadResponse},
		"endless":  {llmtest.Fail(llmtest.Endless), "", llm.BadResponse},
		"inside":   {llmtest.Step{Fault: llmtest.ErrorEvent, Code: "overloaded_error"}, "", llm.Overloaded},
		"cut":      {llmtest.CutAfter(1, "So ", "far"), "", llm.Unreachable},
		"own":      {llmtest.Step{Err: own}, "", llm.Unreachable},
	} {
		r := llmtest.Ask(t, "Really?")
		r.Group = "smart"
		script := llmtest.NewScript(test.step)
		whole, err := script.Complete(t.Context(), r)
		joined, streamed := llm.Collect(script.Stream(t.Context(), r))
		if llm.KindOf(err) != test.kind || llm.KindOf(streamed) != test.kind {
			t.Errorf("%s: %v and %v, want %q", name, err, streamed, test.kind)
		}
		if err == nil && (whole.Text() != test.text || joined.Text() != test.text || joined.Deployment != "script") {
			t.Errorf("%s: %q and %q, want %q", name, whole.Text(), joined.Text(), test.text)
		}
		if len(script.Requests()) != 2 {
			t.Errorf("%s: %d calls were noted", name, len(script.Requests()))
		}
	}
}

func TestScriptGate(t *testing.T) {
	t.Parallel()
	gate, start := llmtest.NewGate("teen"), llmtest.NewGate(llmtest.AtStart)
	script := llmtest.NewScript(llmtest.Say("Four", "teen").Hold(gate).Hold(start))
	script.Next(llmtest.Say("again"))
	go func() {
		<-start.Reached()
		start.Open()
		<-gate.Reached()
		gate.Open()
	}()
	for _, want := range []string{"Fourteen", "again"} {
		resp, err := script.Complete(t.Context(), llmtest.Ask(t, "Really?"))
		if err != nil || resp.Text() != want {
			t.Errorf("%q, %v, want %q", resp.Text(), err, want)
		}
	}
}
