package compat_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestUsageOnly holds that a chunk of usage alone is marked unless the caller
// asked for it, and that no other chunk ever is.
func TestUsageOnly(t *testing.T) {
	t.Parallel()
	const start = `data: {"choices":[],"prompt_filter_results":[]}` + "\n\n" // Azure's
	const text = `data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}` + "\n\n"
	const usage = `data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}` + "\n\n"
	for body, want := range map[string][]bool{
		`{}`:                            {false, false, true, false},
		`{"stream_options":null}`:       {false, false, true, false},
		`{"stream_options":"x"}`:        {false, false, true, false},
		`{"stream_options":{"x":true}}`: {false, false, true, false},
		`{"stream_options":{"include_usage":false}}`:               {false, false, true, false},
		`{"stream_options":{"include_usage":true}}`:                {false, false, false, false},
		`{"stream_options":{"include_usage":true},"stream":false}`: {false, false, false, false},
	} {
		m := serve(t, "text/event-stream", nil, start+text+usage+"data: [DONE]\n\n")
		chunks, err := llmtest.Read(t.Context(), m, llm.Request{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, c := range chunks {
			got = append(got, c.UsageOnly)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
		if u := chunks[len(chunks)-1].Served.Usage; u == nil || *u != (llm.Usage{Prompt: 1, Completion: 2}) {
			t.Errorf("%s: usage = %v", body, u)
		}
	}
}

// TestMore holds that a chunk says whether the next is here already, and never
// so when it is not.
func TestMore(t *testing.T) {
	t.Parallel()
	next := make(chan struct{})
	m := handle(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		say := func(texts ...string) {
			for _, text := range texts {
				fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text)
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}
		say("a", "b", "c")
		<-next
		io.WriteString(w, "data: {}\n\n: wait\n\n")
		say("d")
		<-next
		io.WriteString(w, "data: {}\n\n") // nobody is told of this: it is no chunk that is here
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-next
		say("e")
		io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	})
	var got []string
	for chunk, err := range m.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
		if err != nil {
			t.Fatal(err)
		}
		text := chunk.Text()
		got = append(got, fmt.Sprintf("%s %t", text, chunk.More))
		switch text {
		case "c":
			next <- struct{}{}
		case "d":
			next <- struct{}{}
			next <- struct{}{}
		}
	}
	// How many of the last three come in one read is the network's choice.
	if diff := cmp.Diff([]string{"a true", "b true", "c false", "d false"}, got[:4]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if last := got[len(got)-1]; last != " false" || len(got) != 7 {
		t.Errorf("the end: %q", got[4:])
	}
}

// TestAlikeChunks streams many chunks that differ in their text only, and some
// that hide something in it, and wants each byte and each fact of them.
func TestAlikeChunks(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{
		"plain":     `{"id":"c","model":"big","choices":[{"index":0,"delta":{"content":TEXT},"finish_reason":null}]}`,
		"padded":    `{"id":"c","model":"big","choices":[{"index":0,"delta":{"content":TEXT},"finish_reason":null}],"usage":null,"obfuscation":"PAD"}`,
		"reasoning": `{"id":"c","model":"big","choices":[{"index":0,"delta":{"content":null,"reasoning_content":TEXT},"finish_reason":null}]}`,
		"text":      `{"id":"c","model":"big","choices":[{"index":0,"text":TEXT,"finish_reason":null}]}`,
	} {
		var body strings.Builder
		var want []string
		for i, text := range []string{`"a"`, `"b\n"`, `"\""`, `""`, `"\u00e9 {}[],:"`, `"\"},\"finish_reason\":\"stop\""`, `",\"obfuscation\":\"x"`, `"z"`} {
			chunk := strings.NewReplacer("TEXT", text, "PAD", strings.Repeat("p", i%3)).Replace(form)
			want = append(want, chunk)
			body.WriteString("data: " + chunk + "\n\n")
		}
		end := `{"id":"c","model":"big","choices":[{"index":0,"delta":{"content":"!"},"finish_reason":"length"}],"usage":{"prompt_tokens":3}}`
		want = append(want, end)
		chunks, err := llmtest.Read(t.Context(), serve(t, "text/event-stream", nil, body.String()+"data: "+end+"\n\n"), llmtest.Ask(t, "Really?"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, c := range chunks[:len(chunks)-1] {
			got = append(got, string(c.Body))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if s := chunks[len(chunks)-1].Served; s.Model != "big" || s.Usage == nil || s.Usage.Prompt != 3 {
			t.Errorf("%s: served = %+v", name, s)
		}
	}
}

// TestAnErrorInAFamiliarPlace holds that what looks like the chunks before it is
// still read where it is not.
func TestAnErrorInAFamiliarPlace(t *testing.T) {
	t.Parallel()
	const chunk = `data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}` + "\n\n"
	for body, want := range map[string]llm.Kind{
		`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"error"}],"error":{"code":429,"message":"slow"}}`: llm.RateLimited,
		`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"network_error"}]}`:                               llm.Overloaded,
		`{"choices":[{"index":0,"delta":{"content":"a"b"},"finish_reason":null}]}`:                                        llm.BadResponse,
		"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\x01\"},\"finish_reason\":null}]}":                          llm.BadResponse,
		`{"choices":[{"index":0,"delta":{"content":"a","x":""},"finish_reason":null}]}`:                                   llm.Unreachable,
		`[{"error":{"code":"insufficient_quota","message":"no"}}]`:                                                        llm.NoFunds,
	} {
		m := serve(t, "text/event-stream", nil, chunk+chunk+"data: "+body+"\n\n"+chunk)
		if _, err := llmtest.Read(t.Context(), m, llmtest.Ask(t, "Really?")); llm.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// FuzzStream holds that whatever a server sends, a stream ends with who served
// it or with an error, after chunks that are JSON, and in memory that is bounded.
func FuzzStream(f *testing.F) {
	for _, seed := range []string{
		hostileChunk + "data: [DONE]\n\n", "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
		"event: error\ndata: {\"error\":{\"message\":\"x\"}}\n\n", hostileChunk + strings.Replace(hostileChunk, "and", `\"an`, 1),
		": x\r\n\r\ndata:{\"choices\":[{\"index\":-1,\"text\":\"a\"},{\"index\":999}],\"usage\":{\"prompt_tokens\":1e3}}\r\n\r\n",
		`{"error":{"code":"insufficient_quota"}}`, "data: [{\"error\":1}]\n\n", "data: {\"choices\":[[],{}],\"obfuscation\":\"x\"}\n\n",
	} {
		f.Add(seed)
	}
	var body string // one input at a time, in one process
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	f.Cleanup(server.Close)
	m, err := compat.New(compat.Options{
		Model: "m", BaseURL: server.URL, HTTPClient: server.Client(), Timeout: 10 * time.Second, MaxBytes: 1 << 20,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		body = text
		served, size := 0, 0
		var failed error
		for chunk, err := range m.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
			failed = err
			size += len(chunk.Body)
			if chunk.Served != nil {
				served++
			} else if err == nil && !llm.Valid(chunk.Body) {
				t.Errorf("%q: a chunk is no JSON: %q", text, chunk.Body)
			}
			_, _, _ = chunk.Text(), chunk.Speaks(), chunk.Finish()
		}
		if kind := llm.KindOf(failed); (served == 1) == (failed != nil) || served > 1 || kind == llm.Timeout || size > len(text) {
			t.Errorf("%q: %d times served, %d bytes, %v", text, served, size, failed)
		}
	})
}
