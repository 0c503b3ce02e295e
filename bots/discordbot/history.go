package discordbot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// Earlier implements bots.History: the messages of a Discord thread, or the
// chain of replies that hangs on the thread's root. Messages of other bots are
// left out, and so is what Discord does not let the bot read.
func (b *Bot) Earlier(ctx context.Context, t bots.Thread, limit int) ([]bots.Turn, error) {
	if limit <= 0 {
		return nil, nil
	}
	me, err := b.self(ctx)
	if err != nil {
		return nil, err
	}
	var list []*discordgo.Message
	if id, ok := strings.CutPrefix(t.Root, rootThread); ok {
		list, err = b.page(ctx, id, "", "", min(2*limit, pageSize)) // some of them say nothing
	} else {
		list, err = b.chain(ctx, t.Channel, strings.TrimPrefix(t.Root, rootChain), limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read the thread: %w", err)
	}
	turns := b.turns(list, t, me)
	return turns[max(len(turns)-limit, 0):], nil
}

// chain gathers a chain of replies: upwards from the root one message at a time,
// as far as the root itself replies to something; then downwards among the
// messages after it, because a message does not know its replies. In a busy
// channel the newest messages are looked at too, where the follow-up stands.
func (b *Bot) chain(ctx context.Context, channel, root string, limit int) ([]*discordgo.Message, error) {
	list, err := b.above(ctx, channel, root, limit)
	if err != nil {
		return nil, err
	}
	members := map[string]bool{root: true}
	for after, page := root, 0; page < maxPages; page++ {
		var full bool
		after, full, err = b.below(ctx, channel, "after", after, members, &list)
		if err != nil || !full {
			return list, err
		}
	}
	_, _, err = b.below(ctx, channel, "", "", members, &list)
	return list, err
}

// above is the root and what it replies to, oldest first. A root that is a
// command, or was deleted, is no message.
func (b *Bot) above(ctx context.Context, channel, root string, limit int) ([]*discordgo.Message, error) {
	var list []*discordgo.Message
	for id := root; id != "" && len(list) < limit; {
		address := discordgo.EndpointChannelMessage(channel, id)
		var m discordgo.Message
		err := b.call(ctx, request{method: http.MethodGet, url: address, bucket: "GET " + discordgo.EndpointChannelMessage(channel, "")}, &m)
		if coded(err, codeUnknownMessage) {
			break
		}
		if err != nil {
			return nil, err
		}
		list = append(list, &m)
		id = repliedTo(&m)
	}
	slices.Reverse(list)
	return list, nil
}

// below adds the messages of one page that belong to the chain. last is the
// page's last message; full tells whether more may follow.
func (b *Bot) below(ctx context.Context, channel, side, id string, members map[string]bool, list *[]*discordgo.Message) (last string, full bool, err error) {
	page, err := b.page(ctx, channel, side, id, pageSize)
	if err != nil || len(page) == 0 {
		return id, false, err
	}
	for _, m := range page {
		if members[m.ID] || !members[repliedTo(m)] && (m.InteractionMetadata == nil || !members[m.InteractionMetadata.ID]) {
			continue
		}
		members[m.ID] = true
		*list = append(*list, m)
	}
	return page[len(page)-1].ID, len(page) == pageSize, nil
}

// turns makes Turns of messages; the parts of one answer are one turn.
func (b *Bot) turns(list []*discordgo.Message, t bots.Thread, me string) []bots.Turn {
	guild := t.Team
	if guild == dm {
		guild = ""
	}
	var turns []bots.Turn
	for _, m := range list {
		if m.Type == discordgo.MessageTypeThreadStarterMessage && m.ReferencedMessage != nil {
			m = m.ReferencedMessage // what the thread was started from
		}
		turn, ok := b.turn(m, guild, me)
		if !ok {
			continue
		}
		if question, ok := askedByCommand(m); turn.Own && ok {
			turns = append(turns, question)
		}
		if last := len(turns) - 1; turn.Own && last >= 0 && turns[last].Own && repliedTo(m) == turns[last].Message {
			turns[last].Text = strings.TrimSpace(turns[last].Text + "\n\n" + turn.Text)
			continue
		}
		turns = append(turns, turn)
	}
	return turns
}

func (b *Bot) turn(m *discordgo.Message, guild, me string) (bots.Turn, bool) {
	if m.Author == nil || m.Author.Bot && m.Author.ID != me {
		return bots.Turn{}, false
	}
	turn := bots.Turn{Message: m.ID, Asker: m.Author.ID, Own: m.Author.ID == me, At: m.Timestamp}
	if turn.Own {
		_, answer := cutQuote(m.Content)
		turn.Text = said(answer)
	} else {
		turn.Text = b.tidy.question(m.Content, b.names(withGuild(m, guild), me))
	}
	return turn, turn.Text != ""
}

// askedByCommand is the question that an answer to a command quotes, as a turn
// of its own: the command itself is no message.
func askedByCommand(m *discordgo.Message) (bots.Turn, bool) {
	question, _ := cutQuote(m.Content)
	if question == "" {
		return bots.Turn{}, false
	}
	turn := bots.Turn{Message: m.ID, Text: question, At: m.Timestamp}
	if made := m.InteractionMetadata; made != nil && made.User != nil {
		turn.Message, turn.Asker = made.ID, made.User.ID
	}
	return turn, true
}

// cutQuote separates the quoted question from an own message.
func cutQuote(content string) (question, answer string) {
	rest, ok := strings.CutPrefix(content, quoteMark)
	if !ok {
		return "", content
	}
	question, answer, _ = strings.Cut(rest, "\n")
	return unescape(question), answer
}

// unescape takes back what a style did to plain text: backslashes before
// punctuation, and zero-width spaces.
func unescape(s string) string {
	var out strings.Builder
	escaped := false
	for _, r := range strings.ReplaceAll(s, "\u200b", "") {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		out.WriteRune(r)
		escaped = false
	}
	return out.String()
}

// withGuild adds what messages read by a call lack.
func withGuild(m *discordgo.Message, guild string) *discordgo.Message {
	copied := *m
	copied.GuildID = guild
	return &copied
}

// said is an own message without what is no part of the answer: the placeholder,
// and the sources.
func said(content string) string {
	content = strings.TrimSpace(content)
	for _, w := range []words{say("zh"), say("en")} {
		if content == w.thinking || content == w.busy {
			return ""
		}
		if head := sourcesHead(w); strings.HasPrefix(content, head) {
			return ""
		} else if at := strings.LastIndex(content, "\n"+head+"\n"); at >= 0 {
			content = content[:at]
		}
	}
	return strings.TrimSpace(content)
}

// sortByID orders messages by age: ids grow, and a longer one is younger.
func sortByID(list []*discordgo.Message) {
	slices.SortFunc(list, func(a, b *discordgo.Message) int {
		if len(a.ID) != len(b.ID) {
			return len(a.ID) - len(b.ID)
		}
		return strings.Compare(a.ID, b.ID)
	})
}
