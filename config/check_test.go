package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMistakes gives one wrong environment at a time and holds the whole line
// that a person reads.
func TestMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ string
		want    string // lines, "warning: " before those that are no errors
	}{
		"duration":        {"TRIBUNE_RETENTION=90x", `environment: TRIBUNE_RETENTION: "90x" is not a duration: write it as 30s, 12h or 90d`},
		"bare number":     {"TRIBUNE_GRACE=30", `environment: TRIBUNE_GRACE: "30" is not a duration: write it as 30s, 12h or 90d`},
		"endless grace":   {"TRIBUNE_GRACE=2h", "environment: TRIBUNE_GRACE: more than an hour: write the time that one answer may take, as in 30s"},
		"no retention":    {"TRIBUNE_RETENTION=0s", "environment: TRIBUNE_RETENTION: nothing would be kept at all: write how long questions are kept, as in 90d"},
		"home":            {"TRIBUNE_DATA_DIR=~/tribune", "environment: TRIBUNE_DATA_DIR: ~ is not your home here: write the whole path"},
		"address":         {"TRIBUNE_HTTP_ADDR=localhost", `environment: TRIBUNE_HTTP_ADDR: "localhost" is not an address to listen on: write host:port, as in 127.0.0.1:4000`},
		"address is URL":  {"TRIBUNE_HTTP_ADDR=http://h:80", `environment: TRIBUNE_HTTP_ADDR: "http://h:80" is not an address to listen on: write host:port, as in 127.0.0.1:4000`},
		"no port":         {"TRIBUNE_HTTP_ADDR=localhost:", `environment: TRIBUNE_HTTP_ADDR: "localhost:" has no port: write host:port, as in 127.0.0.1:4000`},
		"port":            {"TRIBUNE_HTTP_ADDR=localhost:65536", `environment: TRIBUNE_HTTP_ADDR: the port "65536" is out of range: use a number from 1 to 65535`},
		"negative port":   {"TRIBUNE_HTTP_ADDR=localhost:-1", `environment: TRIBUNE_HTTP_ADDR: the port "-1" is out of range: use a number from 1 to 65535`},
		"level":           {"TRIBUNE_LOG_LEVEL=loud", `environment: TRIBUNE_LOG_LEVEL: "loud" is not a level: use debug, info, warn or error`},
		"format":          {"TRIBUNE_LOG_FORMAT=xml", `environment: TRIBUNE_LOG_FORMAT: "xml" is not a log format: use text or json`},
		"public URL":      {"TRIBUNE_PUBLIC_URL=bot.example.org", "environment: TRIBUNE_PUBLIC_URL: this is not an address: write it with its scheme and host, as in https://example.org; in a password write special characters as %XX"},
		"public query":    {"TRIBUNE_PUBLIC_URL=https://b.example/?a=b", "environment: TRIBUNE_PUBLIC_URL: there is more in it than an address: write scheme, host and perhaps a path, as in https://bot.example.org"},
		"public http":     {"TRIBUNE_PUBLIC_URL=http://b.example", "warning: environment: TRIBUNE_PUBLIC_URL: Slack and Discord call https addresses only: begin it with https://"},
		"public loopback": {"TRIBUNE_PUBLIC_URL=http://127.0.0.1:4000", ""},
		"mode":            {"LLM_MODE=deep-seek!", `environment: LLM_MODE: "deep-seek!" is not a mode: use auto, litellm, deepseek, extractive or a provider's name`},
		"any provider":    {"LLM_MODE=together_ai2", ""},
		"litellm alone":   {"LLM_MODE=litellm", "environment: LLM_MODE: litellm is chosen, but nothing of it is set: set LITELLM_MODEL (and its provider's key) or LITELLM_API_BASE"},
		"own listener":    {"LITELLM_API_BASE=http://localhost:4000/v1", "environment: LITELLM_API_BASE: this is Tribune's own address: it would call itself without end: unset it, or set TRIBUNE_HTTP_ADDR to another port if a LiteLLM proxy runs there"},
		"own public":      {"LITELLM_API_BASE=https://b.example TRIBUNE_PUBLIC_URL=https://B.example", "environment: LITELLM_API_BASE: this is Tribune's own address: it would call itself without end: unset it, or set TRIBUNE_HTTP_ADDR to another port if a LiteLLM proxy runs there"},
		"own port 80":     {"LITELLM_API_BASE=http://127.0.0.1 TRIBUNE_HTTP_ADDR=0.0.0.0:80", "environment: LITELLM_API_BASE: this is Tribune's own address: it would call itself without end: unset it, or set TRIBUNE_HTTP_ADDR to another port if a LiteLLM proxy runs there"},
		"another port":    {"LITELLM_API_BASE=http://localhost:4001 TRIBUNE_HTTP_ADDR=[::1]:4000", ""},
		"another host":    {"LITELLM_API_BASE=http://proxy:4000", ""},
		"short key":       {"LITELLM_MASTER_KEY=sk-1234", "warning: environment: LITELLM_MASTER_KEY: it is short enough to be guessed: use 32 random characters, or unset it to have one generated"},
		"dimensions":      {"EMBEDDING_DIMENSIONS=many", `environment: EMBEDDING_DIMENSIONS: "many" is not a whole number: write digits alone`},
		"no dimensions":   {"EMBEDDING_DIMENSIONS=-1", "environment: EMBEDDING_DIMENSIONS: out of range: write the length of the model's vectors, as in 1024, or unset it"},

		"slack deaf":        {"SLACK_BOT_TOKEN=xoxb-1", "environment: SLACK_BOT_TOKEN: the bot could speak but not hear: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (Events API) too"},
		"slack mute":        {"SLACK_APP_TOKEN=xapp-1", "environment: SLACK_APP_TOKEN: the bot could hear but not speak: set SLACK_BOT_TOKEN too"},
		"slack mute HTTP":   {"SLACK_SIGNING_SECRET=s", "environment: SLACK_SIGNING_SECRET: the bot could hear but not speak: set SLACK_BOT_TOKEN too, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET"},
		"slack swapped":     {"SLACK_BOT_TOKEN=xapp-1 SLACK_APP_TOKEN=xoxb-1", "environment: SLACK_BOT_TOKEN: this is no bot token, but one that belongs into the other variable: use the one that begins with xoxb-\nenvironment: SLACK_APP_TOKEN: this is no app-level token, but one that belongs into the other variable: use the one that begins with xapp-"},
		"slack user token":  {"SLACK_BOT_TOKEN=xoxp-1 SLACK_APP_TOKEN=xapp-1", "environment: SLACK_BOT_TOKEN: this is no bot token, but a user token: use the one that begins with xoxb-"},
		"slack other":       {"SLACK_BOT_TOKEN=hello SLACK_APP_TOKEN=xapp-1", "environment: SLACK_BOT_TOKEN: this is no bot token: use the one that begins with xoxb-"},
		"slack rotation":    {"SLACK_BOT_TOKEN=xoxe.xoxb-1 SLACK_SIGNING_SECRET=s", ""},
		"slack many":        {"SLACK_SIGNING_SECRET=s SLACK_CLIENT_ID=1.2 SLACK_CLIENT_SECRET=c", ""},
		"slack half":        {"SLACK_CLIENT_ID=1.2", "environment: SLACK_CLIENT_ID: it needs SLACK_CLIENT_SECRET: set both or neither"},
		"slack deaf many":   {"SLACK_CLIENT_ID=1.2 SLACK_CLIENT_SECRET=c", "environment: SLACK_CLIENT_ID: the bot could be installed but not hear: set SLACK_SIGNING_SECRET too"},
		"discord no id":     {"DISCORD_TOKEN=t", "warning: environment: DISCORD_TOKEN: commands cannot be registered without the application's id: set DISCORD_APPLICATION_ID too (General Information of the application)"},
		"discord Bot":       {"DISCORD_APPLICATION_ID=1 DISCORD_TOKEN=Bot_t", ""},
		"discord id":        {"DISCORD_APPLICATION_ID=my-app", `environment: DISCORD_APPLICATION_ID: "my-app" is no id of Discord: use the number that Copy ID gives, digits alone`},
		"discord guild":     {"DISCORD_GUILD_ID=123456789012345678901", `environment: DISCORD_GUILD_ID: "123456789012345678901" is no id of Discord: use the number that Copy ID gives, digits alone`},
		"discord key":       {"DISCORD_PUBLIC_KEY=abcd", "environment: DISCORD_PUBLIC_KEY: this is no public key: use the 64 hexadecimal digits under General Information of the application"},
		"nats scheme":       {"NATS_URL=http://n:4222", `environment: NATS_URL: an address with "http" cannot be used here: begin it with nats:// or tls:// or ws:// or wss://`},
		"nats second":       {"NATS_URL=nats://n:4222,n2:4222", `environment: NATS_URL: this is not an address: write it with its scheme and host, as in https://example.org; in a password write special characters as %XX`},
		"nats port":         {"NATS_URL=nats://n:99999", `environment: NATS_URL: the port "99999" is out of range: use a number from 1 to 65535`},
		"nats replicas":     {"NATS_URL=nats://n NATS_REPLICAS=6", "environment: NATS_REPLICAS: out of range: use a number from 1 to 5; 3 is usual in a cluster"},
		"nats two ways":     {"NATS_URL=nats://n NATS_CREDS=check_test.go NATS_USER=u NATS_PASSWORD=p", "environment: NATS_CREDS: there are two ways to sign in: unset NATS_CREDS, or NATS_USER and NATS_PASSWORD"},
		"nats half":         {"NATS_URL=nats://n NATS_PASSWORD=p", "environment: NATS_PASSWORD: it needs NATS_USER: set both or neither"},
		"nats unused":       {"NATS_REPLICAS=3 NATS_CA=check_test.go", "warning: environment: NATS_CA: the embedded queue does not use it: set NATS_URL too, or unset it\nwarning: environment: NATS_REPLICAS: the embedded queue does not use it: set NATS_URL too, or unset it"},
		"weaviate unused":   {"WEAVIATE_API_KEY=k", "warning: environment: WEAVIATE_API_KEY: the embedded engine does not use it: set WEAVIATE_URL too, or unset it"},
		"two addresses":     {"EMBEDDING_API_BASE=http://a,http://b", "environment: EMBEDDING_API_BASE: there are several addresses: write one, without commas"},
		"database":          {"DATABASE_URL=mysql://u:p@h/d", `environment: DATABASE_URL: an address with "mysql" cannot be used here: begin it with postgres:// or postgresql://`},
		"database socket":   {"DATABASE_URL=postgres:///d?host=/run/postgresql", ""},
		"langfuse half":     {"LANGFUSE_SECRET_KEY=s", "environment: LANGFUSE_SECRET_KEY: it needs LANGFUSE_PUBLIC_KEY: set both or neither"},
		"supabase half":     {"SUPABASE_URL=https://s.example", "environment: SUPABASE_URL: it needs SUPABASE_KEY: set both or neither"},
		"provider address":  {"OPENAI_API_BASE=api.openai.com", "environment: OPENAI_API_BASE: this is not an address: write it with its scheme and host, as in https://example.org; in a password write special characters as %XX"},
		"misspelt":          {"TRIBUNE_RETENTON=90d", "environment: TRIBUNE_RETENTON: no such setting: did you mean TRIBUNE_RETENTION?"},
		"unknown":           {"TRIBUNE_COLOUR_OF_THE_SKY=blue", "environment: TRIBUNE_COLOUR_OF_THE_SKY: no such setting: remove it; docs/environment.md lists the names"},
		"for tests":         {"TRIBUNE_TEST_REQUIRE=postgres", ""},
		"set by Kubernetes": {"TRIBUNE_PORT=tcp://10.0.0.1:4000 TRIBUNE_PORT_4000_TCP=tcp://10.0.0.1:4000 TRIBUNE_SERVICE_HOST=10.0.0.1 TRIBUNE_SERVICE_PORT_HTTP=4000", ""},
		"other prefix":      {"TRIBUNE_PORT=4000 TRIBUNE_DATA=/d", "environment: TRIBUNE_DATA: no such setting: did you mean TRIBUNE_DATA_DIR?\nenvironment: TRIBUNE_PORT: no such setting: remove it; docs/environment.md lists the names"},
		"quotes":            {`SLACK_SIGNING_SECRET="s" SLACK_BOT_TOKEN=xoxb-1`, "environment: SLACK_SIGNING_SECRET: the quotes around the value are part of it: remove them (docker --env-file keeps quotes, a shell does not)"},
		"empty":             {"TRIBUNE_GRACE= LLM_MODE= SLACK_BOT_TOKEN= NATS_REPLICAS=", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := Load(Options{Environ: strings.Fields(test.environ)})
			if diff := cmp.Diff(test.want, lines(c, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lines shows what Load found, errors before warnings. That a setting is not used
// yet has a test of its own.
func lines(c *Config, err error) string {
	var all []string
	if problems, ok := errors.AsType[Problems](err); ok {
		for _, p := range problems {
			all = append(all, p.Error())
		}
	}
	for _, p := range c.Warnings {
		if p.Message != notUsedYet {
			all = append(all, "warning: "+p.Error())
		}
	}
	return strings.Join(all, "\n")
}

func TestWhatIsNotUsedYetIsSaid(t *testing.T) {
	t.Parallel()

	environ := "WEAVIATE_URL=http://w DATABASE_URL=postgres://h/d EMBEDDING_MODEL=m TRIBUNE_GRACE=5s"
	c, err := Load(Options{Environ: strings.Fields(environ)})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, p := range c.Warnings {
		said[p.Setting] = p.Message == notUsedYet
	}
	want := map[string]bool{"DATABASE_URL": true}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

func TestBlanksAround(t *testing.T) {
	t.Parallel()
	c, err := load(t, nil, "DISCORD_TOKEN=Bot "+canary, "DISCORD_APPLICATION_ID= 123\n", "TRIBUNE_LOG_LEVEL= \t")
	want := `environment: DISCORD_TOKEN: it begins with "Bot ": write the token alone` +
		"\nwarning: environment: DISCORD_APPLICATION_ID: there are blanks or line breaks around the value; they are left out: remove them"
	if diff := cmp.Diff(want, lines(c, err)); diff != "" {
		t.Error(diff)
	}
	if c.Discord.ApplicationID != "123" {
		t.Errorf("id %q", c.Discord.ApplicationID)
	}
}

// TestAllMistakesAtOnce: nobody should have to start the program five times.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	c, err := load(t, map[string]string{"tribune.yaml": "chanels: {}\n", ".env": "NATS_REPLICAS=0\n"},
		"TRIBUNE_GRACE=x", "TRIBUNE_HTTP_ADDR=x", "LLM_MODE=x y", "SLACK_BOT_TOKEN=x", "TRIBUNE_X=1")
	if c == nil {
		t.Fatal("there is no Config to show")
	}
	text := lines(c, err)
	for _, want := range []string{"TRIBUNE_GRACE: ", "TRIBUNE_HTTP_ADDR: ", "LLM_MODE: ", "SLACK_BOT_TOKEN: this", "SLACK_BOT_TOKEN: the bot", "TRIBUNE_X: ", ".env: NATS_REPLICAS: ", "tribune.yaml:1:1: chanels: "} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is there %d times in\n%s", want, strings.Count(text, want), text)
		}
	}
	problem, ok := errors.AsType[Problem](err)
	if !ok || problem.Message == "" {
		t.Error("errors.As finds no Problem")
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"questions", "burst", "when_limited", "default"}
	for name, want := range map[string]string{
		"question": "questions", "brust": "burst", "when-limited": "when_limited", "Default": "default", "xyz": "", "": "",
		strings.Repeat("q", 100_000): "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", name, got, want)
		}
	}
}

