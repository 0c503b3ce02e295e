package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/llm"
)

// completion is an answer from the documents in OpenAI's shape, for both modes.
// What that shape has no place for stands in Answer.
type completion struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []ownChoice  `json:"choices"`
	Usage   *ownUsage    `json:"usage,omitempty"`
	Answer  *bots.Answer `json:"tribune,omitempty"`
}

type ownChoice struct {
	Index   int      `json:"index"`
	Message *ownText `json:"message,omitempty"`
	Delta   *ownText `json:"delta,omitempty"`
	Finish  any      `json:"finish_reason"` // null until it ends
}

type ownText struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
}

type ownUsage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func usageOf(said bots.Answer) *ownUsage {
	u := said.Usage
	return &ownUsage{u.PromptTokens, u.CompletionTokens, u.PromptTokens + u.CompletionTokens}
}

// withSources is an answer as one text: its note, and its sources below.
func withSources(said bots.Answer) string {
	var b strings.Builder
	b.WriteString(said.Text)
	b.WriteString(tail(said))
	return b.String()
}

// tail is what stands below an answer's text.
func tail(said bots.Answer) string {
	var b strings.Builder
	if said.Note != "" {
		b.WriteString("\n\n" + said.Note)
	}
	for i, s := range said.Sources {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "\n[%d] %s", s.N, oneLine(s.Title))
		if s.URL != "" {
			b.WriteString(" " + oneLine(s.URL))
		}
	}
	return b.String()
}

// ownStream sends an answer while it grows.
type ownStream struct {
	request llm.Request
	yield   func(llm.Chunk, error) bool
	cancel  context.CancelFunc
	began   time.Time
	sent    string
	opened  bool
	left    bool // the reader is gone
}

// grow sends what text has more than was sent. A text that does not begin with
// what was sent waits for the end.
func (w *ownStream) grow(text string) {
	more, ok := strings.CutPrefix(text, w.sent)
	if !ok || more == "" || w.left {
		return
	}
	w.sent = text
	w.say(more)
}

func (w *ownStream) say(text string) {
	delta := &ownText{Content: text}
	if !w.opened {
		delta.Role, w.opened = "assistant", true
	}
	w.send(completion{Choices: []ownChoice{{Delta: delta}}}, nil)
}

// end sends the rest, and who served it. An answer that became another text
// (quotes in place of what did not stand up) follows whole.
func (w *ownStream) end(said bots.Answer, served llm.Served) {
	rest, grew := strings.CutPrefix(said.Text, w.sent)
	if !grew {
		rest = "\n\n" + said.Text
	}
	if rest += tail(said); rest != "" {
		w.say(rest)
	}
	if !w.left {
		w.send(completion{Choices: []ownChoice{{Delta: &ownText{}, Finish: "stop"}}, Usage: usageOf(said), Answer: &said}, &served)
	}
}

func (w *ownStream) send(c completion, served *llm.Served) {
	c.ID, c.Object, c.Created, c.Model = "chatcmpl-"+w.request.ID, "chat.completion.chunk", w.began.Unix(), w.request.Group
	body, err := json.Marshal(c)
	if !w.yield(llm.Chunk{Body: body, Served: served}, err) || err != nil {
		w.left = true
		w.cancel()
	}
}
