package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tribunebot/tribune/llm/llmtest"
)

// recorder keeps what is posted to it.
type recorder struct {
	mu     sync.Mutex
	bodies []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.bodies = append(r.bodies, req.URL.Path+" "+string(body))
	r.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

func (r *recorder) count(part string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, b := range r.bodies {
		if strings.Contains(b, part) {
			n++
		}
	}
	return n
}

// TestEndToEndReports: a call is seen in the metrics, in usage, at Langfuse and
// at Supabase; a callback that is dead slows nothing.
func TestEndToEndReports(t *testing.T) {
	t.Parallel()
	upstream := llmtest.NewServer(t, llmtest.Say("hello there"))
	langfuse, supabase := &recorder{}, &recorder{}
	one, two := httptest.NewServer(langfuse), httptest.NewServer(supabase)
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	dir := t.TempDir()
	write(t, dir, "litellm_config.yaml", fmt.Sprintf(`model_list:
  - {model_name: gpt-4, litellm_params: {model: openai/gpt-4, api_base: %s/v1, api_key: k}}
litellm_settings: {success_callback: [langfuse, supabase, otel]}
general_settings: {master_key: sk-reports-000001}
`, upstream.URL))
	app := start(t, dir, settings{
		"LANGFUSE_PUBLIC_KEY": "pk-1", "LANGFUSE_SECRET_KEY": "sk-langfuse-canary-1", "LANGFUSE_HOST": one.URL,
		"SUPABASE_URL": two.URL, "SUPABASE_KEY": "sk-supabase-canary-1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
	}, Parts{})
	key := newKey(t, app.base, "sk-reports-000001", `{"key_alias":"reporter"}`)
	for range 3 {
		if r := mustSend(t, app.base, key, "POST", chatPath, chatWith("gpt-4")); r.status != http.StatusOK {
			t.Fatalf("HTTP %d %s", r.status, r.body)
		}
	}
	mustSend(t, app.base, "sk-nobodys-key-01", "POST", chatPath, chatWith("gpt-4"))
	metrics := mustSend(t, app.base, "", "GET", "/metrics", "").body
	for _, line := range []string{"litellm_proxy_total_requests_metric_total{", "litellm_spend_metric_total{", `api_key_alias="reporter"`, `status_code="401"`, "litellm_deployment_state{"} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s in the metrics", line)
		}
	}
	rows, err := app.Usage(t.Context(), usageRequest{By: []string{"model", "key"}})
	if err != nil || len(rows) != 1 || rows[0].Calls != 3 || rows[0].Key != "reporter" || rows[0].CostUSD == nil {
		t.Errorf("usage %+v, %v", rows, err)
	}
	eventually(t, "Langfuse was told", func() bool { return langfuse.count("/api/public/otel/v1/traces") > 0 })
	eventually(t, "Supabase was told", func() bool { return supabase.count("/rest/v1/request_logs") > 0 })
}

// TestEndToEndStopsInTwoStepsWithCalls tells a gateway to stop while a stream and
// a whole call run: both are finished first, and nobody new is let in.
func TestEndToEndStopsInTwoStepsWithCalls(t *testing.T) {
	t.Parallel()
	gate := llmtest.NewGate("there")
	upstream := llmtest.NewServer(t, llmtest.Say("hello ", "there").Hold(gate), llmtest.Say("hello ", "there").Hold(gate))
	dir := t.TempDir()
	write(t, dir, "litellm_config.yaml", fmt.Sprintf("model_list: [{model_name: m, litellm_params: {model: openai/m, api_base: %s/v1, api_key: k}}]\ngeneral_settings: {master_key: sk-stopping-00001}\n", upstream.URL))
	p := startProcess(t, dir, settings{"TRIBUNE_GRACE": "30s"}, "gateway", "--port", "0")
	base := p.address(t)
	replies := make(chan reply, 2)
	for _, body := range []string{chatWith("m"), strings.Replace(chatWith("m"), "{", `{"stream":true,`, 1)} {
		go func() {
			r, err := send(t.Context(), base, "sk-stopping-00001", "POST", chatPath, body)
			if err != nil {
				r.body = err.Error()
			}
			replies <- r
		}()
	}
	eventually(t, "both calls run", func() bool { return len(upstream.Requests()) == 2 })
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody new is let in", func() bool {
		_, err := send(t.Context(), base, "sk-stopping-00001", "GET", "/v1/models", "")
		return err != nil
	})
	gate.Open()
	for range 2 {
		if r := <-replies; r.status != http.StatusOK || !strings.Contains(r.body, "there") {
			t.Errorf("HTTP %d %s", r.status, r.body)
		}
	}
	if err := <-p.done; err != nil {
		t.Errorf("it ended with %v\n%s", err, p.out)
	}
	p.done <- nil
}

// TestEndToEndOwnAddressByAnotherName: a deployment that leads back to the
// gateway, by a name that nobody could tell, does not go round for ever.
func TestEndToEndOwnAddressByAnotherName(t *testing.T) {
	t.Parallel()
	// A forwarder stands for the other name.
	var base atomic.Value
	forwarder := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target, ok := base.Load().(string)
		if !ok {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		out, err := http.NewRequestWithContext(r.Context(), r.Method, target+r.URL.Path, r.Body)
		if err != nil {
			return
		}
		out.Header = r.Header.Clone()
		resp, err := direct().Do(out)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	t.Cleanup(forwarder.Close)
	app := startGateway(t, fmt.Sprintf("model_list: [{model_name: m, litellm_params: {model: openai/m, api_base: %s/v1, api_key: sk-round-000001}}]\nrouter_settings: {num_retries: 0}\ngeneral_settings: {master_key: sk-round-000001}\n", forwarder.URL))
	base.Store(app.base)
	r := mustSend(t, app.base, "sk-round-000001", "POST", chatPath, chatWith("m"))
	if r.status < 400 || !strings.Contains(r.body, "own address") {
		t.Errorf("HTTP %d %s", r.status, r.body)
	}
	metrics := mustSend(t, app.base, "", "GET", "/metrics", "").body
	if strings.Count(metrics, "litellm_proxy_total_requests_metric_total{") > 2 {
		t.Errorf("it went round:\n%s", metrics)
	}
}

// TestEndToEndHeadersOfAProvider: what a provider says in headers comes through,
// of whole answers and of streams.
func TestEndToEndHeadersOfAProvider(t *testing.T) {
	t.Parallel()
	upstream := llmtest.NewServer(t, llmtest.Say("hello ", "there").With("X-Request-Id", "req-1").With("X-Ratelimit-Remaining-Requests", "41"))
	app := startGateway(t, fmt.Sprintf("model_list: [{model_name: m, litellm_params: {model: openai/gpt-4, api_base: %s/v1, api_key: k}}]\ngeneral_settings: {master_key: sk-headers-00001}\n", upstream.URL))
	for _, body := range []string{chatWith("m"), strings.Replace(chatWith("m"), "{", `{"stream":true,`, 1)} {
		r := mustSend(t, app.base, "sk-headers-00001", "POST", chatPath, body)
		for name, want := range map[string]string{
			"llm_provider-x-request-id": "req-1", "x-ratelimit-remaining-requests": "41", "x-litellm-model-id": "m-1", "x-litellm-model-group": "m",
			"x-litellm-model-api-base": upstream.URL + "/v1", "x-litellm-attempted-retries": "0", "x-litellm-attempted-fallbacks": "0",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q (HTTP %d)", name, got, want, r.status)
			}
		}
	}
}
