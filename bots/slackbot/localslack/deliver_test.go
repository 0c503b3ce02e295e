package localslack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

// quick are retries in milliseconds.
func quick(events ...string) localslack.Options {
	return localslack.Options{
		AckWait: 100 * time.Millisecond, PingEvery: 20 * time.Millisecond, Events: events,
		Retries: []time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond},
	}
}

// dial opens a socket by hand and reads its hello.
func dial(t *testing.T, server *localslack.Server) *websocket.Conn {
	t.Helper()
	_, address, err := client(server, "xapp-local").StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, address)
	if conn == nil {
		t.Fatal("the ticket is refused")
	}
	if hello := read(t, conn); hello["type"] != "hello" {
		t.Fatalf("the first message is %v", hello)
	}
	if again := connect(t, address); again != nil {
		t.Error("a ticket works twice")
	}
	return conn
}

func connect(t *testing.T, address string) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), address, http.Header{"Origin": {"https://api.slack.com"}})
	if resp != nil {
		resp.Body.Close()
	}
	if err != nil {
		return nil
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func read(t *testing.T, conn *websocket.Conn) map[string]any {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := conn.ReadJSON(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func ack(t *testing.T, conn *websocket.Conn, envelope map[string]any, payload any) {
	t.Helper()
	if err := conn.WriteJSON(map[string]any{"envelope_id": envelope["envelope_id"], "payload": payload}); err != nil {
		t.Fatal(err)
	}
}

func TestSocketRedeliversUntilAcknowledged(t *testing.T) {
	t.Parallel()
	server, _ := start(t, quick("app_mention"))
	conn := dial(t, server)
	if _, err := server.Say(localslack.Say{Channel: general, User: alice, Text: localslack.Mention() + " hi"}); err != nil {
		t.Fatal(err)
	}
	first, second := read(t, conn), read(t, conn)
	if first["retry_attempt"] != float64(0) || second["retry_attempt"] != float64(1) || second["retry_reason"] != "timeout" {
		t.Errorf("delivered as %v, then as %v", first, second)
	}
	if diff := cmp.Diff(first["payload"], second["payload"]); diff != "" {
		t.Errorf("the payload changed:\n%s", diff)
	}
	ack(t, conn, second, nil)
	eventually(t, "the acknowledgement is counted", func() bool { return len(server.Attempts()) == 2 })
	if last := server.Attempts()[1]; last.Failure != "" || last.Number != 1 {
		t.Errorf("the last attempt: %+v", last)
	}
	server.Redeliver()
	if again := read(t, conn); again["envelope_id"] == first["envelope_id"] {
		t.Error("sent again under the same envelope")
	}
}

func TestSocketEvents(t *testing.T) {
	t.Parallel()
	server, api := start(t, quick("app_mention", "message.channels"))
	conn := dial(t, server)
	inner := func() map[string]any {
		envelope := read(t, conn)
		ack(t, conn, envelope, nil)
		payload, _ := envelope["payload"].(map[string]any)
		event, _ := payload["event"].(map[string]any)
		return event
	}
	ts, err := server.Say(localslack.Say{Channel: general, User: alice, Text: localslack.Mention() + " hi"})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[any]map[string]any{}
	for range 2 {
		event := inner()
		kinds[event["type"]] = event
	}
	if kinds["app_mention"]["ts"] != ts || kinds["message"]["ts"] != ts {
		t.Errorf("one post with a mention: %v", kinds)
	}
	if kinds["app_mention"]["channel_type"] != nil || kinds["message"]["channel_type"] != "channel" {
		t.Error("only message events carry the kind of channel")
	}
	if err := server.Edit(general, ts, "other words"); err != nil {
		t.Fatal(err)
	}
	if event := inner(); event["subtype"] != "message_changed" {
		t.Errorf("an edit: %v", event)
	}
	post(t, api, slack.MsgOptionText("own words", false))
	if event := inner(); event["bot_id"] != localslack.BotID {
		t.Errorf("the bot's own message: %v", event)
	}
}

func TestSocketIsKeptAlive(t *testing.T) {
	t.Parallel()
	server, _ := start(t, quick("app_mention"))
	conn := dial(t, server)
	pings := make(chan struct{}, 100)
	conn.SetPingHandler(func(string) error { pings <- struct{}{}; return nil })
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				close(pings)
				return
			}
		}
	}()
	<-pings
	<-pings
	server.Drop()
	for range pings { // ends with the connection
	}
	eventually(t, "the socket is forgotten", func() bool { return server.Sockets() == 0 })
}

