package slackbot

import (
	"context"
	"errors"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

// The events of reactions.
const (
	reactionAdded   = "reaction_added"
	reactionRemoved = "reaction_removed"
)

// reacted makes a mark of an event, if it is a person's check mark on a message.
func (b *Bot) reacted(me self, c callback) (bots.Reacted, bool) {
	m := c.Event
	if c.Type != "event_callback" || m.Type != reactionAdded && m.Type != reactionRemoved || !m.fromPerson(me) {
		return bots.Reacted{}, false
	}
	at, ok := stampTime(m.EventTS)
	if !ok || m.Item.Type != "message" || m.Item.Channel == "" || m.Item.TS == "" || !bots.Approves(m.Reaction) {
		return bots.Reacted{}, false
	}
	return bots.Reacted{
		Thread:  bots.Thread{Platform: b.Name(), Team: c.team(me), Channel: m.Item.Channel},
		Message: m.Item.TS, Person: m.User, Removed: m.Type == reactionRemoved, At: at,
	}, true
}

// hearMark hands a mark on. Only when it returns nil may Slack be told that it
// was received.
func (b *Bot) hearMark(ctx context.Context, in bots.Inbox, r bots.Reacted) error {
	if err := in.Hear(ctx, r); err != nil {
		b.o.Log.WarnContext(ctx, "a check mark could not be kept: slack will send it again", "place", r.Thread.Place(), "error", err)
		return err
	}
	return nil
}

// Locate implements bots.Locator: a reaction does not say in which thread its
// message stands.
func (b *Bot) Locate(ctx context.Context, r bots.Reacted) (bots.Thread, error) {
	var found []slack.Message
	err := b.call(ctx, "conversations.replies", func(ctx context.Context) (err error) {
		found, _, _, err = b.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: r.Thread.Channel, Timestamp: r.Message, Limit: 1,
		})
		return err
	})
	if err == nil && len(found) == 0 {
		err = &bots.Refusal{Final: true, Err: errGone}
	}
	if err != nil {
		return bots.Thread{}, err
	}
	thread := r.Thread
	if thread.Root = found[0].ThreadTimestamp; thread.Root == "" {
		thread.Root = r.Message
	}
	return thread, nil
}

var errGone = errors.New("the marked message is gone")
