package vector

import (
	"container/list"
	"sync"

	"github.com/tribunebot/tribune/knowledge"
)

// mostRecent is how many questions' vectors are kept: a megabyte of them.
const mostRecent = 256

// recent keeps the vectors of the questions that were asked last, by their hash.
type recent struct {
	mu    *sync.Mutex
	order *list.List // of asked, the latest in front
	at    map[key]*list.Element
}

type asked struct {
	key    key
	vector knowledge.Vector
}

func newRecent() recent {
	return recent{mu: new(sync.Mutex), order: list.New(), at: map[key]*list.Element{}}
}

func (r *recent) get(k key) (knowledge.Vector, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.at[k]
	if !ok {
		return nil, false
	}
	r.order.MoveToFront(e)
	a, ok := e.Value.(asked)
	return a.vector, ok
}

func (r *recent) put(k key, v knowledge.Vector) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.at[k]; ok {
		r.order.Remove(e)
	}
	r.at[k] = r.order.PushFront(asked{k, v})
	if r.order.Len() <= mostRecent {
		return
	}
	if last, ok := r.order.Remove(r.order.Back()).(asked); ok {
		delete(r.at, last.key)
	}
}
