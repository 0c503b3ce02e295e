package slackbot

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

var update = flag.Bool("update", false, "write the goldens anew")

func sourcesIn(language string) []bots.Source {
	if language == "zh" {
		return []bots.Source{
			{N: 1, Title: "劳动合同法 第四十八条", URL: "https://law.example/48?a=1&b=2"},
			{N: 2, Title: "劳动合同法 第八十七条", Ref: "zh/contract#87"},
			{N: 3, Ref: "zh/arbitration#27", URL: "javascript:alert(1)"},
		}
	}
	return []bots.Source{
		{N: 1, Title: "Labour Contract Law <!here>, Article 47", URL: "https://law.example/47"},
		{N: 2, Title: "Handbook", URL: "ftp://law.example/handbook"},
	}
}

// golden compares the messages of an answer, with what people see first.
func golden(t *testing.T, name string, pages []page) {
	t.Helper()
	var out strings.Builder
	for i, p := range pages {
		if i > 0 {
			out.WriteString("======== next message\n")
		}
		for _, b := range p.blocks {
			raw, err := json.Marshal(b)
			if err != nil {
				t.Fatal(err)
			}
			out.WriteString(readableBlock(t, raw))
		}
		out.WriteString("-------- text\n" + p.text + "\n")
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, diff)
	}
}

// readableBlock writes a block's fields line by line, texts as they are.
func readableBlock(t *testing.T, raw []byte) string {
	t.Helper()
	var block struct {
		Type     string          `json:"type"`
		Text     json.RawMessage `json:"text"`
		Elements json.RawMessage `json:"elements"`
	}
	if err := json.Unmarshal(raw, &block); err != nil {
		t.Fatal(err)
	}
	if block.Text == nil {
		block.Text = json.RawMessage(strings.TrimSuffix(strings.TrimPrefix(string(block.Elements), "["), "]"))
	}
	text := struct {
		Text     string `json:"text"`
		Verbatim bool   `json:"verbatim"`
	}{}
	if json.Unmarshal(block.Text, &text.Text) != nil {
		if err := json.Unmarshal(block.Text, &text); err != nil {
			t.Fatal(err)
		}
		if !text.Verbatim {
			t.Errorf("a %s whose text is not verbatim: Slack would make links of it", block.Type)
		}
	}
	return "-------- " + block.Type + "\n" + strings.ReplaceAll(text.Text, zeroWidth, "{zw}") + "\n"
}

func TestRender(t *testing.T) {
	t.Parallel()
	names := map[form]string{asMarkdown: "markdown", asSections: "sections", asText: "text"}
	for _, file := range []string{"table.en", "table.zh", "fence.en"} {
		for _, f := range forms() {
			t.Run(file+"."+names[f], func(t *testing.T) {
				t.Parallel()
				text, err := os.ReadFile(filepath.Join("testdata", file+".md"))
				if err != nil {
					t.Fatal(err)
				}
				language := file[len(file)-2:]
				note := map[string]string{"en": "Quoted without a model <!channel>.", "zh": "未使用模型，直接引用。"}[language]
				golden(t, file+"."+names[f], render(bots.Content{
					Text: string(text), Sources: sourcesIn(language), Note: note, Language: language, Final: true,
				}, f))
			})
		}
	}
}

func TestRenderLive(t *testing.T) {
	t.Parallel()
	if _, ok := renderLive(bots.Content{Text: " "}); ok {
		t.Error("nothing was shown as something")
	}
	p, ok := renderLive(bots.Content{Text: "赔偿金为 **经济补偿** 的两倍 [1]，详见 [法条](https://law.exam", Language: "zh"})
	if !ok {
		t.Fatal("nothing was shown")
	}
	golden(t, "live.zh", []page{p})
}

