package discordbot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// The one command, its one option, and the longest string that Discord allows
// as an option (interactions/application-commands).
const (
	askName      = "ask"
	askOption    = "question"
	maxAskLength = 6000
)

// commands are what the application offers. In a guild of its own a command has
// no contexts: it is in that guild.
func commands(guild string) []*discordgo.ApplicationCommand {
	ask := &discordgo.ApplicationCommand{
		Type: discordgo.ChatApplicationCommand, Name: askName,
		NameLocalizations:        &map[discordgo.Locale]string{discordgo.ChineseCN: "提问"},
		Description:              "Ask a question; the answer comes from the team's documents",
		DescriptionLocalizations: &map[discordgo.Locale]string{discordgo.ChineseCN: "提出一个问题，答案来自团队的资料"},
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionString, Name: askOption, Required: true, MaxLength: maxAskLength,
			NameLocalizations:        map[discordgo.Locale]string{discordgo.ChineseCN: "问题"},
			Description:              "What do you want to know?",
			DescriptionLocalizations: map[discordgo.Locale]string{discordgo.ChineseCN: "想问什么？"},
		}},
	}
	if guild == "" {
		ask.Contexts = &[]discordgo.InteractionContextType{discordgo.InteractionContextGuild, discordgo.InteractionContextBotDM}
		ask.IntegrationTypes = &[]discordgo.ApplicationIntegrationType{discordgo.ApplicationIntegrationGuildInstall}
	}
	return []*discordgo.ApplicationCommand{ask}
}

// register makes the commands known, unless they are known as they are: Discord
// counts creations per day. Without commands the bot still hears mentions, so a
// refusal is said and no more.
func (b *Bot) register(ctx context.Context) error {
	_, err := retry(ctx, b, func() (struct{}, error) { return struct{}{}, b.registerOnce(ctx) })
	if err != nil && ctx.Err() == nil {
		b.o.Log.ErrorContext(ctx, "discord refused the command /ask: invite the bot with the scope applications.commands, and check DISCORD_APPLICATION_ID and DISCORD_GUILD_ID", "error", err)
	}
	return nil
}

func (b *Bot) registerOnce(ctx context.Context) error {
	app, err := b.application(ctx)
	if err != nil {
		return err
	}
	url := discordgo.EndpointApplicationGlobalCommands(app)
	if b.o.GuildID != "" {
		url = discordgo.EndpointApplicationGuildCommands(app, b.o.GuildID)
	}
	var have []*discordgo.ApplicationCommand
	if err := b.call(ctx, request{method: http.MethodGet, url: url + "?with_localizations=true", bucket: "GET " + url}, &have); err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	want := commands(b.o.GuildID)
	if slices.EqualFunc(have, want, sameCommand) {
		return nil
	}
	if err := b.call(ctx, request{method: http.MethodPut, url: url, bucket: "PUT " + url, body: want}, nil); err != nil {
		return fmt.Errorf("write the commands: %w", err)
	}
	b.o.Log.InfoContext(ctx, "discord commands registered", "commands", len(want))
	return nil
}

// sameCommand compares what this package sets; Discord adds ids and defaults.
func sameCommand(have, want *discordgo.ApplicationCommand) bool {
	return have.Name == want.Name && have.Description == want.Description &&
		reflect.DeepEqual(value(have.NameLocalizations), value(want.NameLocalizations)) &&
		reflect.DeepEqual(value(have.DescriptionLocalizations), value(want.DescriptionLocalizations)) &&
		(want.Contexts == nil || reflect.DeepEqual(value(have.Contexts), value(want.Contexts))) &&
		slices.EqualFunc(have.Options, want.Options, sameOption)
}

