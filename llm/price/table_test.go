package price

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"charm.land/catwalk/pkg/embedded"
	"github.com/google/go-cmp/cmp"
)

// TestLookup pins prices that are published, in dollars per million tokens, so
// that a new version of catwalk that says otherwise is noticed.
func TestLookup(t *testing.T) {
	t.Parallel()
	table := New(nil)
	for _, c := range []struct {
		provider, model string
		in, out, cached float64
		context         int
		source          string
	}{
		{"openai", "gpt-4", 30, 60, 0, 8192, SourceOwn},
		{"openai", "gpt-4-0613", 30, 60, 0, 8192, SourceOwn},
		{"openai", "gpt-4-32k", 60, 120, 0, 32768, SourceOwn},
		{"openai", "gpt-3.5-turbo", 0.5, 1.5, 0, 16385, SourceOwn},
		{"openai", "gpt-3.5-turbo-1106", 1, 2, 0, 16385, SourceOwn},
		{"openai", "gpt-4o", 2.5, 10, 1.25, 128000, SourceCatwalk},
		{"openai", "GPT-4o", 2.5, 10, 1.25, 128000, SourceCatwalk},
		{"openai", "gpt-4o-2024-08-06", 2.5, 10, 1.25, 128000, SourceCatwalk},
		{"openai", "gpt-4o-2024-05-13", 5, 15, 0, 128000, SourceOwn},
		{"openai", "gpt-4o-mini", 0.15, 0.6, 0.075, 128000, SourceCatwalk},
		{"openai", "gpt-6-luna", 0.1, 0.5, 0.01, 1050000, SourceOwn},
		{"openai", "gpt-5.6-luna", 0.2, 1.2, 0.02, 1050000, SourceOwn}, // catwalk v0.52.1 has what it was before
		{"anthropic", "claude-haiku-5-5", 0.1, 0.5, 0.01, 1000000, SourceOwn},
		{"xai", "grok-4.7", 2, 6, 0.5, 200000, SourceOwn},
		{"groq", "openai/gpt-oss-120b", 0.15, 0.6, 0, 131072, SourceOwn},
		{"openai", "gpt-5", 1.25, 10, 0.125, 400000, SourceCatwalk},
		{"openai", "text-embedding-3-small", 0.02, 0, 0, 8191, SourceOwn},
		{"azure", "azure/gpt-4.1", 2, 8, 0.5, 1047576, SourceCatwalk},
		{"anthropic", "claude-3-opus-20240229", 15, 75, 1.5, 200000, SourceOwn},
		{"anthropic", "claude-3-opus-latest", 15, 75, 1.5, 200000, SourceOwn},
		{"anthropic", "claude-3-5-sonnet-latest", 3, 15, 0.3, 200000, SourceOwn},
		{"claude", "claude-3-haiku-20240307", 0.25, 1.25, 0.03, 200000, SourceOwn},
		{"anthropic", "claude-sonnet-4-5", 3, 15, 0.3, 200000, SourceCatwalk},
		{"vertex_ai", "claude-haiku-4-5@20251001", 1, 5, 0.1, 200000, SourceCatwalk},
		{"vertex_ai", "claude-sonnet-4-6@default", 3, 15, 0.3, 1000000, SourceCatwalk},
		{"dashscope", "qwen-max", 1.6, 6.4, 0, 32768, SourceOwn},
		{"qwen", "qwen-turbo", 0.05, 0.2, 0, 131072, SourceOwn},
		{"qwen", "qwen-turbo-latest", 0.05, 0.2, 0, 131072, SourceOwn},
		{"dashscope", "qwen3.7-plus", 1.2, 4.8, 0.24, 1000000, SourceCatwalk},
		{"deepseek", "deepseek-chat", 0.28, 0.42, 0.028, 131072, SourceOwn},
		{"deepseek", "deepseek-v4-flash", 0.14, 0.28, 0.0028, 1000000, SourceCatwalk},
		{"zai", "glm-4.6", 0.6, 2.2, 0.11, 204800, SourceCatwalk},
		{"glm", "glm-4.6", 0.6, 2.2, 0.11, 204800, SourceCatwalk},
		{"kimi", "kimi-k2.5", 0.6, 3, 0.1, 262144, SourceCatwalk},
		{"xai", "grok-4.3", 1.25, 2.5, 0.2, 200000, SourceCatwalk},
		{"minimax", "minimax-m2", 0.3, 1.2, 0.03, 200000, SourceCatwalk},
		{"fireworks_ai", "accounts/fireworks/models/minimax-m3", 0.3, 1.2, 0.059, 512000, SourceCatwalk},
		{"bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", 1, 5, 0.1, 200000, SourceCatwalk},
	} {
		got := table.Lookup(c.provider, c.model)
		got.MaxOutput, got.Reasoning, got.Long = 0, 0, Tier{}
		want := Price{
			Known: true, In: c.in / 1e6, Out: c.out / 1e6, CachedIn: c.cached / 1e6,
			Context: c.context, Source: c.source,
		}
		if diff := cmp.Diff(want, got, near()); diff != "" {
			t.Errorf("%s/%s (-want +got):\n%s", c.provider, c.model, diff)
		}
	}
}

