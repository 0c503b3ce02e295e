package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

// The caps on one answer, in bytes: with the JSON around them a turn stays well
// under limits.bytes, and far above what a worker writes.
const (
	maxAnswer  = 64 << 10
	maxQuote   = 2 << 10
	maxLine    = 512 // titles, refs, notes
	maxURL     = 2 << 10
	maxSources = 20
)

// team and channel fill the words of a Thread that a web chat has no use for.
const (
	team    = "local"
	channel = "chat"
)

// tries is how often a conversation is read again after somebody else wrote it
// first. Two writers at once are already rare: a question and an answer.
const tries = 10

// conversation is the value that the store keeps under key.
type conversation struct {
	// Owner is who began it. Nobody else reads or continues it, even with its id.
	Owner string `json:"owner"`
	Turns []turn `json:"turns"`
}

// turn is a question and its answer. It is also what the relay carries.
type turn struct {
	ID      string       `json:"id"` // the asker's own name for it
	Asker   string       `json:"asker"`
	Text    string       `json:"text"`
	AskedAt time.Time    `json:"asked_at"`
	Message string       `json:"message,omitempty"` // the answer's message, once it is open
	Content bots.Content `json:"content"`
	// At orders the contents of one message: an older one never replaces a
	// newer one on the screen.
	At time.Time `json:"at"`
}

// validToken tells whether s may name a conversation or a question: long
// enough that nobody guesses it, and safe in keys, topics and addresses.
func validToken(s string) bool {
	return len(s) >= 16 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func (c *Chat) key(id string) string   { return "chat/" + c.o.Name + "/" + id }
func (c *Chat) topic(id string) string { return "chat." + c.o.Name + "." + id }

// load reads a conversation and its revision; one that is not there is empty.
func (c *Chat) load(ctx context.Context, id string) (conversation, uint64, error) {
	value, revision, err := c.o.Store.Get(ctx, c.key(id))
	if err != nil {
		return conversation{}, 0, fmt.Errorf("read the conversation: %w", err)
	}
	var conv conversation
	if revision == 0 || len(value) == 0 {
		return conv, revision, nil
	}
	if err := json.Unmarshal(value, &conv); err != nil {
		return conversation{}, 0, fmt.Errorf("read the conversation: its stored value is broken: %w", err)
	}
	return conv, revision, nil
}

// errSame is returned by a change that left the conversation as it was.
var errSame = errors.New("nothing changed")

// update changes a conversation by compare-and-set, as often as somebody else
// was first. It returns the turn that change named, as it is stored now.
func (c *Chat) update(ctx context.Context, id string, change func(*conversation) (*turn, error)) (turn, error) {
	for range tries {
		conv, revision, err := c.load(ctx, id)
		if err != nil {
			return turn{}, err
		}
		t, err := change(&conv)
		if errors.Is(err, errSame) {
			return *t, nil
		}
		if err != nil {
			return turn{}, err
		}
		changed := *t
		err = c.save(ctx, id, conv, revision)
		if !errors.Is(err, bots.ErrConflict) {
			return changed, err
		}
	}
	return turn{}, fmt.Errorf("the conversation was changed by others %d times in a row: %w", tries, bots.ErrConflict)
}

func (c *Chat) save(ctx context.Context, id string, conv conversation, revision uint64) error {
	value, err := c.encode(conv)
	if err != nil {
		return err
	}
	if _, err := c.o.Store.Put(ctx, c.key(id), value, revision); err != nil {
		return fmt.Errorf("store the conversation: %w", err)
	}
	return nil
}

// encode drops the oldest turns until the rest is within the limits.
func (c *Chat) encode(conv conversation) ([]byte, error) {
	if extra := len(conv.Turns) - c.limits.turns; extra > 0 {
		conv.Turns = conv.Turns[extra:]
	}
	for {
		value, err := json.Marshal(conv)
		if err != nil {
			return nil, fmt.Errorf("encode the conversation: %w", err)
		}
		if len(value) <= c.limits.bytes || len(conv.Turns) <= 1 {
			return value, nil
		}
		conv.Turns = conv.Turns[1:]
	}
}

// find returns the turn for which match is true.
func (conv *conversation) find(match func(turn) bool) (*turn, bool) {
	for i := range conv.Turns {
		if match(conv.Turns[i]) {
			return &conv.Turns[i], true
		}
	}
	return nil, false
}

// turnOf returns the turn of q, and makes it where it is not there yet.
func (conv *conversation) turnOf(q bots.Question) (t *turn, made bool) {
	if t, ok := conv.find(func(t turn) bool { return t.ID == q.Message }); ok {
		return t, false
	}
	if conv.Owner == "" {
		conv.Owner = q.Asker
	}
	conv.Turns = append(conv.Turns, turn{
		ID: q.Message, Asker: q.Asker, Text: q.Clip().Text, AskedAt: q.AskedAt, At: q.AskedAt,
	})
	return &conv.Turns[len(conv.Turns)-1], true
}

// send hands a turn to whoever looks at the conversation now. A loss is made
// up for by the readers, who look at the store from time to time.
func (c *Chat) send(ctx context.Context, id string, t turn) {
	data, err := json.Marshal(t)
	if err == nil {
		err = c.o.Relay.Send(ctx, c.topic(id), data)
	}
	if err != nil {
		c.o.Log.DebugContext(ctx, "live text was not relayed", "error", err)
	}
}

// bound cuts a content to the caps and makes it valid UTF-8.
func bound(content bots.Content) bots.Content {
	content.Text = clip(content.Text, maxAnswer)
	content.Note = clip(content.Note, maxLine)
	content.Language = clip(content.Language, 8)
	kept := content.Sources[:min(len(content.Sources), maxSources)]
	content.Sources = nil
	for _, s := range kept {
		s.Title, s.Ref = clip(s.Title, maxLine), clip(s.Ref, maxLine)
		s.Quote = clip(s.Quote, maxQuote)
		if s.URL = safeURL(s.URL); len(s.URL) > maxURL {
			s.URL = "" // half an address leads somewhere else
		}
		content.Sources = append(content.Sources, s)
	}
	return content
}

// clip cleans s and cuts it to at most limit bytes at a character boundary.
func clip(s string, limit int) string {
	s = markdown.Clean(s)
	if len(s) <= limit {
		return s
	}
	cut := limit - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
