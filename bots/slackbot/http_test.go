package slackbot_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

// noon is the time on the bot's clock in the tests of signatures.
func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

const mentionEvent = `{"type":"event_callback","team_id":"T0LOCAL","event":{"type":"app_mention","user":"U0ALICE",` +
	`"text":"<@U0TRIBUNE> how long?","ts":"1772625600.000100","channel":"C0GENERAL"}}`

// httpBot is a bot with its routes, a workspace and a log.
type httpBot struct {
	server *localslack.Server
	in     *inbox
	log    *logs
	mux    *http.ServeMux
}

func newHTTPBot(t *testing.T, change func(*slackbot.Options)) *httpBot {
	t.Helper()
	h := &httpBot{server: fastServer(t, localslack.Options{}), in: newInbox(), log: &logs{}, mux: http.NewServeMux()}
	o := slackbot.Options{
		BotToken: "xoxb-local", SigningSecret: "local-signing-secret", APIURL: h.server.APIURL(),
		Now: noon, Log: h.log.logger(),
	}
	if change != nil {
		change(&o)
	}
	for pattern, handler := range newBot(t, o).Routes(h.in) {
		h.mux.Handle(pattern, handler)
	}
	return h
}

// call posts a body, signed at noon; change may spoil it.
func (h *httpBot) call(t *testing.T, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	h.server.Sign(r.Header, []byte(body), noon())
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	return w
}

func TestRoutesRefuseWhatSlackDidNotSign(t *testing.T) {
	t.Parallel()
	resign := func(at time.Time) func(*http.Request) {
		return func(r *http.Request) {
			localslack.New(localslack.Options{}).Sign(r.Header, []byte(mentionEvent), at)
		}
	}
	set := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	const signature, timestamp = "X-Slack-Signature", "X-Slack-Request-Timestamp"
	spoilt := map[string]func(*http.Request){
		"no signature":    func(r *http.Request) { r.Header.Del(signature) },
		"no timestamp":    func(r *http.Request) { r.Header.Del(timestamp) },
		"empty signature": set(signature, ""),
		"only v0=":        set(signature, "v0="),
		"no hex":          set(signature, "v0="+strings.Repeat("zz", 32)),
		"v1": func(r *http.Request) {
			r.Header.Set(signature, "v1="+strings.TrimPrefix(r.Header.Get(signature), "v0="))
		},
		"no prefix": func(r *http.Request) {
			r.Header.Set(signature, strings.TrimPrefix(r.Header.Get(signature), "v0="))
		},
		"cut short":   func(r *http.Request) { r.Header.Set(signature, r.Header.Get(signature)[:20]) },
		"other body":  func(r *http.Request) { r.Body = http.NoBody },
		"one byte":    func(r *http.Request) { body := []byte(mentionEvent); body[9] ^= 1; replace(r, body) },
		"one more":    func(r *http.Request) { replace(r, []byte(mentionEvent+"\n")) },
		"other time":  set(timestamp, strconv.FormatInt(noon().Unix()+1, 10)),
		"no number":   set(timestamp, "noon"),
		"huge number": set(timestamp, "99999999999999999999"),
		"301 s old":   resign(noon().Add(-301 * time.Second)),
		"301 s ahead": resign(noon().Add(301 * time.Second)),
		"other secret": func(r *http.Request) {
			localslack.New(localslack.Options{SigningSecret: "another"}).Sign(r.Header, []byte(mentionEvent), noon())
		},
		"signature twice": func(r *http.Request) { r.Header.Add(signature, r.Header.Get(signature)) },
		"timestamp twice": func(r *http.Request) { r.Header.Add(timestamp, r.Header.Get(timestamp)) },
		"false and true": func(r *http.Request) {
			r.Header[signature] = []string{"v0=" + strings.Repeat("00", 32), r.Header.Get(signature)}
		},
	}
	for name, spoil := range spoilt {
		for _, path := range []string{"/slack/events", "/slack/commands", "/slack/interactions"} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				h := newHTTPBot(t, nil)
				w := h.call(t, path, mentionEvent, spoil)
				if w.Code != http.StatusUnauthorized {
					t.Errorf("status %d, want 401", w.Code)
				}
				if len(h.in.all()) != 0 {
					t.Error("an unsigned event was heard")
				}
				right := http.Header{}
				h.server.Sign(right, []byte(mentionEvent), noon())
				computed := strings.TrimPrefix(right.Get(signature), "v0=")
				if strings.Contains(w.Body.String()+h.log.String(), computed) {
					t.Error("the right signature is told")
				}
			})
		}
	}
}

