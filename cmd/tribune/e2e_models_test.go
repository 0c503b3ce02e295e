package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestEndToEndEveryWayToAModel asks at the terminal with each of the settings
// that lead to a model; each time the model writes the answer.
func TestEndToEndEveryWayToAModel(t *testing.T) {
	t.Parallel()

	const key = "sk-canary-of-the-provider-0009"
	for name, set := range map[string]func(url string) settings{
		"deepseek": func(url string) settings {
			return settings{"DEEPSEEK_API_KEY": key, "DEEPSEEK_API_BASE": url}
		},
		"a model by name": func(url string) settings {
			return settings{"LITELLM_MODEL": "openai/gpt-6-luna", "OPENAI_API_KEY": key, "OPENAI_API_BASE": url + "/v1"}
		},
		"anthropic": func(url string) settings {
			return settings{"LITELLM_MODEL": "claude-haiku-5-5", "ANTHROPIC_API_KEY": key, "ANTHROPIC_API_BASE": url}
		},
		"a provider by LLM_MODE": func(url string) settings {
			return settings{"LLM_MODE": "dashscope", "DASHSCOPE_API_KEY": key, "DASHSCOPE_API_BASE": url + "/v1"}
		},
		"a proxy": func(url string) settings {
			return settings{"LITELLM_API_BASE": url, "LITELLM_API_KEY": key, "LITELLM_MODEL": "cheap"}
		},
		"a proxy without a name": func(url string) settings {
			return settings{"LITELLM_API_BASE": url, "LITELLM_API_KEY": key}
		},
		"a local server": func(url string) settings {
			return settings{"LLM_MODE": "ollama", "OLLAMA_API_BASE": url + "/v1"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := llmtest.NewServer(t, quoteFirst())
			app := start(t, t.TempDir(), set(server.URL), Parts{})
			var shown []bots.Content
			answer, err := app.Ask(t.Context(), askRequest{Question: "试用期最长多久？"}, func(c bots.Content) { shown = append(shown, c) })
			if err != nil {
				t.Fatal(err)
			}
			if answer.Mode != bots.ByModel || answer.Model == "" || len(answer.Sources) == 0 || answer.Usage.CompletionTokens == 0 || len(shown) == 0 {
				t.Errorf("answer %+v, shown %d times", answer, len(shown))
			}
			if unknown := strings.HasPrefix(name, "a proxy") || name == "a local server"; unknown && answer.Usage.CostUSD != nil {
				t.Errorf("a price that nobody told: %v", *answer.Usage.CostUSD)
			}
		})
	}
}

// TestEndToEndTheNextModelAnswers lets the first provider fail: the second
// answers, and the answer says which way it went.
func TestEndToEndTheNextModelAnswers(t *testing.T) {
	t.Parallel()

	down := llmtest.NewServer(t, llmtest.Refuse(http.StatusUnauthorized, "no"))
	up := llmtest.NewServer(t, quoteFirst())
	app := start(t, t.TempDir(), settings{
		"DEEPSEEK_API_KEY": "sk-canary-0010", "DEEPSEEK_API_BASE": down.URL, "OPENAI_API_KEY": "sk-canary-0011", "OPENAI_API_BASE": up.URL,
	}, Parts{})
	answer, err := app.Ask(t.Context(), askRequest{Question: "试用期最长多久？"}, func(bots.Content) {})
	if err != nil || answer.Mode != bots.ByModel {
		t.Fatalf("%+v, %v", answer, err)
	}
	if !strings.Contains(answer.Route, "openai") || len(down.Requests()) != 1 {
		t.Errorf("route %q after %d calls of the first", answer.Route, len(down.Requests()))
	}
}

// TestEndToEndATooFastModelIsWaitedFor lets a provider ask for patience once.
func TestEndToEndATooFastModelIsWaitedFor(t *testing.T) {
	t.Parallel()

	server := llmtest.NewServer(t, llmtest.TooMany("1"), quoteFirst())
	app := start(t, t.TempDir(), settings{"DEEPSEEK_API_KEY": "sk-canary-0012", "DEEPSEEK_API_BASE": server.URL}, Parts{})
	answer, err := app.Ask(t.Context(), askRequest{Question: "试用期最长多久？"}, func(bots.Content) {})
	if err != nil || answer.Mode != bots.ByModel || len(server.Requests()) != 2 {
		t.Errorf("%+v, %v, %d calls", answer, err, len(server.Requests()))
	}
}
