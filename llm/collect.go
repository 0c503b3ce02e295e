package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Collect reads a stream to its end and returns it as one completion. Text,
// reasoning, refusals and tool calls are joined; of the chunks' other top-level
// fields the last value is kept. On an error the Response holds what came
// before it.
func Collect(chunks iter.Seq2[Chunk, error]) (Response, error) {
	c := collector{fields: map[string]json.RawMessage{}, choices: map[int]*collected{}}
	var failed error
	for chunk, err := range chunks {
		if err != nil {
			failed = err
			break
		}
		c.add(chunk)
	}
	resp, err := c.response()
	if failed == nil && c.served == nil {
		failed = &Error{Kind: BadResponse, Provider: "stream", Err: errors.New("it ended without saying who served it")}
	}
	if failed != nil {
		return resp, failed
	}
	return resp, err
}

type collector struct {
	fields  map[string]json.RawMessage
	choices map[int]*collected
	served  *Served
}

type collected struct {
	text, reasoning, refusal strings.Builder
	role, finish             string
	tools                    []toolPart
	function                 *functionPart
}

func (c *collector) add(chunk Chunk) {
	if chunk.Served != nil {
		c.served = chunk.Served
	}
	for name, value := range Fields(chunk.Body) {
		if name != "choices" && (name != "usage" || string(value) != "null") {
			c.fields[name] = value
		}
	}
	for _, choice := range chunk.choices() {
		to := c.choices[choice.Index]
		if to == nil {
			to = &collected{role: "assistant"}
			c.choices[choice.Index] = to
		}
		to.add(choice)
	}
}

func (to *collected) add(part chunkChoice) {
	d := part.Delta
	if d.Role != "" {
		to.role = d.Role
	}
	if part.FinishReason != "" {
		to.finish = part.FinishReason
	}
	to.text.WriteString(contentText(d.Content))
	to.refusal.WriteString(contentText(d.Refusal))
	to.reasoning.WriteString(d.ReasoningContent)
	if d.ReasoningContent == "" {
		to.reasoning.WriteString(d.Reasoning)
	}
	for _, t := range d.ToolCalls {
		to.addTool(t)
	}
	if f := d.FunctionCall; f != nil {
		if to.function == nil {
			to.function = &functionPart{}
		}
		to.function.add(*f)
	}
}

// addTool joins the parts of one call. They share an index; a provider that
// leaves it out gives every new call an id of its own.
func (to *collected) addTool(part toolPart) {
	i := slices.IndexFunc(to.tools, func(t toolPart) bool {
		return t.Index == part.Index && (part.ID == "" || t.ID == "" || t.ID == part.ID)
	})
	if i < 0 {
		to.tools = append(to.tools, toolPart{Index: part.Index, Type: "function"})
		i = len(to.tools) - 1
	}
	t := &to.tools[i]
	if part.ID != "" {
		t.ID = part.ID
	}
	if part.Type != "" {
		t.Type = part.Type
	}
	t.Function.add(part.Function)
}

func (f *functionPart) add(part functionPart) {
	f.Name += part.Name
	f.Arguments += part.Arguments
}

func (c *collector) response() (Response, error) {
	body := make(map[string]any, len(c.fields)+2)
	for name, value := range c.fields {
		body[name] = value
	}
	body["object"] = "chat.completion"
	list := make([]map[string]any, 0, len(c.choices))
	for _, index := range slices.Sorted(maps.Keys(c.choices)) {
		list = append(list, c.choices[index].json(index))
	}
	body["choices"] = list
	raw, err := json.Marshal(body)
	if err != nil {
		return Response{}, fmt.Errorf("join the stream's chunks: %w", err)
	}
	resp := Response{Body: raw}
	if c.served != nil {
		resp.Served = *c.served
	}
	return resp, nil
}

func (to *collected) json(index int) map[string]any {
	message := map[string]any{"role": to.role, "content": to.text.String()}
	if to.reasoning.Len() > 0 {
		message["reasoning_content"] = to.reasoning.String()
	}
	if to.refusal.Len() > 0 {
		message["refusal"] = to.refusal.String()
	}
	if len(to.tools) > 0 {
		message["tool_calls"] = to.tools
	}
	if to.function != nil {
		message["function_call"] = to.function
	}
	choice := map[string]any{"index": index, "message": message, "finish_reason": nil}
	if to.finish != "" {
		choice["finish_reason"] = to.finish
	}
	return choice
}

// Introduced says on a stream's first chunk who speaks.
func Introduced(by Served, yield func(Chunk) bool) func(Chunk) bool {
	from := &by
	return func(c Chunk) bool {
		c.From, from = from, nil
		return yield(c)
	}
}
