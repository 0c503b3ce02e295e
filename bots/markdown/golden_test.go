package markdown_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots/markdown"
)

var update = flag.Bool("update", false, "write the golden files anew")

// chat is a Style as an adapter without tables has it.
type chat struct{ markdown.CommonMark }

func (chat) Tables() markdown.TableForm { return markdown.TableText }

// TestGolden shows each text of testdata/*.md as Markdown, as chat without
// tables in small parts, and as plain text.
func TestGolden(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/*.md")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, input := range inputs {
		t.Run(filepath.Base(input), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(input, ".md")+".golden", show(string(source)))
		})
	}
}

func show(source string) string {
	var b strings.Builder
	doc := markdown.Parser{Links: markdown.Hosts("https://law.example/a", "https://flk.npc.gov.cn")}.Parse(source)
	for i, part := range markdown.Split(markdown.Render(doc, markdown.CommonMark{}), markdown.Limit{Max: 100_000}) {
		fmt.Fprintf(&b, "===== markdown %d\n%s\n", i+1, part)
	}
	limit := markdown.Limit{Max: 400, Measure: markdown.UTF16, Trailer: "来源 Sources:\n[1] 劳动合同法\n[2] Handbook"}
	for i, part := range markdown.Split(markdown.Render(doc, chat{}), limit) {
		fmt.Fprintf(&b, "===== chat %d (%d)\n%s\n", i+1, markdown.UTF16(part), part)
	}
	fmt.Fprintf(&b, "===== plain\n%s\n", markdown.PlainDoc(doc))
	return strings.ReplaceAll(b.String(), "\u200b", "<ZW>")
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}
