package discordbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tribunebot/tribune/bots"
)

type deaf struct{}

func (deaf) Hear(context.Context, bots.Event) error { return nil }

// brokenGateway answers like Discord's API up to the socket, where it says frames
// and falls silent.
func brokenGateway(t *testing.T, frames ...string) *Bot {
	t.Helper()
	release := make(chan struct{})
	mux := http.NewServeMux()
	var address string
	mux.HandleFunc("/api/v9/gateway", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"url":%q}`, "ws"+strings.TrimPrefix(address, "http")+"/socket/")
	})
	mux.HandleFunc("/socket/", func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for _, f := range frames {
			_ = ws.WriteMessage(websocket.TextMessage, []byte(f))
		}
		<-release
	})
	s := httptest.NewServer(mux)
	address = s.URL
	t.Cleanup(func() { close(release); s.Close() })
	b, err := New(Options{Token: "t", APIURL: s.URL + "/api/"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConnectionsThatDoNotOpen(t *testing.T) {
	t.Parallel()
	const hello = `{"op":10,"d":{"heartbeat_interval":41250}}`
	tests := []struct {
		name   string
		frames []string
		stuck  bool
	}{
		{"silence", nil, false},
		{"silence after hello", []string{hello}, false},
		{"told to reconnect before READY", []string{hello, `{"op":7}`}, true},
		{"not JSON", []string{"{"}, false},
		{"no hello", []string{`{"op":11}`}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, w := brokenGateway(t, tt.frames...), &wire{}
			s, _, err := b.gateway(t.Context(), b.ears("1", deaf{}), w)
			if err != nil {
				t.Fatal(err)
			}
			err = open(t.Context(), s, w, 300*time.Millisecond)
			if err == nil || errors.Is(err, errStuck) != tt.stuck {
				t.Errorf("open: %v", err)
			}
		})
	}
}

func TestOpeningStopsWithTheContext(t *testing.T) {
	t.Parallel()
	b, w := brokenGateway(t), &wire{}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	s, _, err := b.gateway(ctx, b.ears("1", deaf{}), w)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := open(ctx, s, w, time.Hour); err == nil {
		t.Error("opened")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}
