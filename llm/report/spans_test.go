package report

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tribunebot/tribune/llm"
)

// send lets Spans send calls to a collector, and ends them.
func send(t *testing.T, o SpansOptions, calls ...llm.Call) *Spans {
	t.Helper()
	return sendWithin(t, trace.SpanContext{}, o, calls...)
}

// sendWithin does it within a span of somebody else.
func sendWithin(t *testing.T, around trace.SpanContext, o SpansOptions, calls ...llm.Call) *Spans {
	t.Helper()
	s, err := NewSpans(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		s.Observe(trace.ContextWithSpanContext(t.Context(), around), c)
	}
	runQueue(t, s.queue)()
	return s
}

func TestSpansForACollector(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	s := send(t, SpansOptions{
		Endpoint: CollectorEndpoint(to.URL + "/"), Service: "svc", Version: "1.2.3", Environment: "test",
	}, sampleCall())
	if len(to.wrong) > 0 || len(to.spans) != 3 || s.State().Sent != 1 {
		t.Fatalf("%v, %d spans, %+v", to.wrong, len(to.spans), s.State())
	}
	if diff := cmp.Diff([]string{"/v1/traces"}, to.paths); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"service.name": "svc", "service.version": "1.2.3", "deployment.environment.name": "test"}, to.resource); diff != "" {
		t.Error(diff)
	}
	root := to.spans[0]
	if root.GetName() != "chat smart" || root.GetKind() != tracepb.Span_SPAN_KIND_CLIENT ||
		root.GetStartTimeUnixNano() != uint64(sampleTime.UnixNano()) || root.GetEndTimeUnixNano()-root.GetStartTimeUnixNano() != 1e9 {
		t.Errorf("%v", root)
	}
	want := map[string]string{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "deepseek", "gen_ai.request.model": "smart",
		"gen_ai.response.model": "deepseek-chat", "gen_ai.response.id": "chatcmpl-7", "gen_ai.response.finish_reasons": "[stop]",
		"gen_ai.response.time_to_first_chunk": "0.5", "gen_ai.request.temperature": "0.2", "gen_ai.request.max_tokens": "300",
		"gen_ai.usage.input_tokens": "100", "gen_ai.usage.output_tokens": "20", "gen_ai.usage.cache_read.input_tokens": "40",
		"server.address": "api.deepseek.com", "server.port": "443",
		"tribune.call.id": "call-1", "tribune.group": "cheap", "tribune.deployment": "cheap-1", "tribune.attempts": "2",
		"tribune.fallbacks": "1", "tribune.cost_usd": "0.25", "tribune.usage.reasoning_tokens": "5", "tribune.stream": "true",
	}
	if diff := cmp.Diff(want, flat(root.GetAttributes())); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	attempt := to.spans[1]
	if attempt.GetName() != "attempt 1 smart-1" || string(attempt.GetParentSpanId()) != string(root.GetSpanId()) || string(attempt.GetTraceId()) != string(root.GetTraceId()) {
		t.Errorf("%v", attempt)
	}
	if got := attempt.GetStatus(); got.GetCode() != tracepb.Status_STATUS_CODE_ERROR || got.GetMessage() != "openai: rate_limited (HTTP 429)" {
		t.Errorf("without leave to send texts, an error's words stay here: %v", got)
	}
	wantTry := map[string]string{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4", "error.type": "rate_limited",
		"server.address": "api.openai.com", "server.port": "443", "tribune.deployment": "smart-1", "tribune.group": "smart", "tribune.cooled_down_s": "5",
	}
	if diff := cmp.Diff(wantTry, flat(attempt.GetAttributes())); diff != "" {
		t.Error(diff)
	}
	noText(t, to.spans)
}

// noText fails where a question's or an answer's words left.
func noText(t *testing.T, spans []*tracepb.Span) {
	t.Helper()
	for _, span := range spans {
		all := span.String()
		for _, words := range []string{"how long is my notice", "Thirty days"} {
			if strings.Contains(all, words) {
				t.Errorf("%q left in %s", words, all)
			}
		}
	}
}

