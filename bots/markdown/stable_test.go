package markdown

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestStableCut(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"plain", "plain text", "plain text"},
		{"half a character", "劳动\xe6\x9c", "劳动"},
		{"half a citation", "so it is[1", "so it is"},
		{"half a second citation", "so it is[1][", "so it is[1]"},
		{"citation", "so it is[12]", "so it is[12]"},
		{"half a link's text", "see [the gui", "see "},
		{"link's text may be a link", "see [the guide]", "see "},
		{"half a link's address", "see [the guide](https://a.exam", "see "},
		{"link", "see [the guide](https://a.example)", "see [the guide](https://a.example)"},
		{"no link", "see [the guide] there", "see [the guide] there"},
		{"half an image", "see ![the", "see "},
		{"a lone bang", "so!", "so"},
		{"stray bracket", "a [" + strings.Repeat(" b", 200), "a [" + strings.Repeat(" b", 200)},
		{"half inline code", "run `rm -", "run "},
		{"inline code", "run `rm -r`", "run `rm -r`"},
		{"double backticks", "run ``a ` b", "run "},
		{"half an address", "see https://a.exam", "see "},
		{"start of an address", "see http", "see "},
		{"address", "see https://a.example/x now", "see https://a.example/x now"},
		{"address before Chinese", "见https://a.example/x。再", "见https://a.example/x。再"},
		{"half an autolink", "see <https://a", "see "},
		{"less than", "1 < 2", "1 < 2"},
		{"half a reference", "a &am", "a "},
		{"ampersand", "a & b", "a & b"},
		{"half an escape", "a \\", "a "},
		{"half a mark", "a **", "a "},
		{"bold is closed", "a **bo", "a **bo**"},
		{"bold with space", "a **bo ", "a **bo**"},
		{"bold", "a **bold**", "a **bold**"},
		{"bold around a half link", "a **bold [x](http", "a **bold**"},
		{"struck in bold", "**a ~~b", "**a ~~b~~**"},
		{"bullet in the making", "a\n\n-", "a\n\n"},
		{"heading in the making", "a\n\n##", "a\n\n"},
		{"underline in the making", "a\n---", "a\n"},
		{"open fence", "a\n\n```go\nx := 1\ny", "a\n\n```go\nx := 1\ny\n```"},
		{"fence without code", "a\n\n```go\n", "a\n\n"},
		{"half an opening fence", "a\n\n```g", "a\n\n"},
		{"half a closing fence", "```\nx\n``", "```\nx\n```"},
		{"closed fence", "```\nx\n```\nafter", "```\nx\n```\nafter"},
		{"fence in a list", "- a\n  ~~~~\n  x\n", "- a\n  ~~~~\n  x\n  ~~~~"},
		{"fence in a quote", "> ```\n> x\n", "> ```\n> x\n> ```"},
		{"half a row", "| a | b |\n|---|---|\n| 1 | 2", "| a | b |\n|---|---|\n"},
		{"half a header", "text\n\n| a | b |\n|--", "text\n\n"},
		{"header alone", "text\n\n| a | b |\n", "text\n\n"},
		{"rows", "| a | b |\n|---|---|\n| 1 | 2 |\n", "| a | b |\n|---|---|\n| 1 | 2 |\n"},
		{"behind a table", "| a |\n|---|\n| 1 |\n\nmore", "| a |\n|---|\n| 1 |\n\nmore"},
		{"bracket in an earlier item", "- [ b\n- c", "- [ b\n- c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, StableCut(tt.in)); diff != "" {
				t.Errorf("StableCut(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

// TestStableCutShowsNothingTwice streams whole texts character by character:
// what is shown of a part must be how the whole text begins.
func TestStableCutShowsNothingTwice(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/answer-*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no texts", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			text := string(source)
			whole := wordsOf(Parse(text).Blocks)
			for end := range text {
				if part := wordsOf(Parse(StableCut(text[:end])).Blocks); !strings.HasPrefix(whole, part) {
					t.Fatalf("of %q is shown\n%q", text[max(0, end-60):end], part[max(0, len(part)-100):])
				}
			}
		})
	}
}

func FuzzStableCut(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s[:min(len(s), 300)])
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := StableCut(s)
		end := 0
		for end < min(len(s), len(got)) && s[end] == got[end] {
			end++
		}
		if rest := strings.Trim(got[end:], "*~`> \t\n"); rest != "" {
			t.Errorf("StableCut(%q) = %q adds %q", s, got, rest)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("StableCut(%q) = %q is not valid", s, got)
		}
	})
}

// wordsOf returns the letters and digits of blocks in reading order.
func wordsOf(blocks []Block) string {
	var b strings.Builder
	for _, block := range blocks {
		switch n := block.(type) {
		case Heading:
			b.WriteString(PlainInline(n.Text))
		case Paragraph:
			b.WriteString(PlainInline(n.Text))
		case List:
			for _, item := range n.Items {
				b.WriteString(wordsOf(item))
			}
		case Quote:
			b.WriteString(wordsOf(n.Blocks))
		case CodeBlock:
			b.WriteString(n.Text)
		case Table:
			for _, row := range append([][]Cell{n.Header}, n.Rows...) {
				for _, c := range row {
					b.WriteString(PlainInline(c))
				}
			}
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, b.String())
}