func replace(r *http.Request, body []byte) {
	r.Body = http.NoBody
	if len(body) > 0 {
		r.Body = http.MaxBytesReader(nil, nopCloser{bytes.NewReader(body)}, int64(len(body)))
	}
}

type nopCloser struct{ *bytes.Reader }

func (nopCloser) Close() error { return nil }

func TestRoutesTakeWhatSlackSigned(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, -300 * time.Second, 300 * time.Second} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			h := newHTTPBot(t, nil)
			w := h.call(t, "/slack/events", mentionEvent, func(r *http.Request) {
				h.server.Sign(r.Header, []byte(mentionEvent), noon().Add(skew))
			})
			if w.Code != http.StatusOK || len(h.in.all()) != 1 {
				t.Errorf("status %d, %d heard", w.Code, len(h.in.all()))
			}
		})
	}
}

func TestRoutesBoundTheBody(t *testing.T) {
	t.Parallel()
	h := newHTTPBot(t, nil)
	w := h.call(t, "/slack/events", strings.Repeat("x", 5<<20), nil)
	if w.Code != http.StatusRequestEntityTooLarge || len(h.in.all()) != 0 {
		t.Errorf("status %d, %d heard", w.Code, len(h.in.all()))
	}
}

func TestRoutesAnswerTheVerification(t *testing.T) {
	t.Parallel()
	h := newHTTPBot(t, nil)
	w := h.call(t, "/slack/events", `{"type":"url_verification","token":"x","challenge":"<b>c7</b>"}`, nil)
	if w.Code != http.StatusOK || w.Body.String() != "<b>c7</b>" {
		t.Errorf("answered %d %q", w.Code, w.Body.String())
	}
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
		t.Errorf("Content-Type = %q: a challenge is no page", kind)
	}
}

func TestRoutesSurviveOddBodies(t *testing.T) {
	t.Parallel()
	bodies := map[string]int{
		``: 400, `{`: 400, `[]`: 400, `null`: 200, `{}`: 200, `{"type":"event_callback"}`: 200,
		`{"type":"event_callback","event":{"type":"app_mention","user":"U1","ts":"x","channel":"C1"}}`:                200,
		`{"type":"event_callback","event":{"type":"message","channel_type":"im","user":"U1","ts":"1.","channel":""}}`: 200,
		`{"type":"app_rate_limited","minute_rate_limited":1}`:                                                         200,
	}
	for body, want := range bodies {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			h := newHTTPBot(t, nil)
			if w := h.call(t, "/slack/events", body, nil); w.Code != want || len(h.in.all()) != 0 {
				t.Errorf("status %d (want %d), %d heard", w.Code, want, len(h.in.all()))
			}
		})
	}
}

func TestRoutesAskForAnotherDelivery(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		h := newHTTPBot(t, nil)
		h.in.fails = 1
		if w := h.call(t, "/slack/events", mentionEvent, nil); w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", w.Code)
		}
		w := h.call(t, "/slack/events", mentionEvent, func(r *http.Request) {
			r.Header.Set("X-Slack-Retry-Num", "1")
			r.Header.Set("X-Slack-Retry-Reason", "http_error")
		})
		if w.Code != http.StatusOK || len(h.in.all()) != 1 {
			t.Errorf("the retry: status %d, %d heard", w.Code, len(h.in.all()))
		}
	})
	t.Run("too slow", func(t *testing.T) {
		t.Parallel()
		h := newHTTPBot(t, func(o *slackbot.Options) { o.HearWait = 30 * time.Millisecond })
		h.in.gate = make(chan struct{})
		if w := h.call(t, "/slack/events", mentionEvent, nil); w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", w.Code)
		}
	})
	t.Run("slack does not say who we are", func(t *testing.T) {
		t.Parallel()
		h := newHTTPBot(t, nil)
		h.server.Fail(localslack.Fault{Method: "auth.test", Status: 503})
		if w := h.call(t, "/slack/events", mentionEvent, nil); w.Code != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", w.Code)
		}
		if w := h.call(t, "/slack/events", mentionEvent, nil); w.Code != http.StatusOK {
			t.Errorf("status %d after it does", w.Code)
		}
	})
}

