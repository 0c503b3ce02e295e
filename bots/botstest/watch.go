package botstest

import (
	"slices"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// This file is what end-to-end tests see of a Room and wait for.

// Message is one message of a thread in a Room.
type Message struct {
	ID     string
	Author string
	Own    bool // by the bot
	Text   string
}

// Messages returns all messages of a thread, of people and of the bot, in the
// order in which they were posted.
func (r *Room) Messages(th bots.Thread) []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	var messages []Message
	for _, p := range r.posts {
		if p.channel == th.Channel && p.root == th.Root {
			messages = append(messages, Message{ID: p.id, Author: p.author, Own: p.author == roomBot, Text: p.text})
		}
	}
	return messages
}

// Writes returns what was written to the answer of a question, in order; of
// very many writes only the last ones.
func (r *Room) Writes(id string) []bots.Content {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.answer(id).writes)
}

// Noticed tells whether a question was noticed (bots.Noticer).
func (r *Room) Noticed(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answer(id).noticed
}

// WaitFinal waits until the answer to the question with that ID is final, and
// returns its content. It fails the test after a minute.
func (r *Room) WaitFinal(tb testing.TB, id string) bots.Content {
	tb.Helper()
	var final bots.Content
	r.Until(tb, "the final answer to "+id, func() bool {
		written := r.answer(id).writes
		if n := len(written); n > 0 && written[n-1].Final {
			final = written[n-1]
		}
		return final.Final
	})
	return final
}

// WaitShown waits until the answer to a question shows something that found
// says yes to, and returns its messages. It fails the test after a minute.
func (r *Room) WaitShown(tb testing.TB, id string, found func(shown []Shown) bool) []Shown {
	tb.Helper()
	var shown []Shown
	r.Until(tb, "an answer to "+id, func() bool {
		shown = r.shown(id)
		return len(shown) > 0 && found(shown)
	})
	return shown
}

// untilPatience is how long Until waits: long enough for a whole answer on a
// machine that is busy with other tests.
const untilPatience = time.Minute

// Until waits until done says yes; it is asked after every change in the room.
// done must not call the room's methods. It fails the test after a minute.
func (r *Room) Until(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	timeout := time.NewTimer(untilPatience)
	defer timeout.Stop()
	for {
		r.mu.Lock()
		ok, changed := done(), r.changed
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			tb.Fatalf("waited %s in vain for %s", untilPatience, what)
		}
	}
}
