package main

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
)

// natsServer starts a NATS server of its own, with JetStream and a password.
func natsServer(t *testing.T) settings {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		Username: "tribune", Password: "nats-canary-0008", NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server is not ready")
	}
	return settings{"NATS_URL": s.ClientURL(), "NATS_USER": "tribune", "NATS_PASSWORD": "nats-canary-0008"}
}

// TestEndToEndSeveralWorkersShareOneQueue runs two programs on one NATS; one of
// them is stopped on the way. Every question is answered once.
func TestEndToEndSeveralWorkersShareOneQueue(t *testing.T) {
	t.Parallel()

	s := natsServer(t)
	_, models := provider(t, quoteFirst())
	room := botstest.NewRoom()
	one, two := t.TempDir(), t.TempDir()
	unlimited(t, one)
	unlimited(t, two)
	first := start(t, one, with(s, models), Parts{Platforms: []bots.Platform{room}})
	start(t, two, with(s, models), Parts{Platforms: []bots.Platform{room}})

	var asked []bots.Question
	for i := range 40 {
		asked = append(asked, room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: fmt.Sprintf("第 %d 问：试用期最长多久？", i+1)}))
		if i == 20 {
			first.stopped(t)
		}
	}
	for _, q := range asked {
		if final := room.WaitFinal(t, q.ID); len(final.Sources) == 0 {
			t.Errorf("%s got %q", q.ID, final.Text)
		}
		if shown := room.Shown(t, q); len(shown) != 1 {
			t.Errorf("%d messages answer %s", len(shown), q.ID)
		}
	}
}

// TestEndToEndSharedLimit has two programs share one channel's limit.
func TestEndToEndSharedLimit(t *testing.T) {
	t.Parallel()

	s := natsServer(t)
	room := botstest.NewRoom()
	for range 2 {
		dir := t.TempDir()
		write(t, dir, "tribune.yaml", "channels:\n  default: {questions: 1/h, burst: 3, when_limited: refuse}\n")
		start(t, dir, s, Parts{Platforms: []bots.Platform{room}})
	}
	answered := 0
	for i := range 10 {
		q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: fmt.Sprintf("第 %d 问：试用期最长多久？", i+1)})
		if final := room.WaitFinal(t, q.ID); len(final.Sources) > 0 {
			answered++
		}
	}
	if answered != 3 {
		t.Errorf("%d of ten were answered; the burst that both share is 3", answered)
	}
}
