package router

import (
	"encoding/json"
	"strings"
)

const (
	// maxKept is how many bytes of a stream are kept, for reports and for
	// counting tokens where the provider does not.
	maxKept = 1 << 20
	// perBody is what a kept body takes beside its bytes: a slice's header.
	perBody = 24
	// maxBlock is the largest block that bodies are copied into, and firstBlock
	// the first: a short answer's.
	maxBlock   = 64 << 10
	firstBlock = 1 << 10
	// maxSample is how many bytes of what was said after that are kept.
	maxSample = 128 << 10
)

// kept is what a stream said: the bodies that came first, and how much text came
// after them. The bodies are copies: those of a model may lie in larger buffers,
// which must not live as long.
type kept struct {
	bodies []json.RawMessage
	size   int  // of the bodies, with what they take beside their bytes
	full   bool // what comes now is only counted
	block  []byte
	next   int // size of the next block

	sample strings.Builder // of what was said after the bodies
	more   int             // bytes of text that are in neither
}

// add keeps a body and returns it, as a copy while there is room.
func (k *kept) add(body json.RawMessage) json.RawMessage {
	if len(body) == 0 {
		return body
	}
	size := len(body) + perBody
	if k.full = k.full || k.size+size > maxKept; k.full {
		k.count(body)
		return body
	}
	k.size += size
	body = k.clone(body)
	k.bodies = append(k.bodies, body)
	return body
}

// clone copies a body into the present block, or into a new one, or into memory
// of its own where it is large.
func (k *kept) clone(body json.RawMessage) json.RawMessage {
	if len(body) > cap(k.block)-len(k.block) {
		k.next = min(max(2*k.next, firstBlock), maxBlock)
		if 4*len(body) > k.next {
			return append(make(json.RawMessage, 0, len(body)), body...)
		}
		k.block = make([]byte, 0, k.next)
	}
	from := len(k.block)
	k.block = append(k.block, body...)
	return k.block[from:len(k.block):len(k.block)]
}

// count notes how much a body says that is not kept.
func (k *kept) count(body json.RawMessage) {
	var b strings.Builder
	addSaid(&b, body)
	text := b.String()
	room := min(maxSample-k.sample.Len(), len(text))
	k.sample.WriteString(text[:room])
	k.more += len(text) - room
}

// said is the text of what is kept, and how many bytes of text came beside it.
func (k *kept) said() (text string, more int) {
	var b strings.Builder
	for _, body := range k.bodies {
		addSaid(&b, body)
	}
	b.WriteString(k.sample.String())
	return b.String(), k.more
}
