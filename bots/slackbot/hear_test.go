package slackbot

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
)

// eventJSON is an event_callback around an inner event.
func eventJSON(inner, outer string) []byte {
	return []byte(`{"type":"event_callback","team_id":"T1","authorizations":[{"team_id":"T1"}]` + outer + `,"event":{` + inner + `}}`)
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	const unknown = "unknown" // nothing is said of who reads along
	const base = `"user":"U1","ts":"1772625600.000100","channel":"C1"`
	tests := map[string]struct {
		inner, outer string
		want         string // visibility; empty: no question
		text         string
		inThread     bool
	}{
		"mention":                {`"type":"app_mention","text":"<@UBOT> hi",` + base, "", unknown, "hi", false},
		"mention in a thread":    {`"type":"app_mention","text":"<@UBOT> hi","thread_ts":"1772620000.000001",` + base, "", unknown, "hi", true},
		"mention as the root":    {`"type":"app_mention","text":"<@UBOT> hi","thread_ts":"1772625600.000100",` + base, "", unknown, "hi", false},
		"message with a mention": {`"type":"message","channel_type":"channel","text":"so <@UBOT|t> hi",` + base, "", "public", "so hi", false},
		"private channel":        {`"type":"message","channel_type":"group","text":"<@UBOT> hi",` + base, "", "private", "hi", false},
		"group conversation":     {`"type":"message","channel_type":"mpim","text":"<@UBOT> hi",` + base, "", "private", "hi", false},
		"group, not for us":      {`"type":"message","channel_type":"mpim","text":"hi",` + base, "", "", "", false},
		"direct":                 {`"type":"message","channel_type":"im","text":"hi",` + base, "", "dm", "hi", false},
		"direct by its id":       {`"type":"message","text":"hi","user":"U1","ts":"1772625600.000100","channel":"D1"`, "", "dm", "hi", false},
		"shared":                 {`"type":"app_mention","text":"<@UBOT> hi",` + base, `,"is_ext_shared_channel":true`, "shared", "hi", false},
		"shared, direct":         {`"type":"message","channel_type":"im","text":"hi",` + base, `,"is_ext_shared_channel":true`, "shared", "hi", false},
		"with a file":            {`"type":"message","subtype":"file_share","channel_type":"im","text":"hi",` + base, "", "dm", "hi", false},
		"also to the channel":    {`"type":"message","subtype":"thread_broadcast","channel_type":"channel","text":"<@UBOT> hi",` + base, "", "public", "hi", false},
		"only a mention":         {`"type":"app_mention","text":"<@UBOT>",` + base, "", unknown, "", false},
		"new forms of fields":    {`"type":"app_mention","text":"<@UBOT> hi","blocks":"none","files":7,` + base, "", unknown, "hi", false},
		"chatter":                {`"type":"message","channel_type":"channel","text":"hi",` + base, "", "", "", false},
		"somebody else":          {`"type":"message","channel_type":"channel","text":"<@UBOT2> hi",` + base, "", "", "", false},
		"a bot":                  {`"type":"app_mention","bot_id":"B1","text":"<@UBOT> hi",` + base, "", "", "", false},
		"ourselves":              {`"type":"message","channel_type":"im","text":"hi","user":"UBOT","ts":"1772625600.000100","channel":"D1"`, "", "", "", false},
		"slackbot":               {`"type":"message","channel_type":"im","text":"hi","user":"USLACKBOT","ts":"1772625600.000100","channel":"D1"`, "", "", "", false},
		"nobody":                 {`"type":"message","channel_type":"im","text":"hi","ts":"1772625600.000100","channel":"D1"`, "", "", "", false},
		"bot_message":            {`"type":"message","subtype":"bot_message","channel_type":"im","text":"hi",` + base, "", "", "", false},
		"edit":                   {`"type":"message","subtype":"message_changed","channel_type":"im","text":"hi",` + base, "", "", "", false},
		"mention by an edit":     {`"type":"app_mention","edited":{"user":"U1"},"text":"<@UBOT> hi",` + base, "", "", "", false},
		"not edited":             {`"type":"app_mention","edited":null,"text":"<@UBOT> hi",` + base, "", unknown, "hi", false},
		"join":                   {`"type":"message","subtype":"channel_join","channel_type":"channel","text":"<@UBOT> hi",` + base, "", "", "", false},
		"assistant thread":       {`"type":"message","subtype":"assistant_app_thread","channel_type":"im","text":"hi",` + base, "", "", "", false},
		"another event":          {`"type":"reaction_added",` + base, "", "", "", false},
		"no time":                {`"type":"app_mention","text":"<@UBOT> hi","user":"U1","channel":"C1"`, "", "", "", false},
		"no channel":             {`"type":"app_mention","text":"<@UBOT> hi","user":"U1","ts":"1772625600.000100"`, "", "", "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bot, err := New(Options{BotToken: "xoxb-1", AppToken: "xapp-1"})
			if err != nil {
				t.Fatal(err)
			}
			c, err := parseCallback(eventJSON(test.inner, test.outer))
			if err != nil {
				t.Fatal(err)
			}
			q, ok := bot.question(self{User: "UBOT", BotID: "BBOT", Team: "T1"}, c)
			if ok != (test.want != "") {
				t.Fatalf("a question: %v", ok)
			}
			if !ok {
				return
			}
			who := string(q.Visibility)
			if who == "" {
				who = unknown
			}
			if who != test.want || q.Text != test.text || q.InThread != test.inThread {
				t.Errorf("heard %+v", q)
			}
			if q.ID != "slack:T1:"+q.Thread.Channel+":1772625600.000100" || q.Message != "1772625600.000100" {
				t.Errorf("ID %q, message %q", q.ID, q.Message)
			}
			if want := time.UnixMicro(1772625600_000100); !q.AskedAt.Equal(want) {
				t.Errorf("asked at %s, want %s", q.AskedAt, want)
			}
		})
	}
}

