package report

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// Labels that reports read beside those of package llm.
const (
	// LabelOwner is the user that a virtual key belongs to: "user" in LiteLLM's
	// metrics, where whoever asks is the "end_user".
	LabelOwner = "key_user"
	// LabelMetadata is a request's "metadata" as JSON, for a gateway that takes
	// it out of the body before a provider sees it. A body's own wins.
	LabelMetadata = "metadata"
)

const (
	// maxID bounds names and ids of traces, users and sessions: Langfuse takes
	// 200 characters.
	maxID   = 200
	maxTags = 50
)

// wishes are what a request's metadata says about its trace. The keys are
// LiteLLM's for Langfuse.
type wishes struct {
	name       string   // generation_name
	id         string   // generation_id
	trace      string   // trace_id
	traceName  string   // trace_name
	user       string   // trace_user_id, else who asks
	session    string   // session_id, else the thread
	tags       []string // tags, and the label's
	fromClient bool     // trace was given
}

func readWishes(c llm.Call, a asked) wishes {
	m := metadata(c, a)
	text := func(keys ...string) string {
		for _, key := range keys {
			if s := scalar(m[key]); s != "" {
				return clean(s, maxID)
			}
		}
		return ""
	}
	w := wishes{
		name: text("generation_name"), id: text("generation_id"),
		trace: text("trace_id", "existing_trace_id"), traceName: text("trace_name"),
		user:    cmp.Or(text("trace_user_id", "user_id"), clean(c.Labels[llm.LabelUser], maxID)),
		session: cmp.Or(text("session_id"), clean(c.Labels[llm.LabelSession], maxID)),
	}
	w.fromClient = w.trace != ""
	w.trace = cmp.Or(w.trace, clean(c.Labels[llm.LabelQuestion], maxID), c.ID)
	w.tags = tags(m["tags"], c.Labels[llm.LabelTags])
	return w
}

func metadata(c llm.Call, a asked) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	for _, raw := range []json.RawMessage{a.Metadata, a.LiteLLMMetadata, json.RawMessage(c.Labels[LabelMetadata])} {
		if lenient(raw, &m); len(m) > 0 {
			break
		}
	}
	return m
}

// scalar reads a string or a number as text; anything else is empty.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// tags joins a list of the metadata and a label's words, each once.
func tags(list json.RawMessage, label string) []string {
	var all []string
	lenient(list, &all)
	all = append(all, strings.Split(label, ",")...)
	seen := make(map[string]bool, len(all))
	var kept []string
	for _, tag := range all {
		tag = clean(strings.TrimSpace(tag), maxID)
		if tag != "" && !seen[tag] && len(kept) < maxTags {
			seen[tag] = true
			kept = append(kept, tag)
		}
	}
	return kept
}
