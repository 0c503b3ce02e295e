// Package botstest is what a chat platform is tested with: TestPlatform, the
// conformance kit that every adapter passes, and Room, a whole chat platform in
// memory for end-to-end tests of everything above the adapters.
package botstest

import (
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// Kind is the way in which somebody addresses the bot.
type Kind string

// The ways. A platform that lacks one leaves it out of World.Kinds.
const (
	Mention Kind = "mention" // in a channel, by name
	Direct  Kind = "direct"  // in a private conversation with the bot
	Command Kind = "command" // /ask
	Chatter Kind = "chatter" // a channel message that is not meant for the bot
	Bot     Kind = "bot"     // a message of another bot, meant for this one by name
	Self    Kind = "self"    // a message of this bot itself
	Edit    Kind = "edit"    // somebody edits what they said before
)

// Said is what somebody does in the outside world.
type Said struct {
	Kind  Kind
	Text  string // without the mention: the world adds it in its own form
	Asker string // empty: the world's usual person
	// In is a question heard before, in whose thread this is said; nil starts
	// a new conversation.
	In *bots.Question
}

// Fault is a way in which the platform's API fails once.
type Fault string

// The faults. They strike the next call that opens or writes a message.
const (
	TooFast Fault = "too fast" // 429 with Retry-After: one second, no effect
	Lost    Fault = "lost"     // the effect happens, but the caller never hears of it
	Broken  Fault = "broken"   // 500, no effect
	Gone    Fault = "gone"     // the channel does not exist (any more): final
)

// Shown is one message of the bot as people see it, mentions and markup already
// resolved to plain text where the platform's server does that.
type Shown struct {
	ID   string
	Text string // everything readable: text, blocks or embeds, source lines, notes
	Only string // the one person who sees it; empty: everybody in the channel
}

// World is the outside of one platform: its server as a test drives it.
type World interface {
	// Kinds lists what can be said here.
	Kinds() []Kind
	// Say makes somebody do something, and returns at once.
	Say(t testing.TB, s Said)
	// Redeliver makes the server send the last thing said again, the way this
	// platform does after a lost acknowledgement or connection.
	Redeliver(t testing.TB)
	// Shown returns the bot's messages that belong to the answer of q, in the
	// order in which people see them.
	Shown(t testing.TB, q bots.Question) []Shown
	// Pings returns who was pinged by any message or edit of the bot so far.
	Pings() []string
	// Fail makes the next opening or writing call fail; Lost only applies to
	// opening. It returns false where the platform cannot fail so.
	Fail(f Fault) bool
	// Limit is the most characters that one message of this platform holds.
	Limit() int
	// Resends tells whether the server sends an unacknowledged event again by
	// itself, within the kit's patience (World scales its retry times down).
	Resends() bool
}

// Harness is one platform under test and its world, freshly made.
type Harness struct {
	Platform bots.Platform
	World    World
	// Patience is how long the kit waits for something to happen (default 10 s).
	Patience time.Duration
	// Secrets are what no error's text may hold (tokens, signing secrets).
	Secrets []string
}