func TestSpansWithText(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	send(t, SpansOptions{Endpoint: to.URL, Text: true}, sampleCall())
	got := flat(to.spans[0].GetAttributes())
	if got["gen_ai.input.messages"] != `[{"role":"user","parts":[{"type":"text","content":"how long is my notice?"}]}]` {
		t.Error(got["gen_ai.input.messages"])
	}
	if got["gen_ai.output.messages"] != `[{"role":"assistant","parts":[{"type":"text","content":"Thirty days, in writing."}],"finish_reason":"stop"}]` {
		t.Error(got["gen_ai.output.messages"])
	}
}

func TestSpansOfOtherEndpoints(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	completion, embedding := simpleCall(), simpleCall()
	completion.Endpoint, completion.Chunks = llm.Completions, nil
	completion.Body, completion.Answer = []byte(`{"prompt":"once","temperature":"hot","seed":null,"max_tokens":9,"max_completion_tokens":8}`), []byte(`{"choices":[{"text":"upon a time"}]}`)
	embedding.Endpoint, embedding.Chunks, embedding.Stream, embedding.First = llm.Embeddings, nil, false, time.Time{}
	embedding.Body, embedding.Served.APIBase = []byte(`{"input":["a","b"]}`), "http://[::1]:8080/v1"
	send(t, SpansOptions{Endpoint: to.URL, Text: true}, completion, embedding)
	got := flat(to.spans[0].GetAttributes())
	want := map[string]string{
		"gen_ai.operation.name": "text_completion", "gen_ai.request.max_tokens": "8", "gen_ai.request.temperature": "hot", "gen_ai.request.seed": "",
		"gen_ai.input.messages":  `[{"role":"user","parts":[{"type":"text","content":"once"}]}]`,
		"gen_ai.output.messages": `[{"role":"assistant","parts":[{"type":"text","content":"upon a time"}]}]`,
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, not %q", name, got[name], value)
		}
	}
	got = flat(to.spans[2].GetAttributes())
	if to.spans[2].GetName() != "embeddings cheap" || got["server.address"] != "::1" || got["server.port"] != "8080" || got["gen_ai.output.messages"] != "" {
		t.Errorf("%s %v", to.spans[2].GetName(), got)
	}
}

func TestSpansRedacted(t *testing.T) {
	t.Parallel()
	for _, langfuse := range []bool{true, false} {
		to := newCollector(t, nil)
		down := sampleCall()
		down.Err = &llm.Error{Kind: llm.ContentPolicy, Status: 400, Provider: "openai", Err: errors.New("you said: how long is my notice")}
		send(t, SpansOptions{Endpoint: to.URL, Langfuse: langfuse, Text: true, Redact: true}, sampleCall(), down)
		noText(t, to.spans)
		got := flat(to.spans[0].GetAttributes())
		in, out := got["gen_ai.input.messages"], got["gen_ai.output.messages"]
		if langfuse {
			in, out = got["langfuse.observation.input"], got["langfuse.observation.output"]
		}
		if in != redacted || out != redacted || got["gen_ai.usage.input_tokens"] != "100" {
			t.Errorf("langfuse %v: %v", langfuse, got)
		}
	}
}

