package messages_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/messages"
)

// written is a stream as a client gets it, one event a line.
func written(t *testing.T, chunks ...llm.Chunk) string {
	t.Helper()
	s := messages.NewStream()
	var b strings.Builder
	for _, c := range chunks {
		events, err := s.Chunk(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if llm.Field(e.Data, "type") == nil || string(llm.Field(e.Data, "type")) != `"`+e.Type+`"` {
				t.Errorf("the event %s says that it is %s", e.Type, e.Data)
			}
			b.WriteString(string(e.Data) + "\n")
		}
	}
	return b.String()
}

func delta(fields string) llm.Chunk {
	return llm.Chunk{Body: json.RawMessage(`{"id":"c1","model":"m","choices":[{"index":0,"delta":{` + fields + `},"finish_reason":null}]}`)}
}

func finish(reason string) llm.Chunk {
	return llm.Chunk{Body: json.RawMessage(`{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"` + reason + `"}]}`)}
}

func call(index, id, name, arguments string) llm.Chunk {
	raw, err := json.Marshal(arguments)
	if err != nil {
		panic(err)
	}
	return delta(`"tool_calls":[{` + index + `"id":"` + id + `","function":{"name":"` + name + `","arguments":` + string(raw) + `}}]`)
}

func served(u *llm.Usage) llm.Chunk { return llm.Chunk{Served: &llm.Served{Model: "served", Usage: u}} }

const begun = `{"type":"message_start","message":{"id":"msg_c1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}
`

func ended(reason, usage string) string {
	return `{"type":"message_delta","delta":{"stop_reason":"` + reason + `","stop_sequence":null},"usage":` + usage + `}
{"type":"message_stop"}
`
}

const noUsage = `{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}`

func TestStreams(t *testing.T) {
	t.Parallel()
	usage := llm.Chunk{Body: json.RawMessage(`{"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}`)}
	for name, c := range map[string]struct {
		chunks []llm.Chunk
		want   string
	}{
		"text": {
			[]llm.Chunk{{From: &llm.Served{}}, delta(`"role":"assistant","content":""`), delta(`"content":"Hel"`), delta(`"content":"lo"`), finish("stop"), usage, served(nil)},
			begun + `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}
{"type":"content_block_stop","index":0}
` + ended("end_turn", `{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":3}`),
		},
		"thinking, text and calls": {
			[]llm.Chunk{
				delta(`"reasoning_content":"hm"`), delta(`"content":"ok"`), call(`"index":0,`, "t1", "f", ""), call(`"index":0,`, "", "", `{"a":`),
				call(`"index":0,`, "", "", `1}`), call(`"index":1,`, "t2", "g", `{}`), finish("tool_calls"), served(&llm.Usage{Prompt: 8, Completion: 2, Cached: 3}),
			},
			begun + `{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ok"}}
{"type":"content_block_stop","index":1}
{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}
{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}
{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}}
{"type":"content_block_stop","index":2}
{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}
{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{}"}}
{"type":"content_block_stop","index":3}
` + ended("tool_use", `{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"output_tokens":2}`),
		},
		"calls that are mixed": {
			[]llm.Chunk{call(`"index":0,`, "t1", "f", ""), call(`"index":1,`, "t2", "g", ""), call(`"index":0,`, "", "", `{}`), call(`"index":1,`, "", "", `{}`), finish("stop"), served(nil)},
			begun + `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}
{"type":"ping"}
{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}
{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}
{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_stop","index":1}
` + ended("tool_use", noUsage),
		},
		"calls that nobody counts": {
			[]llm.Chunk{call("", "t1", "f", "{}"), call("", "t2", "g", "{}"), served(nil)},
			begun + `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}
{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}
{"type":"content_block_stop","index":1}
` + ended("tool_use", noUsage),
		},
		"signed thinking": {
			[]llm.Chunk{
				delta(`"thinking_blocks":[{"type":"thinking","thinking":"hm"}],"reasoning_content":"hm"`), delta(`"thinking_blocks":[{"type":"thinking","signature":"s"}]`),
				delta(`"thinking_blocks":[{"type":"redacted_thinking","data":"d"}]`), delta(`"content":"ok"`), finish("stop"), served(nil),
			},
			begun + `{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}
{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}}
{"type":"content_block_stop","index":0}
{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"d"}}
{"type":"content_block_stop","index":1}
{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}
{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"ok"}}
{"type":"content_block_stop","index":2}
` + ended("end_turn", noUsage),
		},
		"other choices are nobody's": {
			[]llm.Chunk{{Body: json.RawMessage(`{"id":"c1","model":"m","choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"length"}]}`)}, delta(`"refusal":"no"`), finish("content_filter"), served(nil)},
			begun + `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
{"type":"ping"}
{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"no"}}
{"type":"content_block_stop","index":0}
` + ended("refusal", noUsage),
		},
		"nothing": {
			[]llm.Chunk{served(nil)},
			strings.NewReplacer("msg_c1", "msg_", `"m"`, `"served"`).Replace(begun) + ended("end_turn", noUsage),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, want := strings.Split(written(t, c.chunks...), "\n"), strings.Split(c.want, "\n")
			for i := range max(len(got), len(want)) {
				g, w := "", ""
				if i < len(got) {
					g = got[i]
				}
				if i < len(want) {
					w = want[i]
				}
				if g != w {
					t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
				}
			}
		})
	}
}

func TestStreamsThatBreak(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]llm.Chunk{
		"no JSON":                 {Body: json.RawMessage(`{`)},
		"arguments of nothing":    call(`"index":0,`, "", "", `{"a":1}`),
		"choices are no list":     {Body: json.RawMessage(`{"choices":7}`)},
		"a tool's index is a map": {Body: json.RawMessage(`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":{}}]}}]}`)},
	} {
		if _, err := messages.NewStream().Chunk(c); llm.KindOf(err) != llm.BadResponse {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := messages.NewStream()
	if _, err := s.Chunk(served(nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Chunk(delta(`"content":"more"`)); llm.KindOf(err) != llm.BadResponse {
		t.Errorf("after the end: %v", err)
	}
	if events, err := s.Close(); err != nil || len(events) != 0 {
		t.Errorf("closed twice: %v, %v", events, err)
	}
}

func TestCloseAndError(t *testing.T) {
	t.Parallel()
	s := messages.NewStream()
	if _, err := s.Chunk(delta(`"content":"half"`)); err != nil {
		t.Fatal(err)
	}
	events, err := s.Close()
	var names []string
	for _, e := range events {
		names = append(names, e.Type)
	}
	if err != nil || strings.Join(names, " ") != "content_block_stop message_delta message_stop" {
		t.Errorf("Close = %v, %v", names, err)
	}
	s = messages.NewStream()
	e := s.Error(&llm.Error{Kind: llm.Overloaded, Provider: "p", Err: errors.New("too much")})
	want := "event: error\ndata: " + string(e.Data) + "\n\n"
	if e.Type != "error" || string(e.Append([]byte("x"))) != "x"+want || !strings.Contains(string(e.Data), "overloaded_error") {
		t.Errorf("%s", e.Append(nil))
	}
	if events, err := s.Close(); err != nil || len(events) != 0 {
		t.Errorf("a stream that failed ended well: %v, %v", events, err)
	}
}
