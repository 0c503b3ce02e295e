package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// reply is what came back from the gateway.
type reply struct {
	status int
	header http.Header
	body   string
}

// text is the first choice of a chat completion.
func (r reply) text() string {
	var c struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if json.Unmarshal([]byte(r.body), &c) != nil || len(c.Choices) == 0 {
		return ""
	}
	return c.Choices[0].Message.Content
}

// send sends one request to a running program.
func send(ctx context.Context, base, key, method, path, body string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := direct().Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data)}, err
}

func mustSend(t *testing.T, base, key, method, path, body string) reply {
	t.Helper()
	r, err := send(t.Context(), base, key, method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// chatWith is a chat request for a model.
func chatWith(model string) string {
	return fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hello"}],"max_tokens":10}`, model)
}

const chatPath = "/v1/chat/completions"

// TestEndToEndExamplesLoad starts the whole program on each of LiteLLM's example
// files, with the keys that they name and addresses of a local provider.
func TestEndToEndExamplesLoad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "llm", "litellm", "testdata", "examples", "*.yaml"))
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			write(t, dir, "litellm_config.yaml", string(text))
			upstream := llmtest.NewServer(t, llmtest.Say("hello there"))
			app := start(t, dir, settings{
				"OPENAI_API_KEY": "sk-o", "ANTHROPIC_API_KEY": "sk-a", "DASHSCOPE_API_KEY": "sk-q", "LITELLM_MASTER_KEY": "sk-master-of-examples",
				"OPENAI_API_BASE": upstream.URL + "/v1", "ANTHROPIC_API_BASE": upstream.URL, "DASHSCOPE_API_BASE": upstream.URL + "/v1",
			}, Parts{})
			listed := mustSend(t, app.base, "sk-master-of-examples", "GET", "/v1/models", "")
			var models struct {
				Data []struct {
					ID string `json:"id"`
				} `json:"data"`
			}
			if err := json.Unmarshal([]byte(listed.body), &models); err != nil || len(models.Data) < 3 {
				t.Fatalf("HTTP %d %s", listed.status, listed.body)
			}
			for _, m := range models.Data {
				if m.ID == ownName {
					continue
				}
				if r := mustSend(t, app.base, "sk-master-of-examples", "POST", chatPath, chatWith(m.ID)); r.text() != "hello there" {
					t.Errorf("%s: HTTP %d %s", m.ID, r.status, r.body)
				}
			}
		})
	}
}

// TestEndToEndMasterKeyOfTheFile: what general_settings lays down is the key,
// and environment_variables only where the environment has none.
func TestEndToEndMasterKeyOfTheFile(t *testing.T) {
	t.Parallel()
	upstream := llmtest.NewServer(t, llmtest.Say("hello there"))
	entry := fmt.Sprintf("model_list: [{model_name: m, litellm_params: {model: openai/m, api_base: %s/v1, api_key: k}}]\n", upstream.URL)
	for name, test := range map[string]struct{ file, env, key string }{
		"laid down":                     {entry + "general_settings: {master_key: sk-laid-down-0001}\n", "sk-of-the-environment", "sk-laid-down-0001"},
		"offered":                       {entry + "environment_variables: {LITELLM_MASTER_KEY: sk-offered-000001}\n", "", "sk-offered-000001"},
		"offered beside an environment": {entry + "environment_variables: {LITELLM_MASTER_KEY: sk-offered-000001}\n", "sk-of-the-environment", "sk-of-the-environment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "litellm_config.yaml", test.file)
			app := start(t, dir, settings{"LITELLM_MASTER_KEY": test.env}, Parts{})
			if r := mustSend(t, app.base, test.key, "POST", chatPath, chatWith("m")); r.status != http.StatusOK {
				t.Errorf("HTTP %d %s", r.status, r.body)
			}
			if r := mustSend(t, app.base, "sk-another-key-00", "POST", chatPath, chatWith("m")); r.status != http.StatusUnauthorized {
				t.Errorf("another key: HTTP %d", r.status)
			}
		})
	}
}