func TestTeamIsThatOfTheInstallation(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"team_id":"TOTHER","authorizations":[{"team_id":"T1"}]}`: "T1",
		`{"team_id":"T2","authorizations":[{"team_id":null}]}`:     "T2",
		`{"team_id":"T2"}`: "T2",
		`{}`:               "TME",
	} {
		c, err := parseCallback([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.team(self{Team: "TME"}); got != want {
			t.Errorf("%s: team %q, want %q", raw, got, want)
		}
	}
}

func TestPostedQuestionComesBackWhole(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"one line", "two\nlines", "> quoted & <b>", "年假？\n\n几天"} {
		posted := posted("alice", text, wordsIn("en")).text
		for _, returned := range []string{posted, strings.ReplaceAll(posted, "\n> ", "\n&gt; ")} {
			if got := postedQuestion(returned); got != text {
				t.Errorf("%q came back as %q", text, got)
			}
		}
	}
}

func FuzzParseCallback(f *testing.F) {
	f.Add(eventJSON(`"type":"app_mention","user":"U1","text":"<@UBOT>","ts":"1.000001","channel":"C1"`, ""))
	f.Fuzz(func(t *testing.T, raw []byte) {
		bot, err := New(Options{BotToken: "xoxb-1", AppToken: "xapp-1"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseCallback(raw)
		if err != nil {
			return
		}
		if q, ok := bot.question(self{User: "UBOT"}, c); ok && (q.ID == "" || q.Asker == "" || q.Thread.Root == "") {
			t.Errorf("half a question: %+v", q)
		}
	})
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"zh", "en", "en", "zh"}, []string{
		languageOf("年假"), languageOf("leave"), languageOf("🙂"), languageIn(bots.Content{Text: "leave", Language: "zh"}),
	}); diff != "" {
		t.Error(diff)
	}
}
