package webchat

import "sync"

// mailbox holds what one reader has still to be sent: the newest form of each
// turn. However slow the reader is, a conversation's turns are all it holds.
type mailbox struct {
	limit int
	ready chan struct{} // has one element while something waits

	mu    sync.Mutex
	order []string
	turns map[string]turn
}

func newMailbox(limit int) *mailbox {
	return &mailbox{limit: limit, ready: make(chan struct{}, 1), turns: map[string]turn{}}
}

// put never blocks. Beyond the limit the oldest turn is dropped: it is no
// longer in the conversation either.
func (m *mailbox) put(t turn) {
	m.mu.Lock()
	if _, waits := m.turns[t.ID]; !waits {
		m.order = append(m.order, t.ID)
	}
	if old, waits := m.turns[t.ID]; !waits || t.newerThan(old) {
		m.turns[t.ID] = t
	}
	if len(m.order) > m.limit {
		delete(m.turns, m.order[0])
		m.order = m.order[1:]
	}
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (m *mailbox) take() []turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := make([]turn, 0, len(m.order))
	for _, id := range m.order {
		taken = append(taken, m.turns[id])
	}
	m.order = m.order[:0]
	clear(m.turns)
	return taken
}

// newerThan tells whether t should replace old on a screen. Relay and store
// are read side by side, so the same turn comes more than once and not always
// in its order; something finished is only replaced by something finished.
func (t turn) newerThan(old turn) bool {
	switch {
	case t.Content.Final != old.Content.Final:
		return t.Content.Final
	case (t.Message != "") != (old.Message != ""):
		return t.Message != ""
	default:
		return t.At.After(old.At)
	}
}
