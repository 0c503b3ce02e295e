package slackbot

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

const (
	// noticed is the emoji under a question that was heard.
	noticed = "eyes"
	// maxNotices is how many questions may wait to be noticed; a notice that
	// comes late is worth nothing.
	maxNotices = 64
)

// Notice implements bots.Noticer: a status in a direct conversation, a reaction
// elsewhere. It never fails a question: what the app may not do is logged once.
func (b *Bot) Notice(ctx context.Context, q bots.Question) error {
	if q.Message == "" { // a command's acknowledgement says enough
		return nil
	}
	if q.Visibility == bots.Direct && b.status(ctx, q) {
		return nil
	}
	err := b.call(ctx, "reactions.add", func(ctx context.Context) error {
		return b.api.AddReactionContext(ctx, noticed, slack.NewRefToMessage(q.Thread.Channel, q.Message))
	})
	switch code(err) {
	case "already_reacted":
		return nil
	case "missing_scope", "no_reaction", "too_many_reactions", "message_not_found":
		b.once(ctx, "reactions.add", "questions get no sign that they were heard", err)
		return nil
	}
	return err
}

// status shows that the bot thinks, which Slack takes away by itself when it
// answers. Outside of the assistant's pane it may not work; then it is not
// tried again.
func (b *Bot) status(ctx context.Context, q bots.Question) bool {
	const method = "assistant.threads.setStatus"
	if _, failed := b.warned.get(method); failed {
		return false
	}
	err := b.call(ctx, method, func(ctx context.Context) error {
		return b.api.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{
			ChannelID: q.Thread.Channel, ThreadTS: q.Thread.Root, Status: wordsIn(languageOf(q.Text)).thinking,
		})
	})
	if code(err) != "" && retryAfter(err) == 0 {
		b.warned.put(method, true)
	}
	return err == nil
}

// noticeAll notices what is heard until ctx is done.
func (b *Bot) noticeAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-b.notices:
			if err := b.Notice(ctx, q); err != nil && ctx.Err() == nil {
				b.o.Log.DebugContext(ctx, "a question was not noticed", "question", q.ID, "error", err)
			}
		}
	}
}
