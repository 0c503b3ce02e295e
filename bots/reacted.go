package bots

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Reacted is a person's check mark on a message: what stands in it is right. A
// Listener hands on check marks only (see Approves), and its own never.
type Reacted struct {
	// Thread is where the message stands. Its Root is empty where the platform
	// does not tell it with the mark: see Locator.
	Thread Thread `json:"thread"`
	// Channel is the one that the message itself stands in, as a Ref has it;
	// empty: Thread.Channel.
	Channel string    `json:"channel,omitempty"`
	Message string    `json:"message"`           // the platform's id of what was marked
	Person  string    `json:"person"`            // the platform's user id of who did it
	Removed bool      `json:"removed,omitempty"` // the mark was taken back
	At      time.Time `json:"at"`
}

func (Reacted) event() {}

// Ref names the message that was marked.
func (r Reacted) Ref() Ref {
	if r.Channel == "" {
		return Ref{Channel: r.Thread.Channel, Message: r.Message}
	}
	return Ref{Channel: r.Channel, Message: r.Message}
}

// Who names the person as tribune.yaml spells those it trusts:
// platform:team:user.
func (r Reacted) Who() string {
	return strings.Join([]string{r.Thread.Platform, r.Thread.Team, r.Person}, ":")
}

// Approves reports whether an emoji says that something is right: a check
// mark, by the platform's name for it or as the character itself. A thumb says
// thanks as often as it says yes.
func Approves(emoji string) bool {
	name := strings.TrimSuffix(strings.Trim(emoji, ":"), "\uFE0F")
	return slices.Contains([]string{
		"white_check_mark", "heavy_check_mark", "ballot_box_with_check", "\u2705", "\u2714", "\u2611",
	}, name)
}

// Locator is an optional ability of a Platform whose Listener cannot tell in
// which thread a marked message stands.
type Locator interface {
	// Locate returns the thread with its Root. A message that stands in no
	// thread is its own root; one that is gone is a final Refusal.
	Locate(ctx context.Context, r Reacted) (Thread, error)
}