// TestEndToEndReload changes the file under a running gateway: a good one takes
// effect, a bad one changes nothing.
func TestEndToEndReload(t *testing.T) {
	t.Parallel()
	upstream := llmtest.NewServer(t, llmtest.Say("hello there"))
	file := func(name string) string {
		return fmt.Sprintf("model_list: [{model_name: %s, litellm_params: {model: openai/m, api_base: %s/v1, api_key: k}}]\ngeneral_settings: {master_key: sk-reload-000001}\n", name, upstream.URL)
	}
	dir := t.TempDir()
	write(t, dir, "litellm_config.yaml", file("first"))
	p := startProcess(t, dir, nil, "gateway", "--port", "0")
	base := p.address(t)
	ask := func(model string) int {
		return mustSend(t, base, "sk-reload-000001", "POST", chatPath, chatWith(model)).status
	}
	if got := ask("first"); got != http.StatusOK {
		t.Fatalf("HTTP %d\n%s", got, p.out)
	}
	write(t, dir, "litellm_config.yaml", file("second"))
	eventually(t, "the changed file is taken over", func() bool { return ask("second") == http.StatusOK })
	if got := ask("first"); got == http.StatusOK {
		t.Error("the old model is still there")
	}

	write(t, dir, "litellm_config.yaml", file("third")+"router_settings: {routing_strategy: by-magic}\n")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bad file is refused", func() bool { return strings.Contains(p.out.String(), "was not taken over") })
	if !strings.Contains(p.out.String(), "by-magic") {
		t.Errorf("it is not said why:\n%s", p.out)
	}
	if got := ask("second"); got != http.StatusOK {
		t.Errorf("the old configuration is gone: HTTP %d", got)
	}
}

// TestEndToEndAChannelsBudget: at a channel's budget the next cheaper model
// answers, then quotes do; never silence.
func TestEndToEndAChannelsBudget(t *testing.T) {
	t.Parallel()
	dear, cheap := llmtest.NewServer(t, quoteFirst()), llmtest.NewServer(t, quoteFirst())
	dir := t.TempDir()
	// The dear one is reserved at a dollar a question and more, the cheap one at some cents.
	write(t, dir, "litellm_config.yaml", fmt.Sprintf(`model_list:
  - {model_name: dear, litellm_params: {model: openai/dear, api_base: %s/v1, api_key: k, input_cost_per_token: 0.001, output_cost_per_token: 0.001}}
  - {model_name: cheap, litellm_params: {model: openai/cheap, api_base: %s/v1, api_key: k, input_cost_per_token: 0.00001, output_cost_per_token: 0.00001}}
`, dear.URL, cheap.URL))
	write(t, dir, "tribune.yaml", `channels:
  default: {model: dear}
  "slack:T1:C1": {daily_budget_usd: 0.5}
  "slack:T1:C2": {daily_budget_usd: 0}
`)
	app := start(t, dir, nil, Parts{})
	for _, want := range []struct {
		channel string
		mode    bots.Mode
		model   string
	}{
		{"slack:T1:C1", bots.ByModel, "dear"}, // a budget that nobody has touched lets one in
		{"slack:T1:C1", bots.ByModel, "cheap"},
		{"slack:T1:C2", bots.Extractive, ""},
		{"slack:T1:C3", bots.ByModel, "dear"},
	} {
		answer, err := app.Ask(t.Context(), askRequest{Question: "试用期最长多久？", Channel: want.channel}, func(bots.Content) {})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Mode != want.mode || answer.Model != want.model || answer.Text == "" {
			t.Errorf("%s: mode %s, model %q, route %q, note %q", want.channel, answer.Mode, answer.Model, answer.Route, answer.Note)
		}
		if want.mode == bots.Extractive && !strings.Contains(answer.Note, "预算") {
			t.Errorf("%s: the note does not say why: %q", want.channel, answer.Note)
		}
	}
	if len(cheap.Requests()) != 1 || len(dear.Requests()) != 2 {
		t.Errorf("%d calls of the cheap, %d of the dear", len(cheap.Requests()), len(dear.Requests()))
	}
}