func TestLangfuse(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	o := Langfuse(to.URL+"/", "pk-lf-1", "sk-lf-2")
	o.Text, o.Environment = true, "production"
	c := simpleCall()
	c.Body = []byte(`{"model":"smart","messages":[{"role":"user","content":"hi"}],"temperature":0,"metadata":{
		"generation_name":"answer","generation_id":"g-1","trace_id":"0af7651916cd43dd8448eb211c80319c","trace_user_id":"someone","session_id":"thread-9","tags":["a","b","a"],"other":{"x":1}}}`)
	c.Labels[llm.LabelTags] = "b, c"
	send(t, o, c)
	if len(to.wrong) > 0 || len(to.spans) != 1 {
		t.Fatalf("%v, %d spans", to.wrong, len(to.spans))
	}
	if to.paths[0] != "/api/public/otel/v1/traces" || to.headers.Get("Authorization") != "Basic cGstbGYtMTpzay1sZi0y" || to.headers.Get("x-langfuse-ingestion-version") != "4" {
		t.Errorf("%v %v", to.paths, to.headers)
	}
	if _, sent := to.headers["Idempotency-Key"]; sent {
		t.Error("what is meant for net/http was sent")
	}
	root := to.spans[0]
	if root.GetName() != "answer" || hex.EncodeToString(root.GetTraceId()) != "0af7651916cd43dd8448eb211c80319c" || len(root.GetSpanId()) != 8 {
		t.Errorf("%v", root)
	}
	got := flat(root.GetAttributes())
	maps.DeleteFunc(got, func(key, _ string) bool {
		return !strings.HasPrefix(key, "langfuse.") && !strings.HasSuffix(key, "user.id") && !strings.HasPrefix(key, "session")
	})
	want := map[string]string{
		"langfuse.trace.name": "answer", "langfuse.trace.tags": "[a|b|c]", "user.id": "someone", "session.id": "thread-9",
		"langfuse.observation.type": "generation", "langfuse.observation.model.name": "deepseek-chat",
		"langfuse.observation.model.parameters":       `{"temperature":0}`,
		"langfuse.observation.input":                  `[{"role":"user","content":"hi"}]`,
		"langfuse.observation.usage_details":          `{"input":60,"input_cached_tokens":40,"output":15,"output_reasoning_tokens":5,"total":120}`,
		"langfuse.observation.cost_details":           `{"total":0.25}`,
		"langfuse.observation.completion_start_time":  `"2026-11-23T08:00:00.5Z"`,
		"langfuse.observation.metadata.generation_id": "g-1", "langfuse.observation.metadata.deployment": "cheap-1",
		"langfuse.observation.metadata.model_group": "cheap", "langfuse.observation.metadata.api_base": "https://api.deepseek.com",
		"langfuse.observation.metadata.api_key_alias": "alice",
	}
	var message map[string]any
	if err := json.Unmarshal([]byte(got["langfuse.observation.output"]), &message); err != nil || message["content"] != answerText {
		t.Errorf("output %v %v", message, err)
	}
	delete(got, "langfuse.observation.output")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if to.resource["langfuse.environment"] != "production" {
		t.Error(to.resource)
	}
}

func TestLangfuseFailure(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	o := Langfuse(to.URL, "pk", "sk")
	o.Text = true
	send(t, o, failedCall(&llm.Error{Kind: llm.Overloaded, Status: 503, Provider: "openai", Err: errors.New("out\nof order")}))
	if len(to.spans) != 2 {
		t.Fatalf("%d spans", len(to.spans))
	}
	got := flat(to.spans[0].GetAttributes())
	if got["langfuse.observation.level"] != "ERROR" || got["langfuse.observation.status_message"] != "openai: overloaded (HTTP 503): out of order" || got["error.type"] != "overloaded" {
		t.Errorf("%v", got)
	}
	if to.spans[0].GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR {
		t.Error(to.spans[0].GetStatus())
	}
	child := flat(to.spans[1].GetAttributes())
	if child["langfuse.observation.type"] != "span" || child["gen_ai.request.model"] != "" {
		t.Errorf("an attempt must not be counted as a generation: %v", child)
	}
}

func TestLangfuseWithoutText(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	send(t, Langfuse(to.URL, "pk", "sk"), sampleCall(), failedCall(sampleCall().Tries[0].Err))
	noText(t, to.spans)
	if got := flat(to.spans[0].GetAttributes()); got["langfuse.observation.input"] != "" {
		t.Error(got)
	}
}

