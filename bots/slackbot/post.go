package slackbot

import (
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

// What a message of ours is, kept in its metadata (docs.slack.dev, message
// metadata), where people do not see it.
const (
	metaAnswer   = "tribune_answer"   // question_id
	metaPart     = "tribune_part"     // answer: the first message; part: 2, 3 ...
	metaQuestion = "tribune_question" // question_id, asker: a question given by /ask
)

func metadata(kind string, pairs ...string) slack.SlackMetadata {
	payload := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		payload[pairs[i]] = pairs[i+1]
	}
	return slack.SlackMetadata{EventType: kind, EventPayload: payload}
}

// is tells whether a message has metadata of the kind with this value.
func is(m *slack.Message, kind, key, value string) bool {
	text, ok := m.Metadata.EventPayload[key].(string)
	return m.Metadata.EventType == kind && ok && text == value
}

// refOf names an answer's message, and keeps the root of the thread that it
// hangs in: further messages of the answer go there.
func refOf(channel, root, ts string) bots.Ref {
	return bots.Ref{Channel: channel, Message: ts, Keep: root}
}

func messageOf(r bots.Ref) (ts, root string) { return r.Message, r.Keep }

// Open implements bots.Poster: a placeholder appears in the question's thread.
// Nothing is sent twice here, not even after a failure: Slack knows no request
// ids, and a second try could be a second message.
func (b *Bot) Open(ctx context.Context, q bots.Question) (bots.Ref, error) {
	if q.Via != "" && q.Message == "" {
		return b.openCommand(ctx, q)
	}
	ts, err := b.post(ctx, q.Thread.Channel, q.Thread.Root, placeholder(q), metadata(metaAnswer, "question_id", q.ID))
	if err != nil {
		return bots.Ref{}, err
	}
	return refOf(q.Thread.Channel, q.Thread.Root, ts), nil
}

func placeholder(q bots.Question) page {
	return plainPage(wordsIn(languageOf(q.Text)).thinking)
}

// post posts one message.
func (b *Bot) post(ctx context.Context, channel, thread string, p page, meta slack.SlackMetadata) (ts string, err error) {
	options := []slack.MsgOption{
		p.options(), slack.MsgOptionMetadata(meta),
		// Previews would bury the answer, and fetch what a link carries away.
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if thread != "" {
		options = append(options, slack.MsgOptionTS(thread))
	}
	err = b.call(ctx, "chat.postMessage", func(ctx context.Context) error {
		_, ts, err = b.api.PostMessageContext(ctx, channel, options...)
		return err
	})
	if err == nil && ts == "" {
		err = errors.New("slack chat.postMessage: the answer names no message")
	}
	return ts, err
}

func (b *Bot) update(ctx context.Context, channel, ts string, p page) error {
	return b.call(ctx, "chat.update", func(ctx context.Context) error {
		_, _, _, err := b.api.UpdateMessageContext(ctx, channel, ts, p.options())
		return err
	})
}

// remove deletes a message of ours; one that is gone already is fine.
func (b *Bot) remove(ctx context.Context, channel, ts string) error {
	err := b.call(ctx, "chat.delete", func(ctx context.Context) error {
		_, _, err := b.api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
	if code(err) == "message_not_found" {
		return nil
	}
	return err
}

// Find implements bots.Poster: it looks for the message of an Open whose
// outcome is unknown, by the question's ID in the messages' metadata. Of two
// the elder stays.
func (b *Bot) Find(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	if q.Via != "" && q.Message == "" {
		return b.findCommand(ctx, q)
	}
	return b.findAnswer(ctx, q, q.Thread.Root)
}

func (b *Bot) findAnswer(ctx context.Context, q bots.Question, root string) (bots.Ref, bool, error) {
	channel := q.Thread.Channel
	messages, err := b.thread(ctx, channel, root, q.Message)
	if err != nil {
		return bots.Ref{}, false, b.unseen(ctx, err)
	}
	found := ""
	for i := range messages {
		if m := &messages[i]; is(m, metaAnswer, "question_id", q.ID) {
			if found == "" {
				found = m.Timestamp
			} else if err := b.remove(ctx, channel, m.Timestamp); err != nil {
				return bots.Ref{}, false, err
			}
		}
	}
	if found == "" {
		return bots.Ref{}, false, nil
	}
	return refOf(channel, root, found), true, nil
}

// unseen lets those failures pass that mean "there is nothing to find", or that
// nothing can ever be found: then a second message is the lesser evil.
func (b *Bot) unseen(ctx context.Context, err error) error {
	switch code(err) {
	case "thread_not_found", "channel_not_found", "not_in_channel":
		return nil
	case "missing_scope":
		b.once(ctx, "conversations.replies", "an answer may be posted twice after a broken connection", err)
		return nil
	default:
		return err
	}
}

// Write implements bots.Poster. While a text grows it is one message; the final
// text may hang further ones below it. A form that Slack refuses is followed by
// a simpler one.
func (b *Bot) Write(ctx context.Context, r bots.Ref, c bots.Content) error {
	if r.Message == "" {
		return b.writePrivately(ctx, r, c)
	}
	if !c.Final {
		p, ok := renderLive(c)
		if !ok {
			return nil
		}
		ts, _ := messageOf(r)
		err := b.update(ctx, r.Channel, ts, p)
		if refusesShape(err) {
			err = b.update(ctx, r.Channel, ts, page{text: p.text})
		}
		return err
	}
	var err error
	for _, f := range forms() {
		if err = b.writePages(ctx, r, render(c, f)); !refusesShape(err) {
			return err
		}
		b.o.Log.WarnContext(ctx, "slack does not take an answer in this form, trying a simpler one", "form", int(f), "error", err)
	}
	return fmt.Errorf("no form of the answer was taken: %w", err)
}