func TestHTTPDeliveriesAreRetried(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"app_mention", "message.channels"}})
	o := slackbot.Options{BotToken: "xoxb-local", SigningSecret: "local-signing-secret", APIURL: server.APIURL()}
	in := newInbox()
	in.fails = 3
	listen(t, overHTTP{Bot: newBot(t, o), server: server}, in)
	eventually(t, "the bot serves", func() bool { return server.Calls("auth.test") > 0 })
	ts := say(t, server, "again over HTTP?")
	in.next(t, 2)
	for _, q := range in.all() {
		if q.Message != ts {
			t.Errorf("heard %s, want %s", q.Message, ts)
		}
	}
	if _, bad := acked(server); bad != 3 {
		t.Errorf("%d deliveries failed, want 3", bad)
	}
}

func TestCommandOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHTTPBot(t, nil)
	form := url.Values{
		"team_id": {localslack.Team}, "channel_id": {general}, "user_id": {alice}, "command": {"/ask"},
		"text": {"公司不付加班费怎么办？"}, "response_url": {h.server.URL() + "/commands/1"}, "trigger_id": {"13.7.ab"},
	}
	w := h.call(t, "/slack/commands", form.Encode(), nil)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ephemeral") || !strings.Contains(w.Body.String(), "收到") {
		t.Errorf("answered %d %s", w.Code, w.Body.String())
	}
	diff(t, bots.Question{
		ID:     "slack:T0LOCAL:C0GENERAL:13.7.ab",
		Thread: bots.Thread{Platform: "slack", Team: localslack.Team, Channel: general},
		Asker:  alice, Text: "公司不付加班费怎么办？", AskedAt: noon(),
		Via: h.server.URL() + "/commands/1",
	}, h.in.next(t, 1))

	h.in.fails = 1
	if w := h.call(t, "/slack/commands", form.Encode(), nil); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d for a command that was not kept", w.Code)
	}
	for body, want := range map[string]string{
		"ssl_check=1": "", "command=%2Fask&text=": "/ask", "command=%2Fother&text=x": "/ask",
	} {
		if w := h.call(t, "/slack/commands", body, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: answered %d %q, want %q in it", body, w.Code, w.Body.String(), want)
		}
	}
	if len(h.in.all()) != 1 {
		t.Errorf("%d heard, want 1", len(h.in.all()))
	}
	if w := h.call(t, "/slack/interactions", "payload=%7B%7D", nil); w.Code != http.StatusOK {
		t.Errorf("an interaction: status %d", w.Code)
	}
}

func TestRoutesNeedASecret(t *testing.T) {
	t.Parallel()
	bot := newBot(t, slackbot.Options{BotToken: "xoxb-1", AppToken: "xapp-1"})
	if routes := bot.Routes(newInbox()); len(routes) != 0 {
		t.Errorf("%d routes without a signing secret", len(routes))
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		o    slackbot.Options
		want string
	}{
		"nothing":    {slackbot.Options{}, "SLACK_BOT_TOKEN"},
		"half":       {slackbot.Options{BotToken: "xoxb-1"}, "SLACK_APP_TOKEN"},
		"exchanged":  {slackbot.Options{BotToken: "xapp-1", AppToken: "xoxb-1"}, "wrong way round"},
		"no address": {slackbot.Options{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "slack"}, "SLACK_API_URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := slackbot.New(test.o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("New = %v, want %q in it", err, test.want)
			}
		})
	}
}
