package localdiscord_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

func TestAuthorization(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{Token: "right"})
	for token, want := range map[string]int{"Bot right": 200, "right": 401, "Bot wrong": 401, "": 401} {
		if a, err := b.try(t, http.MethodGet, "/users/@me", "", token); err != nil || a.status != want {
			t.Errorf("%q: %d, %v", token, a.status, err)
		}
	}
	if a, err := b.try(t, http.MethodGet, "/gateway", "", ""); err != nil || a.status != 200 {
		t.Errorf("gateway: %d, %v", a.status, err)
	}
	if a := b.call(t, http.MethodGet, "/users/"+b.ada.ID, ""); a.object["username"] != "ada" {
		t.Errorf("user %v", a.object)
	}
	if a := b.call(t, http.MethodGet, "/applications/@me", ""); a.id() != b.ApplicationID() || a.object["verify_key"] != b.PublicKey() {
		t.Errorf("application %v", a.object)
	}
}

func TestMessageLimits(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	bodies := map[string]int{
		`{"content":"ok"}`: 0,
		`{"content":""}`:   50006,
		`{}`:               50006,
		`{`:                50109,
		fmt.Sprintf(`{"content":%q}`, strings.Repeat("字", 2000)):                             0,
		fmt.Sprintf(`{"content":%q}`, strings.Repeat("字", 2001)):                             50035,
		fmt.Sprintf(`{"content":%q}`, strings.Repeat("😀", 1001)):                             50035,
		`{"content":"x","nonce":"12345678901234567890123456"}`:                               50035,
		`{"content":"x","allowed_mentions":{"parse":null}}`:                                  50035,
		`{"content":"x","message_reference":{"message_id":"42"}}`:                            50035,
		`{"content":"x","message_reference":{"message_id":"42","fail_if_not_exists":false}}`: 0,
	}
	for body, want := range bodies {
		a := b.call(t, http.MethodPost, b.messages(), body)
		if a.code() != want || (want == 0) != (a.status == 200) {
			t.Errorf("%.60s: %d, code %d, want %d", body, a.status, a.code(), want)
		}
	}
	if a := b.call(t, http.MethodPost, "/channels/1/messages", `{"content":"x"}`); a.code() != 10003 {
		t.Errorf("unknown channel: %v", a.object)
	}
}

func TestNonce(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	post := func(body string) string { return b.call(t, http.MethodPost, b.messages(), body).id() }
	const enforced = `{"content":"x","nonce":"n1","enforce_nonce":true}`
	first := post(enforced)
	if again := post(enforced); again != first {
		t.Error("the same nonce made a second message")
	}
	if loose := post(`{"content":"x","nonce":"n1"}`); loose == first {
		t.Error("a nonce that is not enforced was")
	}
	b.clock.advance(10 * time.Minute)
	if late := post(enforced); late == first {
		t.Error("a nonce was remembered for ten minutes")
	}
}

