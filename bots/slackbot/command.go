package slackbot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

const (
	// askCommand is the only command so far.
	askCommand = "/ask"
	// responseURL is the name of a response URL's calls in errors.
	responseURL = "response_url"
	// maxPrivate is how many messages a private answer may have: a response
	// URL works five times (docs.slack.dev, handling user interaction), and one
	// use is left for a repeat.
	maxPrivate = 4
)

// takeCommand handles a slash command. What it returns goes into the
// acknowledgement, which only the person sees: a line, never the answer,
// because Slack drops acknowledgements of 20 KB without a word.
func (b *Bot) takeCommand(ctx context.Context, in bots.Inbox, me self, c slack.SlashCommand) (any, error) {
	own := wordsIn(languageOf(c.Text))
	if c.Command != askCommand {
		return ephemeral(own.unknown), nil
	}
	q, ok := b.asked(me, c)
	if !ok || q.Text == "" {
		return ephemeral(own.usage), nil
	}
	if err := b.hear(ctx, in, q); err != nil {
		return nil, err
	}
	return ephemeral(own.taken), nil
}

func ephemeral(text string) map[string]string {
	return map[string]string{"response_type": slack.ResponseTypeEphemeral, "text": escape(text)}
}

// openCommand posts the question, because a command leaves no message, and the
// placeholder below it. Where the bot may not post, the answer will come
// privately through the response URL.
//
// Once the question is posted, a failure is never a Refusal, so that Find is
// asked before the next Open and the question is not posted twice.
func (b *Bot) openCommand(ctx context.Context, q bots.Question) (bots.Ref, error) {
	private := bots.Ref{Channel: q.Thread.Channel, Via: q.Via}
	if q.Alone {
		return private, nil
	}
	root, err := b.post(ctx, q.Thread.Channel, "", b.questionPage(ctx, q),
		metadata(metaQuestion, "question_id", q.ID, "asker", q.Asker))
	if refusal, ok := errors.AsType[*bots.Refusal](err); ok && refusal.Final {
		return private, nil
	}
	if err != nil {
		return bots.Ref{}, err
	}
	return b.openBelow(ctx, q, root)
}

// openBelow posts the placeholder below a posted question.
func (b *Bot) openBelow(ctx context.Context, q bots.Question, root string) (bots.Ref, error) {
	meta := metadata(metaAnswer, "question_id", q.ID)
	ts, err := b.post(ctx, q.Thread.Channel, root, placeholder(q), meta)
	// The question above may have used up the channel's second.
	if after := retryAfter(err); after > 0 && after <= longestPatience && sleep(ctx, after) {
		ts, err = b.post(ctx, q.Thread.Channel, root, placeholder(q), meta)
	}
	if err != nil {
		return bots.Ref{}, fmt.Errorf("the question is posted, its answer's message is not: %s", err.Error())
	}
	return refOf(q.Thread.Channel, root, ts), nil
}

// questionPage shows a question with its asker's name. It is a name and no
// mention: nobody is notified of what they did themselves.
func (b *Bot) questionPage(ctx context.Context, q bots.Question) page {
	own := wordsIn(languageOf(q.Text))
	return posted(b.nameOf(ctx, q.Asker, own.somebody), q.Text, own)
}

// posted is the message for a question; postedQuestion reads it back.
func posted(name, question string, own words) page {
	quoted := strings.ReplaceAll("\n"+escapeWithin(question, maxTextBody), "\n", "\n> ")
	return page{text: fmt.Sprintf(own.asked, "*"+escape(name)+"*") + quoted}
}

func (b *Bot) nameOf(ctx context.Context, user, otherwise string) string {
	var found *slack.User
	err := b.call(ctx, "users.info", func(ctx context.Context) (err error) {
		found, err = b.api.GetUserInfoContext(ctx, user)
		return err
	})
	if err != nil {
		b.once(ctx, "users.info", "questions are posted without their asker's name", err)
		return otherwise
	}
	for _, name := range []string{found.Profile.DisplayName, found.RealName, found.Name} {
		if name = strings.Trim(name, "* \n"); name != "" {
			return name
		}
	}
	return otherwise
}

// findCommand looks for the posted question, then for the answer's message
// below it. Where only the question is there, it posts the placeholder: the
// Open that was cut off is completed.
func (b *Bot) findCommand(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	root, err := b.findQuestion(ctx, q)
	if err != nil || root == "" {
		return bots.Ref{}, false, b.unseen(ctx, err)
	}
	ref, found, err := b.findAnswer(ctx, q, root)
	if err != nil || found {
		return ref, found, err
	}
	ref, err = b.openBelow(ctx, q, root)
	return ref, err == nil, err
}

