package claude

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// The names of fields that both protocols have, and those that are OpenAI's.
const (
	maxTokens       = "max_tokens"
	maxOpenAITokens = "max_completion_tokens"
	outputConfig    = "output_config"
)

// isOpenAIs tells the fields that are translated, and those that have no
// counterpart and are left out. All others pass through.
func isOpenAIs(name string) bool {
	switch name {
	case "messages", maxTokens, maxOpenAITokens, "temperature", "top_p", "stop", "tools", "tool_choice",
		"parallel_tool_calls", "response_format", "user", "model", "stream", "stream_options", "system",
		"n", "presence_penalty", "frequency_penalty", "seed", "logit_bias", "logprobs", "top_logprobs", "functions",
		"function_call", "store", "reasoning_effort", "metadata", "prediction", "service_tier", "verbosity",
		"modalities", "audio", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "web_search_options",
		"chat_template_kwargs":
		return true
	}
	return false
}

// draft is a request that is being translated, field by field.
type draft struct {
	asked []llm.Member // OpenAI's
	out   []llm.Member // Anthropic's

	limit   int64 // of the answer
	forced  bool  // the model has to call a tool
	samples bool  // temperature or top_p are in it
	thinks  bool  // thinking is in it because of a reasoning_effort
}

// translate makes a request of Anthropic's.
func (m *Model) translate(r llm.Request, h habits) (*draft, error) {
	if r.Endpoint != llm.ChatCompletions {
		return nil, fmt.Errorf("claude answers chats only, and has no %s", r.Endpoint)
	}
	members, err := llm.Members(r.Body)
	if err != nil {
		return nil, err
	}
	d := &draft{asked: m.own(members), out: make([]llm.Member, 0, len(members)+4)}
	d.set("model", m.name)
	if d.limit, err = d.maxTokens(m.MaxTokens); err != nil {
		return nil, err
	}
	d.set(maxTokens, strconv.AppendInt(nil, d.limit, 10))
	if h.stream {
		d.set("stream", json.RawMessage("true"))
	}
	talk, err := d.conversation(len(r.Body))
	if err != nil {
		return nil, err
	}
	d.tools()
	d.think(h.effort, talk.calling)
	if h.sampling && !d.thinks {
		err = d.sampling()
	}
	d.stops()
	d.who()
	d.rest()
	return d, err
}

// own is the caller's fields with the deployment's own among them, and without
// those that it drops.
func (m *Model) own(members []llm.Member) []llm.Member {
	has := func(name string) bool {
		return slices.ContainsFunc(members, func(f llm.Member) bool { return f.Name == name })
	}
	limited := has(maxTokens) || has(maxOpenAITokens)
	for _, f := range m.defaults {
		limit := f.Name == maxTokens || f.Name == maxOpenAITokens
		if !has(f.Name) && (!limit || !limited) {
			members = append(members, f)
		}
	}
	if len(m.Drop) == 0 {
		return members
	}
	return slices.DeleteFunc(members, func(f llm.Member) bool { return slices.Contains(m.Drop, f.Name) })
}

// get returns a field that was asked for; nil where it is not there or null. Of
// several with one name the last counts.
func (d *draft) get(name string) json.RawMessage {
	var value json.RawMessage
	for i := range d.asked {
		if d.asked[i].Name == name {
			value = d.asked[i].Value
		}
	}
	if string(value) == "null" {
		return nil
	}
	return value
}

func (d *draft) set(name string, value json.RawMessage) {
	d.out = append(d.out, llm.Member{Name: name, Value: value})
}

// maxTokens is the limit of the answer. Zero and less are as good as none.
func (d *draft) maxTokens(otherwise int64) (int64, error) {
	for _, name := range []string{maxOpenAITokens, maxTokens} {
		n, found, err := d.number(name)
		if err != nil {
			return 0, err
		}
		if found && n >= 1 {
			return int64(min(n, math.MaxInt32)), nil
		}
	}
	return otherwise, nil
}

func (d *draft) number(name string) (n float64, found bool, err error) {
	raw := d.get(name)
	if raw == nil {
		return 0, false, nil
	}
	if n, err = strconv.ParseFloat(string(raw), 64); err != nil {
		return 0, false, fmt.Errorf("%s is no number", name)
	}
	return n, true, nil
}

// conversation translates the messages, and what is asked of the answer's form.
func (d *draft) conversation(size int) (*conversation, error) {
	talk := &conversation{}
	talk.system.open(size / 8)
	talk.turns.open(size)
	talk.addSystem(d.get("system"))
	if err := talk.add(d.get("messages")); err != nil {
		return nil, err
	}
	if talk.turns.none() {
		return nil, errors.New("the request has no message to answer")
	}
	if field(d.get(outputConfig), "format") == nil {
		if text := formatInstruction(d.get("response_format")); text != "" {
			talk.system.text(appendQuoted(nil, []byte(text)), nil)
		}
	}
	if !talk.system.none() {
		d.set("system", talk.system.closed())
	}
	d.set("messages", talk.closed())
	return talk, nil
}

// formatInstruction asks for JSON in words: not every model has a setting for
// it, and every model understands this.
func formatInstruction(format json.RawMessage) string {
	const ask = "Answer with one JSON object and nothing else: no introduction, no code fence."
	switch word(field(format, "type")) {
	case "json_object":
		return ask
	case "json_schema":
		return ask + " It must satisfy this JSON schema:\n" + string(field(field(format, "json_schema"), "schema"))
	}
	return ""
}

// sampling translates temperature and top_p. Anthropic's temperature ends at 1,
// and its newer models take only one of the two: the temperature wins.
func (d *draft) sampling() error {
	for _, name := range []string{"temperature", "top_p"} {
		n, found, err := d.number(name)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		value := d.get(name)
		if name == "temperature" && n > 1 {
			value = json.RawMessage("1")
		}
		d.set(name, value)
		d.samples = true
		return nil
	}
	return nil
}

// stops reads a string or a list of them; blank ones are refused there.
func (d *draft) stops() {
	raw := d.get("stop")
	list := []byte("[")
	if isString(raw) && !isBlank(raw) {
		list = append(list, raw...)
	}
	for stop := range llm.RawItems(raw) {
		if !isBlank(stop) {
			list = append(comma(list), stop...)
		}
	}
	if len(list) > 1 {
		d.set("stop_sequences", append(list, ']'))
	}
}

// who passes on what both protocols have under one name with other values: who
// asks, and how urgent it is.
func (d *draft) who() {
	user := field(d.get("metadata"), "user_id")
	if len(inner(user)) == 0 {
		user = d.get("user")
	}
	if len(inner(user)) > 0 {
		d.set("metadata", append(append([]byte(`{"user_id":`), user...), '}'))
	}
	switch tier := d.get("service_tier"); word(tier) {
	case "auto", "standard_only":
		d.set("service_tier", tier)
	}
}

// rest passes fields through that OpenAI does not know.
func (d *draft) rest() {
	set := len(d.out)
	for _, f := range d.asked {
		ours := slices.ContainsFunc(d.out[:set], func(o llm.Member) bool { return o.Name == f.Name })
		switch {
		case ours || isOpenAIs(f.Name):
		case d.thinks && f.Name == "top_k": // thinking takes no sampling of any sort
		default:
			d.out = append(d.out, f)
		}
	}
}
