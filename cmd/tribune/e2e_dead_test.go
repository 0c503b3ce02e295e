package main

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
)

// TestEndToEndDeadLetters has a platform refuse for good, and deals with the
// letters through the admin API and, once the server is gone, without it.
func TestEndToEndDeadLetters(t *testing.T) {
	t.Parallel()

	room := botstest.NewRoom()
	var gone atomic.Bool
	gone.Store(true)
	room.OnOpen = func(bots.Question) error {
		if gone.Load() {
			return &bots.Refusal{Final: true, Err: errors.New("the channel is archived")}
		}
		return nil
	}
	dir := t.TempDir()
	app := start(t, dir, nil, Parts{Platforms: []bots.Platform{room}})
	beside := &remote{base: app.base, key: app.key.Reveal(), http: &http.Client{}}
	var asked []bots.Question
	for _, text := range []string{"加班费怎么算？", "试用期最长多久？", "年假有几天？"} {
		asked = append(asked, room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: text}))
	}
	letters := func(s service) []string {
		list, err := s.DeadLetters(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, l := range list {
			if !strings.Contains(l.Reason, "archived") {
				t.Errorf("the reason is %q", l.Reason)
			}
			ids = append(ids, l.ID)
		}
		return ids
	}
	eventually(t, "three questions are given up", func() bool { return len(letters(beside)) == 3 })

	gone.Store(false)
	if err := beside.RetryDead(t.Context(), asked[0].ID); err != nil {
		t.Fatal(err)
	}
	if final := room.WaitFinal(t, asked[0].ID); len(final.Sources) == 0 {
		t.Errorf("retried, it got %q", final.Text)
	}
	if err := beside.DropDead(t.Context(), asked[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := beside.RetryDead(t.Context(), asked[1].ID); err == nil {
		t.Error("a dropped letter was retried")
	}
	if left := letters(beside); len(left) != 1 || left[0] != asked[2].ID {
		t.Errorf("letters left: %v", left)
	}

	app.stopped(t)
	alone := start(t, dir, nil, Parts{Platforms: []bots.Platform{room}})
	if left := letters(alone.App); len(left) != 1 {
		t.Errorf("letters after a restart: %v", left)
	}
	if err := alone.RetryDead(t.Context(), asked[2].ID); err != nil {
		t.Fatal(err)
	}
	room.WaitFinal(t, asked[2].ID)
	alone.settled(t)
	for i, want := range []int{1, 0, 1} {
		if shown := room.Shown(t, asked[i]); len(shown) != want {
			t.Errorf("%d messages answer question %d, want %d", len(shown), i, want)
		}
	}
}
