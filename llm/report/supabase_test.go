package report

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

func newSupabase(t *testing.T, p *postgrest, change func(*SupabaseOptions)) *Supabase {
	t.Helper()
	o := SupabaseOptions{URL: p.URL + "/", Key: p.key}
	if change != nil {
		change(&o)
	}
	s, err := NewSupabase(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// named is a call by another id; its beginning has only what is known then.
func named(c llm.Call, id string) llm.Call {
	c.ID = id
	return c
}

func begin(c llm.Call) llm.Call {
	return llm.Call{Request: c.Request, Stream: c.Stream, Began: c.Began}
}

func TestSupabaseRows(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	s := newSupabase(t, p, nil)
	bad := named(failedCall(&llm.Error{Kind: llm.Overloaded, Status: 503, Provider: "openai", Err: errors.New("gone")}), "call-2")
	s.Start(t.Context(), begin(named(sampleCall(), "call-3")))
	s.Observe(t.Context(), sampleCall())
	s.Observe(t.Context(), bad)
	runQueue(t, s.queue)()
	if len(p.wrong) > 0 {
		t.Fatal(p.wrong)
	}
	asked := `[{"role":"user","content":"how long is my notice?"}]`
	want := map[string]string{
		"litellm_call_id": `"call-1"`, "model": `"deepseek-chat"`, "messages": asked, "end_user": `"U1"`, "status": `"success"`,
		"response": `"` + answerText + `"`, "error": "null", "response_time": "1", "total_cost": "0.25",
		"additional_details": `{"attempts":2,"deployment":"cheap-1","fallbacks":1,"model_group":"cheap","provider":"deepseek","stream":true,"usage":{"cached_tokens":40,"completion_tokens":20,"prompt_tokens":100,"reasoning_tokens":5}}`,
	}
	if diff := cmp.Diff(want, p.row("call-1")); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
	got := p.row("call-2")
	if got["status"] != `"failure"` || got["error"] != `{"class":"Openai.ServiceUnavailableError","message":"openai: overloaded (HTTP 503): gone","status":503}` || got["response"] != "null" || got["total_cost"] != "null" {
		t.Errorf("failed: %v", got)
	}
	if diff := cmp.Diff(map[string]string{"litellm_call_id": `"call-3"`, "model": `"smart"`, "messages": asked, "end_user": `"U1"`, "status": `"initiated"`}, p.row("call-3")); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
}

func TestSupabaseOrder(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	s := newSupabase(t, p, func(o *SupabaseOptions) { o.Limits.Batch = 4 })
	for _, id := range []string{"a", "b", "c"} {
		s.Start(t.Context(), begin(named(simpleCall(), id)))
	}
	s.Observe(t.Context(), named(simpleCall(), "a")) // in one batch with its beginning
	s.Observe(t.Context(), named(simpleCall(), "c")) // in the next
	s.Observe(t.Context(), named(simpleCall(), "b"))
	runQueue(t, s.queue)()
	want := []string{"b,c initiated", "a success", "c,b success"}
	if diff := cmp.Diff(want, p.log); diff != "" || len(p.wrong) > 0 {
		t.Errorf("%v %s", p.wrong, diff)
	}
	for _, id := range []string{"a", "b", "c"} {
		if got := p.row(id)["status"]; got != `"success"` {
			t.Errorf("%s: %s", id, got)
		}
	}
	if got := s.State(); got.Sent != 6 || got.Dropped != 0 {
		t.Errorf("%+v", got)
	}
}

// A beginning that is sent again because its answer was lost must not undo the
// end, and an id that comes twice must not spoil the batch.
func TestSupabaseIsIdempotent(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	s := newSupabase(t, p, nil)
	batch := []logged{{call: named(simpleCall(), "a"), final: true}, {call: begin(named(simpleCall(), "b"))}, {call: named(simpleCall(), "a"), final: true}}
	late := []logged{{call: begin(named(simpleCall(), "a"))}}
	for _, b := range [][]logged{batch, batch, late} {
		if err := s.send(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.rows) != 2 || p.row("a")["status"] != `"success"` || p.row("b")["status"] != `"initiated"` || len(p.wrong) > 0 {
		t.Errorf("%v %v %v", p.rows, p.log, p.wrong)
	}
}

func TestSupabaseLosesOnlyTheBadRow(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	s := newSupabase(t, p, nil)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		c := named(simpleCall(), id)
		if id == "d" {
			c.Served.Model = "poison"
		}
		s.Observe(t.Context(), c)
	}
	runQueue(t, s.queue)()
	if got := s.State(); got.Sent != 4 || got.Dropped != 1 || len(p.rows) != 4 {
		t.Errorf("%+v, %d rows", got, len(p.rows))
	}
}

func TestSupabaseRedacts(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	s := newSupabase(t, p, func(o *SupabaseOptions) { o.Redact = true })
	bad := failedCall(&llm.Error{Kind: llm.ContentPolicy, Status: 400, Provider: "openai", Err: errors.New("how long is my notice")})
	s.Start(t.Context(), begin(named(sampleCall(), "b")))
	s.Observe(t.Context(), named(sampleCall(), "a"))
	s.Observe(t.Context(), named(bad, "c"))
	runQueue(t, s.queue)()
	for _, id := range []string{"a", "b", "c"} {
		row := p.row(id)
		for name, value := range row {
			if strings.Contains(value, "notice") || strings.Contains(value, "Thirty") {
				t.Errorf("%s.%s holds words: %s", id, name, value)
			}
		}
		if row["messages"] != `"`+redacted+`"` {
			t.Errorf("%s: %v", id, row)
		}
	}
	if p.row("a")["response"] != `"`+redacted+`"` || !strings.Contains(p.row("a")["additional_details"], `"prompt_tokens":100`) {
		t.Errorf("%v", p.row("a"))
	}
}

func TestSupabaseTakesAnyBody(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	s := newSupabase(t, p, nil)
	for id, body := range map[string]string{
		"none": "", "half": `{"messages":[{"ro`, "list": `[1,2]`, "utf8": "{\"messages\":[\"a\xff\"]}",
		"prompt": `{"prompt":"once upon"}`, "nul": `{"messages":["a\u0000b"]}`, "long": `{"messages":["` + strings.Repeat("长", maxText/3) + `"]}`,
	} {
		c := named(simpleCall(), id)
		c.Body, c.Served.Model = []byte(body), "m\x00odel"
		s.Observe(t.Context(), c)
	}
	runQueue(t, s.queue)()
	if got := s.State(); got.Sent != 7 || len(p.wrong) > 0 {
		t.Errorf("%+v %v", got, p.wrong)
	}
	if got := p.row("long")["messages"]; len(got) > maxText+100 || !strings.HasSuffix(got, cutMark+`"`) {
		t.Errorf("%d bytes of a long question", len(got))
	}
	if got := p.row("prompt")["messages"]; got != `"once upon"` {
		t.Error(got)
	}
}

func TestSupabaseWrongKey(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	var log strings.Builder
	s := newSupabase(t, p, func(o *SupabaseOptions) {
		o.Key = "my-wrong-key"
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	s.Observe(t.Context(), simpleCall())
	runQueue(t, s.queue)()
	if got := s.State(); got.Dropped != 1 || got.Failures != 1 {
		t.Errorf("%+v", got)
	}
	said := log.String()
	if !strings.Contains(said, "look at its keys") || strings.Contains(said, "my-wrong-key") || strings.Contains(said, "secret words") {
		t.Error(said)
	}
}

func TestSupabaseOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []SupabaseOptions{{}, {URL: "https://x.supabase.co"}, {Key: "sec-ret"}, {URL: "x.supabase.co", Key: "sec-ret"}} {
		_, err := NewSupabase(o)
		if err == nil || strings.Contains(err.Error(), "sec-ret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSupabaseRecovers(t *testing.T) {
	t.Parallel()
	p := newPostgREST(t)
	p.answer = func(nth int) int {
		if nth < 3 {
			return http.StatusServiceUnavailable
		}
		return 0
	}
	s := newSupabase(t, p, func(o *SupabaseOptions) { o.Limits = Limits{Backoff: 1, Interval: 1, Grace: 1 << 40} })
	stop := runQueue(t, s.queue)
	s.Start(t.Context(), begin(sampleCall()))
	s.Observe(t.Context(), sampleCall())
	eventually(t, func() bool { return s.State().Waiting == 0 })
	stop()
	if got := s.State(); got.Sent != 2 || got.Failures != 2 || p.row("call-1")["status"] != `"success"` {
		t.Errorf("%+v %v", got, p.log)
	}
}
