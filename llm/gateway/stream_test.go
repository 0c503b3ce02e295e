package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// said are a stream's events, without what stands around them.
func said(body string) []string {
	var events []string
	for e := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		events = append(events, strings.TrimPrefix(e, "data: "))
	}
	return events
}

// parts is a model that streams these chunks, and fails then if err is set.
type parts struct {
	llm.Model

	chunks []llm.Chunk
	err    error
}

func (p parts) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for _, c := range p.chunks {
			if !yield(c, nil) {
				return
			}
		}
		if p.err != nil {
			yield(llm.Chunk{}, p.err)
		}
	}
}

func (parts) Complete(context.Context, llm.Request) (llm.Response, error) {
	panic("what the question was: canary")
}

func chunk(s string) llm.Chunk { return llm.Chunk{Body: json.RawMessage(s)} }

func TestStreamedEvents(t *testing.T) {
	t.Parallel()
	usage := chunk(`{"usage":{"total_tokens":7}}`)
	usage.UsageOnly = true
	last := llm.Chunk{Served: &llm.Served{}}
	broke := &llm.Error{Kind: llm.Unreachable, Provider: "x", Err: errors.New("cut")}
	failure := `{"error":{"message":"x: unreachable: cut","type":"server_error","param":null,"code":"provider_unreachable"}}`
	for name, c := range map[string]struct {
		model parts
		body  string
		want  []string
	}{
		"whole":           {parts{chunks: []llm.Chunk{chunk(`{"a":1}`), last}}, streamed, []string{`{"a":1}`, "[DONE]"}},
		"line breaks":     {parts{chunks: []llm.Chunk{chunk("{\n\"a\":\r\n1}"), last}}, streamed, []string{`{ "a":  1}`, "[DONE]"}},
		"usage not asked": {parts{chunks: []llm.Chunk{chunk(`{"a":1}`), usage, last}}, streamed, []string{`{"a":1}`, "[DONE]"}},
		"usage asked": {
			parts{chunks: []llm.Chunk{chunk(`{"a":1}`), usage, last}},
			`{"model":"m","stream":true,"stream_options":{"include_usage":true}}`,
			[]string{`{"a":1}`, `{"usage":{"total_tokens":7}}`, "[DONE]"},
		},
		"usage on the last": {
			parts{chunks: []llm.Chunk{chunk(`{"a":1}`), {Body: usage.Body, Served: last.Served, UsageOnly: true}}},
			streamed,
			[]string{`{"a":1}`, "[DONE]"},
		},
		"broken after content":  {parts{chunks: []llm.Chunk{chunk(`{"a":1}`)}, err: broke}, streamed, []string{`{"a":1}`, failure}},
		"broken before a flush": {parts{chunks: []llm.Chunk{{Body: chunk(`{"a":1}`).Body, More: true}}, err: broke}, streamed, []string{`{"a":1}`, failure}},
		"ended early": {
			parts{chunks: []llm.Chunk{chunk(`{"a":1}`)}},
			streamed,
			[]string{`{"a":1}`, strings.NewReplacer("x: unreachable: cut", "gateway: bad_response: the stream ended too early", "provider_unreachable", "bad_provider_response").Replace(failure)},
		},
		"nothing said": {parts{chunks: []llm.Chunk{last}}, streamed, []string{"[DONE]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, open(t, c.model, nil), http.MethodPost, "/v1/chat/completions", c.body)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" {
				t.Fatalf("status %d, header %v", w.Code, w.Header())
			}
			if diff := cmp.Diff(c.want, said(w.Body.String())); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// flushes counts them.
type flushes struct {
	*httptest.ResponseRecorder

	n int
}

func (f *flushes) Flush() { f.n++ }

func TestFlushes(t *testing.T) {
	t.Parallel()
	more := func(size int) llm.Chunk {
		return llm.Chunk{Body: json.RawMessage(`"` + strings.Repeat("x", size) + `"`), More: true}
	}
	for name, c := range map[string]struct {
		chunks []llm.Chunk
		want   int
	}{
		"each":          {[]llm.Chunk{chunk("1"), chunk("2"), {Served: &llm.Served{}}}, 3},
		"those at once": {[]llm.Chunk{more(1), more(1), chunk("2"), {Served: &llm.Served{}}}, 2},
		"not too many":  {[]llm.Chunk{more(maxUnflushed), more(1), {Served: &llm.Served{}}}, 2},
	} {
		w := &flushes{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/chat/completions", strings.NewReader(streamed))
		r.Header.Set("Authorization", "Bearer "+master)
		open(t, parts{chunks: c.chunks}, nil).ServeHTTP(w, r)
		if w.n != c.want {
			t.Errorf("%s: %d flushes, want %d", name, w.n, c.want)
		}
	}
}

func TestSilenceIsFilledWithComments(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gates := []*llmtest.Gate{llmtest.NewGate(llmtest.AtStart), llmtest.NewGate("two")}
		g := open(t, llmtest.NewScript(llmtest.Say("one", "two").Hold(gates[0]).Hold(gates[1])), nil)
		w := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/chat/completions", strings.NewReader(streamed))
			r.Header.Set("Authorization", "Bearer "+master)
			g.ServeHTTP(w, r)
		}()
		wait(DefaultPing * 3)
		synctest.Wait()
		if w.Flushed || w.Body.Len() > 0 {
			t.Errorf("something was sent before the first chunk: %s", w.Body)
		}
		gates[0].Open()
		synctest.Wait()
		wait(DefaultPing*2 + time.Second)
		synctest.Wait()
		if got := strings.Count(w.Body.String(), ": ping\n\n"); got != 2 {
			t.Errorf("%d comments, want 2: %s", got, w.Body)
		}
		gates[1].Open()
		<-done
		sent := w.Body.Len()
		wait(DefaultPing * 3)
		if w.Body.Len() != sent || !strings.HasSuffix(w.Body.String(), "data: [DONE]\n\n") {
			t.Errorf("something was written after the end: %s", w.Body)
		}
	})
}

// wait lets a bubble's time pass.
func wait(d time.Duration) { <-time.NewTimer(d).C }

func TestPanics(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	g := open(t, parts{}, func(o *Options) { o.Log = textLog(&log) })
	w := ask(t, g, http.MethodPost, "/v1/chat/completions", question)
	got, message := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
	if got.Status != http.StatusInternalServerError || !strings.Contains(message, w.Header().Get("X-Litellm-Call-Id")) {
		t.Errorf("%+v: %q", got, message)
	}
	if strings.Contains(log.String()+message, "canary") || !strings.Contains(log.String(), "gateway panic") {
		t.Errorf("log: %s", log.String())
	}
}

// server puts a gateway behind a real listener.
func server(t *testing.T, g http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return s
}

func stream(ctx context.Context, t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(streamed))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+master)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// A chunk must reach the client while the next one is still held back, and a
// client that leaves ends the call behind.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	gate := llmtest.NewGate("two")
	script := llmtest.NewScript(llmtest.Say("one", "two").Hold(gate))
	ended := make(chan struct{})
	s := server(t, open(t, ending{script, ended}, nil))
	ctx, leave := context.WithCancel(t.Context())
	resp := stream(ctx, t, s.Client(), s.URL)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "one") {
		continue
	}
	leave()
	<-ended // or the test's own time limit
}

