package report

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// answerText is what the model says in tests.
const answerText = "Thirty days, in writing."

// sampleChunks are a stream of it.
func sampleChunks() []json.RawMessage {
	head, tail, _ := strings.Cut(answerText, ",")
	return []json.RawMessage{
		[]byte(`{"id":"chatcmpl-7","choices":[{"index":0,"delta":{"role":"assistant","content":"` + head + `"}}]}`),
		[]byte(`{"id":"chatcmpl-7","choices":[{"index":0,"delta":{"content":",` + tail + `"}}]}`),
		[]byte(`{"id":"chatcmpl-7","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`),
	}
}

// sampleAnswer is the same as a whole completion.
func sampleAnswer() json.RawMessage {
	return []byte(`{"id":"chatcmpl-7","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"` + answerText + `"}}]}`)
}

var sampleTime = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// sampleCall is a streamed call that fell back from one group to another.
func sampleCall() llm.Call {
	cost := 0.25
	at := func(ms int) time.Time { return sampleTime.Add(time.Duration(ms) * time.Millisecond) }
	return llm.Call{
		Request: llm.Request{
			ID: "call-1", Group: "smart",
			Body: []byte(`{"model":"smart","messages":[{"role":"user","content":"how long is my notice?"}],"temperature":0.2,"max_tokens":300}`),
			Labels: map[string]string{
				llm.LabelUser: "U1", llm.LabelKey: "alice", llm.LabelKeyHash: "abc123", LabelOwner: "owner-1",
			},
		},
		Stream: true, Began: at(0), First: at(500), Ended: at(1000),
		Served: llm.Served{
			Deployment: "cheap-1", Provider: "deepseek", Model: "deepseek-chat", Group: "cheap", APIBase: "https://api.deepseek.com",
			Attempts: 2, Fallbacks: 1, Usage: &llm.Usage{Prompt: 100, Completion: 20, Cached: 40, Reasoning: 5}, CostUSD: &cost,
			Header: http.Header{"X-Ratelimit-Remaining-Requests": {"0"}, "X-Ratelimit-Remaining-Tokens": {"9000"}},
		},
		Chunks: sampleChunks(),
		Tries: []llm.Try{
			{
				Deployment: "smart-1", Group: "smart", Provider: "openai", Model: "gpt-4", APIBase: "https://api.openai.com/v1",
				Began: at(50), Ended: at(250), Cooled: 5 * time.Second,
				Err: &llm.Error{Kind: llm.RateLimited, Status: 429, Provider: "openai", Err: fmt.Errorf("slow down, %q", "how long is my notice?")},
			},
			{
				Deployment: "cheap-1", Group: "cheap", Provider: "deepseek", Model: "deepseek-chat", APIBase: "https://api.deepseek.com",
				Began: at(300), Ended: at(900),
			},
		},
	}
}

// simpleCall is a call that went well at once.
func simpleCall() llm.Call {
	c := sampleCall()
	c.Group, c.Served.Fallbacks, c.Tries = "cheap", 0, c.Tries[1:]
	return c
}

func failedCall(e *llm.Error) llm.Call {
	c := sampleCall()
	c.Err = e
	c.Served, c.First, c.Chunks = llm.Served{}, time.Time{}, nil
	c.Tries = c.Tries[:1]
	return c
}
