package discordexport_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/source/discordexport"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

const canary = "canary-e1"

func history(channel, messages string) string {
	return `{"guild": {"id": "9001", "name": "Team", "iconUrl": "x"}, "channel": ` + channel + `, "dateRange": {"after": null, "before": null}, "exportedAt": "2024-05-20T08:00:00+00:00", "messages": [` + messages + `], "messageCount": 1}`
}

func message(id, kind, at, content, author, more string) string {
	return `{"id": "` + id + `", "type": "` + kind + `", "timestamp": "` + at + `", "isPinned": false, "content": "` + content + `", "author": {"id": "5", "name": "` + author + `", "isBot": ` + map[bool]string{true: "true", false: "false"}[author == "robot"] + more + `}, "attachments": [{"fileName": "plan.pdf"}], "embeds": [{"title": "A page", "description": "what it says"}]}`
}

func files() map[string]string {
	hello := message("1235000000000000001", "Default", "2024-05-01T08:00:00+00:00", "Where is **the** plan? @李雷", "ada", `, "nickname": "Ada"`)
	return map[string]string{
		"Team - general.json": "\uFEFF" + history(`{"id": "7", "type": "GuildTextChat", "categoryId": "3", "category": "Text", "name": "general", "topic": null}`,
			hello+","+message("1235000000000000002", "Default", "2024-05-01T08:01:00+00:00", canary, "robot", "")+","+
				message("1235000000000000003", "GuildMemberJoin", "2024-05-01T08:02:00+00:00", canary, "eve", "")+","+
				message("x", "Default", "2024-05-01T08:02:00+00:00", canary, "eve", "")+","+
				message("1235000000000000004", "Reply", "2024-05-01T10:03:00+02:00", "here", "李雷", "")),
		"thread.json":  history(`{"id": "8", "type": "GuildPublicThread", "categoryId": "7", "category": "general", "name": "Printer"}`, hello),
		"private.json": history(`{"id": "10", "type": "GuildPrivateThread", "name": "p"}`, message("1235000000000000001", "Default", "2024-05-01T08:00:00+00:00", canary, "ada", "")),
		"direct.json":  `{"guild":{"id":"0"},"channel":{"id":"11","type":"DirectTextChat","name":"ada"},"messages":[` + message("1235000000000000001", "Default", "2024-05-01T08:00:00+00:00", canary, "ada", "") + `]}`,
		"cut.json":     `{"guild":{"id":"9001"},"channel":{"id":"7"`,
		"media/a.png":  "png",
	}
}

func TestHistories(t *testing.T) {
	t.Parallel()
	a := ziptest.Open(t, files())
	if !discordexport.Is(a) {
		t.Fatal("it has histories")
	}
	e := discordexport.Open(a)
	got := ziptest.Read(e.Documents(t.Context()))
	got.Golden(t, "histories")
	if strings.Contains(got.All(), canary) {
		t.Error("private talk or a bot's is in it")
	}
	for origin, want := range map[string]bool{
		"discord://9001/7/1235000000000000002": true, "discord://9001/7/1234000000000000000": false, "discord://9001/7/1236000000000000000": false,
		"discord://9001/6/1235000000000000002": false, "discord://9001/7/x": false, "x": false,
	} {
		if e.Covers(origin) != want {
			t.Errorf("covers %s: %v", origin, !want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := ziptest.Read(e.Documents(ctx)); !errors.Is(got.Failed, context.Canceled) {
		t.Errorf("after cancel: %v", got.Failed)
	}
	for range e.Documents(t.Context()) {
		break
	}
}

func TestWhatHasNone(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{{}, {"a.json": `{"x":1}`}, {"a.json": `{"guild":1}`}, {"a.txt": `{"guild":{},"channel":{}}`}} {
		if discordexport.Is(ziptest.Open(t, files)) {
			t.Errorf("%v has none", files)
		}
	}
}