func TestLookupStaysUnknown(t *testing.T) {
	t.Parallel()
	table := New(nil)
	for _, c := range [][2]string{
		{"openai", "gpt-99"},
		{"", ""},
		{"openai", ""},
		{"nobody", "gpt-4o"},
		{"ollama", "llama3.2"},             // free of charge is not free of cost
		{"hosted_vllm", "qwen/qwen3-32b"},  // the same
		{"zhipu", "embedding-3"},           // billed in CNY
		{"zhipu", "glm-4"},                 // billed in CNY
		{"kimi_coding", "kimi-for-coding"}, // a subscription, 0 in catwalk
		{"siliconflow", "deepseek-ai/DeepSeek-V3.2"},
		{"together_ai", "openai/gpt-4o"},     // somebody else's model, at nobody knows what price
		{"deepseek", "deepseek-v4-pro-0813"}, // priced elsewhere, and otherwise than deepseek-v4-pro
		{"openai", "gpt-4o-2024"},
	} {
		if got := table.Lookup(c[0], c[1]); got.Known || got.In != 0 || got.Source != "" {
			t.Errorf("%s/%s: %+v", c[0], c[1], got)
		}
	}
	if got := table.Lookup("kimi_coding", "kimi-for-coding"); got.Context != 262144 {
		t.Errorf("the context of a model without a price is %d", got.Context)
	}
}

