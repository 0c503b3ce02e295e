// Package slackbot is Slack: it hears mentions, direct messages and /ask over
// Socket Mode or signed HTTP calls, and answers in the thread of the question.
//
// The way of a question through the files: socket.go or http.go takes what
// Slack sends, hear.go decides whether it is a question, bot.go hands it on and
// only then lets Slack know; post.go opens, finds and writes the answer's
// message, command.go does so for /ask, render.go and style.go make its blocks,
// history.go reads the thread.
package slackbot

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

const (
	// hearWait is the time an event may take until it is on disk. Slack waits
	// 3 s (docs.slack.dev, Events API); half a second is left for the way back.
	hearWait = 2500 * time.Millisecond
	// callWait bounds one call of the Web API.
	callWait = 10 * time.Second
	// silence is how long a socket may stay without a ping before it is
	// replaced; Slack pings every few seconds. slack-go's own default.
	silence = 30 * time.Second
	// pace is the least time between two edits of a message that Slack puts up
	// with in the long run: chat.update is a Tier 3 method, about 50 calls a
	// minute for a whole workspace.
	pace = 3 * time.Second
	// maxAnswer caps the body of any answer of the Web API (16 MiB: a page of
	// 1,000 messages of the longest kind is smaller).
	maxAnswer = 16 << 20
)

// Options configure a Bot. Tokens are secrets: they appear in no log and no
// error.
type Options struct {
	BotToken      string // xoxb-...
	AppToken      string // xapp-...: Socket Mode
	SigningSecret string // HTTP deliveries; at least one of the two is needed
	APIURL        string // default https://slack.com/api/

	Log        *slog.Logger     // default: none
	Now        func() time.Time // default time.Now
	HTTPClient *http.Client     // default: one with a timeout of 30 s

	// HearWait, CallWait, Silence and Pace default to 2.5 s, 10 s, 30 s and
	// 3 s (see the constants of these names for why).
	HearWait, CallWait, Silence, Pace time.Duration
}

func (o Options) withDefaults() Options {
	o.APIURL = cmp.Or(o.APIURL, slack.APIURL)
	if !strings.HasSuffix(o.APIURL, "/") {
		o.APIURL += "/"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 30 * time.Second}
	}
	o.HearWait = cmp.Or(o.HearWait, hearWait)
	o.CallWait = cmp.Or(o.CallWait, callWait)
	o.Silence = cmp.Or(o.Silence, silence)
	o.Pace = cmp.Or(o.Pace, pace)
	return o
}

func (o Options) check() error {
	var problems []error
	if o.BotToken == "" {
		problems = append(problems, errors.New("the bot token is missing: set SLACK_BOT_TOKEN (xoxb-...)"))
	}
	if o.AppToken == "" && o.SigningSecret == "" {
		problems = append(problems, errors.New("set SLACK_APP_TOKEN (xapp-..., Socket Mode) or SLACK_SIGNING_SECRET (Events API)"))
	}
	if strings.HasPrefix(o.BotToken, "xapp-") || strings.HasPrefix(o.AppToken, "xoxb-") {
		problems = append(problems, errors.New("SLACK_BOT_TOKEN (xoxb-...) and SLACK_APP_TOKEN (xapp-...) are the wrong way round"))
	}
	if o.APIURL != "" {
		u, err := url.Parse(o.APIURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			problems = append(problems, fmt.Errorf("SLACK_API_URL %q is no http or https address", o.APIURL))
		}
	}
	return errors.Join(problems...)
}

// New returns a Bot, or an error for options that can not work. It calls
// nobody: Check and Listen do.
func New(o Options) (*Bot, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("slack: %w", err)
	}
	o = o.withDefaults()
	client := guard(o.HTTPClient)
	return &Bot{
		o:      o,
		client: client,
		api: slack.New(o.BotToken, slack.OptionAPIURL(o.APIURL), slack.OptionHTTPClient(client),
			slack.OptionAppLevelToken(o.AppToken)),
		asking:  make(chan struct{}, 1),
		notices: make(chan bots.Question, maxNotices),
		places:  newPlaces(),
		split:   newRecent[bots.Ref, bool](maxRecent),
		sent:    newRecent[string, delivered](maxRecent),
		warned:  newRecent[string, bool](maxRecent),
	}, nil
}

// guard returns a copy of client that follows no redirect, which would carry a
// token elsewhere, and reads no endless answer.
func guard(client *http.Client) *http.Client {
	guarded := *client
	guarded.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	guarded.Transport = capped{client.Transport}
	return &guarded
}

// capped is a RoundTripper whose answers end at maxAnswer bytes.
type capped struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (c capped) RoundTrip(r *http.Request) (*http.Response, error) {
	next := c.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