func TestSocketAnnouncesItsEnd(t *testing.T) {
	t.Parallel()
	server, _ := start(t, quick("app_mention"))
	conn := dial(t, server)
	server.Disconnect("refresh_requested")
	if end := read(t, conn); end["type"] != "disconnect" || end["reason"] != "refresh_requested" {
		t.Errorf("got %v", end)
	}
}

func TestSocketDropsLargeAcknowledgements(t *testing.T) {
	t.Parallel()
	server, _ := start(t, quick("app_mention"))
	conn := dial(t, server)
	if _, err := server.Give(localslack.Command{Channel: general, User: alice, Name: "/ask", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	ack(t, conn, read(t, conn), map[string]string{"text": strings.Repeat("x", 20<<10)})
	second := read(t, conn)
	if second["retry_attempt"] != float64(1) {
		t.Fatalf("an acknowledgement of 20 KiB was taken: %v", second)
	}
	ack(t, conn, second, map[string]string{"text": "thinking"})
	eventually(t, "the payload is shown", func() bool { return len(server.Messages(general)) == 1 })
	if shown := server.Messages(general)[0]; shown.Only != alice || shown.Text != "thinking" {
		t.Errorf("shown: %+v", shown)
	}
}

func TestHTTPDeliveriesAreSignedAndRetried(t *testing.T) {
	t.Parallel()
	server, _ := start(t, quick("app_mention"))
	var mu sync.Mutex
	var numbers, reasons []string
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		verifier, err := slack.NewSecretsVerifier(r.Header, "local-signing-secret")
		if err == nil {
			verifier.Write(body)
			err = verifier.Ensure()
		}
		if err != nil {
			t.Errorf("the signature does not hold: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		numbers = append(numbers, r.Header.Get("X-Slack-Retry-Num"))
		reasons = append(reasons, r.Header.Get("X-Slack-Retry-Reason"))
		if len(numbers) < 3 {
			http.Error(w, "no", http.StatusServiceUnavailable)
		}
	}))
	defer app.Close()
	server.SetRequestURL(app.URL)
	if _, err := server.Say(localslack.Say{Channel: general, User: alice, Text: localslack.Mention() + " hi"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is delivered", func() bool { return len(server.Attempts()) == 3 })
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"", "1", "2"}, numbers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"", "http_error", "http_error"}, reasons); diff != "" {
		t.Error(diff)
	}
}

func TestHTTPDeliveriesEnd(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		handler  http.HandlerFunc
		attempts int
	}{
		"never taken": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) }, 4},
		"no retry": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Slack-No-Retry", "1")
			http.Error(w, "no", http.StatusInternalServerError)
		}, 1},
		"too slow": {func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // the server notices a gone client only then
			<-r.Context().Done()
		}, 4},
	}
	for name, test := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _ := start(t, quick("app_mention"))
			app := httptest.NewServer(test.handler)
			defer app.Close()
			server.SetRequestURL(app.URL)
			if _, err := server.Say(localslack.Say{Channel: general, User: alice, Text: localslack.Mention()}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it is given up", func() bool { return len(server.Attempts()) == test.attempts })
			for _, a := range server.Attempts() {
				if a.Failure == "" {
					t.Errorf("acknowledged: %+v", a)
				}
			}
		})
	}
}

func TestResponseURL(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	o := quick("app_mention")
	o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	server, _ := start(t, o)
	conn := dial(t, server)
	address := func() string {
		if _, err := server.Give(localslack.Command{Channel: general, User: alice, Name: "/ask", Text: "x"}); err != nil {
			t.Fatal(err)
		}
		envelope := read(t, conn)
		ack(t, conn, envelope, nil)
		payload, _ := envelope["payload"].(map[string]any)
		address, _ := payload["response_url"].(string)
		return address
	}
	use := func(address string, want int) {
		body, err := json.Marshal(map[string]any{"text": "an answer", "replace_original": true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("status %d, want %d", resp.StatusCode, want)
		}
	}
	first := address()
	for range 5 {
		use(first, http.StatusOK)
	}
	use(first, http.StatusNotFound)
	use(first+"9", http.StatusNotFound)
	if shown := server.Messages(general); len(shown) != 5 || shown[0].Only != alice {
		t.Errorf("shown: %+v", shown)
	}
	second := address()
	mu.Lock()
	now = now.Add(31 * time.Minute)
	mu.Unlock()
	use(second, http.StatusNotFound)
}
