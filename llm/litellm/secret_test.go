package litellm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm/litellm"
)

// However a file or a deployment is printed, logged or encoded, no secret is seen.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	f, _ := read(t, `environment_variables: {LITELLM_MASTER_KEY: sesame-1, OTHER: sesame-2}
model_list:
- model_name: gpt
  litellm_params:
    model: azure/gpt-4
    api_key: sesame-3
    api_base: https://user:sesame-4@example.org/v1?sig=sesame-5
    extra_headers: {X-Key: sesame-6}
    client_secret: sesame-7
    extra_body: {token: sesame-8}
  model_info: {note: sesame-9}
general_settings: {database_url: "postgresql://u:sesame-10@h/d"}
langfuse_params: {public_key: p, secret_key: sesame-11}
`, environ())
	s := f.Deployments[0]
	var all strings.Builder
	for _, v := range []any{f, *f, s, &s, f.Deployments, f.General, &f.General, f.Langfuse, f.Warnings, struct{ F *litellm.File }{f}, struct{ S litellm.Spec }{s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&all, verb+"\n", v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		all.Write(text)
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).InfoContext(t.Context(), "read", "file", f, "spec", s, "copy", *f, "general", f.General)
	}
	all.Write(log.Bytes())
	for text := range strings.SplitSeq(all.String(), "\n") {
		// In hex, "sesame" is 736573616d65.
		if strings.Contains(text, "sesame") || strings.Contains(text, "736573616d65") {
			t.Errorf("a secret is in %s", text)
		}
	}
	if !strings.Contains(all.String(), "azure/gpt-4") {
		t.Error("nothing is told of the deployment")
	}
}
