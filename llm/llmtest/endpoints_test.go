package llmtest_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestServerKnowsTheOtherEndpoints(t *testing.T) {
	t.Parallel()
	for path, test := range map[string]struct {
		body string
		want []string
	}{
		"/v1/completions": {`{"prompt":"Hi"}`, []string{`"text":"Hi"`, `"object":"text_completion"`, `"finish_reason":"stop"`}},
		"/completions": {
			`{"prompt":"Hi","stream":true,"stream_options":{"include_usage":true}}`,
			[]string{`"finish_reason":null,"index":0,"logprobs":null,"text":"Hi"`, `"finish_reason":"stop"`, `"choices":[]`, "[DONE]"},
		},
		"/embeddings":    {`{"input":"Hi"}`, []string{`"embedding":[`, `"object":"list"`, `"usage":{"prompt_tokens":11,"total_tokens":11}`}},
		"/v1/embeddings": {`{"input":["Hi","Ho"]}`, []string{`"index":0`, `"index":1`}},
		"/openai/deployments/gpt/chat/completions": {`{"messages":[{"role":"user","content":"Hi"}]}`, []string{`"content":"Hi"`}},
	} {
		server := llmtest.NewServer(t)
		status, got, err := post(t, server.URL+path+"?api-version=v", test.body)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, status, err)
		}
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s is missing in %s", path, want, got)
			}
		}
		if r := server.Requests()[0]; r.Query.Get("api-version") != "v" || !strings.HasPrefix(r.Prompt(), "Hi") {
			t.Errorf("%s: noted as %+v", path, r)
		}
	}
}

func TestScriptKnowsTheOtherEndpoints(t *testing.T) {
	t.Parallel()
	script := llmtest.NewScript(llmtest.Say("Ye", "s."))
	text := llm.Request{Endpoint: llm.Completions, Body: []byte(`{"prompt":"Really?"}`)}
	resp, err := script.Complete(t.Context(), text)
	if err != nil || resp.Text() != "Yes." {
		t.Errorf("%q, %v", resp.Text(), err)
	}
	chunks, err := llmtest.Read(t.Context(), script, text)
	if err != nil || chunks[0].Text() != "Ye" || !chunks[len(chunks)-2].UsageOnly {
		t.Errorf("%+v, %v", chunks, err)
	}
	vectors := llm.Request{Endpoint: llm.Embeddings, Body: []byte(`{"input":["a","b","a"]}`)}
	first, err := script.Complete(t.Context(), vectors)
	again, err2 := script.Complete(t.Context(), vectors)
	if err != nil || err2 != nil || string(first.Body) != string(again.Body) || strings.Count(string(first.Body), `"embedding":[`) != 3 {
		t.Errorf("%s, then %s (%v, %v)", first.Body, again.Body, err, err2)
	}
	if _, err := llmtest.Read(t.Context(), script, vectors); llm.KindOf(err) != llm.BadRequest {
		t.Errorf("a stream of embeddings: %v", err)
	}
}

func TestOneVectorForEachInput(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]int{
		`"a"`: 1, `["a"]`: 1, `["a","b","c"]`: 3, `[1,2,3]`: 1, `[[1,2],[3]]`: 2, `[]`: 0, `""`: 1,
	} {
		body := []byte(`{"input":` + input + `}`)
		resp, err := llmtest.NewScript().Complete(t.Context(), llm.Request{Endpoint: llm.Embeddings, Body: body})
		if got := strings.Count(string(resp.Body), `"embedding":[`); err != nil || got != want {
			t.Errorf("%s: %d vectors, want %d: %s, %v", input, got, want, resp.Body, err)
		}
	}
}

