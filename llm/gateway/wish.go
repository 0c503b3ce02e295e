package gateway

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/llm"
)

// Bounds of what a request's body may say to the gateway.
const (
	maxName      = 256 // bytes of a model's or a user's name
	maxFallbacks = 20
	maxTags      = 32
	maxRetries   = 20
	maxMetadata  = 4 << 10 // bytes of metadata that reports are told
)

// Labels that package report reads beside those of package llm, under the names
// that it has for them.
const (
	labelOwner    = "key_user" // the user that a key belongs to
	labelMetadata = "metadata" // a request's metadata, where it was taken out of the body
)

// wish is what a request's body says to the gateway, rather than to the model.
type wish struct {
	model  string
	stream bool
	usage  bool // the client asked for a stream's usage
	asks   llm.Asks
	asked  bool // asks has something in it
	labels map[string]string
	// changes are for llm.SetFields: what the provider must not see is nil.
	changes map[string]any
}

// reader reads one field of the body.
type reader func(w *wish, name string, v json.RawMessage) error

// switches are the fields that the gateway reads. All others are the
// provider's, known or not, and reach it as they came.
func switches() map[string]reader {
	known := map[string]reader{
		"model":          readModel,
		"stream":         readStream,
		"stream_options": readStreamOptions,
		"user":           readUser,
		"metadata":       readMetadata,

		"fallbacks":                             readFallbacks,
		"num_retries":                           readRetries,
		"timeout":                               readTimeout,
		"disable_fallbacks":                     readDisableFallbacks,
		"mock_testing_fallbacks":                pretend(llm.Overloaded),
		"mock_testing_context_fallbacks":        pretend(llm.ContextWindow),
		"mock_testing_content_policy_fallbacks": pretend(llm.ContentPolicy),
		"mock_testing_rate_limit_error":         pretend(llm.RateLimited),
		"tags":                                  readTags,
		"litellm_metadata":                      readOwnMetadata,
		"litellm_session_id":                    readSession,
		"litellm_trace_id":                      takeOut,
		"litellm_call_id":                       takeOut,
		"cache":                                 takeOut, // LiteLLM's cache control; answers are not cached here
	}
	for _, name := range forbiddenFields() {
		known[name] = forbid
	}
	return known
}

// forbiddenFields would send a deployment's key, or the request, to wherever a
// client likes.
func forbiddenFields() []string {
	return []string{
		"api_base", "base_url", "api_key", "api_version", "custom_llm_provider", "extra_headers", "headers",
		"default_headers", "organization", "model_list", "user_config", "proxy_server_request", "azure_ad_token",
		"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_region_name", "aws_role_name",
		"aws_sts_endpoint", "aws_web_identity_token", "aws_bedrock_runtime_endpoint",
		"vertex_credentials", "vertex_project", "vertex_location",
		"langfuse_host", "langfuse_public_key", "langfuse_secret_key",
	}
}

// wishes reads the body in one pass. The body that it returns has no field
// left that only the gateway understands.
func (g *Gateway) wishes(body json.RawMessage) (*wish, json.RawMessage, error) {
	w := &wish{}
	fields := 0
	for raw, v := range llm.CheckedFields(body) {
		fields++
		name := raw
		if bytes.IndexByte(raw, '\\') >= 0 { // a field by any other spelling is the same one
			name = []byte(unescaped(raw))
		}
		read, ours := g.switches[string(name)]
		if !ours {
			continue
		}
		if err := read(w, string(name), v); err != nil {
			return nil, nil, err
		}
	}
	if fields == 0 {
		if err := checkObject(body); err != nil {
			return nil, nil, err
		}
	}
	if len(w.changes) == 0 {
		return w, body, nil
	}
	changed, err := llm.SetFields(body, w.changes)
	return w, changed, err
}

// unescaped is a field's name that was written with escapes.
func unescaped(raw []byte) string {
	var s string
	if json.Unmarshal(slices.Concat([]byte{'"'}, raw, []byte{'"'}), &s) != nil {
		return ""
	}
	return s
}

func (w *wish) change(name string, to any) {
	if w.changes == nil {
		w.changes = map[string]any{}
	}
	w.changes[name] = to
}

func (w *wish) label(name, value string) {
	if value == "" {
		return
	}
	if w.labels == nil {
		w.labels = map[string]string{}
	}
	w.labels[name] = value
}

func takeOut(w *wish, name string, _ json.RawMessage) error {
	w.change(name, nil)
	return nil
}

func forbid(w *wish, name string, v json.RawMessage) error {
	if string(v) == "null" {
		return takeOut(w, name, v)
	}
	return invalid(name, "%s cannot be set by a request: where a model is and with what key it is called is the gateway's matter", name)
}

func readModel(w *wish, name string, v json.RawMessage) error {
	s, ok := text(v)
	if !ok || !isName(s) {
		return invalid(name, "model must be the name of a model, of at most %d bytes", maxName)
	}
	w.model = s
	return nil
}

func readStream(w *wish, name string, v json.RawMessage) error {
	on, err := boolean(name, v)
	w.stream = on
	return err
}

func readStreamOptions(w *wish, _ string, v json.RawMessage) error {
	w.usage = string(llm.Field(v, "include_usage")) == "true"
	return nil
}

func readUser(w *wish, _ string, v json.RawMessage) error {
	if s, ok := text(v); ok {
		w.label(llm.LabelUser, labelText(s))
	}
	return nil
}