// TestNothingBreaksTheLine: whoever can set a variable must not forge a line of
// the log or drive a terminal.
func TestNothingBreaksTheLine(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[31m\nb\u2028c\u202ed"
	c, err := load(t, map[string]string{"tribune.yaml": `{"` + `x\ny\e[31m` + `": 1, channels: {default: {model: "p\nq\e[1m", when_limited: "r\ns"}}}` + "\n"},
		"TRIBUNE_"+evil+"=1", "LITELLM_MODEL="+evil, "LLM_MODE="+evil, "TRIBUNE_HTTP_ADDR="+evil, "NATS_CREDS="+evil)
	if err == nil {
		t.Fatal("no error")
	}
	texts := strings.Split(lines(c, err), "\n")
	for _, s := range c.Settings() {
		texts = append(texts, s.Name, s.Value, s.Problem)
	}
	for _, text := range texts {
		if strings.ContainsAny(text, "\x1b\n\u2028\u202e") {
			t.Errorf("%q", text)
		}
	}
	if len(texts) < 6 {
		t.Errorf("too few problems: %q", texts)
	}
	for i, text := range strings.Split(lines(c, err), "\n") {
		if !strings.Contains(text, ": ") {
			t.Errorf("line %d is no problem of its own: %q", i, text)
		}
	}
}
