package localslack_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

const (
	alice   = "U0ALICE"
	general = "C0GENERAL"
)

func start(t *testing.T, o localslack.Options) (*localslack.Server, *slack.Client) {
	t.Helper()
	server := localslack.New(o)
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return server, client(server, "xoxb-local")
}

func client(server *localslack.Server, token string) *slack.Client {
	return slack.New(token, slack.OptionAPIURL(server.APIURL()), slack.OptionAppLevelToken(token))
}

func post(t *testing.T, api *slack.Client, options ...slack.MsgOption) string {
	t.Helper()
	_, ts, err := api.PostMessageContext(t.Context(), general, options...)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(10*time.Second), time.NewTicker(2*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("in vain: %s", what)
		case <-tick.C:
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	server, api := start(t, localslack.Options{})
	me, err := api.AuthTestContext(t.Context())
	if err != nil || me.UserID != localslack.BotUser || me.BotID != localslack.BotID || me.TeamID != localslack.Team {
		t.Errorf("auth.test = %+v, %v", me, err)
	}
	for token, want := range map[string]string{"": "not_authed", "xoxb-other": "invalid_auth", "xapp-local": "not_allowed_token_type"} {
		if _, err := client(server, token).AuthTestContext(t.Context()); err == nil || err.Error() != want {
			t.Errorf("auth.test with %q = %v, want %s", token, err, want)
		}
	}
	for token, want := range map[string]string{"xoxb-local": "not_allowed_token_type", "xapp-other": "invalid_auth"} {
		if _, _, err := client(server, token).StartSocketModeContext(t.Context()); err == nil || err.Error() != want {
			t.Errorf("apps.connections.open with %q = %v, want %s", token, err, want)
		}
	}
}

func TestMessagesLive(t *testing.T) {
	t.Parallel()
	server, api := start(t, localslack.Options{Events: []string{"none"}})
	meta := slack.SlackMetadata{EventType: "kind", EventPayload: map[string]any{"id": "7"}}
	root := post(t, api, slack.MsgOptionText("root", false))
	reply := post(t, api, slack.MsgOptionText("reply", false), slack.MsgOptionTS(root), slack.MsgOptionMetadata(meta))
	outside := post(t, api, slack.MsgOptionText("lost", false), slack.MsgOptionTS("1.000001"))
	if _, _, _, err := api.UpdateMessageContext(t.Context(), general, reply, slack.MsgOptionText("edited", false)); err != nil {
		t.Fatal(err)
	}
	read := func(include bool) []slack.Message {
		messages, _, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{
			ChannelID: general, Timestamp: root, IncludeAllMetadata: include,
		})
		if err != nil {
			t.Fatal(err)
		}
		return messages
	}
	messages := read(true)
	if len(messages) != 2 || messages[1].Text != "edited" || messages[1].ThreadTimestamp != root {
		t.Fatalf("replies: %+v", messages)
	}
	if diff := cmp.Diff(meta, messages[1].Metadata); diff != "" {
		t.Errorf("an edit without metadata changed it:\n%s", diff)
	}
	if kind := read(false)[1].Metadata.EventType; kind != "" {
		t.Errorf("metadata %q although nobody asked for it", kind)
	}
	if _, _, err := api.DeleteMessageContext(t.Context(), general, reply); err != nil {
		t.Fatal(err)
	}
	if len(read(false)) != 1 {
		t.Error("a deleted message is still there")
	}
	page, err := api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: general})
	if err != nil || len(page.Messages) != 2 || page.Messages[0].Timestamp != outside {
		t.Errorf("history: %+v, %v: want the youngest first, and a reply to nothing outside of threads", page, err)
	}
	if all := server.Messages(general); len(all) != 2 {
		t.Errorf("%d messages are listed", len(all))
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	_, api := start(t, localslack.Options{Events: []string{"none"}})
	root := post(t, api, slack.MsgOptionText("root", false))
	want := []string{root}
	for range 6 {
		want = append(want, post(t, api, slack.MsgOptionText("reply", false), slack.MsgOptionTS(root)))
	}
	var got []string
	cursor := ""
	for {
		page, more, next, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{
			ChannelID: general, Timestamp: root, Limit: 3, Cursor: cursor,
		})
		if err != nil || len(page) > 3 || more != (next != "") {
			t.Fatalf("a page of %d, more %v, next %q, %v", len(page), more, next, err)
		}
		for _, m := range page {
			got = append(got, m.Timestamp)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	later, _, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{
		ChannelID: general, Timestamp: root, Oldest: want[4],
	})
	if err != nil || len(later) != 3 || later[0].Timestamp != root || later[1].Timestamp != want[5] {
		t.Errorf("after the fifth: %+v, %v", later, err)
	}
}