// clockSkew is how far Slack's clock may be behind ours.
const clockSkew = time.Minute

// findQuestion returns the message with a posted question; "" for none.
func (b *Bot) findQuestion(ctx context.Context, q bots.Question) (string, error) {
	since := q.AskedAt.Add(-clockSkew)
	query := &slack.GetConversationHistoryParameters{
		ChannelID: q.Thread.Channel, Limit: threadPage, IncludeAllMetadata: true,
		Oldest: fmt.Sprintf("%d.%06d", since.Unix(), since.Nanosecond()/1000),
	}
	found := ""
	for range maxThreadPages {
		var page *slack.GetConversationHistoryResponse
		err := b.call(ctx, "conversations.history", func(ctx context.Context) (err error) {
			page, err = b.api.GetConversationHistoryContext(ctx, query)
			return err
		})
		if err != nil {
			return "", err
		}
		for i := range page.Messages { // youngest first: the eldest stays
			if m := &page.Messages[i]; is(m, metaQuestion, "question_id", q.ID) {
				found = m.Timestamp
			}
		}
		if query.Cursor = page.ResponseMetaData.NextCursor; query.Cursor == "" {
			break
		}
	}
	return found, nil
}

// delivered says how much of which private answer was sent.
type delivered struct {
	content string // a hash
	pages   int
}

// writePrivately sends a final answer through the response URL. What goes that
// way can not be edited: it is sent once, and a repeat in this process sends
// only what is missing.
func (b *Bot) writePrivately(ctx context.Context, r bots.Ref, c bots.Content) error {
	if !c.Final {
		return nil
	}
	if err := b.checkResponseURL(r.Via); err != nil {
		return &bots.Refusal{Final: true, Err: err}
	}
	var err error
	for _, f := range forms() {
		if err = b.sendPages(ctx, r.Via, hashOf(c), shorten(render(c, f), wordsIn(languageIn(c)))); !refusesShape(err) {
			return err
		}
	}
	return err
}

// sendPages sends what was not sent yet of a private answer.
func (b *Bot) sendPages(ctx context.Context, address, content string, pages []page) error {
	key := hash(address)
	done, _ := b.sent.get(key)
	if done.content != content {
		done = delivered{content: content}
	}
	for done.pages < len(pages) {
		if err := b.respond(ctx, address, pages[done.pages]); err != nil {
			return err
		}
		done.pages++
		b.sent.put(key, done)
	}
	return nil
}

// shorten leaves out the middle of an answer of too many messages, and says so.
func shorten(pages []page, own words) []page {
	if len(pages) <= maxPrivate {
		return pages
	}
	short := slices.Clone(pages[:maxPrivate])
	short[maxPrivate-1] = pages[len(pages)-1] // with the sources
	last := &short[maxPrivate-2]
	last.text += "\n" + own.cut
	if len(last.blocks) > 0 {
		last.blocks = append(slices.Clone(last.blocks), small(own.cut))
	}
	return short
}

// checkResponseURL refuses an address that is neither Slack's nor, in tests and
// demos, that of the API that is set: an answer must not go elsewhere.
func (b *Bot) checkResponseURL(raw string) error {
	u, err := url.Parse(raw)
	api, apiErr := url.Parse(b.o.APIURL)
	if err != nil || apiErr != nil {
		return errors.New("slack: the response URL cannot be read")
	}
	host := strings.ToLower(u.Hostname())
	ofSlack := u.Scheme == "https" && (strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com"))
	if !ofSlack && (u.Scheme != api.Scheme || u.Host != api.Host) {
		return errors.New("slack: the response URL is not Slack's")
	}
	return nil
}

func (b *Bot) respond(ctx context.Context, address string, p page) error {
	off := false
	message := &slack.WebhookMessage{
		Text: p.text, ResponseType: slack.ResponseTypeEphemeral, UnfurlLinks: &off, UnfurlMedia: &off,
	}
	if len(p.blocks) > 0 {
		message.Blocks = &slack.Blocks{BlockSet: p.blocks}
	}
	return b.call(ctx, responseURL, func(ctx context.Context) error {
		return slack.PostWebhookCustomHTTPContext(ctx, address, b.client, message)
	})
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func hashOf(c bots.Content) string {
	raw, err := json.Marshal(c)
	if err != nil { // a score that is no number
		raw = []byte(c.Text)
	}
	return hash(string(raw))
}
