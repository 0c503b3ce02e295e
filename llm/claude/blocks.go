package claude

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tribunebot/tribune/llm"
)

const cacheControl = "cache_control"

// blocks is a list of blocks that is being written.
type blocks struct {
	b []byte
	// fixed says that the last block takes no mark for the cache, or has one.
	fixed bool
}

// open begins a list with its bracket, and makes room for it.
func (l *blocks) open(size int) { l.b = append(make([]byte, 0, size+64), '[') }

// none tells whether nothing has come after the bracket.
func (l *blocks) none() bool { return len(l.b) <= 1 }

// closed is the whole list.
func (l *blocks) closed() json.RawMessage { return append(l.b, ']') }

// mark lets the cache keep everything up to the last block, unless that says
// itself what it wants. LiteLLM takes this mark on a whole message too.
func (l *blocks) mark(value json.RawMessage) {
	if n := len(l.b); n > 0 && !l.fixed && l.b[n-1] == '}' {
		l.b = append(appendField(l.b[:n-1], []byte(cacheControl), value), '}')
	}
}

// part is a part of a message's content, found where it lies.
type part struct {
	raw                        json.RawMessage
	kind                       []byte
	text, refusal, image, file json.RawMessage
	signature, mark            json.RawMessage
}

func readPart(raw json.RawMessage) part {
	p := part{raw: raw}
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "type":
			p.kind = inner(value)
		case "text":
			p.text = value
		case "refusal":
			p.refusal = value
		case "image_url":
			p.image = value
		case "file":
			p.file = value
		case "signature":
			p.signature = value
		case cacheControl:
			p.mark = value
		}
	}
	return p
}

// rest are the fields of a part that OpenAI does not know.
func (p part) rest(b []byte) []byte {
	for name, value := range llm.RawFields(p.raw) {
		switch string(name) {
		case "type", "text", "refusal", "image_url", "file", "input_audio", "annotations", "prompt_cache_breakpoint":
			continue
		}
		b = appendField(b, name, value)
	}
	return b
}

// end closes a block with whatever else its part holds.
func (l *blocks) end(p *part) {
	l.fixed = false
	if p != nil {
		l.b = p.rest(l.b)
		l.fixed = p.mark != nil
	}
	l.b = append(l.b, '}')
}

// text adds a block of text, which must not be blank.
func (l *blocks) text(raw json.RawMessage, p *part) {
	l.b = append(append(comma(l.b), `{"type":"text","text":`...), raw...)
	l.end(p)
}

// said adds a part's text; empty blocks are refused there.
func (l *blocks) said(p part) {
	switch {
	case string(p.kind) == blockThinking || string(p.kind) == blockRedacted:
	case isString(p.text) && !isBlank(p.text):
		l.text(p.text, &p)
	case isString(p.refusal) && !isBlank(p.refusal):
		l.text(p.refusal, &p)
	}
}

// shown adds what a user or a tool says and shows.
func (l *blocks) shown(content json.RawMessage) error {
	if isString(content) && !isBlank(content) {
		l.text(content, nil)
	}
	for raw := range llm.RawItems(content) {
		if err := l.part(readPart(raw)); err != nil {
			return err
		}
	}
	return nil
}

func (l *blocks) part(p part) error {
	switch string(p.kind) {
	case blockText, "":
		l.said(p)
	case "image_url":
		return l.image(p)
	case "file":
		return l.document(p)
	case "image", "document", "search_result", "container_upload": // Anthropic's own
		l.b = append(comma(l.b), p.raw...)
		l.fixed = p.mark != nil
	default:
		return fmt.Errorf("claude takes no part of type %.40q", p.kind)
	}
	return nil
}

// thought adds a block of thinking as it is. One that nobody signed is another
// provider's, and would be refused.
func (l *blocks) thought(raw json.RawMessage) {
	p := readPart(raw)
	switch {
	case string(p.kind) == blockRedacted:
	case string(p.kind) != blockThinking || len(inner(p.signature)) == 0:
		return
	}
	l.b = append(comma(l.b), raw...)
	if string(p.kind) == blockThinking && field(raw, "thinking") == nil { // hidden, and left out for being empty
		l.b = append(l.b[:len(l.b)-1], `,"thinking":""}`...)
	}
	l.fixed = true // a thought takes no mark
}

// image takes an address, or a data URL with the picture in it.
func (l *blocks) image(p part) error {
	address := field(p.image, "url")
	if isString(p.image) {
		address = p.image
	}
	kind, data, inline, err := dataURL(address)
	switch {
	case err != nil:
		return fmt.Errorf("a picture's %w", err)
	case inline:
		l.source("image", kind, data)
	default:
		l.b = append(append(append(comma(l.b), `{"type":"image","source":{"type":"url","url":`...), orEmpty(address)...), '}')
	}
	l.end(&p)
	return nil
}

// document takes a file with its data in it, its address, or its id.
func (l *blocks) document(p part) error {
	id, name := field(p.file, "file_id"), field(p.file, "filename")
	kind, data, inline, err := dataURL(field(p.file, "file_data"))
	switch {
	case err != nil:
		return fmt.Errorf("a file's %w", err)
	case inline && bytes.HasPrefix(kind, []byte("image/")):
		l.source("image", kind, data)
		name = nil // a picture has no title
	case inline && bytes.HasPrefix(kind, []byte("text/")):
		text, err := base64.StdEncoding.DecodeString(string(data))
		if err != nil {
			return errors.New("a file's data URL is not base64")
		}
		l.b = append(comma(l.b), `{"type":"document","source":{"type":"text","media_type":"text/plain","data":`...)
		l.b = append(appendQuoted(l.b, text), '}')
	case inline:
		l.source("document", kind, data)
	case bytes.HasPrefix(inner(id), []byte("http")):
		l.b = append(append(append(comma(l.b), `{"type":"document","source":{"type":"url","url":`...), id...), '}')
	case len(inner(id)) > 0:
		l.b = append(append(append(comma(l.b), `{"type":"document","source":{"type":"file","file_id":`...), id...), '}')
	default:
		return errors.New("a file has neither file_data, a data URL, nor a file_id")
	}
	if len(inner(name)) > 0 {
		l.b = appendField(l.b, []byte("title"), name)
	}
	l.end(&p)
	return nil
}

// source opens a block with data in it.
func (l *blocks) source(block string, kind, data []byte) {
	l.b = append(append(append(comma(l.b), `{"type":"`...), block...), `","source":{"type":"base64","media_type":"`...)
	l.b = append(append(l.b, kind...), `","data":"`...)
	l.b = append(append(l.b, data...), `"}`...)
}

// dataURL reads a data URL, of which it takes those in base64 only.
func dataURL(raw json.RawMessage) (kind, data []byte, inline bool, err error) {
	text, inline := bytes.CutPrefix(plain(raw), []byte("data:"))
	if !inline {
		return nil, nil, false, nil
	}
	kind, data, ok := bytes.Cut(text, []byte(";base64,"))
	// Nothing in either needs an escape in JSON.
	if !ok || bytes.ContainsFunc(kind, needsEscape) || bytes.ContainsFunc(data, needsEscape) {
		return nil, nil, true, errors.New("data URL is not base64")
	}
	return kind, data, true, nil
}

func needsEscape(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > '~' }
