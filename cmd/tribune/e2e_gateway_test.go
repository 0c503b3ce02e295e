package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

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
				if strings.HasPrefix(m.ID, ownName) {
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
