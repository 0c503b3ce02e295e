package slackbot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

// Bot is the Slack adapter. Its methods are safe for concurrent use.
type Bot struct {
	o      Options
	client *http.Client // guarded
	api    *slack.Client

	asking chan struct{} // held while asking Slack who we are
	mu     sync.Mutex
	me     self

	notices chan bots.Question // heard, to be noticed
	places  *places

	split  *recent[bots.Ref, bool]    // answers that have further messages
	sent   *recent[string, delivered] // private answers, by response URL
	warned *recent[string, bool]      // what was logged once
}

// self is the bot as Slack knows it.
type self struct {
	User, BotID, Team string
}

// The abilities of a Bot.
var (
	_ bots.Platform = (*Bot)(nil)
	_ bots.Noticer  = (*Bot)(nil)
	_ bots.Pacer    = (*Bot)(nil)
	_ bots.Router   = (*Bot)(nil)
)

// Name implements bots.Platform.
func (b *Bot) Name() string { return "slack" }

// Pace implements bots.Pacer.
func (b *Bot) Pace() time.Duration { return b.o.Pace }

// Listen implements bots.Listener. Without an app token it only does what HTTP
// deliveries need beside their handlers: notices, and knowing the channels.
func (b *Bot) Listen(ctx context.Context, in bots.Inbox) error {
	if err := b.introduce(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { b.noticeAll(ctx) })
	beside.Go(func() { b.learnPlaces(ctx) })
	var err error
	if b.o.AppToken != "" {
		err = b.socket(ctx, in)
	} else {
		<-ctx.Done()
	}
	cancel()
	beside.Wait()
	return err
}

// introduce asks Slack who the bot is until Slack says it or refuses for good.
func (b *Bot) introduce(ctx context.Context) error {
	for wait := newBackoff(); ; {
		_, err := b.self(ctx)
		if err == nil || refusesToken(err) {
			return err
		}
		b.o.Log.WarnContext(ctx, "slack does not answer, trying again", "error", err)
		if !wait.next(ctx, retryAfter(err)) {
			return nil
		}
	}
}

// self returns who the bot is. Slack is asked once; a failure is not kept.
func (b *Bot) self(ctx context.Context) (self, error) {
	if me, ok := b.known(); ok {
		return me, nil
	}
	select { // one question at a time, however many events wait for its answer
	case b.asking <- struct{}{}:
		defer func() { <-b.asking }()
	case <-ctx.Done():
		return self{}, fmt.Errorf("slack auth.test: %w", context.Cause(ctx))
	}
	if me, ok := b.known(); ok {
		return me, nil
	}
	answer, err := b.authTest(ctx)
	if err != nil {
		return self{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.me = self{User: answer.UserID, BotID: answer.BotID, Team: answer.TeamID}
	return b.me, nil
}

func (b *Bot) known() (self, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.me, b.me.User != ""
}

func (b *Bot) authTest(ctx context.Context) (answer *slack.AuthTestResponse, err error) {
	err = b.call(ctx, "auth.test", func(ctx context.Context) error {
		answer, err = b.api.AuthTestContext(ctx)
		return err
	})
	if err == nil && answer.UserID == "" {
		err = errors.New("slack auth.test: the answer names no user: is SLACK_API_URL right?")
	}
	return answer, err
}

// neededScopes are those without which nothing works.
func neededScopes() []string { return []string{"app_mentions:read", "chat:write"} }

// Check tries the tokens for real. Its error says what to do: which token is
// wrong, or which scope is missing.
func (b *Bot) Check(ctx context.Context) error {
	answer, err := b.authTest(ctx)
	if err != nil {
		return err
	}
	// Slack names the token's scopes in a header of every answer.
	if granted := answer.Header.Get("X-Oauth-Scopes"); granted != "" {
		has := strings.Split(strings.ReplaceAll(granted, " ", ""), ",")
		for _, scope := range neededScopes() {
			if !slices.Contains(has, scope) {
				return fmt.Errorf("slack: the bot token lacks the scope %s: add it under OAuth & Permissions and install the app again", scope)
			}
		}
	}
	if b.o.AppToken == "" {
		return nil
	}
	return b.call(ctx, "apps.connections.open", func(ctx context.Context) error {
		_, _, err := b.api.StartSocketModeContext(ctx)
		return err
	})
}

// hear hands a question on. Only when it returns nil may Slack be told that
// the question was received. Then people may see that it was, too.
func (b *Bot) hear(ctx context.Context, in bots.Inbox, q bots.Question) error {
	if err := in.Hear(ctx, q); err != nil {
		b.o.Log.WarnContext(ctx, "a question could not be kept: slack will send it again", "question", q.ID, "error", err)
		return err
	}
	select {
	case b.notices <- q:
	default: // a notice is a courtesy
	}
	return nil
}

// once logs a warning the first time it is given for key.
func (b *Bot) once(ctx context.Context, key, message string, err error) {
	if b.warned.first(key + message) {
		b.o.Log.WarnContext(ctx, "slack: something is missing", "method", key, "consequence", message, "error", err)
	}
}

// backoff is the wait between two tries: doubled each time, with jitter.
type backoff struct{ wait time.Duration }

// The first and the longest wait.
const (
	firstWait   = time.Second / 2
	longestWait = 30 * time.Second
)

func newBackoff() *backoff { return &backoff{wait: firstWait} }

// next waits, at least for least, and returns false when ctx ended first.
func (w *backoff) next(ctx context.Context, least time.Duration) bool {
	d := max(least, w.wait/2+rand.N(w.wait/2))
	w.wait = min(2*w.wait, longestWait)
	return sleep(ctx, d)
}

// sleep returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
