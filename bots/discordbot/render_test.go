package discordbot

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// renderings reads the cases: testdata/*.md are answers as a model writes them.
func renderings(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

// contentOf makes an answer of a case. Its name tells the language.
func contentOf(t *testing.T, file string) bots.Content {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := bots.Content{Text: string(text), Final: true, Language: "en", Note: "Quoted from the documents, without a model."}
	c.Sources = []bots.Source{
		{N: 1, Title: "Labour Contract Law, article 19", URL: "https://law.example/labour#19"},
		{N: 3, Title: "Handbook *internal* @everyone", Ref: "handbook.md#2"},
		{N: 4, Ref: "untitled.md", URL: "file:///etc/passwd"},
	}
	if strings.Contains(file, "-zh") {
		c.Language, c.Note = "zh", "以下为资料原文摘录，未经模型整理。"
		c.Sources[0].Title = "劳动合同法 第十九条"
	}
	return c
}

func TestRenderings(t *testing.T) {
	t.Parallel()
	for _, file := range renderings(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			parts := full(contentOf(t, file), "")
			got := strings.Join(parts, "\n=== next message ===\n") + "\n"
			golden := strings.TrimSuffix(file, ".md") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v (run the test with -update once)", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("rendering (-want +got):\n%s", diff)
			}
			for i, p := range parts {
				if n := markdown.UTF16(p); n > maxMessage {
					t.Errorf("part %d has %d characters", i+1, n)
				}
				if strings.Count(p, "```")%2 != 0 {
					t.Errorf("part %d leaves a code block open", i+1)
				}
			}
		})
	}
}

// TestLive shows every prefix of every case and checks what must hold for all.
func TestLive(t *testing.T) {
	t.Parallel()
	for _, file := range renderings(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c := contentOf(t, file)
			whole, step := c.Text, max(len(c.Text)/40, 1)
			c.Final = false
			for end := 0; end <= len(whole); end += step {
				c.Text = whole[:end]
				shown := live(c, quote("为什么？ *why*"))
				if n := markdown.UTF16(shown); n > maxMessage || n == 0 {
					t.Fatalf("after %d bytes: %d characters", end, n)
				}
				if strings.Count(shown, "```")%2 != 0 {
					t.Fatalf("after %d bytes a code block is left open: %q", end, shown)
				}
			}
		})
	}
}

func TestEmptyAnswer(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"zh", "en"} {
		c := bots.Content{Final: true, Language: language}
		if parts := full(c, ""); len(parts) != 1 || parts[0] != say(language).empty {
			t.Errorf("%s: %q", language, parts)
		}
		if shown := live(c, ""); shown != say(language).thinking {
			t.Errorf("%s: %q", language, shown)
		}
		c.Note = "note"
		if parts := full(c, ""); len(parts) != 1 || parts[0] != "-# note" {
			t.Errorf("%s: %q", language, parts)
		}
	}
}

func TestSingle(t *testing.T) {
	t.Parallel()
	var many []bots.Source
	for n := range 40 {
		many = append(many, bots.Source{N: n + 1, Title: strings.Repeat("title ", 20), URL: "https://a.example/" + strings.Repeat("x", 100)})
	}
	tests := []struct {
		name      string
		content   bots.Content
		shortened bool
	}{
		{"short", bots.Content{Text: "Yes."}, false},
		{"long", bots.Content{Text: strings.Repeat("很长的回答。", 900)}, true},
		{"more sources than fit", bots.Content{Text: strings.Repeat("A long answer. ", 300), Sources: many}, true},
		{"only sources", bots.Content{Sources: many}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := single(tt.content, "")
			if n := markdown.UTF16(got); n == 0 || n > maxMessage {
				t.Errorf("%d characters", n)
			}
			if has := strings.Contains(got, say(language(tt.content)).shortened); has != tt.shortened {
				t.Errorf("shortened %v: %q", has, got)
			}
		})
	}
}

func TestWebAddress(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://a.example/x?y=1#z":      "https://a.example/x?y=1#z",
		" http://a.example ":             "http://a.example",
		"https://a.example/a b>c":        "https://a.example/a%20b%3Ec",
		"https://user:secret@a.example/": "",
		"javascript:alert(1)":            "",
		"file:///etc/passwd":             "",
		"https:///nohost":                "",
		"":                               "",
		"https://a.example/" + strings.Repeat("x", 2000): "",
	} {
		if got := webAddress(raw); got != want {
			t.Errorf("webAddress(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestNonce(t *testing.T) {
	t.Parallel()
	a, b := nonce("discord:1:2:3"), nonce("discord:1:2:3", "1")
	if a == b || a != nonce("discord:1:2:3") || len(a) > 25 || len(a) < 20 {
		t.Errorf("nonces %q and %q", a, b)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for failed := range 100 {
		if d := backoff(failed + 1); d <= 0 || d > maxWait {
			t.Errorf("backoff(%d) = %s", failed+1, d)
		}
	}
	if backoff(1) > 100e6 || backoff(8) < maxWait/2 {
		t.Errorf("%s after the first loss, %s after the eighth", backoff(1), backoff(8))
	}
}
