package edge_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm/edge"
)

// refusedText is what an error repeats of a provider's words.
func refusedText(words string, request []byte) string {
	body, err := json.Marshal(map[string]string{"error": words})
	if err != nil {
		panic(err)
	}
	return edge.Edge{Provider: "p"}.Refused(edge.Refusal{Status: http.StatusBadGateway, Body: body}, request).Err.Error()
}

// prose is n bytes of words that come again and again.
func prose(n int, seed uint64) string {
	words := strings.Fields("the answer of a model is what it says when the user asks for something that messages and tools do not hold")
	source := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words[source.IntN(len(words))] + " ")
	}
	return b.String()[:n]
}

// hostileEchoes are requests of n bytes, and refusals that take long to compare
// with them.
func hostileEchoes(n int) map[string]struct{ words, request string } {
	repeat := func(s string) string { return strings.Repeat(s, n/len(s)) }
	return map[string]struct{ words, request string }{
		"one letter":          {strings.Repeat("a", 600), repeat("a")},
		"almost one letter":   {strings.Repeat("a", 600), repeat(strings.Repeat("a", 23) + "b")},
		"almost a line":       {strings.Repeat("abcdefghijklmnopqrstuvwx", 25), repeat("abcdefghijklmnopqrstuvw")},
		"a line":              {strings.Repeat("what was asked here? ", 30), repeat("what was asked here? ")},
		"prose, another":      {prose(700, 1)[100:], prose(n, 2)},
		"prose, at its end":   {prose(n, 1)[n-600:], prose(n, 1)},
		"Chinese":             {strings.Repeat("你好世界吗", 40), repeat("你好世界呢再见")},
		"one byte everywhere": {prose(600, 1), repeat("t")},
	}
}

// TestEchoesCostLittle holds that a refusal costs little whatever was sent. It
// was seconds once.
func TestEchoesCostLittle(t *testing.T) {
	t.Parallel()
	for name, test := range hostileEchoes(20 << 20) {
		request := []byte(test.request)
		began := time.Now()
		refusedText(test.words, request)
		if took := time.Since(began); took > time.Second { // some 10 ms, on a machine that does nothing else
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// TestLongErrorsCostLittle holds that errors which came in place of an answer,
// and are as long as an answer may be, are not read to the end, nor quoted.
func TestLongErrorsCostLittle(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a list":    "[" + strings.Repeat("{},", 8<<20) + `{"error":"x"}]`,
		"a message": `{"error":{"message":"` + strings.Repeat("long ", 5<<20) + `"}}`,
	} {
		began := time.Now()
		err := edge.Edge{Provider: "p"}.Refused(edge.Refusal{Status: http.StatusOK, Body: []byte(body)}, nil)
		if took := time.Since(began); took > 500*time.Millisecond || !strings.Contains(err.Error(), "bytes") || strings.Contains(err.Error(), "long") {
			t.Errorf("%s: %v after %s", name, err, took)
		}
	}
}

// TestEchoesAreHidden looks for what a text repeats at every place of a request.
func TestEchoesAreHidden(t *testing.T) {
	t.Parallel()
	const said, rest = "Dismiss Mr. Zhang Wei on Friday, he knows it", "You cannot say this: "
	for _, size := range []int{0, 1, 16, 17, 100, 64 << 10} {
		for shift := range 18 {
			request := prose(size+shift, 1) + `"` + said + `"` + prose(size, 2)
			if got := refusedText(rest+said+".", []byte(request)); got != rest+"[…]." {
				t.Fatalf("%d bytes before it: %q", size+shift, got)
			}
		}
	}
	often := strings.Repeat(`"`+said, 1<<16)
	if got := refusedText(rest+said+".", []byte(often)); got != rest+"[…]." {
		t.Errorf("said often: %q", got)
	}
	if got := refusedText(said[:24]+"!", []byte(said[:23]+"? "+said[1:23])); got != said[:24]+"!" {
		t.Errorf("too short for an echo: %q", got)
	}
}

// TestEchoesThatCannotBeTold holds that where almost every place of a request
// looks like an echo, too much is hidden rather than too little.
func TestEchoesThatCannotBeTold(t *testing.T) {
	t.Parallel()
	const secret = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	request := strings.Repeat(strings.Repeat("a", 23)+"b", 100_000) + secret
	if got := refusedText("No: "+secret, []byte(request)); strings.Contains(got, "aaaaaaaa") {
		t.Errorf("%q", got)
	}
}

// FuzzEcho compares with the plain way of doing it.
func FuzzEcho(f *testing.F) {
	f.Add("You cannot say: who is to be dismissed on Friday?", `{"content":"who is to be dismissed on Friday?"}`)
	f.Add("拒绝：张伟先生会被解雇吗，什么时候？", "张伟先生会被解雇吗，什么时候？")
	f.Add(strings.Repeat("ab ", 90), strings.Repeat("abab b", 90))
	f.Fuzz(func(t *testing.T, words, request string) {
		got := refusedText(words, []byte(request))
		shown := strings.NewReplacer("[key]", "\x00", "[…]", "\x00", "�", "\x00").Replace(strings.TrimSuffix(got, "…"))
		for i := 0; i+24 <= len(shown); i++ {
			if strings.Contains(request, shown[i:i+24]) && strings.Contains(words, shown[i:i+24]) {
				t.Fatalf("%q of %q was repeated in %q", shown[i:i+24], request, got)
			}
		}
		if len(words) < 24 && strings.Contains(got, "[…]") && !strings.Contains(words, "[…]") {
			t.Errorf("%q became %q", words, got)
		}
	})
}

// BenchmarkRefused is what a refusal of a large request costs.
func BenchmarkRefused(b *testing.B) {
	for _, size := range []int{10 << 10, 20 << 20} {
		for name, test := range hostileEchoes(size) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				request := []byte(test.request)
				for b.Loop() {
					refusedText(test.words, request)
				}
			})
		}
	}
}
