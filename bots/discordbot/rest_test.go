package discordbot

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"github.com/tribunebot/tribune/bots"
)

// answering makes a bot whose API gives one answer to everything.
func answering(t *testing.T, answer http.HandlerFunc) *Bot {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	b, err := New(Options{Token: "t", APIURL: s.URL + "/some/prefix"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLimitOfTheNetworkInFront(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"7": 7 * time.Second, "": 5 * time.Second, "soon": 5 * time.Second} {
		b := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, "<html>error code: 1015</html>")
		})
		_, err := b.self(t.Context())
		var refusal *bots.Refusal
		if !errors.As(err, &refusal) || refusal.After != want || refusal.Final {
			t.Errorf("Retry-After %q: %v, want a refusal for %s", header, err, want)
		}
	}
}

func TestAddressOfTheAPI(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	b := answering(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Host + r.URL.EscapedPath()
		_, _ = io.WriteString(w, `{}`)
	})
	r := request{method: http.MethodPut, url: discordgo.EndpointMessageReaction("1", "2", "⚠️", "@me"), bucket: "x"}
	if err := b.call(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	want := b.base.Host + "/some/prefix/v" + discordgo.APIVersion + "/channels/1/messages/2/reactions/%E2%9A%A0%EF%B8%8F/@me"
	if got := <-seen; got != want {
		t.Errorf("called %s, want %s", got, want)
	}
}

func TestUnreadableAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>", "[]", "{}", strings.Repeat("[", 1<<20)} {
		b := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if _, err := b.self(t.Context()); err == nil || len(err.Error()) > 500 {
			t.Errorf("%.10q: %v", body, err)
		}
	}
}

func TestCloseCodesThatAreFinal(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]error{
		4004: errToken, 4010: errSharding, 4011: errSharding, 4013: errIntents, 4014: errIntents,
		1000: nil, 1006: nil, 4000: nil, 4007: nil, 4008: nil, 4009: nil,
	} {
		err := refused(fmt.Errorf("open: %w", &websocket.CloseError{Code: code}))
		if !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", code, err, want)
		}
	}
	if err := refused(&websocket.CloseError{Code: 4012}); err == nil {
		t.Error("an outdated version of the gateway is not final")
	}
	if err := refused(io.EOF); err != nil {
		t.Errorf("a lost connection: %v", err)
	}
}

func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	buckets := map[string]bool{}
	for i := range 10_000 {
		buckets[tokenBucket(fmt.Sprint("token", i))] = true
	}
	if len(buckets) > 256 {
		t.Errorf("%d buckets for interaction tokens; the library never forgets one", len(buckets))
	}
}
