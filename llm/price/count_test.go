package price

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tiktoken-go/tokenizer"

	"github.com/tribunebot/tribune/llm"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		req  llm.Request
		said string
		want llm.Usage
	}{
		// "hello world" is two tokens in both encodings.
		"a chat":               {llm.Request{Body: json.RawMessage(`{"model":"gpt-4o","messages":[{"role":"user","content":"hello world"}]}`)}, "hello world", llm.Usage{Prompt: 2 + 4 + 3, Completion: 2}},
		"an older model":       {llm.Request{Body: json.RawMessage(`{"model":"openai/gpt-4","messages":[{"role":"user","content":"hello world"}]}`)}, "", llm.Usage{Prompt: 9}},
		"parts and an image":   {llm.Request{Body: json.RawMessage(`{"messages":[{"role":"user","content":[{"type":"text","text":"hello world"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`)}, "", llm.Usage{Prompt: 1615}},
		"a file":               {llm.Request{Body: json.RawMessage(`{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"` + strings.Repeat("iVBORw0K", 10_000) + `"}}]}]}`)}, "", llm.Usage{Prompt: 21613}},
		"a prompt":             {llm.Request{Endpoint: llm.Completions, Body: json.RawMessage(`{"prompt":"hello world"}`)}, "hello", llm.Usage{Prompt: 2, Completion: 1}},
		"prompts in tokens":    {llm.Request{Endpoint: llm.Completions, Body: json.RawMessage(`{"prompt":[[1,2,3],[4]]}`)}, "", llm.Usage{Prompt: 4}},
		"texts to embed":       {llm.Request{Endpoint: llm.Embeddings, Body: json.RawMessage(`{"input":["hello world","hello"]}`)}, "ignored", llm.Usage{Prompt: 3}},
		"nothing":              {llm.Request{}, "", llm.Usage{Prompt: 3}},
		"a message of numbers": {llm.Request{Body: json.RawMessage(`{"messages":[5]}`)}, "", llm.Usage{Prompt: 4 + 3 + 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Count(c.req, c.said)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountReadsTools(t *testing.T) {
	t.Parallel()
	plain := Count(llm.Request{Body: json.RawMessage(`{"messages":[{"role":"user","content":"hi"}]}`)}, "")
	for _, body := range []string{
		`{"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"look_up"}}]}`,
		`{"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"x"}}}`,
		`{"messages":[{"role":"assistant","content":"hi","tool_calls":[{"id":"1","function":{"name":"look_up","arguments":"{}"}}]}]}`,
		`{"messages":[{"role":"assistant","content":"hi","reasoning_content":"a thought of several words"}]}`,
	} {
		if got := Count(llm.Request{Body: json.RawMessage(body)}, ""); got.Prompt <= plain.Prompt {
			t.Errorf("%s: %d tokens, and %d without", body, got.Prompt, plain.Prompt)
		}
	}
}

func TestEncoding(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]tokenizer.Encoding{
		"gpt-4": tokenizer.Cl100kBase, "gpt-4-turbo": tokenizer.Cl100kBase, "openai/gpt-3.5-turbo": tokenizer.Cl100kBase,
		"text-embedding-3-small": tokenizer.Cl100kBase, "azure/gpt-35-turbo": tokenizer.Cl100kBase,
		"gpt-4o": tokenizer.O200kBase, "GPT-4.1-mini": tokenizer.O200kBase, "gpt-5": tokenizer.O200kBase,
		"claude-3-opus": tokenizer.O200kBase, "": tokenizer.O200kBase,
	} {
		if got := encoding(llm.Request{Group: model}); got != want {
			t.Errorf("%q: %s", model, got)
		}
	}
}

// TestLongTextsAreExtrapolated compares a text past the cap with its parts.
func TestLongTextsAreExtrapolated(t *testing.T) {
	t.Parallel()
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	if err != nil {
		t.Fatal(err)
	}
	line := "用人单位应当按时支付工资。 The employer pays in time.\n"
	text := strings.Repeat(line, 3*maxCounted/len(line))
	want := 3 * exact(codec, strings.Repeat(line, maxCounted/len(line)))
	for name, got := range map[string]int{
		"one text": tokens(codec, text),
		"two":      tokens(codec, text[:len(line)*100], text[len(line)*100:]),
	} {
		if math.Abs(float64(got-want)) > 0.01*float64(want) {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

// TestPiecesCountAsTheWhole compares texts cut into pieces with the same texts
// in one.
func TestPiecesCountAsTheWhole(t *testing.T) {
	t.Parallel()
	codec, err := tokenizer.Get(tokenizer.O200kBase)
	if err != nil {
		t.Fatal(err)
	}
	for source, text := range samples(t) {
		whole, err := codec.Count(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := exact(codec, text); math.Abs(float64(got-whole)) > 1+0.005*float64(whole) {
			t.Errorf("%s: %d in pieces, %d in one", source, got, whole)
		}
	}
}

// TestHostileTextsAreCounted gives the tokenizer what took it minutes in one
// piece, and texts that end where pieces do.
func TestHostileTextsAreCounted(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for _, unit := range []string{" \n", "\t\u00a0", "\xff", "\x80", "a", "aA", "\u0301", "長"} {
		size := maxCounted / 8
		if unit == " \n" {
			size = maxCounted
		}
		text := strings.Repeat(unit, size/len(unit))
		if got := Count(llm.Request{}, text); got.Completion < 1000 {
			t.Errorf("%q: %d tokens", unit, got.Completion)
		}
		for _, size := range []int{maxPiece - 1, maxPiece, maxPiece + 1, maxPiece + 2} {
			Count(llm.Request{}, text[:size])
		}
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}

func BenchmarkCount(b *testing.B) {
	req := llm.Request{Body: chat(b, strings.Repeat("The quick brown fox. 公司恶意辞退怎么办？\n", 100))}
	b.ReportAllocs()
	for b.Loop() {
		Count(req, "an answer")
	}
}

func BenchmarkGetEncoding(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokenizer.Get(tokenizer.O200kBase); err != nil {
			b.Fatal(err)
		}
	}
}