func TestSeveralChoices(t *testing.T) {
	t.Parallel()
	script := llmtest.NewScript(llmtest.Say("Ye", "s."))
	r := llm.Request{Body: []byte(`{"n":3}`)}
	resp, err := script.Complete(t.Context(), r)
	if got := strings.Count(string(resp.Body), `"content":"Yes."`); err != nil || got != 3 || !strings.Contains(string(resp.Body), `"index":2`) {
		t.Errorf("%s, %v", resp.Body, err)
	}
	chunks, err := llmtest.Read(t.Context(), script, r)
	if err != nil {
		t.Fatal(err)
	}
	finished := 0
	for _, c := range chunks {
		finished += strings.Count(string(c.Body), `"finish_reason":"stop"`)
	}
	if finished != 3 || len(chunks) != 3*4+2 {
		t.Errorf("%d chunks, %d choices are finished", len(chunks), finished)
	}
}

// TestUsageOnlyWhereNobodyAsked holds that the chunk is there either way, and
// marked where the caller did not ask.
func TestUsageOnlyWhereNobodyAsked(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{`{}`: true, `{"stream_options":{"include_usage":true}}`: false} {
		chunks, err := llmtest.Read(t.Context(), llmtest.NewScript(llmtest.Say("Yes.")), llm.Request{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		if got := chunks[len(chunks)-2]; got.UsageOnly != want || llm.Field(got.Body, "usage") == nil {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestFlakyRepeatsItself(t *testing.T) {
	t.Parallel()
	fate := func(seed uint64) (kinds []llm.Kind) {
		script := llmtest.NewScript(llmtest.Flaky(seed, 0.5, llmtest.Say("Yes."), llmtest.Failures()...))
		for range 100 {
			_, err := llmtest.Read(t.Context(), script, llmtest.Ask(t, "Really?"))
			kinds = append(kinds, llm.KindOf(err))
		}
		return kinds
	}
	first := fate(7)
	if diff := cmp.Diff(first, fate(7)); diff != "" {
		t.Errorf("the same seed, another fate:\n%s", diff)
	}
	if cmp.Equal(first, fate(8)) {
		t.Error("another seed, the same fate")
	}
	count := map[llm.Kind]int{}
	for _, k := range first {
		count[k]++
	}
	if count[""] < 30 || count[""] > 70 || len(count) < 4 {
		t.Errorf("fates: %v", count)
	}
}

func TestInFlight(t *testing.T) {
	t.Parallel()
	gate := llmtest.NewGate(llmtest.AtStart)
	server := llmtest.NewServer(t, llmtest.Say("Yes.").Hold(gate))
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { _, _, _ = post(t, server.URL+"/v1/chat/completions", `{}`) })
	}
	server.Wait(t, 3)
	if now, most := server.InFlight(); now != 3 || most != 3 {
		t.Errorf("%d calls now, %d at most", now, most)
	}
	gate.Open()
	group.Wait()
	server.WaitIdle(t)
	if now, most := server.InFlight(); now != 0 || most != 3 {
		t.Errorf("%d calls now, %d at most", now, most)
	}
}

func TestSlowTakesTheClocksTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		script := llmtest.NewScript(llmtest.Say("Yes.").Slow(time.Minute).With("X-Ratelimit-Remaining-Requests", "9").Uncounted())
		began := time.Now()
		var first time.Duration
		var served *llm.Served
		for chunk, err := range script.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
			if err != nil {
				t.Fatal(err)
			}
			if chunk.Speaks() {
				first = time.Since(began)
			}
			served = chunk.Served
		}
		if first != time.Minute || served.Header.Get("X-Ratelimit-Remaining-Requests") != "9" || served.Usage != nil {
			t.Errorf("after %s: %+v", first, served)
		}
		if _, err := script.Complete(t.Context(), llmtest.Ask(t, "Really?")); err != nil || time.Since(began) != 2*time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
	server := llmtest.NewServer(t, llmtest.Say("Yes.").Slow(time.Hour))
	client := &http.Client{Timeout: 50 * time.Millisecond}
	for _, body := range []string{`{}`, `{"stream":true}`} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if (err == nil) != strings.Contains(body, "stream") {
			t.Errorf("%s: %v: only the head of a stream comes before its first piece", body, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
	server.WaitLeft(t, 2)
}