func sameOption(have, want *discordgo.ApplicationCommandOption) bool {
	return have.Type == want.Type && have.Name == want.Name && have.Description == want.Description &&
		have.Required == want.Required && have.MaxLength == want.MaxLength &&
		reflect.DeepEqual(have.NameLocalizations, want.NameLocalizations) &&
		reflect.DeepEqual(have.DescriptionLocalizations, want.DescriptionLocalizations)
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// interaction is an interaction as Discord sends it, over the gateway or HTTP.
// The library's own type lacks the channel.
type interaction struct {
	ID             string             `json:"id"`
	AppID          string             `json:"application_id"`
	Type           int                `json:"type"`
	Token          string             `json:"token"`
	GuildID        string             `json:"guild_id"`
	ChannelID      string             `json:"channel_id"`
	Channel        *discordgo.Channel `json:"channel"`
	Locale         string             `json:"locale"`
	AppPermissions string             `json:"app_permissions"`
	User           *discordgo.User    `json:"user"`
	Member         *struct {
		User *discordgo.User `json:"user"`
	} `json:"member"`
	Data struct {
		Name    string `json:"name"`
		Options []struct {
			Name  string          `json:"name"`
			Value json.RawMessage `json:"value"`
		} `json:"options"`
		Resolved struct {
			Users map[string]*discordgo.User `json:"users"`
		} `json:"resolved"`
	} `json:"data"`
}

// Kinds of interactions.
const (
	kindPing    = 1
	kindCommand = 2
)

// response is the first answer to an interaction.
type response struct {
	Type int           `json:"type"`
	Data *responseData `json:"data,omitempty"`
}

type responseData struct {
	Content  string                            `json:"content,omitempty"`
	Flags    discordgo.MessageFlags            `json:"flags,omitempty"`
	Mentions *discordgo.MessageAllowedMentions `json:"allowed_mentions,omitempty"`
}

// deferred promises an answer; Discord shows that the bot is thinking. It takes
// no other flag than that nobody else sees the answer.
func deferred(alone bool) response {
	r := response{Type: int(discordgo.InteractionResponseDeferredChannelMessageWithSource)}
	if alone {
		r.Data = &responseData{Flags: discordgo.MessageFlagsEphemeral}
	}
	return r
}

// private says something to the asker alone.
func private(text string) response {
	return response{
		Type: int(discordgo.InteractionResponseChannelMessageWithSource),
		Data: &responseData{
			Content: text, Mentions: noMentions(),
			Flags: discordgo.MessageFlagsEphemeral | discordgo.MessageFlagsSuppressEmbeds,
		},
	}
}

// hearAsked hears an interaction of the gateway and answers it by a call.
func (e *ears) hearAsked(ctx context.Context, h heard) {
	r := e.b.hearInteraction(ctx, e.in, h.i, e.me, h.at.Add(hearTime))
	call := request{
		method: http.MethodPost, url: discordgo.EndpointInteractionResponse(h.i.ID, h.i.Token),
		bucket: "callback/" + tokenBucket(h.i.Token), body: r,
	}
	err := e.b.call(ctx, call, nil)
	if err != nil && !coded(err, codeAcknowledged) { // answered before: the event was a replay
		e.b.o.Log.ErrorContext(ctx, "discord did not take the response to a command", "interaction", h.i.ID, "error", err)
	}
}

// hearInteraction gives a command to the Inbox and says how to respond: with a
// promise only once the question is kept.
func (b *Bot) hearInteraction(ctx context.Context, in bots.Inbox, i *interaction, me string, until time.Time) response {
	words := say(i.Locale)
	if i.Type != kindCommand || i.Data.Name != askName {
		return private(words.unknown)
	}
	ctx, cancel := context.WithDeadlineCause(ctx, until, fmt.Errorf("the inbox did not answer in %s", hearTime))
	defer cancel()
	q := b.asked(ctx, i, me)
	if err := in.Hear(ctx, q); err != nil {
		b.o.Log.ErrorContext(ctx, "discord question could not be kept", "question", q.ID, "error", err)
		return private(words.busy)
	}
	return deferred(q.Alone)
}

// asked makes a Question of /ask.
func (b *Bot) asked(ctx context.Context, i *interaction, me string) bots.Question {
	p := b.place(ctx, i.GuildID, i.ChannelID, i.Channel)
	q := bots.Question{
		ID:         questionID(i.GuildID, i.ChannelID, i.ID),
		Thread:     bots.Thread{Platform: b.Name(), Team: team(i.GuildID), Channel: p.channel, Root: rootChain + i.ID},
		AskedAt:    b.dated(i.ID),
		Visibility: p.visibility,
		Alone:      i.alone(p.thread != ""),
		Via:        i.Token,
	}
	if p.thread != "" {
		q.Thread.Root, q.InThread = rootThread+p.thread, true
	}
	if u := i.asker(); u != nil {
		q.Asker = u.ID
	}
	users := make(map[string]string, len(i.Data.Resolved.Users))
	for id, u := range i.Data.Resolved.Users {
		users[id] = u.DisplayName()
	}
	q.Text = b.tidy.question(i.text(), b.namesOf(i.GuildID, me, users))
	return q.Clip()
}

func (i *interaction) asker() *discordgo.User {
	if i.Member != nil {
		return i.Member.User
	}
	return i.User
}

// text is the question option's value; anything but a string is no question.
func (i *interaction) text() string {
	for _, o := range i.Data.Options {
		var s string
		if o.Name == askOption && json.Unmarshal(o.Value, &s) == nil {
			return s
		}
	}
	return ""
}

// alone tells whether the bot can answer only by the interaction itself, because
// it may not write in the channel: then the answer is for the asker alone, as
// the rest of a long one could not follow.
func (i *interaction) alone(thread bool) bool {
	have, err := strconv.ParseInt(i.AppPermissions, 10, 64)
	if i.GuildID == "" || err != nil {
		return false
	}
	need := int64(discordgo.PermissionViewChannel | discordgo.PermissionSendMessages)
	if thread {
		need = discordgo.PermissionViewChannel | discordgo.PermissionSendMessagesInThreads
	}
	return have&discordgo.PermissionAdministrator == 0 && have&need != need
}