func TestErrorNames(t *testing.T) {
	t.Parallel()
	server, api := start(t, localslack.Options{Events: []string{"none"}})
	server.AddChannel(localslack.Channel{ID: "C0OPEN", Kind: localslack.Public, Members: []string{alice}})
	server.AddChannel(localslack.Channel{ID: "C0HIDDEN", Kind: localslack.Private, Members: []string{alice}})
	server.AddChannel(localslack.Channel{ID: "C0OLD", Kind: localslack.Public, Archived: true, Members: []string{localslack.BotUser}})
	theirs, err := server.Say(localslack.Say{Channel: general, User: alice, Text: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	own := post(t, api, slack.MsgOptionText("x", false))
	text := slack.MsgOptionText("x", false)
	section := func(n int) slack.MsgOption {
		return slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, strings.Repeat("x", n), false, false), nil, nil))
	}
	markdown := func(sizes ...int) slack.MsgOption {
		var blocks []slack.Block
		for _, n := range sizes {
			blocks = append(blocks, slack.NewMarkdownBlock("", strings.Repeat("字", n)))
		}
		return slack.MsgOptionBlocks(blocks...)
	}
	dividers := slices.Repeat([]slack.Block{slack.NewDividerBlock()}, 51)
	tests := []struct {
		name, channel, ts string // ts: an update
		option            slack.MsgOption
		want              string
	}{
		{"unknown channel", "C0NONE", "", text, "channel_not_found"},
		{"no member", "C0OPEN", "", text, "not_in_channel"},
		{"hidden channel", "C0HIDDEN", "", text, "channel_not_found"},
		{"archived", "C0OLD", "", text, "is_archived"},
		{"empty", general, "", slack.MsgOptionText("", false), "no_text"},
		{"section", general, "", section(3001), "invalid_blocks"},
		{"largest section", general, "", section(3000), ""},
		{"empty section", general, "", section(0), "invalid_blocks"},
		{"markdown", general, "", markdown(12_001), "msg_blocks_too_long"},
		{"markdown in two", general, "", markdown(6_001, 6_000), "msg_blocks_too_long"},
		{"largest markdown", general, "", markdown(6_000, 6_000), ""},
		{"51 blocks", general, "", slack.MsgOptionBlocks(dividers...), "invalid_blocks"},
		{"50 blocks", general, "", slack.MsgOptionBlocks(dividers[1:]...), ""},
		{"metadata without a kind", general, "", slack.MsgOptionCompose(text, slack.MsgOptionMetadata(slack.SlackMetadata{})), "invalid_metadata_format"},
		{"unknown message", general, "1.000001", text, "message_not_found"},
		{"another's message", general, theirs, text, "cant_update_message"},
		{"long edit", general, own, slack.MsgOptionText(strings.Repeat("字", 4_001), false), "msg_too_long"},
		{"longest edit", general, own, slack.MsgOptionText(strings.Repeat("字", 4_000), false), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var err error
			if test.ts != "" {
				_, _, _, err = api.UpdateMessageContext(t.Context(), test.channel, test.ts, test.option)
			} else {
				_, _, err = api.PostMessageContext(t.Context(), test.channel, test.option)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLongTextIsCut(t *testing.T) {
	t.Parallel()
	server, api := start(t, localslack.Options{Events: []string{"none"}})
	post(t, api, slack.MsgOptionText(strings.Repeat("字", 50_000), false))
	if n := len([]rune(server.Messages(general)[0].Text)); n != 40_000 {
		t.Errorf("%d characters are left, want 40,000", n)
	}
}

func TestPings(t *testing.T) {
	t.Parallel()
	const live = "<!channel> <!here|here> <!everyone> <@U0ALICE> <@U1|bob> <!subteam^S1|@hr> <#C1> <https://x|y> <!date^1^x|y>"
	want := []string{"@channel", "@here", "@everyone", alice, "U1", "S1"}
	mrkdwn := slack.NewTextBlockObject(slack.MarkdownType, live, false, false)
	places := map[string]slack.MsgOption{
		"text":     slack.MsgOptionText(live, false),
		"section":  slack.MsgOptionBlocks(slack.NewSectionBlock(mrkdwn, nil, nil)),
		"context":  slack.MsgOptionBlocks(slack.NewContextBlock("", mrkdwn)),
		"markdown": slack.MsgOptionBlocks(slack.NewMarkdownBlock("", live)),
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, api := start(t, localslack.Options{Events: []string{"none"}})
			post(t, api, place)
			got := slices.Compact(slices.Sorted(slices.Values(server.Pings())))
			if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("harmless", func(t *testing.T) {
		t.Parallel()
		server, api := start(t, localslack.Options{Events: []string{"none"}})
		post(t, api, slack.MsgOptionText(live+" @here @alice", true), slack.MsgOptionBlocks(
			slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, "<!channel>", false, false)),
			slack.NewMarkdownBlock("", localslack.Escape(live)),
		))
		if pings := server.Pings(); len(pings) != 0 {
			t.Errorf("pinged %v", pings)
		}
		if text := server.Messages(general)[0].Readable(); !strings.Contains(text, "<@U0ALICE>") {
			t.Errorf("reads %q", text)
		}
	})
	t.Run("edit", func(t *testing.T) {
		t.Parallel()
		server, api := start(t, localslack.Options{Events: []string{"none"}})
		ts := post(t, api, slack.MsgOptionText("x", false))
		if _, _, _, err := api.UpdateMessageContext(t.Context(), general, ts, slack.MsgOptionText("<!here>", false)); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(server.Pings(), "@here") {
			t.Error("an edit pings nobody")
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	server, api := start(t, localslack.Options{Events: []string{"none"}})
	text := slack.MsgOptionText("x", false)
	server.Fail(localslack.Fault{Status: http.StatusBadGateway})
	server.Fail(localslack.Fault{Method: "chat.postMessage", Error: "restricted_action", Times: 2})
	server.Fail(localslack.Fault{Method: "chat.postMessage", Lost: true})
	wants := []string{"slack server error: 502 Bad Gateway", "restricted_action", "restricted_action"}
	for _, want := range wants {
		if _, _, err := api.PostMessageContext(t.Context(), general, text); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if len(server.Messages(general)) != 0 {
		t.Error("a fault had an effect")
	}
	if _, _, err := api.PostMessageContext(t.Context(), general, text); err == nil {
		t.Error("a lost answer arrived")
	}
	if len(server.Messages(general)) != 1 {
		t.Error("a call whose answer is lost had no effect")
	}
	post(t, api, text)
	server.Fail(localslack.Fault{Method: "users.info", Error: "missing_scope", Times: -1})
	for range 3 {
		if _, err := api.GetUserInfoContext(t.Context(), alice); err == nil {
			t.Error("a fault for ever is over")
		}
	}
	server.Heal()
	if _, err := api.GetUserInfoContext(t.Context(), alice); err != nil {
		t.Errorf("healed, but %v", err)
	}
}

func TestReactionsStatusAndLists(t *testing.T) {
	t.Parallel()
	server, api := start(t, localslack.Options{Events: []string{"none"}})
	ts := post(t, api, slack.MsgOptionText("x", false))
	ref := slack.NewRefToMessage(general, ts)
	if err := api.AddReactionContext(t.Context(), "eyes", ref); err != nil {
		t.Fatal(err)
	}
	if err := api.AddReactionContext(t.Context(), "eyes", ref); err == nil || err.Error() != "already_reacted" {
		t.Errorf("twice: %v", err)
	}
	if err := api.RemoveReactionContext(t.Context(), "eyes", ref); err != nil || len(server.Messages(general)[0].Reactions["eyes"]) != 0 {
		t.Errorf("removing: %v", err)
	}
	if err := api.RemoveReactionContext(t.Context(), "eyes", ref); err == nil || err.Error() != "no_reaction" {
		t.Errorf("removing twice: %v", err)
	}
	status := slack.AssistantThreadsSetStatusParameters{ChannelID: general, ThreadTS: ts, Status: "thinks"}
	if err := api.SetAssistantThreadsStatusContext(t.Context(), status); err != nil || server.Status(general, ts) != "thinks" {
		t.Errorf("status %q, %v", server.Status(general, ts), err)
	}
	if _, err := api.PostEphemeralContext(t.Context(), general, alice, slack.MsgOptionText("psst", false)); err != nil {
		t.Fatal(err)
	}
	if all := server.Messages(general); all[len(all)-1].Only != alice {
		t.Errorf("an ephemeral message: %+v", all[len(all)-1])
	}
	info, err := api.GetConversationInfoContext(t.Context(), &slack.GetConversationInfoInput{ChannelID: general})
	if err != nil || info.Name != "general" || info.IsPrivate {
		t.Errorf("info: %+v, %v", info, err)
	}
	channels, _, err := api.GetConversationsForUserContext(t.Context(), &slack.GetConversationsForUserParameters{Types: []string{"public_channel"}})
	if err != nil || len(channels) != 1 {
		t.Errorf("channels: %v, %v", channels, err)
	}
	if users := server.Users(); len(users) != 4 {
		t.Errorf("users: %v", users)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	server := localslack.New(localslack.Options{AckWait: time.Hour})
	if err := server.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Say(localslack.Say{Channel: general, User: alice, Text: "nobody listens"}); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := server.Say(localslack.Say{Channel: "C0NONE", User: alice}); !errors.Is(err, localslack.ErrUnknown) {
		t.Errorf("an unknown channel: %v", err)
	}
}