// TestEndToEndModelsByTheRequest has rules choose the model; the answer says why.
func TestEndToEndModelsByTheRequest(t *testing.T) {
	t.Parallel()
	upstream := llmtest.NewServer(t, quoteFirst())
	dir := t.TempDir()
	entry := func(name string) string {
		return fmt.Sprintf("  - {model_name: %[1]s, litellm_params: {model: openai/%[1]s, api_base: %[2]s/v1, api_key: k}}\n", name, upstream.URL)
	}
	write(t, dir, "litellm_config.yaml", "model_list:\n"+entry("cheap")+entry("expensive")+`
router_settings:
  routes:
    - {name: Chinese, when: {language: zh}, use: expensive}
    - {use: cheap}
`)
	app := start(t, dir, nil, Parts{})
	for question, want := range map[string]string{"试用期最长可以约定多久？": "expensive", "How long can a probation period be?": "cheap"} {
		answer, err := app.Ask(t.Context(), askRequest{Question: question}, func(bots.Content) {})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Model != want {
			t.Errorf("%s was answered by %q (%s)", question, answer.Model, answer.Route)
		}
		if want == "expensive" && !strings.Contains(answer.Route, "Chinese") {
			t.Errorf("the reason is not told: %q", answer.Route)
		}
	}
}

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

// flaky is a provider that fails at random and counts what it is asked.
type flaky struct {
	mu       sync.Mutex
	random   *rand.Rand
	fails    float64
	minutes  map[int64]int // calls by clock minute
	inFlight atomic.Int64
	most     atomic.Int64
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := f.inFlight.Add(1)
	defer f.inFlight.Add(-1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	f.mu.Lock()
	f.minutes[time.Now().Unix()/60]++
	fail := f.random.Float64() < f.fails
	f.mu.Unlock()
	_, _ = io.Copy(io.Discard, r.Body)
	if fail {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"id":"1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`)
}

// TestChaosTwoGatewaysShareLimits floods two processes on one NATS: no request is
// lost while a healthy deployment is there, and no limit is passed by both
// together.
func TestChaosTwoGatewaysShareLimits(t *testing.T) {
	t.Parallel()
	const rpm, parallel, calls = 40, 4, 120
	limited := &flaky{random: rand.New(rand.NewPCG(1, 2)), fails: 0.2, minutes: map[int64]int{}} //nolint:gosec // the same failures every time
	healthy := &flaky{random: rand.New(rand.NewPCG(3, 4)), minutes: map[int64]int{}}             //nolint:gosec // the same
	one, two := httptest.NewServer(limited), httptest.NewServer(healthy)
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	nats := natsServer(t)
	file := fmt.Sprintf(`model_list:
  - {model_name: m, litellm_params: {model: openai/limited, api_base: %s/v1, api_key: k, rpm: %d, max_parallel_requests: %d, order: 1}}
  - {model_name: m, litellm_params: {model: openai/healthy, api_base: %s/v1, api_key: k, order: 2}}
router_settings: {num_retries: 3, disable_cooldowns: true}
general_settings: {master_key: sk-two-gateways-01}
`, one.URL, rpm, parallel, two.URL)
	var bases []string
	for range 2 {
		dir := t.TempDir()
		write(t, dir, "litellm_config.yaml", file)
		bases = append(bases, startProcess(t, dir, nats, "gateway", "--port", "0").address(t))
	}
	var group sync.WaitGroup
	var lost atomic.Int64
	for c := range 16 {
		group.Go(func() {
			for range calls / 16 {
				r, err := send(t.Context(), bases[c%2], "sk-two-gateways-01", "POST", chatPath, chatWith("m"))
				if err != nil || r.text() != "fine" {
					lost.Add(1)
					t.Errorf("lost: %v HTTP %d %.300s", err, r.status, r.body)
				}
			}
		})
	}
	group.Wait()
	for minute, n := range limited.minutes {
		if n > rpm {
			t.Errorf("%d calls in minute %d, the limit is %d", n, minute, rpm)
		}
	}
	if most := limited.most.Load(); most > parallel || most == 0 {
		t.Errorf("%d calls at the same time, the limit is %d", most, parallel)
	}
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
