package route

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/llm"
)

// maxMatched is how much of a message an expression is run over: RE2 takes time
// in proportion, some 1 ms for this much.
const maxMatched = 32 << 10

// view is a request as rules see it. The body is read when the first rule asks
// for something in it.
type view struct {
	request *llm.Request
	read    bool

	asks       bool   // there is a user's message
	text       string // of the last one
	characters int
	language   string
	image      bool
	tools      bool
}

// confidence is the retrieval's; false where there is none.
func (v *view) confidence() (value float64, ok bool) {
	value, err := strconv.ParseFloat(v.request.Labels[llm.LabelConfidence], 64)
	return value, err == nil && !math.IsNaN(value)
}

// look reads the body, once.
func (v *view) look() *view {
	if v.read {
		return v
	}
	v.read = true
	if !llm.Valid(v.request.Body) {
		return v
	}
	for name, value := range llm.RawFields(v.request.Body) {
		switch string(name) {
		case "messages":
			v.messages(value)
		case "prompt":
			if v.request.Endpoint == llm.Completions {
				v.take(value)
			}
		case "tools", "functions":
			for range llm.RawItems(value) {
				v.tools = true
				break
			}
		}
	}
	v.characters = utf8.RuneCountInString(v.text)
	return v
}

// messages finds the last user message, and whether any has an image.
func (v *view) messages(list json.RawMessage) {
	var last json.RawMessage
	for message := range llm.RawItems(list) {
		var content json.RawMessage
		user := false
		for name, value := range llm.RawFields(message) {
			switch string(name) {
			case "role":
				user = string(value) == `"user"`
			case "content":
				content = value
			}
		}
		if user {
			last, v.asks = content, true
		}
		v.image = v.image || hasImage(content)
	}
	if v.asks {
		v.take(last)
	}
}

// take reads a message's content, or a prompt.
func (v *view) take(content json.RawMessage) {
	v.asks = true
	if text, ok := stringOf(content); ok {
		v.text = text
		return
	}
	var texts []string
	for part := range llm.RawItems(content) {
		if text, ok := stringOf(part); ok { // of a list of prompts
			texts = append(texts, text)
			continue
		}
		for name, value := range llm.RawFields(part) {
			if text, ok := stringOf(value); ok && string(name) == "text" {
				texts = append(texts, text)
			}
		}
	}
	v.text = strings.Join(texts, "\n")
}

// hasImage tells whether a content's parts hold an image, in OpenAI's words or
// in Anthropic's.
func hasImage(content json.RawMessage) bool {
	for part := range llm.RawItems(content) {
		for name, value := range llm.RawFields(part) {
			if string(name) != "type" {
				continue
			}
			switch string(value) {
			case `"image_url"`, `"input_image"`, `"image"`:
				return true
			}
		}
	}
	return false
}

func stringOf(raw json.RawMessage) (text string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(raw, &text) == nil
}

// matched is what an expression is run over.
func (v *view) matched() string {
	if len(v.text) <= maxMatched {
		return v.text
	}
	end := maxMatched
	for end > 0 && !utf8.RuneStart(v.text[end]) {
		end--
	}
	return v.text[:end]
}

// spoken is the language of the message.
func (v *view) spoken() string {
	if v.language == "" {
		v.language = language(v.matched())
	}
	return v.language
}