func TestFreeIsFreeWhereItSaysSo(t *testing.T) {
	t.Parallel()
	got := New(nil).Lookup("openrouter", "openai/gpt-oss-20b:free")
	if !got.Known || got.In != 0 || got.Out != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	table := New(map[string]Price{
		"openai/gpt-4":      {Known: true, In: 1, Out: 2},
		"qwen/Qwen-Max":     {Known: true, In: 3, Out: 4, Context: 5, MaxOutput: 6},
		"my-model":          {Known: true, In: 7, Out: 8, Source: "elsewhere"},
		"gpt-4o":            {Context: 1000},
		"ollama/llama3.2":   {Known: true},
		"groq/openai/gpt-x": {Known: true, In: 9},
	})
	for name, want := range map[[2]string]Price{
		{"openai", "gpt-4"}:            {Known: true, In: 1, Out: 2, Context: 8192, MaxOutput: 8192, Source: SourceFile},
		{"azure", "gpt-4"}:             {},
		{"dashscope", "qwen-max"}:      {Known: true, In: 3, Out: 4, Context: 5, MaxOutput: 6, Source: SourceFile},
		{"hosted_vllm", "My-Model"}:    {Known: true, In: 7, Out: 8, Source: "elsewhere"},
		{"openai", "gpt-4o"}:           {Known: true, In: 2.5e-6, Out: 10e-6, CachedIn: 1.25e-6, Context: 1000, Source: SourceCatwalk},
		{"ollama", "llama3.2"}:         {Known: true, Source: SourceFile},
		{"groq", "openai/gpt-x"}:       {Known: true, In: 9, Source: SourceFile},
		{"openrouter", "openai/gpt-4"}: New(nil).Lookup("openrouter", "openai/gpt-4"), // not openai's
	} {
		if diff := cmp.Diff(want, table.Lookup(name[0], name[1]), near()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDatesThatDisagreeGiveNoPrice(t *testing.T) {
	t.Parallel()
	x := index{exact: map[string]Price{}, undated: map[string]Price{}}
	for _, c := range []struct {
		name string
		in   float64
	}{{"p/a-20240101", 1}, {"p/a-20250101", 2}, {"p/a-20260101", 1}, {"p/b-20240101", 1}, {"p/b-2025-01-01", 1}} {
		x.addUndated(c.name, Price{Known: true, In: c.in})
	}
	if got := x.find("p", "a"); got.Known {
		t.Errorf("a has two prices, and got %+v", got)
	}
	if got := x.find("p", "b-latest"); !got.Known || got.In != 1 {
		t.Errorf("b: %+v", got)
	}
}

// TestOwnTableIsNeeded tells which of our lines catwalk has learned by now.
func TestOwnTableIsNeeded(t *testing.T) {
	t.Parallel()
	x := index{exact: map[string]Price{}, undated: map[string]Price{}}
	x.addCatwalk()
	seen := map[string]bool{}
	for _, l := range slices.Concat(newer, own) {
		name, ours := l.provider+"/"+l.model, l.price()
		if theirs := x.exact[name]; theirs.Known && theirs.In == ours.In && theirs.Out == ours.Out {
			t.Errorf("%s is in catwalk: take it out of our table", name)
		}
		if seen[name] || l.in <= 0 || l.cached >= l.in || name != strings.ToLower(name) {
			t.Errorf("%s is there twice, or its numbers are odd: %+v", name, l)
		}
		if l.over > 0 && (l.longIn <= l.in || l.longOut <= l.out) {
			t.Errorf("long prompts of %s cost less: %+v", name, l)
		}
		seen[name] = true
	}
}

// TestCatwalkIsAsWeReadIt holds what the reading of its tables relies on.
func TestCatwalkIsAsWeReadIt(t *testing.T) {
	t.Parallel()
	ids, models := map[string]bool{}, map[string]bool{}
	for _, provider := range embedded.GetAll() {
		ids[string(provider.ID)] = true
		for _, m := range provider.Models {
			name := string(provider.ID) + "/" + strings.ToLower(m.ID)
			if models[name] {
				t.Errorf("%s is there twice when case does not matter", name)
			}
			models[name] = true
			p := fromCatwalk(strings.ToLower(m.ID), m)
			if p.In < 0 || p.Out < 0 || p.CachedIn > p.In {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
	for id := range prefixes {
		if !ids[id] {
			t.Errorf("catwalk has no provider %q: take it out of prefixes", id)
		}
	}
	if len(models) < 1000 {
		t.Errorf("catwalk has only %d models", len(models))
	}
}

func TestUndated(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a-20240229":           "a",
		"a-2024-02-29":         "a",
		"a-latest":             "a",
		"a-0613":               "",
		"a-19990101":           "",
		"-20240229":            "",
		"20240229":             "",
		"a-2024-02-2x":         "",
		"a-20240229-v1:0":      "",
		"":                     "",
		"gpt-4o-mini-20240718": "gpt-4o-mini",
	} {
		plain, dated := undated(name)
		if dated != (want != "") || dated && plain != want {
			t.Errorf("%q: %q, %v", name, plain, dated)
		}
	}
}

// TestTableIsSmall keeps the whole of the prices below 2 MB of the process.
func TestTableIsSmall(t *testing.T) { //nolint:paralleltest // measures the heap
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := New(nil)
	table.Lookup("openai", "gpt-4")
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 2<<20 {
		t.Errorf("the tables keep %d kB", kept>>10)
	}
	runtime.KeepAlive(table)
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(nil).Lookup("openai", "gpt-4")
	}
}

func BenchmarkLookup(b *testing.B) {
	table := New(map[string]Price{"openai/x": {Known: true}})
	table.Lookup("openai", "gpt-4")
	b.ReportAllocs()
	for b.Loop() {
		table.Lookup("anthropic", "claude-3-opus-latest")
	}
}
