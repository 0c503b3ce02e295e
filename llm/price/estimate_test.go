package price

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiktoken-go/tokenizer"

	"github.com/tribunebot/tribune/llm"
)

// samples are texts as they are asked about here: the guides of the handbook in
// Chinese and English, this project's programs, its documents, JSON and hashes.
func samples(tb testing.TB) map[string]string {
	tb.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{
		"../../knowledge/handbook/zh/*.md", "../../knowledge/handbook/en/*.md",
		"../*.go", "../../docs/*.md", "../../bots/*/testdata/*-zh.md", "../../.golangci.yml", "*_test.go",
	} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			tb.Fatalf("no samples at %s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				tb.Fatal(err)
			}
			texts[path] = string(text)
		}
	}
	texts["numbers"] = strings.Repeat("2026-11-23,17.25,1034,0.5,88211\n", 50)
	texts["russian"] = strings.Repeat("Работодатель обязан выплатить заработную плату в течение трёх дней после увольнения. ", 20)
	texts["japanese"] = strings.Repeat("会社は従業員を解雇する場合、三十日前に予告しなければならない。", 20)
	texts["korean"] = strings.Repeat("회사는 근로자를 해고하려면 적어도 30일 전에 예고하여야 한다. ", 20)
	texts["arabic"] = strings.Repeat("يجب على صاحب العمل دفع الأجور في الموعد المحدد. ", 20)
	return texts
}

func chat(tb testing.TB, text string) json.RawMessage {
	tb.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		tb.Fatal(err)
	}
	return json.RawMessage(fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":%s}]}`, quoted))
}

// TestEstimateAgainstTokenizers holds what Estimate's comment says.
func TestEstimateAgainstTokenizers(t *testing.T) {
	t.Parallel()
	for _, name := range []tokenizer.Encoding{tokenizer.O200kBase, tokenizer.Cl100kBase} {
		codec, err := tokenizer.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		low, below, n, sum := math.Inf(1), 0, 0, 0.0
		for source, text := range samples(t) {
			count, err := codec.Count(text)
			if err != nil {
				t.Fatal(err)
			}
			ratio := float64(Estimate(chat(t, text))) / float64(count+perReply+perMessage)
			if ratio < 0.9 || ratio > 2.6 {
				t.Errorf("%s, %s: estimated %.2f of the truth", name, source, ratio)
			}
			if ratio < 1 {
				below++
			}
			low, sum, n = min(low, ratio), sum+ratio, n+1
		}
		t.Logf("%s: %d texts, %d below the truth, lowest %.2f, on average %.2f", name, n, below, low, sum/float64(n))
	}
}

func TestEstimateOfBodies(t *testing.T) {
	t.Parallel()
	blob := strings.Repeat("iVBORw0KGgo", 100_000)
	for name, c := range map[string]struct {
		body     string
		min, max int64
	}{
		"empty":              {``, 3, 3},
		"no JSON":            {`{"messages":[{"role":"us`, 3, 20},
		"cut in an escape":   {`{"messages":"\u4`, 3, 20},
		"cut in a surrogate": {`{"messages":"\ud83d\u`, 3, 20},
		"a word":             {`{"messages":[{"role":"user","content":"hello"}]}`, 8, 10},
		"image at an address": {
			`{"messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`,
			1600, 1640,
		},
		"image in the body": {
			`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` + blob + `"}}]}]}`,
			1600, 1620,
		},
		"a file in the body": { // 825,000 bytes
			`{"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,` + blob + `"}}]}]}`,
			275_000, 277_000,
		},
		"a file without a media type": {
			`{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"` + blob + `"}}]}]}`,
			275_000, 277_000,
		},
		"a file instead of an image": {
			`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:application/pdf;base64,` + blob + `"}}]}]}`,
			275_000, 277_000,
		},
		"a file after sound": {
			`{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"","format":"wav"}},{"type":"file","file":{"file_data":"` + blob + `"}}]}]}`,
			275_000, 277_000,
		},
		"sound in the body": {
			`{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"` + blob + `","format":"wav"}}]}]}`,
			6400, 6500,
		},
		"text in a field of that name": {`{"data":"` + strings.Repeat("公司", 1000) + `"}`, 2000, 2600},
		"a prompt in tokens":           {`{"prompt":[[1,2,3],[4,5,6]]}`, 9, 9},
		"escaped Chinese":              {`{"input":"\u516c\u53f8"}`, 5, 7},
		"an emoji in escapes":          {`{"input":"\ud83d\ude00"}`, 5, 7},
		"tools": {
			`{"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]}`,
			30, 90,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Estimate(json.RawMessage(c.body)); got < c.min || got > c.max {
				t.Errorf("got %d, want %d to %d", got, c.min, c.max)
			}
		})
	}
}

