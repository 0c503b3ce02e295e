package claude_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/messages"
)

// answers is a model whose provider answers with these bytes, whatever is asked.
func answers(t *testing.T, body string) llm.Model {
	t.Helper()
	server := serve(t, body)
	return open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
}

func serve(t *testing.T, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/messages" || r.Header.Get("Anthropic-Version") != "2023-06-01" {
			t.Errorf("called %s with %v", r.URL, r.Header)
		}
		if strings.HasPrefix(body, "event:") {
			w.Header().Set("Content-Type", "text/event-stream")
		}
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server
}

// events writes a stream; each event is named by its type, and blocks are
// counted.
func events(list ...string) string {
	var b strings.Builder
	blocks := 0
	for _, data := range list {
		kind := strings.Split(data, `"`)[3]
		b.WriteString("event: " + kind + "\ndata: " + strings.Replace(data, `"index":0`, `"index":`+strconv.Itoa(blocks), 1) + "\n\n")
		if kind == "content_block_stop" {
			blocks++
		}
	}
	return b.String()
}

const (
	started = `{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"c-1","content":[],"usage":{"input_tokens":5,"cache_creation_input_tokens":30,"cache_read_input_tokens":20,"output_tokens":1}}}`
	ended   = `{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}`
	over    = `{"type":"message_stop"}`
	closed  = `{"type":"content_block_stop","index":0}`
)

func begun(block string) string {
	return `{"type":"content_block_start","index":0,"content_block":` + block + `}`
}

func added(delta string) string {
	return `{"type":"content_block_delta","index":0,"delta":` + delta + `}`
}

// thinks is a stream with every sort of block in it.
func thinks() string {
	return events(started, `{"type":"ping"}`,
		begun(`{"type":"thinking","thinking":"","signature":""}`), added(`{"type":"thinking_delta","thinking":"Article \"47\""}`),
		added(`{"type":"thinking_delta","thinking":"…\n"}`), added(`{"type":"signature_delta","signature":"s1"}`), closed,
		begun(`{"type":"redacted_thinking","data":"xyz"}`), closed,
		begun(`{"type":"text","text":""}`), added(`{"type":"text_delta","text":"Two "}`), added(`{"type":"text_delta","text":"\u6708."}`), closed,
		begun(`{"type":"server_tool_use","id":"s","name":"web_search","input":{}}`), added(`{"type":"input_json_delta","partial_json":"{}"}`), closed,
		begun(`{"type":"tool_use","id":"t1","name":"law","input":{}}`), added(`{"type":"input_json_delta","partial_json":""}`),
		added(`{"type":"input_json_delta","partial_json":"{\"n\":"}`), added(`{"type":"input_json_delta","partial_json":"47}"}`), closed,
		begun(`{"type":"tool_use","id":"t2","name":"today","input":{}}`), added(`{"type":"input_json_delta","partial_json":""}`), closed,
		begun(`{"type":"tool_use","id":"t3","name":"at_once","input":{"a":"<b>"}}`), closed,
		ended, over)
}