func readSession(w *wish, name string, v json.RawMessage) error {
	if s, ok := text(v); ok {
		w.label(llm.LabelSession, labelText(s))
	}
	return takeOut(w, name, v)
}

func readTags(w *wish, name string, v json.RawMessage) error {
	w.label(llm.LabelTags, tags(v))
	return takeOut(w, name, v)
}

// readMetadata tells two uses of one field apart. OpenAI keeps texts under
// names of the client's choice with a completion: such metadata goes on. With
// one of the names that LiteLLM and its reports know in it, it is for them, as
// LiteLLM has it, and a provider would refuse it.
func readMetadata(w *wish, name string, v json.RawMessage) error {
	for key := range llm.Fields(v) {
		if reported(key) {
			return readOwnMetadata(w, name, v)
		}
	}
	return nil
}

// readOwnMetadata reads what is for reports. (Clients whose protocol has
// something else in metadata send it as litellm_metadata.)
func readOwnMetadata(w *wish, name string, v json.RawMessage) error {
	if len(v) <= maxMetadata {
		w.label(labelMetadata, string(v))
	}
	w.label(llm.LabelTags, tags(llm.Field(v, "tags")))
	if s, ok := text(llm.Field(v, "session_id")); ok {
		w.label(llm.LabelSession, labelText(s))
	}
	return takeOut(w, name, v)
}

// reported knows the names that reports look for in metadata.
func reported(key string) bool {
	switch key {
	case "tags", "session_id", "trace_id", "existing_trace_id", "trace_name", "trace_user_id", "trace_metadata",
		"generation_id", "generation_name", "parent_observation_id":
		return true
	}
	return false
}

func readFallbacks(w *wish, name string, v json.RawMessage) error {
	var list []json.RawMessage
	if json.Unmarshal(v, &list) != nil || len(list) > maxFallbacks {
		return invalid(name, "fallbacks must be a list of at most %d models", maxFallbacks)
	}
	for _, item := range list {
		s, ok := text(item)
		if !ok {
			s, ok = text(modelOnly(item))
		}
		if !ok || !isName(s) {
			return invalid(name, "each of the fallbacks must be a model's name, or an object with nothing but \"model\"")
		}
		w.asks.Fallbacks = append(w.asks.Fallbacks, s)
	}
	w.asked = w.asked || len(list) > 0
	return takeOut(w, name, v)
}

// modelOnly is the value of "model" in an object that has no other field.
func modelOnly(item json.RawMessage) json.RawMessage {
	var model json.RawMessage
	for name, v := range llm.Fields(item) {
		if name != "model" {
			return nil
		}
		model = v
	}
	return model
}

func readRetries(w *wish, name string, v json.RawMessage) error {
	if string(v) == "null" {
		return takeOut(w, name, v)
	}
	n, err := strconv.Atoi(string(v))
	if err != nil || n < 0 || n > maxRetries {
		return invalid(name, "num_retries must be a number from 0 to %d", maxRetries)
	}
	w.asks.Retries, w.asked = &n, true
	return takeOut(w, name, v)
}

func readTimeout(w *wish, name string, v json.RawMessage) error {
	if string(v) == "null" {
		return takeOut(w, name, v)
	}
	digits, ok := text(v)
	if !ok {
		digits = string(v)
	}
	s, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(s > 0 && s <= (24*time.Hour).Seconds()) { // false for NaN too
		return invalid(name, "timeout must be a number of seconds, above 0 and at most a day")
	}
	w.asks.Timeout, w.asked = time.Duration(s*float64(time.Second)), true
	return takeOut(w, name, v)
}

func readDisableFallbacks(w *wish, name string, v json.RawMessage) error {
	on, err := boolean(name, v)
	w.asks.DisableFallbacks = on
	w.asked = w.asked || on
	w.change(name, nil)
	return err
}

// pretend reads a switch that makes the first group fail.
func pretend(kind llm.Kind) reader {
	return func(w *wish, name string, v json.RawMessage) error {
		on, err := boolean(name, v)
		if on {
			w.asks.Fail, w.asked = kind, true
		}
		w.change(name, nil)
		return err
	}
}

func boolean(name string, v json.RawMessage) (bool, error) {
	switch string(v) {
	case "true":
		return true, nil
	case "false", "null":
		return false, nil
	}
	return false, invalid(name, "%s must be true or false", name)
}

// text is the value of a JSON string.
func text(v json.RawMessage) (string, bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	if inner := string(v[1 : len(v)-1]); !strings.Contains(inner, `\`) {
		return inner, true
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return "", false
	}
	return s, true
}

// isName tells whether a text can be the name of a model.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// labelText makes a label of a client's words: one line of bounded length.
func labelText(s string) string {
	s = oneLine(s)
	if len(s) > maxName {
		s = strings.ToValidUTF8(s[:maxName], "")
	}
	return strings.TrimSpace(s)
}

// tags joins a list of words, or a text of words with commas between.
func tags(v json.RawMessage) string {
	var list []string
	if s, ok := text(v); ok {
		list = strings.Split(s, ",")
	} else if json.Unmarshal(v, &list) != nil {
		return ""
	}
	var kept []string
	for _, tag := range list[:min(len(list), maxTags)] {
		if tag = labelText(strings.ReplaceAll(tag, ",", " ")); tag != "" {
			kept = append(kept, tag)
		}
	}
	return strings.Join(kept, ",")
}
