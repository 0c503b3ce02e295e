package main

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// discordServer is a local Discord with one channel and one person.
func discordServer(tb testing.TB) (*localdiscord.Server, localdiscord.Channel, localdiscord.User) {
	tb.Helper()
	server, err := localdiscord.Start(localdiscord.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	guild := server.AddGuild("works council")
	return server, server.AddChannel(guild.ID, "general", false), server.AddUser("ada")
}

func discordSettings(server *localdiscord.Server) settings {
	return settings{"DISCORD_TOKEN": server.Token(), "DISCORD_APPLICATION_ID": server.ApplicationID(), "DISCORD_API_URL": server.URL()}
}

// replies returns the bot's messages that reply to a message or interaction.
func replies(server *localdiscord.Server, channel, to string) []botstest.Shown {
	var shown []botstest.Shown
	for _, m := range server.Messages(channel) {
		reply := m.Reference != nil && m.Reference.MessageID == to
		if m.Author.ID == server.Me().ID && (reply || (m.Interaction != nil && m.Interaction.ID == to)) {
			shown = append(shown, botstest.Shown{ID: m.ID, Text: m.Content})
		}
	}
	return shown
}

func TestEndToEndDiscord(t *testing.T) {
	t.Parallel()

	server, channel, ada := discordServer(t)
	gate := llmtest.NewGate(llmtest.AtStart)
	model, s := provider(t, quoteFirst().Hold(gate))
	app := start(t, t.TempDir(), with(s, discordSettings(server)), Parts{})
	eventually(t, "the bot is connected", func() bool { return server.Connected() > 0 })

	at := "<@" + server.Me().ID + "> "
	first := server.Say(localdiscord.Say{Channel: channel.ID, Author: ada.ID, Content: at + "公司恶意辞退怎么办？"})
	shown := func() []botstest.Shown { return replies(server, channel.ID, first.ID) }
	eventually(t, "something is shown before there is an answer", func() bool { return len(shown()) == 1 && shown()[0].Text != "" })
	gate.Open()
	answer := one(t, shown, "被公司辞退、开除怎么办")

	next := server.Say(localdiscord.Say{Channel: channel.ID, Author: ada.ID, Content: at + "那怀孕的呢？", ReplyTo: answer.ID})
	one(t, func() []botstest.Shown { return replies(server, channel.ID, next.ID) }, "[1]")
	if prompt := model.Requests()[1].Prompt(); !strings.Contains(prompt, "公司恶意辞退怎么办") {
		t.Errorf("the follow-up was asked without the earlier turn:\n%s", prompt)
	}

	dm := server.Direct(ada.ID)
	direct := server.Say(localdiscord.Say{Channel: dm.ID, Author: ada.ID, Content: "How long may probation be?"})
	one(t, func() []botstest.Shown { return replies(server, dm.ID, direct.ID) }, "Probation")

	command := server.Ask(localdiscord.Ask{Channel: channel.ID, User: ada.ID, Command: "ask", Options: map[string]string{"question": "加班费怎么算？"}})
	one(t, func() []botstest.Shown { return replies(server, channel.ID, command.ID) }, "加班和加班费")
	app.settled(t)
	for to, in := range map[string]string{first.ID: channel.ID, next.ID: channel.ID, direct.ID: dm.ID, command.ID: channel.ID} {
		if s := replies(server, in, to); len(s) != 1 {
			t.Errorf("%d messages answer %s: %v", len(s), to, s)
		}
	}
	if pings := server.Pings(); len(pings) > 0 {
		t.Errorf("pinged %v", pings)
	}
	if n := len(model.Requests()); n != 4 {
		t.Errorf("the model was asked %d times for four questions", n)
	}
}

// TestEndToEndDiscordReplayIsOneAnswer loses the connection after a question,
// so that Discord tells it again.
func TestEndToEndDiscordReplayIsOneAnswer(t *testing.T) {
	t.Parallel()

	server, channel, ada := discordServer(t)
	_, s := provider(t, quoteFirst())
	start(t, t.TempDir(), with(s, discordSettings(server)), Parts{})
	eventually(t, "the bot is connected", func() bool { return server.Connected() > 0 })
	m := server.Say(localdiscord.Say{Channel: channel.ID, Author: ada.ID, Content: "<@" + server.Me().ID + "> 加班费怎么算？"})
	one(t, func() []botstest.Shown { return replies(server, channel.ID, m.ID) }, "加班和加班费")
	for range 2 {
		server.Drop(1000)
		eventually(t, "the connection is lost", func() bool { return server.Connected() == 0 })
		eventually(t, "the bot is connected again", func() bool { return server.Connected() > 0 })
	}
	second := server.Say(localdiscord.Say{Channel: channel.ID, Author: ada.ID, Content: "<@" + server.Me().ID + "> 试用期最长多久？"})
	one(t, func() []botstest.Shown { return replies(server, channel.ID, second.ID) }, "试用期")
	one(t, func() []botstest.Shown { return replies(server, channel.ID, m.ID) }, "加班和加班费")
}
