package litellm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm/litellm"
)

// BenchmarkRead reads the production example, and a file of a thousand entries.
func BenchmarkRead(b *testing.B) {
	var many strings.Builder
	many.WriteString("model_list:\n")
	for i := range 1000 {
		fmt.Fprintf(&many, "- model_name: g%d\n  litellm_params:\n    model: openai/gpt-4\n    api_key: os.environ/OPENAI_API_KEY\n    rpm: 60\n", i%50)
	}
	large := filepath.Join(b.TempDir(), "large.yaml")
	if err := os.WriteFile(large, []byte(many.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"example": "testdata/examples/4-production.yaml", "thousand": large} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := litellm.Read(path, environ("OPENAI_API_KEY")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