func TestEscapedTextIsWorthTheSame(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"公司恶意辞退怎么办？", "Работа", "日本語", "한국어", "😀"} {
		plain := textTokens([]byte(text))
		escaped := textTokens([]byte(strings.Trim(fmt.Sprintf("%+q", text), `"`)))
		if strings.ContainsRune(text, '😀') { // Go's %+q writes \U0001f600, JSON two halves
			escaped = textTokens([]byte(`\ud83d\ude00`))
		}
		if plain != escaped {
			t.Errorf("%q: %d plain, %d escaped", text, plain, escaped)
		}
	}
}

func TestEstimateAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	body := chat(t, strings.Repeat("some text, 一些文字\n", 500))
	if n := testing.AllocsPerRun(10, func() { Estimate(body) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][2]int64{
		`{}`:                           {0, 1},
		`not JSON`:                     {0, 1},
		`{"max_tokens":100}`:           {100, 1},
		`{"max_tokens":100,"n":3}`:     {100, 3},
		`{"max_tokens":100,"n":0}`:     {100, 1},
		`{"n":100}`:                    {0, 100},
		`{"n":2,"best_of":5}`:          {0, 5},
		`{"n":7,"best_of":5}`:          {0, 7},
		`{"max_completion_tokens":50}`: {50, 1},
		`{"max_tokens":9,"max_completion_tokens":5}`:               {9, 1},
		`{"max_tokens":100000,"max_completion_tokens":1}`:          {100000, 1},
		`{"max_tokens":9,"max_completion_tokens":null}`:            {9, 1},
		`{"max_tokens":"many"}`:                                    {0, 1},
		`{"max_tokens":"100"}`:                                     {100, 1},
		`{"max_tokens":1e3}`:                                       {1000, 1},
		`{"max_tokens":-1}`:                                        {0, 1},
		`{"max_tokens":1.5}`:                                       {2, 1},
		`{"max_tokens":99999999999999999999}`:                      {maxAsked, 1},
		`{"max_tokens":1e999,"n":1e999}`:                           {maxAsked, maxAsked},
		`{"max_tokens":"NaN"}`:                                     {0, 1},
		`{"messages":[{"content":"\"max_tokens\": 7, \"n\": 2"}]}`: {0, 1},
		`{"metadata":{"max_tokens":7,"n":9}}`:                      {0, 1},
		` { "max_tokens" : 8 } `:                                   {8, 1},
		`{"m\u0061x_tokens":8}`:                                    {8, 1},
		`{"max_tokens":1,"max_tokens":2}`:                          {2, 1},
		`{"max_tokens":2,"max_tokens":1}`:                          {2, 1},
		`{"prompt":"one","n":2}`:                                   {0, 2},
		`{"prompt":["one","two","three"],"n":2}`:                   {0, 6},
		`{"prompt":[[1,2],[3]],"best_of":2}`:                       {0, 4},
		`{"prompt":[1,2,3],"n":2}`:                                 {0, 2},
		`{"prompt":[]}`:                                            {0, 1},
	} {
		each, number := Answers(json.RawMessage(body))
		if got := [2]int64{each, number}; got != want {
			t.Errorf("%s: %d tokens, %d times, want %d", body, each, number, want)
		}
	}
}

func FuzzBodies(f *testing.F) {
	f.Add([]byte(`{"messages":[{"role":"user","content":"\ud83d\ude00 hi"}],"max_tokens":5,"n":2}`))
	f.Add([]byte(`{"prompt":[[1,2],"x"],"input":["a"]}`))
	f.Add([]byte(`"\`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n := Estimate(body); n < perReply || n > int64(len(body))*perImage+perReply {
			t.Errorf("estimated %d of %d bytes", n, len(body))
		}
		if each, number := Answers(body); each < 0 || each > maxAsked || number < 1 || number > maxAsked {
			t.Errorf("%d answers of %d", number, each)
		}
		gather(llm.Request{Body: body})
	})
}

func BenchmarkEstimate(b *testing.B) {
	for name, text := range map[string]string{
		"english": strings.Repeat("The employer has to pay the wages within three days. ", 400),
		"chinese": strings.Repeat("用人单位应当在三日内支付工资。", 500),
	} {
		b.Run(name, func(b *testing.B) {
			body := chat(b, text)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				Estimate(body)
			}
		})
	}
}
