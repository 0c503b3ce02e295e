package localslack_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

func TestRateLimit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	server, api := start(t, localslack.Options{
		Events: []string{"none"}, PostEvery: time.Second, PostBurst: 2,
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
	})
	text := slack.MsgOptionText("x", false)
	post(t, api, text)
	post(t, api, text)
	_, _, err := api.PostMessageContext(t.Context(), general, text)
	limit, ok := errors.AsType[*slack.RateLimitedError](err)
	if !ok || limit.RetryAfter != time.Second {
		t.Fatalf("the third of a second: %v", err)
	}
	if _, _, err := api.PostMessageContext(t.Context(), alice, text); err != nil {
		t.Errorf("another channel: %v", err)
	}
	mu.Lock()
	now = now.Add(time.Second)
	mu.Unlock()
	post(t, api, text)
	if calls := server.Calls("chat.postMessage"); calls != 5 {
		t.Errorf("%d calls are counted, want 5", calls)
	}
}
