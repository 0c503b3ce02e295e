package slackbot

import (
	"context"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

// writePages shows a final answer: the first page in its message, the others in
// messages below it. Each page has its number in its message's metadata, so that
// a repeat edits what is there, posts what is missing and deletes what is too
// much.
//
// Reading the thread for that is a call that Slack allows some apps once a
// minute. It is left out for an answer of one page, unless this process has
// written more for it before: the same answer has the same pages in every
// process.
func (b *Bot) writePages(ctx context.Context, r bots.Ref, pages []page) error {
	ts, root := messageOf(r)
	_, many := b.split.get(r)
	var have map[int]string
	if many || len(pages) > 1 {
		var err error
		if have, err = b.pages(ctx, r.Channel, root, ts); err != nil {
			return err
		}
		b.split.put(r, true)
	}
	if err := b.update(ctx, r.Channel, ts, pages[0]); err != nil {
		return err
	}
	for i := 1; i < len(pages); i++ {
		if err := b.writePage(ctx, r, i+1, have[i+1], pages[i]); err != nil {
			return err
		}
		delete(have, i+1)
	}
	for _, stray := range have {
		if err := b.remove(ctx, r.Channel, stray); err != nil {
			return err
		}
	}
	return nil
}

// writePage edits the message of a page, or posts it where there is none.
func (b *Bot) writePage(ctx context.Context, r bots.Ref, number int, existing string, p page) error {
	if existing != "" {
		return b.update(ctx, r.Channel, existing, p)
	}
	ts, root := messageOf(r)
	if root == "" {
		root = ts // an answer outside of threads starts its own
	}
	meta := metadata(metaPart, "answer", ts, "part", strconv.Itoa(number))
	_, err := b.post(ctx, r.Channel, root, p, meta)
	// Slack takes about one message a second in a channel: the second page
	// comes too fast as a rule, and waiting is cheaper than beginning anew.
	if after := retryAfter(err); after > 0 && after <= longestPatience && sleep(ctx, after) {
		_, err = b.post(ctx, r.Channel, root, p, meta)
	}
	return err
}

// pages returns the further messages of an answer by their number. Of two with
// the same number the younger is deleted.
func (b *Bot) pages(ctx context.Context, channel, root, ts string) (map[int]string, error) {
	if root == "" {
		root = ts
	}
	messages, err := b.thread(ctx, channel, root, ts)
	if err != nil {
		return nil, b.unseen(ctx, err)
	}
	have := map[int]string{}
	for i := range messages {
		m := &messages[i]
		number, ok := pageNumber(m, ts)
		if !ok {
			continue
		}
		if have[number] == "" {
			have[number] = m.Timestamp
		} else if err := b.remove(ctx, channel, m.Timestamp); err != nil {
			return nil, err
		}
	}
	return have, nil
}

func pageNumber(m *slack.Message, answer string) (int, bool) {
	if !is(m, metaPart, "answer", answer) {
		return 0, false
	}
	text, ok := m.Metadata.EventPayload["part"].(string)
	if !ok {
		return 0, false
	}
	number, err := strconv.Atoi(text)
	return number, err == nil
}