// ending closes a channel when a stream or a completion has ended.
type ending struct {
	llm.Model

	ended chan struct{}
}

func (e ending) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		defer close(e.ended)
		for c, err := range e.Model.Stream(ctx, r) {
			if !yield(c, err) {
				return
			}
		}
	}
}

func (e ending) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	defer close(e.ended)
	return e.Model.Complete(ctx, r)
}

func TestClientLeavesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{question, streamed} {
		gate := llmtest.NewGate(llmtest.AtStart)
		ended := make(chan struct{})
		s := server(t, open(t, ending{llmtest.NewScript(llmtest.Say("one").Hold(gate)), ended}, nil))
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+master)
		go func() {
			<-gate.Reached()
			leave()
		}()
		if resp, err := s.Client().Do(r); err == nil {
			resp.Body.Close()
			t.Error("the client was answered")
		}
		<-ended
	}
}

// A client that does not read must not hold the call for ever.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	s := server(t, open(t, ending{llmtest.NewScript(llmtest.Step{Fault: llmtest.Endless}, llmtest.Step{Fault: llmtest.Endless}), ended}, func(o *Options) {
		o.WriteTimeout = 50 * time.Millisecond
		o.Model = ending{endless{}, ended}
	}))
	resp := stream(t.Context(), t, s.Client(), s.URL)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	<-ended
}

// endless streams for as long as somebody listens.
type endless struct{ llm.Model }

func (endless) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	body := json.RawMessage(`"` + strings.Repeat("x", 32<<10) + `"`)
	return func(yield func(llm.Chunk, error) bool) {
		for yield(llm.Chunk{Body: body}, nil) {
			continue
		}
	}
}

// The deadlines of one request must not reach the next on its connection.
func TestConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("one", "two")), func(o *Options) {
		o.WriteTimeout, o.BodyTimeout = 30*time.Millisecond, 30*time.Millisecond
	})
	accepted := make(chan struct{}, 10)
	s := httptest.NewUnstartedServer(g)
	s.Config.ConnContext = func(ctx context.Context, _ netConn) context.Context {
		accepted <- struct{}{}
		return ctx
	}
	s.Start()
	t.Cleanup(s.Close)
	for i := range 3 {
		resp := stream(t.Context(), t, s.Client(), s.URL)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || !strings.HasSuffix(string(body), "data: [DONE]\n\n") {
			t.Fatalf("call %d: %v: %s", i, err, body)
		}
		wait(60 * time.Millisecond)
	}
	if len(accepted) != 1 {
		t.Errorf("%d connections, want 1", len(accepted))
	}
}

func TestCutStreamUnderHTTP(t *testing.T) {
	t.Parallel()
	upstream := llmtest.NewServer(t, llmtest.CutAfter(1, "one", "two"))
	s := server(t, open(t, deployment(t, upstream), nil))
	resp := stream(t.Context(), t, s.Client(), s.URL)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	events := said(string(body))
	if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(events[len(events)-1], `{"error":`) {
		t.Errorf("status %s, error %v, events %s", resp.Status, err, fmt.Sprint(events))
	}
	if strings.Contains(string(body), "[DONE]") {
		t.Error("a cut stream looks finished")
	}
}
