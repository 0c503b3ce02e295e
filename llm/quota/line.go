package quota

import (
	"context"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// turnLasts is how long others wait for the first in a line to reserve, once it
// was told that there may be room: it is about to. Who went elsewhere instead
// must not hold the others up for longer.
const turnLasts = 100 * time.Millisecond

type turnKey struct{}

// turn is one caller's place in at most one line.
type turn struct {
	left <-chan struct{} // closed when the caller is gone

	// The rest is guarded by Book.mu.
	key   string        // whose line it stands in; empty: none
	first chan struct{} // closed when it is the first there
	since time.Time     // told that there may be room; zero: it waits
}

// WithTurn returns a context in which Reserve and Wait know their caller again:
// whoever waits for a place keeps its turn in the line until it has one, and
// nobody who comes later gets in before it. Call it once for each request.
// Without it callers that wait are not in any order.
func WithTurn(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, &turn{left: ctx.Done()})
}

func turnOf(ctx context.Context) *turn {
	t, _ := ctx.Value(turnKey{}).(*turn)
	return t
}

// waitInLine returns when it is the caller's turn and there may be room.
func (b *Book) waitInLine(ctx context.Context, o *Over, t *turn) error {
	first := b.join(o.key, t)
	select {
	case <-first: // then what counts is room
		defer b.told(t)
		if o.behind { // nobody has looked yet whether there is any
			return nil
		}
		return b.waitForRoom(ctx, o)
	default:
	}
	tick := time.NewTicker(turnLasts)
	defer tick.Stop()
	for {
		select {
		case <-first:
			b.told(t)
			return nil
		case <-tick.C:
			b.mu.Lock()
			b.head(o.key)
			b.mu.Unlock()
		case <-ctx.Done():
			b.told(t)
			return leftWaiting(ctx, o)
		}
	}
}

// join puts a caller into the line; one that is there already keeps its place.
func (b *Book) join(key string, t *turn) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.since = time.Time{}
	if t.key != key {
		b.leave(t)
		t.key, t.first = key, make(chan struct{})
		if b.lines == nil {
			b.lines = map[string][]*turn{}
		}
		b.lines[key] = append(b.lines[key], t)
		b.head(key)
	}
	return t.first
}

// told notes that a caller goes on: it keeps its place for a moment, in which
// it reserves, unless it is gone for good.
func (b *Book) told(t *turn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-t.left:
		b.leave(t)
	default:
		t.since = b.now()
	}
}

// head returns who is first in a line, nil where nobody waits, after those have
// been sent away who let their turn pass. The caller has b.mu.
func (b *Book) head(key string) *turn {
	line := b.lines[key]
	for len(line) > 0 && b.late(line[0]) {
		line[0].key = ""
		line = line[1:]
	}
	if len(line) == 0 {
		delete(b.lines, key)
		return nil
	}
	b.lines[key] = line
	select {
	case <-line[0].first:
	default:
		close(line[0].first)
	}
	return line[0]
}

func (b *Book) late(t *turn) bool { return !t.since.IsZero() && b.now().Sub(t.since) > turnLasts }

// leave takes a caller out of its line. The caller has b.mu.
func (b *Book) leave(t *turn) {
	if t.key == "" {
		return
	}
	b.lines[t.key] = slices.DeleteFunc(b.lines[t.key], func(other *turn) bool { return other == t })
	b.head(t.key)
	t.key = ""
}

// served takes a caller that has what it waited for out of its line.
func (b *Book) served(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) == 0 {
		return
	}
	if t := turnOf(ctx); t != nil {
		b.leave(t)
	}
}

// behind tells whether others wait already for a place that a call needs: then
// it gets none before them.
func (b *Book) behind(ctx context.Context, p *plan, quotas []llm.Quota) *Over {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) == 0 {
		return nil
	}
	t := turnOf(ctx)
	for i := range p.asks {
		if p.parts[i].limit != Parallel {
			continue
		}
		if head := b.head(p.asks[i].Key); head != nil && head != t {
			over := p.over(quotas, i, p.asks[i].Limit)
			over.behind = true
			return over
		}
	}
	return nil
}
