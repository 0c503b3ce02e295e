package localdiscord_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

func (b *bench) ask() localdiscord.Interaction {
	return b.Ask(localdiscord.Ask{Channel: b.channel.ID, User: b.ada.ID, Command: "ask", Options: map[string]string{"question": "why?"}})
}

func (b *bench) respond(tb testing.TB, i localdiscord.Interaction, body string) answer {
	tb.Helper()
	return b.call(tb, http.MethodPost, "/interactions/"+i.ID+"/"+i.Token+"/callback", body)
}

func (b *bench) webhook(i localdiscord.Interaction) string {
	return "/webhooks/" + b.ApplicationID() + "/" + i.Token
}

func (b *bench) original(i localdiscord.Interaction) string {
	return b.webhook(i) + "/messages/@original"
}

func TestInteractionOverTheGateway(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	c, _ := b.identify(t, usual)
	i := b.ask()
	var got struct {
		ID      string               `json:"id"`
		Token   string               `json:"token"`
		Channel localdiscord.Channel `json:"channel"`
		Member  localdiscord.Member  `json:"member"`
	}
	if err := json.Unmarshal(c.event("INTERACTION_CREATE").Data, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != i.ID || got.Token != i.Token || got.Channel.ID != b.channel.ID || got.Member.User.ID != b.ada.ID {
		t.Errorf("interaction %+v", got)
	}
	if a := b.call(t, http.MethodGet, b.original(i), ""); a.code() != 10015 {
		t.Errorf("the reply before it was promised: %v", a.object)
	}
	if a := b.respond(t, i, `{"type":5}`); a.status != 204 {
		t.Errorf("promise: %d %v", a.status, a.object)
	}
	if a := b.respond(t, i, `{"type":5}`); a.code() != 40060 {
		t.Errorf("second promise: %v", a.object)
	}
	if m := b.Messages(b.channel.ID)[0]; m.Flags&localdiscord.FlagLoading == 0 || m.Interaction.ID != i.ID {
		t.Errorf("promised reply %+v", m)
	}
	if a := b.call(t, http.MethodPatch, b.original(i), `{"content":"because <@`+b.ada.ID+`> @everyone"}`); a.status != 200 {
		t.Errorf("edit: %v", a.object)
	}
	if m := b.Messages(b.channel.ID)[0]; m.Flags&localdiscord.FlagLoading != 0 || m.Content == "" {
		t.Errorf("edited reply %+v", m)
	}
	if p := b.Pings(); len(p) != 1 || p[0] != "user:"+b.ada.ID {
		t.Errorf("pings %v: by default a reply notifies users alone", p)
	}
}

func TestLifetimesOfAnInteraction(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	late, kept := b.ask(), b.ask()
	b.respond(t, kept, `{"type":5}`)
	b.clock.advance(4 * time.Second)
	if a := b.respond(t, late, `{"type":5}`); a.code() != 10062 {
		t.Errorf("a promise after 4 s: %v", a.object)
	}
	b.clock.advance(16 * time.Minute)
	if a := b.call(t, http.MethodPatch, b.original(kept), `{"content":"x"}`); a.status != 401 || a.code() != 50027 {
		t.Errorf("an edit after 16 min: %d %v", a.status, a.object)
	}
	id := b.Messages(b.channel.ID)[0].ID
	if a := b.call(t, http.MethodPatch, b.messages()+"/"+id, `{"content":"as its author"}`); a.status != 200 {
		t.Errorf("an edit by the channel: %v", a.object)
	}
}

func TestFollowUps(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	i := b.ask()
	b.respond(t, i, `{"type":5,"data":{"flags":64}}`)
	first := b.call(t, http.MethodPost, b.webhook(i), `{"content":"one"}`)
	second := b.call(t, http.MethodPost, b.webhook(i), `{"content":"two"}`)
	list := b.Messages(b.channel.ID)
	if len(list) != 2 || first.id() != list[0].ID || second.id() != list[1].ID {
		t.Fatalf("messages %+v", list)
	}
	if list[0].Flags&localdiscord.FlagEphemeral == 0 || list[1].Flags&localdiscord.FlagEphemeral != 0 {
		t.Errorf("flags %d and %d: the first follow-up keeps the promise's", list[0].Flags, list[1].Flags)
	}
	if a := b.call(t, http.MethodGet, b.messages(), ""); len(a.list) != 1 {
		t.Errorf("the channel lists %d messages, want all but the private one", len(a.list))
	}
	if a := b.call(t, http.MethodPatch, b.messages()+"/"+first.id(), `{"content":"x"}`); a.code() != 10008 {
		t.Errorf("a private reply edited by the channel: %v", a.object)
	}
	if a := b.call(t, http.MethodDelete, b.webhook(i)+"/messages/"+second.id(), ""); a.status != 204 {
		t.Errorf("delete: %d", a.status)
	}
	if a := b.call(t, http.MethodGet, b.original(i), ""); a.id() != first.id() {
		t.Errorf("original %v", a.object)
	}
}

func TestResponsesThatAreRefused(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	for body, want := range map[string]int{`{`: 50035, `{"type":9}`: 50035, `{"type":4,"data":{}}`: 50006, `{"type":4,"data":{"content":"x","allowed_mentions":{"parse":null}}}`: 50035} {
		if a := b.respond(t, b.ask(), body); a.code() != want {
			t.Errorf("%s: %v", body, a.object)
		}
	}
	if a := b.call(t, http.MethodPost, "/interactions/1/x/callback", `{"type":5}`); a.code() != 10062 {
		t.Errorf("unknown interaction: %v", a.object)
	}
	if a := b.call(t, http.MethodPost, "/webhooks/"+b.ApplicationID()+"/x", `{"content":"x"}`); a.code() != 10015 {
		t.Errorf("unknown token: %v", a.object)
	}
}

func TestInteractionOverHTTP(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	key, err := hex.DecodeString(b.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signature, _ := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
		if !ed25519.Verify(key, append([]byte(r.Header.Get("X-Signature-Timestamp")), body...), signature) {
			t.Error("the signature does not fit")
		}
		_, _ = w.Write([]byte(`{"type":4,"data":{"content":"at once"}}`))
	}))
	t.Cleanup(app.Close)
	b.SetInteractionURL(app.URL)
	i := b.ask()
	b.until(t, "the reply appears", func() bool { return len(b.Messages(b.channel.ID)) == 1 })
	if m := b.Messages(b.channel.ID)[0]; m.Content != "at once" || b.Interactions()[0].Reply != m.ID || i.Reply != "" {
		t.Errorf("reply %+v", m)
	}
}
