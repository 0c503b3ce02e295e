package localdiscord_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

const patience = 10 * time.Second

// bench is a server with a guild, a channel and a person.
type bench struct {
	*localdiscord.Server

	clock   *clock
	guild   localdiscord.Guild
	channel localdiscord.Channel
	ada     localdiscord.User
}

func start(tb testing.TB, o localdiscord.Options) *bench {
	tb.Helper()
	c := &clock{}
	o.Now = c.Now
	if o.MessageLimit == 0 {
		o.MessageLimit = 1000
	}
	s, err := localdiscord.Start(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	g := s.AddGuild("guild")
	return &bench{Server: s, clock: c, guild: g, channel: s.AddChannel(g.ID, "general", false), ada: s.AddUser("ada")}
}

type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// answer is what a call gave.
type answer struct {
	status int
	header http.Header
	object map[string]any
	list   []map[string]any
}

func (a answer) id() string {
	id, _ := a.object["id"].(string)
	return id
}

func (a answer) code() int {
	n, _ := a.object["code"].(float64)
	return int(n)
}

// call makes an API call as the bot.
func (b *bench) call(tb testing.TB, method, path, body string) answer {
	tb.Helper()
	a, err := b.try(tb, method, path, body, "Bot "+b.Token())
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (b *bench) try(tb testing.TB, method, path, body, token string) (answer, error) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, b.URL()+"v10"+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header}
	if bytes.HasPrefix(data, []byte("[")) {
		err = json.Unmarshal(data, &a.list)
	} else if len(data) > 0 {
		err = json.Unmarshal(data, &a.object)
	}
	if err != nil {
		tb.Fatalf("%s %s gave %q: %v", method, path, data, err)
	}
	return a, nil
}

func (b *bench) messages() string { return "/channels/" + b.channel.ID + "/messages" }

// payload is one frame of the gateway.
type payload struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s"`
	Type string          `json:"t"`
}

// client is a bare gateway client.
type client struct {
	tb testing.TB
	ws *websocket.Conn
}

func (b *bench) dial(tb testing.TB) *client {
	tb.Helper()
	url, _ := b.call(tb, http.MethodGet, "/gateway", "").object["url"].(string)
	ws, resp, err := websocket.DefaultDialer.DialContext(tb.Context(), url+"?v=10&encoding=json", nil)
	if err != nil {
		tb.Fatal(err)
	}
	_ = resp.Body.Close()
	tb.Cleanup(func() { _ = ws.Close() })
	c := &client{tb: tb, ws: ws}
	if p := c.read(); p.Op != 10 {
		tb.Fatalf("the first payload is %+v", p)
	}
	return c
}

func (c *client) send(text string) {
	c.tb.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *client) read() payload {
	c.tb.Helper()
	p, err := c.next()
	if err != nil {
		c.tb.Fatal(err)
	}
	return p
}

func (c *client) next() (p payload, err error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return p, err
	}
	return p, c.ws.ReadJSON(&p)
}

// event reads up to an event of a kind.
func (c *client) event(kind string) payload {
	c.tb.Helper()
	for {
		if p := c.read(); p.Type == kind {
			return p
		}
	}
}

// closed reads until the server ends the connection, and gives the close code.
func (c *client) closed() int {
	c.tb.Helper()
	for {
		if _, err := c.next(); err != nil {
			if e, ok := errors.AsType[*websocket.CloseError](err); ok {
				return e.Code
			}
			return 0
		}
	}
}

// identify logs in and waits for READY.
func (b *bench) identify(tb testing.TB, intents string) (c *client, session string) {
	tb.Helper()
	c = b.dial(tb)
	c.send(`{"op":2,"d":{"token":"Bot ` + b.Token() + `","intents":` + intents + `}}`)
	var ready struct {
		SessionID string `json:"session_id"`
	}
	if err := json.Unmarshal(c.event("READY").Data, &ready); err != nil || ready.SessionID == "" {
		tb.Fatalf("READY: %v", err)
	}
	return c, ready.SessionID
}

func (b *bench) until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := b.Wait(ctx, ok); err != nil {
		tb.Fatalf("%s: %v", what, err)
	}
}
