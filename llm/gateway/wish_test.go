package gateway

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/report"
)

// listener keeps the last request that came.
type listener struct {
	llm.Model

	got llm.Request
}

func (l *listener) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	l.got = r
	return l.Model.Complete(ctx, r)
}

func (l *listener) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	l.got = r
	return l.Model.Stream(ctx, r)
}

func TestBody(t *testing.T) {
	t.Parallel()
	two := 2
	for name, c := range map[string]struct {
		body   string
		header []string
		want   llm.Request // Body, Labels, Asks
	}{
		"goes on as it came": {
			body: `{ "model":"m", "x_new":{"deep":[12345678901234567890, 1.0e5]}, "temperature" : 0.10, "messages":[] }`,
			want: llm.Request{Body: []byte(`{ "model":"m", "x_new":{"deep":[12345678901234567890, 1.0e5]}, "temperature" : 0.10, "messages":[] }`)},
		},
		"switches": {
			body: `{"model":"m","fallbacks":["other",{"model":"m"}],"num_retries":2,"timeout":1.5,"keep":1,"disable_fallbacks":true,"cache":{"no-cache":true}}`,
			want: llm.Request{
				Body: []byte(`{"model":"m","keep":1}`),
				Asks: &llm.Asks{Fallbacks: []string{"other", "m"}, Retries: &two, Timeout: 1500 * time.Millisecond, DisableFallbacks: true},
			},
		},
		"switches that say nothing": {
			body: `{"model":"m","fallbacks":[],"num_retries":null,"timeout":null,"disable_fallbacks":false,"mock_testing_fallbacks":false,"api_key":null}`,
			want: llm.Request{Body: []byte(`{"model":"m"}`)},
		},
		"pretended failure": {
			body: `{"model":"m","mock_testing_fallbacks":true}`,
			want: llm.Request{Body: []byte(`{"model":"m"}`), Asks: &llm.Asks{Fail: llm.Overloaded}},
		},
		"pretended context window": {
			body: `{"mock_testing_context_fallbacks":true,"model":"m"}`,
			want: llm.Request{Body: []byte(`{"model":"m"}`), Asks: &llm.Asks{Fail: llm.ContextWindow}},
		},
		"pretended policy": {
			body: `{"model":"m","mock_testing_content_policy_fallbacks":true}`,
			want: llm.Request{Body: []byte(`{"model":"m"}`), Asks: &llm.Asks{Fail: llm.ContentPolicy}},
		},
		"pretended rate limit": {
			body: `{"model":"m","mock_testing_rate_limit_error":true}`,
			want: llm.Request{Body: []byte(`{"model":"m"}`), Asks: &llm.Asks{Fail: llm.RateLimited}},
		},
		"a timeout as text": {
			body: `{"model":"m","timeout":"30"}`,
			want: llm.Request{Body: []byte(`{"model":"m"}`), Asks: &llm.Asks{Timeout: 30 * time.Second}},
		},
		"user stays": {
			body: `{"model":"m","user":"bob\nsmith"}`,
			want: llm.Request{Body: []byte(`{"model":"m","user":"bob\nsmith"}`), Labels: map[string]string{llm.LabelUser: "bob smith"}},
		},
		"OpenAI's metadata stays": {
			body: `{"model":"m","metadata":{"ticket":"7"}}`,
			want: llm.Request{Body: []byte(`{"model":"m","metadata":{"ticket":"7"}}`)},
		},
		"LiteLLM's metadata": {
			body: `{"model":"m","metadata":{"tags":["a","b,c"],"session_id":"s1","ticket":"7"},"x":1}`,
			want: llm.Request{
				Body: []byte(`{"model":"m","x":1}`),
				Labels: map[string]string{
					llm.LabelTags: "a,b c", llm.LabelSession: "s1",
					report.LabelMetadata: `{"tags":["a","b,c"],"session_id":"s1","ticket":"7"}`,
				},
			},
		},
		"tags beside it": {
			body: `{"model":"m","metadata":{"generation_name":"g"},"tags":["z"]}`,
			want: llm.Request{
				Body: []byte(`{"model":"m"}`), Labels: map[string]string{llm.LabelTags: "z", report.LabelMetadata: `{"generation_name":"g"}`},
			},
		},
		"tags in a header": {
			body: `{"model":"m"}`, header: []string{"X-Litellm-Tags", "a, b"},
			want: llm.Request{Body: []byte(`{"model":"m"}`), Labels: map[string]string{llm.LabelTags: "a,b"}},
		},
		"labels cannot be given": {
			body: `{"model":"m","metadata":{"channel":"slack:T1:C1","master":"true","key":"boss","key_hash":"x"},"litellm_metadata":{"master":"true"}}`,
			want: llm.Request{Labels: map[string]string{report.LabelMetadata: `{"master":"true"}`}, Body: []byte(`{"model":"m","metadata":{"channel":"slack:T1:C1","master":"true","key":"boss","key_hash":"x"}}`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := &listener{Model: llmtest.NewScript(llmtest.Say("Yes."))}
			g := open(t, model, func(o *Options) { o.Keys = &keyring{keys: []llm.Key{virtual(nil)}} })
			w := ask(t, g, http.MethodPost, "/v1/chat/completions", c.body, append(c.header, "Authorization", "Bearer "+secret)...)
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			labels := map[string]string{llm.LabelKey: "alice", llm.LabelKeyHash: hashOf(secret)}
			maps.Copy(labels, c.want.Labels)
			want := llm.Request{
				ID: w.Header().Get("X-Litellm-Call-Id"), Group: "m", Body: c.want.Body, Asks: c.want.Asks, Labels: labels,
			}
			if diff := cmp.Diff(want, model.got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatABodyMayNotSay(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), nil)
	cases := map[string]string{
		`"num_retries":-1`: "num_retries", `"num_retries":1e9`: "num_retries", `"timeout":0`: "timeout", `"timeout":"soon"`: "timeout",
		`"timeout":1e300`: "timeout", `"stream":"yes"`: "stream", `"fallbacks":"m"`: "fallbacks", `"fallbacks":[7]`: "fallbacks",
		`"fallbacks":[{"model":"m","api_key":"x"}]`: "fallbacks", `"disable_fallbacks":1`: "disable_fallbacks",
		`"mock_testing_fallbacks":"x"`: "mock_testing_fallbacks", `"model":"\u0000"`: "model", `"model":""`: "model",
		`"ap\u0069_base":"http://evil.example"`: "api_base",
	}
	for _, name := range forbiddenFields() {
		cases[`"`+name+`":"http://evil.example"`] = name
	}
	for field, param := range cases {
		w := ask(t, g, http.MethodPost, "/v1/chat/completions", `{"model":"m",`+field+`}`)
		if got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes()); got.Status != http.StatusBadRequest || got.Param != param {
			t.Errorf("%s: %+v", field, got)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	model := &listener{Model: llmtest.NewScript(llmtest.Say("Yes."))}
	budget := 5.0
	g := open(t, model, func(o *Options) {
		o.Keys = &keyring{keys: []llm.Key{virtual(func(k *llm.Key) {
			k.User, k.RPM, k.TPM, k.Max, k.Budget, k.Every = "alice@example.org", 1, 2, 3, &budget, time.Hour
		})}}
	})
	ask(t, g, http.MethodPost, "/v1/chat/completions", `{"model":"m","user":"bob"}`, "Authorization", "Bearer "+secret)
	want := map[string]string{llm.LabelKey: "alice", llm.LabelKeyHash: hashOf(secret), llm.LabelUser: "alice@example.org", report.LabelOwner: "alice@example.org"}
	if diff := cmp.Diff(want, model.got.Labels); diff != "" {
		t.Errorf("a key's user speaks for themselves (-want +got):\n%s", diff)
	}
	quota := []llm.Quota{{
		ID: "key/" + hashOf(secret), Name: "the key alice", RPM: 1, TPM: 2, Parallel: 3, BudgetUSD: &budget, Every: time.Hour,
	}}
	if diff := cmp.Diff(quota, model.got.Quotas); diff != "" {
		t.Errorf("quotas (-want +got):\n%s", diff)
	}
	ask(t, g, http.MethodPost, "/v1/chat/completions", `{"model":"m","user":"bob"}`)
	if diff := cmp.Diff(map[string]string{llm.LabelMaster: "true", llm.LabelUser: "bob"}, model.got.Labels); diff != "" {
		t.Errorf("the master key's labels (-want +got):\n%s", diff)
	}
	if model.got.Quotas != nil {
		t.Errorf("the master key has limits: %+v", model.got.Quotas)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	model := &listener{Model: llmtest.NewScript(llmtest.Say("Yes."))}
	g := open(t, model, nil)
	for path, want := range map[string]llm.Endpoint{
		"/v1/completions": llm.Completions, "/completions": llm.Completions, "/embeddings": llm.Embeddings,
		"/v1/embeddings": llm.Embeddings, "/v1/chat/completions": llm.ChatCompletions,
	} {
		if w := ask(t, g, http.MethodPost, path, `{"model":"m","input":"x"}`); w.Code != http.StatusOK || model.got.Endpoint != want {
			t.Errorf("%s: status %d, endpoint %q", path, w.Code, model.got.Endpoint)
		}
	}
}

func TestOwnModels(t *testing.T) {
	t.Parallel()
	own := &listener{Model: llmtest.NewScript(llmtest.Say("From the handbook."))}
	router := &listener{Model: llmtest.NewScript(llmtest.Say("From a model."))}
	g := open(t, router, func(o *Options) {
		o.Own = func(name string) (llm.Model, bool) { return own, name == "tribune" || name == "tribune/hr" }
		o.Keys = &keyring{keys: []llm.Key{virtual(func(k *llm.Key) { k.Models = []string{"tribune"} })}}
	})
	if w := ask(t, g, http.MethodPost, "/v1/chat/completions", `{"model":"tribune"}`, "Authorization", "Bearer "+secret); w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if own.got.Group != "tribune" || own.got.Labels[llm.LabelKey] != "alice" || router.got.Group != "" {
		t.Errorf("own model got %+v", own.got)
	}
	for body, want := range map[string]int{`{"model":"tribune/hr"}`: 403, `{"model":"m"}`: 403} {
		if w := ask(t, g, http.MethodPost, "/v1/chat/completions", body, "Authorization", "Bearer "+secret); w.Code != want {
			t.Errorf("%s: status %d, want %d", body, w.Code, want)
		}
	}
}