func TestPings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, allowed string
		want          []string
	}{
		{"everything by default", ``, []string{"user:%u", "role:%r", "everyone", "here"}},
		{"nothing", `,"allowed_mentions":{"parse":[]}`, nil},
		{"users", `,"allowed_mentions":{"parse":["users"]}`, []string{"user:%u"}},
		{"one role", `,"allowed_mentions":{"parse":[],"roles":["%r"]}`, []string{"role:%r"}},
		{"everyone", `,"allowed_mentions":{"parse":["everyone"]}`, []string{"everyone", "here"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := start(t, localdiscord.Options{})
			fill := strings.NewReplacer("%u", b.ada.ID, "%r", b.BotRole(b.guild.ID))
			b.call(t, http.MethodPost, b.messages(), fill.Replace(`{"content":"<@%u> <@&%r> @everyone @here"`+tt.allowed+`}`))
			var want []string
			for _, w := range tt.want {
				want = append(want, fill.Replace(w))
			}
			if diff := cmp.Diff(want, b.Pings()); diff != "" {
				t.Errorf("pings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReplyPingsItsTarget(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	to := b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "question"}).ID
	for _, allowed := range []string{`,"allowed_mentions":{"parse":[]}`, `,"allowed_mentions":{"parse":[],"replied_user":true}`} {
		b.call(t, http.MethodPost, b.messages(), `{"content":"a","message_reference":{"message_id":"`+to+`"}`+allowed+`}`)
	}
	if want := []string{"user:" + b.ada.ID}; !cmp.Equal(b.Pings(), want) {
		t.Errorf("pings %v, want %v", b.Pings(), want)
	}
}

func TestEditAndDelete(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	theirs := b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "theirs"}).ID
	mine := b.call(t, http.MethodPost, b.messages(), `{"content":"mine"}`).id()
	at := func(id string) string { return b.messages() + "/" + id }
	if a := b.call(t, http.MethodPatch, at(mine), `{"content":"changed <@`+b.ada.ID+`>"}`); a.status != 200 || len(b.Pings()) != 1 {
		t.Errorf("edit: %d, pings %v", a.status, b.Pings())
	}
	if a := b.call(t, http.MethodPatch, at(theirs), `{"content":"x"}`); a.code() != 50005 {
		t.Errorf("edit of another's message: %v", a.object)
	}
	if a := b.call(t, http.MethodDelete, at(mine), ""); a.status != 204 {
		t.Errorf("delete: %d", a.status)
	}
	if a := b.call(t, http.MethodGet, at(mine), ""); a.code() != 10008 {
		t.Errorf("read after delete: %v", a.object)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	var ids []string
	for range 10 {
		ids = append(ids, b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "x"}).ID)
	}
	tests := []struct {
		query string
		want  []string // newest first
	}{
		{"limit=2", []string{ids[9], ids[8]}},
		{"limit=2&before=" + ids[5], []string{ids[4], ids[3]}},
		{"limit=2&after=" + ids[5], []string{ids[7], ids[6]}},
		{"limit=3&around=" + ids[5], []string{ids[6], ids[5], ids[4]}},
		{"limit=3&around=" + ids[9], []string{ids[9], ids[8], ids[7]}},
	}
	for _, tt := range tests {
		var got []string
		for _, m := range b.call(t, http.MethodGet, b.messages()+"?"+tt.query, "").list {
			got = append(got, fmt.Sprint(m["id"]))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.query, diff)
		}
	}
	if a := b.call(t, http.MethodGet, b.messages()+"?limit=101", ""); a.code() != 50035 {
		t.Errorf("limit 101: %v", a.object)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{MessageLimit: 2})
	other := b.AddChannel(b.guild.ID, "other", false)
	for left := 1; left >= 0; left-- {
		a := b.call(t, http.MethodPost, b.messages(), `{"content":"x"}`)
		if a.status != 200 || a.header.Get("X-RateLimit-Remaining") != strconv.Itoa(left) || a.header.Get("X-RateLimit-Reset-After") == "" {
			t.Errorf("%d, headers %v", a.status, a.header)
		}
	}
	a := b.call(t, http.MethodPost, b.messages(), `{"content":"x"}`)
	after, _ := a.object["retry_after"].(float64)
	if a.status != 429 || after <= 0 || after > 5 || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", a.status, a.object)
	}
	if a := b.call(t, http.MethodPost, "/channels/"+other.ID+"/messages", `{"content":"x"}`); a.status != 200 {
		t.Errorf("another channel: %d", a.status)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	posting := regexp.MustCompile(`^POST .*/messages$`)
	b.Fail(localdiscord.Fault{Call: posting, Status: 500})
	b.Fail(localdiscord.Fault{Call: posting, Status: 502, Effect: true})
	b.Fail(localdiscord.Fault{Call: posting, Status: 429, After: 1500 * time.Millisecond, Global: true})
	b.Fail(localdiscord.Fault{Call: posting, Effect: true})
	for _, want := range []int{500, 502, 429, 0, 200} {
		a, err := b.try(t, http.MethodPost, b.messages(), `{"content":"x"}`, "Bot local-token")
		if a.status != want || (err != nil) != (want == 0) {
			t.Errorf("%d, %v; want %d", a.status, err, want)
		}
		if want == 429 && (a.object["retry_after"] != 1.5 || a.header.Get("X-RateLimit-Global") != "true") {
			t.Errorf("%v %v", a.object, a.header)
		}
	}
	if n := len(b.Messages(b.channel.ID)); n != 3 {
		t.Errorf("%d messages, want those of the 502, of the cut and of the 200", n)
	}
	if n := len(b.Calls()); n != 5 {
		t.Errorf("%d calls", n)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	deny := func(bits int64) {
		b.Overwrite(b.channel.ID, localdiscord.Overwrite{ID: b.BotRole(b.guild.ID), Deny: bits})
	}
	post := func(channel string) int {
		return b.call(t, http.MethodPost, "/channels/"+channel+"/messages", `{"content":"x"}`).code()
	}
	thread := b.AddThread(b.channel.ID, "thread", false)
	deny(localdiscord.SendMessages)
	if code := post(b.channel.ID); code != 50013 {
		t.Errorf("without SEND_MESSAGES: %d", code)
	}
	if code := post(thread.ID); code != 0 {
		t.Errorf("in a thread: %d", code)
	}
	deny(localdiscord.SendMessagesInThreads)
	if code := post(thread.ID); code != 50013 {
		t.Errorf("without SEND_MESSAGES_IN_THREADS: %d", code)
	}
	deny(localdiscord.ViewChannel)
	if code := post(b.channel.ID); code != 50001 {
		t.Errorf("without VIEW_CHANNEL: %d", code)
	}
	b.RemoveChannel(b.channel.ID)
	if code := post(b.channel.ID); code != 10003 {
		t.Errorf("without a channel: %d", code)
	}
}

func TestThreadsReactionsTyping(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	m := b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "start"})
	at := b.messages() + "/" + m.ID
	if a := b.call(t, http.MethodPost, at+"/threads", `{"name":"talk"}`); a.id() != m.ID || a.object["parent_id"] != b.channel.ID {
		t.Errorf("thread %v", a.object)
	}
	if a := b.call(t, http.MethodPost, at+"/threads", `{"name":"talk"}`); a.code() != 160004 {
		t.Errorf("second thread: %v", a.object)
	}
	if a := b.call(t, http.MethodPut, at+"/reactions/%E2%9A%A0%EF%B8%8F/@me", ""); a.status != 204 {
		t.Errorf("reaction: %d %v", a.status, a.object)
	}
	if list := b.Messages(b.channel.ID)[0].Reactions; len(list) != 1 || list[0].Emoji.Name != "⚠️" {
		t.Errorf("reactions %+v", list)
	}
	b.call(t, http.MethodDelete, at+"/reactions/%E2%9A%A0%EF%B8%8F/@me", "")
	if list := b.Messages(b.channel.ID)[0].Reactions; len(list) != 0 {
		t.Errorf("reactions %+v", list)
	}
	b.call(t, http.MethodPost, "/channels/"+b.channel.ID+"/typing", "")
	if want := []string{b.channel.ID}; !cmp.Equal(b.Typing(), want) {
		t.Errorf("typing in %v", b.Typing())
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	global, local := "/applications/"+b.ApplicationID()+"/commands", "/applications/"+b.ApplicationID()+"/guilds/"+b.guild.ID+"/commands"
	const body = `[{"name":"ask","description":"d","name_localizations":{"zh-CN":"问"},"contexts":[0,1],"options":[{"name":"q","type":3,"required":true,"autocomplete":false,"choices":null}]}]`
	for _, path := range []string{global, local} {
		if a := b.call(t, http.MethodPut, path, body); a.status != 200 {
			t.Fatalf("%d %v", a.status, a.object)
		}
		if c := b.call(t, http.MethodGet, path, "").list[0]; c["name_localizations"] != nil {
			t.Errorf("localizations without being asked for: %v", c)
		}
		c := b.call(t, http.MethodGet, path+"?with_localizations=true", "").list[0]
		if c["name_localizations"] == nil || c["id"] == "" || (c["contexts"] == nil) != (path == local) {
			t.Errorf("%s: %v", path, c)
		}
	}
	if n := len(b.Commands("")) + len(b.Commands(b.guild.ID)); n != 2 {
		t.Errorf("%d commands", n)
	}
	if a := b.call(t, http.MethodPut, "/applications/1/commands", body); a.status != 403 {
		t.Errorf("another application: %d", a.status)
	}
	if a := b.call(t, http.MethodPut, global, `[{"name":"ask"}]`); a.code() != 50035 {
		t.Errorf("no description: %v", a.object)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	b.Direct(b.ada.ID)
	if len(b.Guilds()) != 1 || len(b.Channels()) != 2 || len(b.Users()) != 2 {
		t.Errorf("%d guilds, %d channels, %d users", len(b.Guilds()), len(b.Channels()), len(b.Users()))
	}
	if a := b.call(t, http.MethodPost, "/users/@me/channels", `{"recipient_id":"`+b.ada.ID+`"}`); a.id() != b.Direct(b.ada.ID).ID {
		t.Errorf("direct channel %v", a.object)
	}
	for path, n := range map[string]int{"/channels": 1, "/roles": 2} {
		if a := b.call(t, http.MethodGet, "/guilds/"+b.guild.ID+path, ""); len(a.list) != n {
			t.Errorf("%s: %v", path, a.list)
		}
	}
	if a := b.call(t, http.MethodGet, "/guilds/"+b.guild.ID, ""); a.id() != b.guild.ID {
		t.Errorf("guild %v", a.object)
	}
}
