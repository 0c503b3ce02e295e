package config

import (
	"cmp"
	"encoding/hex"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// check looks at what the single values cannot tell: how they go together.
func (l *loader) check() {
	l.checkURLs()
	l.checkServer()
	l.checkModels()
	l.checkSlack()
	l.checkDiscord()
	l.checkNATS()
	l.checkServices()
}

// checkURLs holds every address to the schemes that its service speaks.
func (l *loader) checkURLs() {
	for _, f := range fields(l.config) {
		u, ok := reflect.TypeAssert[URL](f.value)
		if !ok || !u.IsSet() {
			continue
		}
		schemes := []string{"https", "http"}
		switch f.Name {
		case "NATS_URL":
			schemes = []string{"nats", "tls", "ws", "wss"}
		case "DATABASE_URL":
			schemes = []string{"postgres", "postgresql"}
		}
		l.checkSchemes(f.Name, u, schemes)
	}
}

func (l *loader) checkSchemes(name string, u URL, schemes []string) {
	parts := strings.Split(u.Reveal(), ",")
	if len(parts) > 1 && name != "NATS_URL" && name != "WEAVIATE_URL" {
		l.mistake(name, "there are several addresses", "write one, without commas")
		return
	}
	for _, part := range parts {
		scheme, _, _ := strings.Cut(strings.TrimSpace(part), "://")
		if !slices.Contains(schemes, strings.ToLower(scheme)) {
			l.mistake(name, "an address with "+quote(scheme)+" cannot be used here", "begin it with "+strings.Join(schemes, ":// or ")+"://")
			return
		}
	}
}

func (l *loader) checkServer() {
	s := &l.config.Server
	if s.Grace.Std() > time.Hour {
		l.mistake("TRIBUNE_GRACE", "more than an hour", "write the time that one answer may take, as in 30s")
	}
	if s.Retention == 0 {
		l.mistake("TRIBUNE_RETENTION", "nothing would be kept at all", "write how long questions are kept, as in 90d")
	}
	public, err := url.Parse(s.PublicURL.Reveal())
	switch {
	case err != nil || !s.PublicURL.IsSet():
	case public.RawQuery != "" || public.Fragment != "" || public.User != nil:
		l.mistake("TRIBUNE_PUBLIC_URL", "there is more in it than an address", "write scheme, host and perhaps a path, as in https://bot.example.org")
	case public.Scheme == "http" && !isLoopback(public.Hostname()):
		l.warn("TRIBUNE_PUBLIC_URL", "Slack and Discord call https addresses only", "begin it with https://")
	}
}

func (l *loader) checkModels() {
	m := &l.config.Models
	if m.Mode == ModeLiteLLM && m.Model == "" && !m.APIBase.IsSet() {
		l.mistake("LLM_MODE", "litellm is chosen, but nothing of it is set", "set LITELLM_MODEL (and its provider's key) or LITELLM_API_BASE")
	}
	if l.isOurs(m.APIBase) {
		l.mistake("LITELLM_API_BASE", "this is Tribune's own address: it would call itself without end", "unset it, or set TRIBUNE_HTTP_ADDR to another port if a LiteLLM proxy runs there")
	}
	if m.MasterKey.IsSet() && len(m.MasterKey) < minShown {
		l.warn("LITELLM_MASTER_KEY", "it is short enough to be guessed", "use 32 random characters, or unset it to have one generated")
	}
	if d := l.config.Embedding.Dimensions; d < 0 || d > maxDimensions {
		l.mistake("EMBEDDING_DIMENSIONS", "out of range", "write the length of the model's vectors, as in 1024, or unset it")
	}
}

// maxDimensions is above every embedding model there is: the longest vectors on
// offer have 4,096 numbers, those kept in databases up to 16,000.
const maxDimensions = 16384

// isOurs tells whether an address is the one that this process listens on.
func (l *loader) isOurs(u URL) bool {
	parsed, err := url.Parse(u.Reveal())
	if err != nil || !u.IsSet() {
		return false
	}
	if public, err := url.Parse(l.config.Server.PublicURL.Reveal()); err == nil && public.Host != "" && strings.EqualFold(public.Host, parsed.Host) {
		return true
	}
	host, port, err := net.SplitHostPort(string(l.config.Server.Addr))
	same := isLoopback(parsed.Hostname()) || strings.EqualFold(host, parsed.Hostname())
	return err == nil && same && portOf(parsed) == port
}

// portOf returns an address's port, the usual one where it names none.
func portOf(u *url.URL) string {
	if u.Scheme == "https" {
		return cmp.Or(u.Port(), "443")
	}
	return cmp.Or(u.Port(), "80")
}

func (l *loader) checkSlack() {
	s := &l.config.Slack
	l.checkPrefix("SLACK_BOT_TOKEN", s.BotToken, "bot", "xoxb-", "xoxe.xoxb-") // the second with token rotation
	l.checkPrefix("SLACK_APP_TOKEN", s.AppToken, "app-level", "xapp-")
	oauth := s.ClientID != "" && s.ClientSecret.IsSet()
	switch {
	case s.BotToken.IsSet() && !s.AppToken.IsSet() && !s.SigningSecret.IsSet():
		l.mistake("SLACK_BOT_TOKEN", "the bot could speak but not hear", "set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (Events API) too")
	case s.AppToken.IsSet() && !s.BotToken.IsSet() && !oauth:
		l.mistake("SLACK_APP_TOKEN", "the bot could hear but not speak", "set SLACK_BOT_TOKEN too")
	case s.SigningSecret.IsSet() && !s.BotToken.IsSet() && !oauth:
		l.mistake("SLACK_SIGNING_SECRET", "the bot could hear but not speak", "set SLACK_BOT_TOKEN too, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET")
	}
	l.checkPair("SLACK_CLIENT_ID", s.ClientID != "", "SLACK_CLIENT_SECRET", s.ClientSecret.IsSet())
	if oauth && !s.SigningSecret.IsSet() && !s.AppToken.IsSet() {
		l.mistake("SLACK_CLIENT_ID", "the bot could be installed but not hear", "set SLACK_SIGNING_SECRET too")
	}
}

// checkPrefix holds a Slack token to the beginning that its kind has.
func (l *loader) checkPrefix(name string, token Secret, kind string, prefixes ...string) {
	if !token.IsSet() {
		return
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(token.Reveal(), prefix) {
			return
		}
	}
	message := "this is no " + kind + " token"
	switch {
	case strings.HasPrefix(token.Reveal(), "xoxb-"), strings.HasPrefix(token.Reveal(), "xapp-"):
		message += ", but one that belongs into the other variable"
	case strings.HasPrefix(token.Reveal(), "xoxp-"):
		message += ", but a user token"
	}
	l.mistake(name, message, "use the one that begins with "+prefixes[0])
}

func (l *loader) checkDiscord() {
	d := &l.config.Discord
	if d.Token.IsSet() && d.ApplicationID == "" {
		l.warn("DISCORD_TOKEN", "commands cannot be registered without the application's id", "set DISCORD_APPLICATION_ID too (General Information of the application)")
	}
	if strings.HasPrefix(strings.ToLower(d.Token.Reveal()), "bot ") {
		l.mistake("DISCORD_TOKEN", `it begins with "Bot "`, "write the token alone")
	}
	l.checkSnowflake("DISCORD_APPLICATION_ID", d.ApplicationID)
	l.checkSnowflake("DISCORD_GUILD_ID", d.GuildID)
	// An Ed25519 public key has 32 bytes.
	if key, err := hex.DecodeString(d.PublicKey); d.PublicKey != "" && (err != nil || len(key) != 32) {
		l.mistake("DISCORD_PUBLIC_KEY", "this is no public key", "use the 64 hexadecimal digits under General Information of the application")
	}
}

// checkSnowflake holds an id to Discord's form: an unsigned 64-bit number.
func (l *loader) checkSnowflake(name, id string) {
	if len(id) > 20 || strings.Trim(id, "0123456789") != "" {
		l.mistake(name, quote(id)+" is no id of Discord", "use the number that Copy ID gives, digits alone")
	}
}

func (l *loader) checkNATS() {
	n := &l.config.NATS
	// JetStream keeps at most five copies of a stream.
	if n.Replicas < 1 || n.Replicas > 5 {
		l.mistake("NATS_REPLICAS", "out of range", "use a number from 1 to 5; 3 is usual in a cluster")
	}
	l.checkPair("NATS_USER", n.User != "", "NATS_PASSWORD", n.Password.IsSet())
	if n.Creds != "" && n.User != "" {
		l.mistake("NATS_CREDS", "there are two ways to sign in", "unset NATS_CREDS, or NATS_USER and NATS_PASSWORD")
	}
	if n.URL.IsSet() {
		return
	}
	for _, unused := range []struct {
		name string
		set  bool
	}{{"NATS_CREDS", n.Creds != ""}, {"NATS_USER", n.User != ""}, {"NATS_CA", n.CA != ""}, {"NATS_REPLICAS", n.Replicas > 1}} {
		if unused.set {
			l.warn(unused.name, "the embedded queue does not use it", "set NATS_URL too, or unset it")
		}
	}
}

func (l *loader) checkServices() {
	r := &l.config.Reports
	l.checkPair("LANGFUSE_PUBLIC_KEY", r.LangfusePublicKey.IsSet(), "LANGFUSE_SECRET_KEY", r.LangfuseSecretKey.IsSet())
	l.checkPair("SUPABASE_URL", r.SupabaseURL.IsSet(), "SUPABASE_KEY", r.SupabaseKey.IsSet())
	if l.config.Weaviate.APIKey.IsSet() && !l.config.Weaviate.URL.IsSet() {
		l.warn("WEAVIATE_API_KEY", "the embedded engine does not use it", "set WEAVIATE_URL too, or unset it")
	}
}

// checkPair reports one of two settings that are of use together only.
func (l *loader) checkPair(one string, hasOne bool, other string, hasOther bool) {
	if hasOne && !hasOther {
		l.mistake(one, "it needs "+other, "set both or neither")
	}
	if hasOther && !hasOne {
		l.mistake(other, "it needs "+one, "set both or neither")
	}
}
