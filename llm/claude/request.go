package claude

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"github.com/tribunebot/tribune/llm"
)

// chatRequest is what an OpenAI request says that has a counterpart.
type chatRequest struct {
	Messages            []chatMessage   `json:"messages"`
	MaxTokens           *int64          `json:"max_tokens"`
	MaxCompletionTokens *int64          `json:"max_completion_tokens"`
	Temperature         *float64        `json:"temperature"`
	TopP                *float64        `json:"top_p"`
	Stop                json.RawMessage `json:"stop"`
	Tools               []chatTool      `json:"tools"`
	ToolChoice          json.RawMessage `json:"tool_choice"`
	ParallelToolCalls   *bool           `json:"parallel_tool_calls"`
	ResponseFormat      *responseFormat `json:"response_format"`
	User                string          `json:"user"`
}

type chatTool struct {
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

// knownFields are OpenAI's own: those that are translated above, and those that
// have no counterpart and are left out.
func knownFields() []string {
	return []string{
		"messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "tools", "tool_choice",
		"parallel_tool_calls", "response_format", "user", "model", "stream", "stream_options",
		"n", "presence_penalty", "frequency_penalty", "seed", "logit_bias", "logprobs", "top_logprobs", "functions",
		"function_call", "store", "reasoning_effort", "metadata", "prediction", "service_tier", "verbosity",
		"modalities", "audio", "safety_identifier", "prompt_cache_key", "web_search_options", "chat_template_kwargs",
	}
}

// params translates a request.
func (m *Model) params(r llm.Request, sampling bool) (anthropic.MessageNewParams, error) {
	if r.Endpoint != llm.ChatCompletions {
		return anthropic.MessageNewParams{}, fmt.Errorf("claude answers chats only, and has no %s", r.Endpoint)
	}
	body, err := m.own(r.Body)
	if err != nil {
		return anthropic.MessageNewParams{}, err
	}
	var chat chatRequest
	if err := json.Unmarshal(body, &chat); err != nil {
		return anthropic.MessageNewParams{}, fmt.Errorf("the request is no OpenAI chat request: %w", err)
	}
	p := anthropic.MessageNewParams{Model: m.Model, MaxTokens: m.maxTokens(chat)}
	if p.System, p.Messages, err = messages(chat.Messages); err != nil {
		return p, err
	}
	if len(p.Messages) == 0 {
		return p, errors.New("the request has no message to answer")
	}
	if text := formatInstruction(chat.ResponseFormat); text != "" {
		p.System = append(p.System, anthropic.TextBlockParam{Text: text})
	}
	if sampling {
		setSampling(&p, chat)
	}
	p.StopSequences = stops(chat.Stop)
	p.Tools = tools(chat.Tools)
	if len(p.Tools) > 0 {
		p.ToolChoice = toolChoice(chat.ToolChoice, chat.ParallelToolCalls)
	}
	if chat.User != "" {
		p.Metadata.UserID = param.NewOpt(chat.User)
	}
	setExtra(&p, body)
	return p, nil
}

// own is the caller's body with the deployment's own fields in it, and without
// those that it drops.
func (m *Model) own(body json.RawMessage) (json.RawMessage, error) {
	fields := make(map[string]any, len(m.Fields)+len(m.Drop))
	limited := llm.Field(body, "max_tokens") != nil || llm.Field(body, "max_completion_tokens") != nil
	for name, value := range m.Fields {
		limit := name == "max_tokens" || name == "max_completion_tokens"
		if llm.Field(body, name) == nil && (!limit || !limited) {
			fields[name] = value
		}
	}
	for _, name := range m.Drop {
		fields[name] = nil
	}
	if len(fields) == 0 {
		return body, nil
	}
	return llm.SetFields(body, fields)
}

func (m *Model) maxTokens(chat chatRequest) int64 {
	for _, n := range []*int64{chat.MaxCompletionTokens, chat.MaxTokens} {
		if n != nil && *n > 0 {
			return *n
		}
	}
	return m.MaxTokens
}

// setSampling translates temperature and top_p. Anthropic's temperature ends at
// 1, and its newer models take only one of the two: the temperature wins.
func setSampling(p *anthropic.MessageNewParams, chat chatRequest) {
	switch {
	case chat.Temperature != nil:
		p.Temperature = param.NewOpt(min(*chat.Temperature, 1))
	case chat.TopP != nil:
		p.TopP = param.NewOpt(*chat.TopP)
	}
}

// stops reads a string or a list of them; blank ones are refused there.
func stops(raw json.RawMessage) []string {
	var list []string
	var one string
	if json.Unmarshal(raw, &one) == nil {
		list = []string{one}
	} else if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}

func tools(list []chatTool) []anthropic.ToolUnionParam {
	var out []anthropic.ToolUnionParam
	for _, t := range list {
		if t.Type != "function" && t.Type != "" {
			continue
		}
		schema := t.Function.Parameters
		if len(schema) == 0 || string(schema) == "null" {
			schema = json.RawMessage(`{"type":"object"}`)
		}
		tool := &anthropic.ToolParam{
			Name:        t.Function.Name,
			InputSchema: param.Override[anthropic.ToolInputSchemaParam](schema),
		}
		if t.Function.Description != "" {
			tool.Description = param.NewOpt(t.Function.Description)
		}
		out = append(out, anthropic.ToolUnionParam{OfTool: tool})
	}
	return out
}

// toolChoice reads "auto", "none", "required" or the function to call.
func toolChoice(raw json.RawMessage, parallel *bool) anthropic.ToolChoiceUnionParam {
	var single param.Opt[bool]
	if parallel != nil {
		single = param.NewOpt(!*parallel)
	}
	var word string
	var named struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	switch {
	case json.Unmarshal(raw, &word) == nil && word == "none":
		return anthropic.ToolChoiceUnionParam{OfNone: &anthropic.ToolChoiceNoneParam{}}
	case word == "required":
		return anthropic.ToolChoiceUnionParam{OfAny: &anthropic.ToolChoiceAnyParam{DisableParallelToolUse: single}}
	case word == "" && json.Unmarshal(raw, &named) == nil && named.Function.Name != "":
		return anthropic.ToolChoiceUnionParam{
			OfTool: &anthropic.ToolChoiceToolParam{Name: named.Function.Name, DisableParallelToolUse: single},
		}
	}
	return anthropic.ToolChoiceUnionParam{OfAuto: &anthropic.ToolChoiceAutoParam{DisableParallelToolUse: single}}
}

// formatInstruction asks for JSON in words: not every model has a setting for
// it, and every model understands this.
func formatInstruction(f *responseFormat) string {
	const ask = "Answer with one JSON object and nothing else: no introduction, no code fence."
	switch {
	case f == nil:
		return ""
	case f.Type == "json_object":
		return ask
	case f.Type == "json_schema":
		return ask + " It must satisfy this JSON schema:\n" + string(f.JSONSchema.Schema)
	}
	return ""
}

// setExtra passes fields through that OpenAI does not know.
func setExtra(p *anthropic.MessageNewParams, body json.RawMessage) {
	known := knownFields()
	extra := map[string]any{}
	for name, value := range llm.Fields(body) {
		if !slices.Contains(known, name) {
			extra[name] = value
		}
	}
	if len(extra) > 0 {
		p.SetExtraFields(extra)
	}
}