// sizes checks one message against Slack's limits.
func sizes(t *testing.T, p page) {
	t.Helper()
	raw, err := json.Marshal(p.blocks)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ markdown, other int }
	var blocks []map[string]any
	if err := json.Unmarshal(raw, &blocks); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		n := textSize(b)
		if b["type"] == "markdown" {
			all.markdown += n
		} else {
			all.other += n
		}
		if b["type"] == "section" && n > 3_000 {
			t.Errorf("a section of %d characters", n)
		}
	}
	if all.markdown > 12_000 || all.markdown+all.other > 13_200 || len(blocks) > 50 {
		t.Errorf("%d blocks with %d + %d characters", len(blocks), all.markdown, all.other)
	}
	if n := utf8.RuneCountInString(p.text); n > 4_000 || n == 0 {
		t.Errorf("a text of %d characters", n)
	}
}

// textSize counts the characters of all texts in a block.
func textSize(v any) int {
	switch v := v.(type) {
	case map[string]any:
		n := 0
		for key, inner := range v {
			if key != "type" {
				n += textSize(inner)
			}
		}
		return n
	case []any:
		n := 0
		for _, inner := range v {
			n += textSize(inner)
		}
		return n
	case string:
		return utf8.RuneCountInString(v)
	default:
		return 0
	}
}

func TestRenderKeepsToSlacksLimits(t *testing.T) {
	t.Parallel()
	sources := make([]bots.Source, 200)
	for i := range sources {
		sources[i] = bots.Source{N: i + 1, Title: strings.Repeat("&<标题", 100), URL: "https://x.example/" + strings.Repeat("a", 450)}
	}
	texts := map[string]string{
		"paragraphs": strings.Repeat("A sentence that is neither short nor long. ", 3000),
		"chinese":    strings.Repeat("用人单位违反本法规定解除劳动合同的，应当支付赔偿金。", 1500),
		"one word":   strings.Repeat("字", 30_000),
		"escapes":    strings.Repeat("<&>", 9_000),
		"fence":      "```\n" + strings.Repeat("if a < b && c > d {\n", 1500) + "```",
		"table":      "| a | b |\n|---|---|\n" + strings.Repeat("| <one> | two & three |\n", 1200),
		"citations":  strings.Repeat("A claim [1]. ", 2000),
		"nothing":    "",
	}
	for name, text := range texts {
		for _, f := range forms() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				pages := render(bots.Content{Text: text, Sources: sources, Note: strings.Repeat("note ", 500), Final: true}, f)
				for _, p := range pages {
					sizes(t, p)
				}
				if len(pages) == 0 {
					t.Fatal("no message")
				}
				if p, ok := renderLive(bots.Content{Text: text, Sources: sources}); ok {
					sizes(t, p)
				}
			})
		}
	}
}

func TestRenderNothing(t *testing.T) {
	t.Parallel()
	for _, f := range forms() {
		if pages := render(bots.Content{Final: true}, f); len(pages) != 1 || pages[0].text == "" {
			t.Errorf("form %d: %+v", f, pages)
		}
	}
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://law.example/47":                "https://law.example/47",
		"HTTP://law.example/(47)":               "HTTP://law.example/%2847%29",
		"":                                      "",
		"javascript:alert(1)":                   "",
		"file:///etc/passwd":                    "",
		"mailto:a@b.example":                    "",
		"https://":                              "",
		"//law.example":                         "",
		"https://user@law.example/":             "",
		"https://law.example/><!channel>":       "",
		"https://law.example/a b":               "",
		"https://x/" + strings.Repeat("a", 600): "",
	} {
		if got := safeURL(raw); got != want {
			t.Errorf("safeURL(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestStylesEscapeEverywhere(t *testing.T) {
	t.Parallel()
	hostile := "a<b <!channel> & <@U1> \\<!here> &lt; `<!here>`\n\n```x\n<!channel>\n```\n\n| <!here> |\n|---|\n| <@U1> |\n\n# <!channel>\n\n**<@U1>**"
	for name, style := range map[string]markdown.Style{"block": blockStyle{}, "mrkdwn": mrkdwnStyle{}} {
		for _, part := range split(markdown.Parse(hostile), style, 9000) {
			if i := strings.Index(part, "<"); i >= 0 {
				t.Errorf("%s: an open bracket in %q", name, part[i:])
			}
		}
	}
}
