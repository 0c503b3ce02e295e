package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm/llmtest"
)

// clientsFolder installs the official clients once for all tests, outside of
// the checkout, and returns where; or skips loudly where that cannot be.
func clientsFolder(t *testing.T) string {
	t.Helper()
	missing := func(why string, err error) {
		t.Helper()
		if strings.Contains(os.Getenv("TRIBUNE_TEST_REQUIRE"), "node") { //nolint:forbidigo // a switch of the tests themselves
			t.Fatalf("%s, and TRIBUNE_TEST_REQUIRE asks for node: %v", why, err)
		}
		t.Skipf("SKIPPED: %s, so the official clients were not tried: %v", why, err)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		missing("npm was not found", err)
	}
	source := filepath.Join("testdata", "clients")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), npm, "install", "--no-audit", "--no-fund", "--package-lock=false", "--ignore-scripts", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		missing("npm could not install the clients", fmt.Errorf("%w: %.500s", err, out))
	}
	return dir
}

// scriptedProvider answers as the last message of a request asks for.
func scriptedProvider(t *testing.T) *llmtest.Server {
	t.Helper()
	return llmtest.NewServer(t, llmtest.Respond(func(r llmtest.Request) llmtest.Step {
		_, what, _ := strings.Cut(r.Prompt(), "say: ")
		if i := strings.LastIndex(r.Prompt(), "say: "); i >= 0 {
			what = r.Prompt()[i+len("say: "):]
		}
		switch what = strings.TrimSpace(what); {
		case strings.HasPrefix(what, "tool"):
			return llmtest.Call("call_1", "weather", `{"city":"Paris"}`)
		case strings.HasPrefix(what, "json"):
			return llmtest.Say(`{"ok":true}`)
		case strings.HasPrefix(what, "cut"):
			return llmtest.CutAfter(1, "half ", "of it")
		case strings.HasPrefix(what, "reason"):
			return llmtest.Step{Reasoning: "I think.", Pieces: []string{"so"}}
		}
		return llmtest.Say("hello ", "there")
	}))
}

// clientsConfig is the file that the gateway runs with in front of a provider.
func clientsConfig(provider string) string {
	return fmt.Sprintf(`model_list:
  - {model_name: gpt-4, litellm_params: {model: openai/gpt-4, api_base: %[1]s/v1, api_key: sk-clients-0001}}
  - {model_name: claude, litellm_params: {model: anthropic/claude-3-opus-20240229, api_base: %[1]s, api_key: sk-clients-0002}}
  - {model_name: embedder, litellm_params: {model: openai/text-embedding-3-small, api_base: %[1]s/v1, api_key: sk-clients-0003}}
  - {model_name: broken, litellm_params: {model: openai/gpt-4, api_base: "http://127.0.0.1:1/v1", api_key: sk-clients-0004}}
  - {model_name: limited, litellm_params: {model: openai/gpt-4, api_base: %[1]s/v1, api_key: sk-clients-0005, rpm: 1}}
  - {model_name: forbidden, litellm_params: {model: openai/gpt-4, api_base: %[1]s/v1, api_key: sk-clients-0006}}
router_settings:
  num_retries: 0
  fallbacks: [{broken: [gpt-4]}]
general_settings: {master_key: sk-clients-master-0001}
`, provider)
}

// startGateway starts the whole program with a LiteLLM file.
func startGateway(t *testing.T, file string) *running {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "litellm_config.yaml", file)
	return start(t, dir, nil, Parts{})
}

// newKey makes a virtual key at a gateway.
func newKey(t *testing.T, base, master, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/key/generate", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+master)
	resp, err := direct().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	var made struct {
		Key string `json:"key"`
	}
	if err != nil || json.Unmarshal(data, &made) != nil || made.Key == "" {
		t.Fatalf("no key was made: HTTP %d %s %v", resp.StatusCode, data, err)
	}
	return made.Key
}

// TestEndToEndOfficialClients runs the official clients of OpenAI and Anthropic
// (npm) against the gateway: what they say and understand is not ours.
func TestEndToEndOfficialClients(t *testing.T) {
	t.Parallel()
	dir := clientsFolder(t)
	upstream := scriptedProvider(t)
	app := startGateway(t, clientsConfig(upstream.URL))
	key := newKey(t, app.base, "sk-clients-master-0001", `{"key_alias":"clients","models":["gpt-4","claude","embedder","broken","limited"]}`)
	for _, script := range []string{"openai.mjs", "anthropic.mjs"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "node", script)
			cmd.Dir = dir
			cmd.Env = append(cmd.Environ(), "GATEWAY="+app.base, "KEY="+key, "MASTER=sk-clients-master-0001", "NO_PROXY=127.0.0.1")
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Errorf("%s: %v", script, err)
			}
		})
	}
}