func TestSpansBelongToTheWorkAround(t *testing.T) {
	t.Parallel()
	around := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: trace.FlagsSampled})
	named := simpleCall()
	named.Body = []byte(`{"metadata":{"trace_id":"mine"}}`)
	for name, test := range map[string]struct {
		call     llm.Call
		langfuse bool
		trace    []byte
		parent   string
	}{
		"collector":         {simpleCall(), false, []byte{1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "0405000000000000"},
		"langfuse":          {simpleCall(), true, []byte{1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, ""},
		"the client's wish": {named, false, traceID("mine"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := newCollector(t, nil)
			sendWithin(t, around, SpansOptions{Endpoint: to.URL, Langfuse: test.langfuse}, test.call)
			root := to.spans[0]
			if diff := cmp.Diff(test.trace, root.GetTraceId()); diff != "" {
				t.Error(diff)
			}
			if got := hex.EncodeToString(root.GetParentSpanId()); got != test.parent {
				t.Errorf("parent %q", got)
			}
		})
	}
}

func TestTraceIDs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"0af7651916cd43dd8448eb211c80319c":     "0af7651916cd43dd8448eb211c80319c",
		"0AF76519-16cd-43dd-8448-eb211c80319c": "0af7651916cd43dd8448eb211c80319c",
	} {
		if got := hex.EncodeToString(traceID(name)); got != want {
			t.Errorf("%s became %s", name, got)
		}
	}
	seen := map[string]bool{}
	for _, name := range []string{"", "a", "b", strings.Repeat("0", 32), strings.Repeat("-", 32)} {
		id := traceID(name)
		if len(id) != 16 || zero(id) || seen[string(id)] || string(id) != string(traceID(name)) {
			t.Errorf("%q became %x", name, id)
		}
		seen[string(id)] = true
	}
}

func TestSpansRefusedInPart(t *testing.T) {
	t.Parallel()
	to := newCollector(t, refusing(2))
	var log strings.Builder
	s := send(t, SpansOptions{Endpoint: to.URL, Log: slog.New(slog.NewTextHandler(&log, nil))}, simpleCall(), simpleCall(), simpleCall())
	want := QueueState{Callback: "otel", Sent: 1, Dropped: 2, Failures: 1}
	if diff := cmp.Diff(want, s.State()); diff != "" {
		t.Error(diff)
	}
	if len(to.paths) != 1 || !strings.Contains(log.String(), "refused some") || strings.Contains(log.String(), "too old") {
		t.Errorf("%v %s", to.paths, log.String())
	}
}

func TestRejectedSpansOfGarbage(t *testing.T) {
	t.Parallel()
	for _, reply := range [][]byte{nil, {}, []byte("{}"), []byte("<html>"), {0x0a}, {0x0a, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xff}} {
		if n := rejectedSpans(reply); n != 0 {
			t.Errorf("%q: %d", reply, n)
		}
	}
	if n := rejectedSpans(refusing(3)); n != 3 {
		t.Errorf("%d", n)
	}
}

func FuzzRejectedSpans(f *testing.F) {
	f.Add(refusing(3))
	f.Add([]byte("{}"))
	f.Fuzz(func(_ *testing.T, reply []byte) { rejectedSpans(reply) })
}

func TestOversizedCallsLoseTheirTextOnly(t *testing.T) {
	t.Parallel()
	to := newCollector(t, nil)
	big := simpleCall()
	big.Body = []byte(`{"messages":[{"role":"user","content":"` + strings.Repeat("x", 2<<20) + `"}]}`)
	s := send(t, SpansOptions{Endpoint: to.URL, Text: true}, big, simpleCall())
	if len(to.spans) != 4 || s.State().Sent != 2 {
		t.Fatalf("%d spans, %+v", len(to.spans), s.State())
	}
	if got := flat(to.spans[0].GetAttributes()); got["gen_ai.input.messages"] != "" || got["gen_ai.usage.input_tokens"] != "100" {
		t.Errorf("%v", got)
	}
}

func TestSpansOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"", "localhost:4318", "grpc://x:4317/v1/traces", "http://", "http://user:secret@%zz"} {
		_, err := NewSpans(SpansOptions{Name: "x", Endpoint: endpoint})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

func BenchmarkSpansObserve(b *testing.B) {
	s, err := NewSpans(SpansOptions{Endpoint: "http://127.0.0.1:1", Limits: Limits{Items: 1 << 30, Bytes: 1 << 40}})
	if err != nil {
		b.Fatal(err)
	}
	c := sampleCall()
	b.ReportAllocs()
	for b.Loop() {
		s.Observe(b.Context(), c)
		if s.queue.State().Waiting >= 1000 {
			_, size := s.queue.take()
			s.queue.release(100, size)
		}
	}
}

func BenchmarkSpansBuild(b *testing.B) {
	s, err := NewSpans(SpansOptions{Endpoint: "http://127.0.0.1:1", Text: true, Langfuse: true, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	c := sampleCall()
	b.ReportAllocs()
	for b.Loop() {
		s.build(traced{call: c})
	}
}
