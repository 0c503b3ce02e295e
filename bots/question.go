package bots

import (
	"strings"
	"time"
	"unicode/utf8"
)

// MaxText is how many bytes of a question are kept (16 KiB). It is several
// times the longest message of any platform but Slack's (40,000 characters,
// cut by Slack itself), and far under the queue's 1 MiB limit a message.
const MaxText = 16 << 10

// Visibility says who can read along in the place where a question was asked.
type Visibility string

// The kinds of place. An empty Visibility is treated as Private: fail closed.
const (
	Public  Visibility = "public"  // anybody in the team can read it
	Private Visibility = "private" // members only
	Direct  Visibility = "dm"      // one person and the bot
	Shared  Visibility = "shared"  // people from outside the team read along (Slack Connect)
)

// Thread is where a question was asked and where its answer goes.
type Thread struct {
	Platform string `json:"platform"`       // "slack", "discord", "web", "terminal"
	Team     string `json:"team"`           // workspace or guild; "dm" where there is none
	Channel  string `json:"channel"`        // the platform's channel id
	Root     string `json:"root,omitempty"` // the message that the thread hangs on
}

// Key names the thread in one line, for queues, locks and logs.
func (t Thread) Key() string {
	return strings.Join([]string{t.Platform, t.Team, t.Channel, t.Root}, ":")
}

// Place names the channel as tribune.yaml spells it: platform:team:channel.
func (t Thread) Place() string {
	return strings.Join([]string{t.Platform, t.Team, t.Channel}, ":")
}

// Question is one question of one person.
type Question struct {
	// ID is platform:team:channel:message. The same ID is the same question,
	// however often and in however many events a platform delivers it.
	ID string `json:"id"`
	// Revision counts edits of the question; 0 is the first wording.
	Revision int    `json:"revision,omitempty"`
	Thread   Thread `json:"thread"`
	// Message is the platform's id of the message that asked; empty for a
	// command that left no message. History leaves this message out.
	Message string    `json:"message,omitempty"`
	Asker   string    `json:"asker"` // the platform's user id
	Text    string    `json:"text"`  // what was asked, without the mention
	AskedAt time.Time `json:"asked_at"`

	// Visibility is empty where the Listener could not tell; see Placer.
	Visibility Visibility `json:"visibility,omitempty"`
	// Clipped is true where Text was cut at MaxText: the asker is told that
	// the question is too long, instead of getting an answer to half of it.
	Clipped bool `json:"clipped,omitempty"`
	// InThread is true when the question was asked inside a conversation that
	// already had turns, so that reading the earlier ones is worth a call.
	InThread bool `json:"in_thread,omitempty"`
	// Alone asks for an answer that only the asker sees.
	Alone bool `json:"alone,omitempty"`
	// Via is what the platform needs in order to answer (an interaction token,
	// a response URL). It is a secret and short-lived: it is never logged, and
	// leaves the queue when the question is done.
	Via string `json:"via,omitempty"`

	// As is a place (platform:team:channel) whose settings and rights the
	// question is answered with instead of its own. Only the operator's own
	// terminal sets it; a Listener never does.
	As string `json:"as,omitempty"`
	// The asker's own wishes; empty means what the channel's settings say.
	Collections []string `json:"collections,omitempty"`
	Group       string   `json:"group,omitempty"` // model group
}

// Places lists the visibility patterns of tribune.yaml that this question's
// place matches, the most exact first. A shared place matches only its own id.
// "terminal" is no pattern that tribune.yaml can name: it stands for the
// operator, who sees everything.
func (q Question) Places() []string {
	if q.As != "" {
		return []string{q.As}
	}
	t := q.Thread
	places := []string{t.Place()}
	if q.Visibility == Public || q.Visibility == Direct {
		places = append(places, t.Platform+":"+t.Team+":"+string(q.Visibility))
	}
	if t.Platform == "web" || t.Platform == "terminal" {
		places = append(places, t.Platform)
	}
	return places
}

// Clip returns q with its text cut to MaxText bytes at a character boundary,
// and invalid UTF-8 replaced. Every Inbox does this first.
func (q Question) Clip() Question {
	q.Text = strings.ToValidUTF8(q.Text, "�")
	if len(q.Text) <= MaxText {
		return q
	}
	cut := MaxText
	for cut > 0 && !utf8.RuneStart(q.Text[cut]) {
		cut--
	}
	q.Text, q.Clipped = q.Text[:cut], true
	return q
}

// Event is something that was heard: a Question or a Reacted. The method is
// unexported so that the kinds stay a closed list in this package.
type Event interface{ event() }

func (Question) event() {}

// Turn is one earlier message of a thread.
type Turn struct {
	Message string // the platform's message id
	Asker   string // the platform's user id
	Own     bool   // said by this bot
	Text    string // plain text or Markdown, mentions of the bot stripped
	At      time.Time
}
