package index

import (
	"sync"
	"unsafe"

	"github.com/tribunebot/tribune/knowledge"
)

// cacheBytes bounds the passages that are kept decoded: reading a thousand anew
// is a third of what candidates cost, and half of them stand among those of the
// question before.
const cacheBytes = 24 << 20

// cacheParts are locked apart.
const cacheParts = 16

// cache keeps passages that were read lately. The zero value is empty.
type cache struct{ parts [cacheParts]cachePart }

// cachePart keeps two halves: what was read since the halves were last changed,
// and what was read in the time before. So what is asked for stays, and nothing
// has to be kept in order.
type cachePart struct {
	mu       sync.Mutex
	now, old map[uint64]knowledge.Passage
	bytes    int // of now
}

func (c *cache) part(number uint64) *cachePart { return &c.parts[number%cacheParts] }

func (c *cache) get(number uint64) (knowledge.Passage, bool) {
	part := c.part(number)
	part.mu.Lock()
	defer part.mu.Unlock()
	if p, ok := part.now[number]; ok {
		return p, true
	}
	p, ok := part.old[number]
	if ok {
		part.add(number, p)
	}
	return p, ok
}

func (c *cache) put(number uint64, p knowledge.Passage) {
	part := c.part(number)
	part.mu.Lock()
	defer part.mu.Unlock()
	part.add(number, p)
}

func (part *cachePart) add(number uint64, p knowledge.Passage) {
	size := sizeOf(&p)
	if part.now == nil || part.bytes+size > cacheBytes/cacheParts/2 {
		part.now, part.old, part.bytes = map[uint64]knowledge.Passage{}, part.now, 0
	}
	part.now[number] = p
	part.bytes += size
}

// sizeOf is about how much memory a passage takes.
func sizeOf(p *knowledge.Passage) int {
	const entry = 2 * int(unsafe.Sizeof(knowledge.Passage{})) // in a map that is half full
	return entry + len(p.ID) + len(p.Document) + len(p.Collection) + len(p.Title) + len(p.Section) + len(p.Text) + len(p.URL)
}
