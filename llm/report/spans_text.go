package report

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// langfuse adds Langfuse's own attributes; they win over the conventional ones.
func (s *Spans) langfuse(a *attributes, c llm.Call, asked asked, answer said, w wishes) {
	a.text(fuseType, fuseGeneration)
	a.text(fuseTraceName, cmp.Or(w.traceName, w.name))
	a.text(fuseUser, w.user)
	a.text(fuseSession, w.session)
	a.list(fuseTags, w.tags)
	a.text(fuseModel, cmp.Or(c.Served.Model, clean(requestModel(c), maxID)))
	if params := asked.params(); len(params) > 0 {
		a.json(fuseParams, params)
	}
	if u := c.Served.Usage; u != nil {
		a.json(fuseUsage, fuseTokens(u))
	}
	if c.Served.CostUSD != nil {
		a.json(fuseCost, map[string]float64{"total": *c.Served.CostUSD})
	}
	if !c.First.IsZero() {
		a.json(fuseFirst, c.First.UTC().Format(time.RFC3339Nano))
	}
	a.text(fuseMetadata+"generation_id", w.id)
	a.text(fuseMetadata+"deployment", c.Served.Deployment)
	a.text(fuseMetadata+"model_group", c.Served.Group)
	a.text(fuseMetadata+"api_base", c.Served.APIBase)
	a.text(fuseMetadata+"api_key_alias", clean(c.Labels[llm.LabelKey], maxID))
	a.text(fuseMetadata+"route", clean(c.Served.Route, maxID))
	s.fuseTexts(a, asked, answer)
}

func (s *Spans) fuseTexts(a *attributes, asked asked, answer said) {
	switch {
	case !s.o.Text:
	case s.o.Redact:
		a.text(fuseInput, redacted)
		a.text(fuseOutput, redacted)
	default:
		a.text(fuseInput, shown(asked.question()))
		a.text(fuseOutput, shown(answer.answer()))
	}
}

// fuseTokens are token counts as Langfuse adds them up: parts that do not
// overlap, and their sum.
func fuseTokens(u *llm.Usage) map[string]int {
	details := map[string]int{
		"input": max(u.Prompt-u.Cached, 0), "output": max(u.Completion-u.Reasoning, 0),
		"total": u.Prompt + u.Completion,
	}
	if u.Cached > 0 {
		details["input_cached_tokens"] = u.Cached
	}
	if u.Reasoning > 0 {
		details["output_reasoning_tokens"] = u.Reasoning
	}
	return details
}

// genMessage is a message as gen_ai.input.messages and gen_ai.output.messages
// hold it.
type genMessage struct {
	Role   string    `json:"role"`
	Parts  []genPart `json:"parts"`
	Finish string    `json:"finish_reason,omitempty"`
}

type genPart struct {
	Type      string          `json:"type"`
	Content   string          `json:"content,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
}

// conversation turns OpenAI's messages (one, several, or a bare text of the given
// role) into those of the conventions. Pictures and sounds are named, not copied.
// What is too long is cut, and then no longer JSON.
func conversation(raw json.RawMessage, role string, finishes []string) string {
	if len(raw) == 0 {
		return ""
	}
	var messages []genMessage
	for _, one := range oneOrMore(raw) {
		messages = append(messages, readMessage(one, role))
	}
	if len(finishes) > 0 && len(messages) > 0 {
		messages[len(messages)-1].Finish = finishes[0]
	}
	text, err := json.Marshal(messages)
	if err != nil {
		return ""
	}
	return shown(text)
}

func oneOrMore(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return []json.RawMessage{raw}
}

func readMessage(raw json.RawMessage, role string) genMessage {
	var bare string
	if json.Unmarshal(raw, &bare) == nil {
		return genMessage{Role: role, Parts: []genPart{{Type: "text", Content: bare}}}
	}
	var m struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
		ToolID  string          `json:"tool_call_id"`
		Calls   []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string `json:"name"`
				Arguments string `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	}
	lenient(raw, &m)
	out := genMessage{Role: cmp.Or(m.Role, role), Parts: readParts(m.Content)}
	if m.ToolID != "" {
		out.Parts = []genPart{{Type: "tool_call_response", ID: m.ToolID, Content: joined(out.Parts)}}
	}
	for _, call := range m.Calls {
		args := json.RawMessage(call.Function.Arguments)
		if !json.Valid(args) {
			args = json.RawMessage(strconv.Quote(""))
		}
		out.Parts = append(out.Parts, genPart{Type: "tool_call", ID: call.ID, Name: call.Function.Name, Arguments: args})
	}
	return out
}

func readParts(content json.RawMessage) []genPart {
	parts := []genPart{}
	if len(content) == 0 || string(content) == "null" {
		return parts
	}
	for _, raw := range oneOrMore(content) {
		var bare string
		if json.Unmarshal(raw, &bare) == nil {
			parts = append(parts, genPart{Type: "text", Content: bare})
			continue
		}
		var p struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		lenient(raw, &p)
		parts = append(parts, genPart{Type: cmp.Or(p.Type, "text"), Content: p.Text})
	}
	return parts
}

func joined(parts []genPart) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.Content
	}
	return strings.Join(texts, "\n")
}