func TestDeltas(t *testing.T) {
	t.Parallel()
	chunks, err := llmtest.Read(t.Context(), answers(t, thinks()), llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, c := range chunks {
		if last := i == len(chunks)-1; (c.Served != nil) != last || last != (len(c.Body) == 0) {
			t.Fatalf("chunk %d: %+v", i, c)
		}
		var body struct {
			ID, Object, Model string
			Choices           []struct{ Delta json.RawMessage }
		}
		if c.Served != nil {
			continue
		}
		if err := json.Unmarshal(c.Body, &body); err != nil || body.ID != "m1" || body.Object != "chat.completion.chunk" || body.Model != "c-1" {
			t.Errorf("%s: %v", c.Body, err)
		}
		for _, choice := range body.Choices {
			got = append(got, string(choice.Delta))
		}
	}
	want := []string{
		`{"role":"assistant","content":""}`,
		`{"reasoning_content":"Article \"47\"","thinking_blocks":[{"type":"thinking","thinking":"Article \"47\"","signature":""}]}`,
		`{"reasoning_content":"…\n","thinking_blocks":[{"type":"thinking","thinking":"…\n","signature":""}]}`,
		`{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s1"}]}`,
		`{"thinking_blocks":[{"type":"redacted_thinking","data":"xyz"}]}`,
		`{"content":"Two "}`, `{"content":"\u6708."}`,
		`{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"law","arguments":""}}]}`,
		`{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\":"}}]}`, `{"tool_calls":[{"index":0,"function":{"arguments":"47}"}}]}`,
		`{"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"today","arguments":""}}]}`,
		`{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}`,
		`{"tool_calls":[{"index":2,"id":"t3","type":"function","function":{"name":"at_once","arguments":""}}]}`,
		`{"tool_calls":[{"index":2,"function":{"arguments":"{\"a\":\"\u003cb\u003e\"}"}}]}`,
		`{}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deltas (-want +got):\n%s", diff)
	}
	served := chunks[len(chunks)-1].Served
	if diff := cmp.Diff(&llm.Usage{Prompt: 55, Completion: 9, Cached: 20, Reasoning: 4}, served.Usage); diff != "" || served.Model != "c-1" {
		t.Errorf("served by %q, usage (-want +got):\n%s", served.Model, diff)
	}
	same(t, "usage", `{"prompt_tokens":55,"completion_tokens":9,"total_tokens":64,"prompt_tokens_details":{"cached_tokens":20,"cache_creation_tokens":30},
		"completion_tokens_details":{"reasoning_tokens":4}}`, llm.Field(chunks[len(chunks)-2].Body, "usage"))
}

// TestMore shows that of each chunk but the last it is told whether the next is
// here: with all events there at once that is always so.
func TestMore(t *testing.T) {
	t.Parallel()
	gate := llmtest.NewGate("far")
	server := llmtest.NewServer(t, llmtest.Say("So ", "far").Hold(gate))
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	for c, err := range m.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Text() == "So " {
			if c.More {
				t.Error("a chunk that the provider holds back is said to be here")
			}
			gate.Open()
		}
	}
	chunks, err := llmtest.Read(t.Context(), answers(t, thinks()), llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range chunks {
		if c.More != (c.Served == nil) {
			t.Errorf("chunk %d of %d: more = %t", i, len(chunks), c.More)
		}
	}
}

// TestChunksDoNotShareRoom holds that what a reader appends to one chunk does
// not reach another, and that long and short chunks stay what they were.
func TestChunksDoNotShareRoom(t *testing.T) {
	t.Parallel()
	list := []string{started, begun(`{"type":"text","text":""}`)}
	var want []string
	for i := range 60 {
		text := strings.Repeat(string(rune('a'+i%26)), 1+i*i*3)
		want = append(want, text)
		list = append(list, added(`{"type":"text_delta","text":"`+text+`"}`))
	}
	chunks, err := llmtest.Read(t.Context(), answers(t, events(append(list, closed, ended, over)...)), llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		_ = append(c.Body, "this is somebody else"...)
	}
	var got []string
	for _, c := range chunks {
		if text := c.Text(); text != "" {
			got = append(got, text)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}

// TestStreamedThoughtsRoundTrip lets llm/messages make Anthropic's events of our chunks.
func TestStreamedThoughtsRoundTrip(t *testing.T) {
	t.Parallel()
	s := messages.NewStream()
	var all strings.Builder
	for c, err := range answers(t, thinks()).Stream(t.Context(), llmtest.Ask(t, "Really?")) {
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Chunk(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			all.Write(e.Data)
		}
	}
	for _, want := range []string{
		`{"type":"thinking_delta","thinking":"Article \"47\""}`, `{"type":"signature_delta","signature":"s1"}`,
		`{"type":"redacted_thinking","data":"xyz"}`, `"cache_creation_input_tokens":30`, `"cache_read_input_tokens":20`, `"input_tokens":5,`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%s is not in %s", want, all.String())
		}
	}
}

// TestOddBodies is the table of bodies that are no stream of messages, or an odd
// one.
func TestOddBodies(t *testing.T) {
	t.Parallel()
	text := begun(`{"type":"text","text":""}`)
	said := added(`{"type":"text_delta","text":"Yes."}`)
	for name, test := range map[string]struct {
		body, text string
		want       llm.Kind
	}{
		"an error with status 200":    {`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, "", llm.Overloaded},
		"a web page":                  {"<html><title>Hello</title></html>", "", llm.BadResponse},
		"an error without a name":     {"data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n", "", llm.Overloaded},
		"an error of a proxy":         {events(started) + "data: {\"error\":{\"code\":\"rate_limit_exceeded\"}}\n\n", "", llm.RateLimited},
		"OpenAI's end":                {events(started, text, said, ended) + "data: [DONE]\n\n", "Yes.", ""},
		"OpenAI's end before its end": {events(started, text, said) + "data: [DONE]\n\n", "Yes.", llm.Unreachable},
		"an end before the end":       {events(started, text, said, over), "Yes.", llm.Unreachable},
		"no event has its name":       {strings.ReplaceAll(events(started, text, said, ended, over), "event: ", ": "), "Yes.", ""},
		"fields of other types":       {events(`{"type":"message_start","message":{"id":7,"model":null,"usage":[]}}`, begun(`[]`), added(`{"type":"text_delta","text":7}`), said, ended, over), "Yes.", ""},
		"no message":                  {events(started, `{"type":"message_delta","delta":[]}`, over), "", llm.Unreachable},
	} {
		resp, err := llm.Collect(answers(t, test.body).Stream(t.Context(), llmtest.Ask(t, "Really?")))
		if llm.KindOf(err) != test.want || resp.Text() != test.text {
			t.Errorf("%s: %s, %v", name, resp.Body, err)
		}
	}
}

// TestOddAnswers is the same for whole answers.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want llm.Kind
	}{
		"an error with status 200": {`{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}`, llm.RateLimited},
		"OpenAI's completion":      {`{"object":"chat.completion","choices":[]}`, llm.BadResponse},
		"no JSON":                  {`message`, llm.BadResponse},
		"half of it":               {`{"type":"message","role":"assistant","content":[{"type":"te`, llm.BadResponse},
		"a list":                   {`[{"type":"message","role":"assistant"}]`, llm.BadResponse},
		"fields of other types":    {`{"type":"message","role":"assistant","id":7,"model":[],"content":[7,{"type":"text","text":7},{"type":"tool_use","id":{}}],"usage":7,"stop_reason":7}`, ""},
		"nothing in it":            {`{"type":"message","role":"assistant"}`, ""},
	} {
		resp, err := answers(t, test.body).Complete(t.Context(), llmtest.Ask(t, "Really?"))
		if llm.KindOf(err) != test.want || err == nil && !json.Valid(resp.Body) {
			t.Errorf("%s: %s, %v", name, resp.Body, err)
		}
	}
}
