package slackbot

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

const (
	// threadPage is how many messages a call reads: what Slack recommends.
	threadPage = 200
	// maxThreadPages bounds the reading of one thread to 2,000 messages.
	maxThreadPages = 10
)

// thread reads a thread, its root first, or what is younger than oldest. When a
// later page fails, what was read comes with the error.
func (b *Bot) thread(ctx context.Context, channel, root, oldest string) ([]slack.Message, error) {
	var all []slack.Message
	cursor := ""
	for range maxThreadPages {
		var page []slack.Message
		err := b.call(ctx, "conversations.replies", func(ctx context.Context) (err error) {
			page, _, cursor, err = b.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
				ChannelID: channel, Timestamp: root, Oldest: oldest, Cursor: cursor,
				Limit: threadPage, IncludeAllMetadata: true,
			})
			return err
		})
		if err != nil {
			return all, err
		}
		all = append(all, page...)
		if cursor == "" {
			break
		}
	}
	return all, nil
}

// Earlier implements bots.History. Where the app may not read the channel there
// are no turns, and that is logged once.
func (b *Bot) Earlier(ctx context.Context, t bots.Thread, limit int) ([]bots.Turn, error) {
	if t.Root == "" || limit <= 0 {
		return nil, nil
	}
	me, err := b.self(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := b.thread(ctx, t.Channel, t.Root, "")
	switch {
	case code(err) == "missing_scope":
		b.once(ctx, "conversations.replies", "follow-up questions are answered without what was said before", err)
		return nil, nil
	case code(err) == "thread_not_found":
		return nil, nil
	case err != nil && len(messages) == 0:
		return nil, err
	}
	turns := make([]bots.Turn, 0, len(messages))
	for i := range messages {
		if turn, ok := turnOf(me, &messages[i]); ok {
			turns = append(turns, turn)
		}
	}
	return turns[max(0, len(turns)-limit):], nil
}

// turnOf makes a turn of a message. Joins and the like, empty messages and
// answers that are still awaited are none; a question that the bot posted for
// somebody who gave /ask is that person's.
func turnOf(me self, m *slack.Message) (bots.Turn, bool) {
	switch m.SubType {
	case "", slack.MsgSubTypeFileShare, slack.MsgSubTypeThreadBroadcast, slack.MsgSubTypeBotMessage:
	default:
		return bots.Turn{}, false
	}
	at, ok := stampTime(m.Timestamp)
	if !ok {
		return bots.Turn{}, false
	}
	turn := bots.Turn{Message: m.Timestamp, Asker: m.User, Text: plain(m.Text, me.User), At: at}
	if turn.Asker == "" {
		turn.Asker = m.BotID
	}
	turn.Own = m.User == me.User || m.BotID != "" && m.BotID == me.BotID
	if turn.Own && m.Metadata.EventType == metaQuestion {
		turn.Own = false
		turn.Asker, _ = m.Metadata.EventPayload["asker"].(string)
		turn.Text = postedQuestion(m.Text)
	}
	awaited := turn.Own && isThinking(turn.Text)
	return turn, turn.Text != "" && !awaited
}

// postedQuestion undoes what questionPage did to a question.
func postedQuestion(text string) string {
	_, quoted, _ := strings.Cut(text, "\n")
	quoted = strings.NewReplacer("\n&gt; ", "\n", "\n> ", "\n").Replace("\n" + quoted)
	return strings.TrimSpace(unescape(quoted))
}
