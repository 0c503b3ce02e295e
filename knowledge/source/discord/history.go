package discord

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/talk"
)

// Types of channels (resources/channel).
const (
	typeText          = 0
	typeDirect        = 1
	typeVoice         = 2
	typeGroup         = 3
	typeCategory      = 4
	typeNews          = 5
	typeNewsThread    = 10
	typePublicThread  = 11
	typePrivateThread = 12
	typeStage         = 13
	typeForum         = 15
	typeMedia         = 16
)

// channel is a channel or a thread.
type channel struct {
	ID       string `json:"id"`
	Type     int    `json:"type"`
	GuildID  string `json:"guild_id"`
	ParentID string `json:"parent_id"`
	Name     string `json:"name"`
	Thread   struct {
		ArchivedAt time.Time `json:"archive_timestamp"`
	} `json:"thread_metadata"`
	LastMessageID string `json:"last_message_id"`
}

func (c channel) isThread() bool {
	return c.Type == typeNewsThread || c.Type == typePublicThread || c.Type == typePrivateThread
}

// run is one reading of the source.
type run struct {
	*source
	rest  *rest
	yield func(knowledge.Document, error) bool
}

var (
	errDirect   = errors.New("it is a private conversation, which is not read")
	errCategory = errors.New("it is a category: name its channels")
	errKind     = errors.New("it is no channel that people write in")
	errContent  = errors.New("Discord hides what people say from this bot: turn on \"Message Content Intent\" for it (Developer Portal, Bot)") //nolint:staticcheck // a name begins it
)

// channel yields the documents of one channel.
func (r *run) channel(ctx context.Context, id string) error {
	var c channel
	if err := r.rest.get(ctx, "/channels/"+id, nil, &c); err != nil {
		return err
	}
	switch {
	case c.Type == typeDirect || c.Type == typeGroup || c.GuildID == "":
		return errDirect
	case c.Type == typeCategory:
		return errCategory
	case c.isThread():
		return r.thread(ctx, c)
	}
	st := &state{guild: c.GuildID, threads: true}
	r.know(c.ID, st)
	room := Room{Guild: c.GuildID, Channel: c.ID, Name: c.Name}
	var threads []channel
	var err error
	switch c.Type {
	case typeText, typeNews, typeForum, typeMedia:
		threads, err = r.listThreads(ctx, c)
	case typeVoice, typeStage:
	default:
		return errKind
	}
	if err == nil {
		err = r.readThreads(ctx, room, threads, st)
	}
	if err == nil && c.Type != typeForum && c.Type != typeMedia {
		err = r.readTalk(ctx, room, threads, st)
	}
	if err == nil {
		r.finish(st)
	}
	return err
}

// thread yields a thread that was named by itself.
func (r *run) thread(ctx context.Context, c channel) error {
	room := Room{Guild: c.GuildID, Channel: c.ParentID, Name: c.Name, Thread: c.ID, ThreadName: c.Name}
	var parent channel
	if err := r.rest.get(ctx, "/channels/"+c.ParentID, nil, &parent); err == nil {
		room.Name = parent.Name
	} else if ctx.Err() != nil {
		return err
	}
	st := &state{guild: c.GuildID, only: c.ID, threads: true}
	r.know(c.ParentID+"/"+c.ID, st)
	messages, _, err := r.messages(ctx, c.ID, r.o.MaxMessages)
	if err == nil {
		err = r.give(room, messages)
	}
	if err == nil {
		r.finish(st)
	}
	return err
}

// readTalk yields what was said outside of threads.
func (r *run) readTalk(ctx context.Context, room Room, threads []channel, st *state) error {
	all, more, err := r.messages(ctx, room.Channel, r.o.MaxMessages)
	if err != nil {
		return err
	}
	starts := map[string]bool{} // a thread has the id of the message that it began with
	for _, t := range threads {
		starts[t.ID] = true
	}
	messages := slices.DeleteFunc(all, func(m message) bool { return starts[m.ID] })
	if more && len(messages) > 0 {
		messages, st.floor = wholeDays(messages)
		reason := fmt.Sprintf("it has more than %d messages: those before %s are not read", r.o.MaxMessages, talk.Day(timeOf(st.floor)))
		if err := r.skip(room, reason); err != nil {
			return err
		}
	}
	return r.give(room, messages)
}

// wholeDays leaves out the day at which the reading of messages, oldest first,
// ended somewhere, if there is another one: so that windows stay the same
// however much was said since.
func wholeDays(messages []message) ([]message, string) {
	first := talk.Day(timeOf(messages[0].ID))
	i := slices.IndexFunc(messages, func(m message) bool { return talk.Day(timeOf(m.ID)) != first })
	if i < 0 {
		return messages, messages[0].ID
	}
	return messages[i:], messages[i].ID
}

// skip notes what of a channel was not read. Nothing is kept for it: what is
// older than what was read is not covered.
func (r *run) skip(room Room, reason string) error {
	doc := knowledge.Document{Origin: room.origin() + "/older"}
	if !r.yield(doc, &knowledge.Skipped{Document: "#" + talk.Name(room.Name), Reason: reason}) {
		return errStop
	}
	return nil
}

// give yields the documents of messages, oldest first.
func (r *run) give(room Room, messages []message) error {
	said, empty, people := []talk.Message{}, 0, 0
	for _, m := range messages {
		if m.person() {
			people++
		}
		if m.empty() {
			empty++
		}
		if t, ok := m.said(); ok {
			said = append(said, t)
		}
	}
	if empty >= fewest && empty*2 > people {
		return errContent
	}
	for _, doc := range room.Documents(said) {
		if !r.first(doc.Origin) {
			continue
		}
		if !r.yield(doc, nil) {
			return errStop
		}
	}
	return nil
}

// fewest is how many messages of people, and half of all, must be without
// anything to tell that the bot is not shown what they say: it sees those alone
// that mention it.
const fewest = 3

// page is how many messages or threads a call gives at most.
const page = 100

// messages returns up to most of the newest messages of a channel, the oldest
// first, and whether there are more.
func (r *run) messages(ctx context.Context, id string, most int) (out []message, more bool, err error) {
	query := url.Values{"limit": {strconv.Itoa(page)}}
	for {
		var got []message
		if err := r.rest.get(ctx, "/channels/"+id+"/messages", query, &got); err != nil {
			return nil, false, err
		}
		for _, m := range got {
			last := ""
			if len(out) > 0 {
				last = out[len(out)-1].ID
			}
			if isID(m.ID) && (last == "" || older(m.ID, last)) { // newest first: no circles
				out = append(out, m)
			}
		}
		switch {
		case len(out) >= most:
			out, more = out[:most], len(got) == page || len(out) > most
			slices.Reverse(out)
			return out, more, nil
		case len(got) < page || len(out) == 0 || out[len(out)-1].ID == query.Get("before"):
			slices.Reverse(out)
			return out, false, nil
		}
		query.Set("before", out[len(out)-1].ID)
	}
}

// maxThreads bounds the threads of a channel: each takes a call at least.
const maxThreads = 5000

// listThreads lists the public threads of a channel, those with the newest
// messages first.
func (r *run) listThreads(ctx context.Context, c channel) ([]channel, error) {
	var got struct {
		Threads []channel `json:"threads"`
		More    bool      `json:"has_more"`
	}
	if err := r.rest.get(ctx, "/guilds/"+c.GuildID+"/threads/active", nil, &got); err != nil {
		return nil, err
	}
	byID := map[string]channel{}
	take := func() {
		for _, t := range got.Threads {
			if t.ParentID == c.ID && isID(t.ID) && (t.Type == typePublicThread || t.Type == typeNewsThread) {
				byID[t.ID] = t
			}
		}
	}
	take()
	query := url.Values{"limit": {strconv.Itoa(page)}}
	for len(byID) < 2*maxThreads {
		got.Threads, got.More = nil, false
		if err := r.rest.get(ctx, "/channels/"+c.ID+"/threads/archived/public", query, &got); err != nil {
			return nil, err
		}
		known := len(byID)
		take()
		if !got.More || len(byID) == known {
			break
		}
		query.Set("before", got.Threads[len(got.Threads)-1].Thread.ArchivedAt.Format(time.RFC3339Nano))
	}
	var out []channel
	for _, t := range byID {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b channel) int { return newestFirst(a.LastMessageID, b.LastMessageID, a.ID, b.ID) })
	return out, nil
}

// newestFirst compares what was said last, and then what began last.
func newestFirst(last, otherLast, id, otherID string) int {
	if last == otherLast {
		last, otherLast = id, otherID
	}
	switch {
	case older(otherLast, last):
		return -1
	case older(last, otherLast):
		return 1
	}
	return 0
}

// readThreads yields the threads of a channel, as many as there is room for.
func (r *run) readThreads(ctx context.Context, room Room, threads []channel, st *state) error {
	left := r.o.MaxMessages
	for i, t := range threads {
		if left <= 0 || i >= maxThreads {
			st.threads = false
			return r.skip(room, fmt.Sprintf("its threads have more than %d messages: %d of %d threads are not read", r.o.MaxMessages, len(threads)-i, len(threads)))
		}
		messages, _, err := r.messages(ctx, t.ID, left)
		if err != nil {
			return err
		}
		left -= max(len(messages), 1)
		at := room
		at.Thread, at.ThreadName = t.ID, t.Name
		if messages, err = r.withStart(ctx, at, messages); err != nil {
			return err
		}
		if err := r.give(at, messages); err != nil {
			return err
		}
	}
	return nil
}

// withStart puts the message that a thread was started from before it, where it
// is not among its own, as it is in forums.
func (r *run) withStart(ctx context.Context, room Room, messages []message) ([]message, error) {
	for _, m := range messages {
		if m.ID == room.Thread || m.Type == typeStarter && m.Referenced != nil {
			return messages, nil
		}
	}
	var start message
	err := r.rest.get(ctx, "/channels/"+room.Channel+"/messages/"+room.Thread, nil, &start)
	if no, ok := errors.AsType[*refusal](err); ok && !no.again() { // started without a message, or that was deleted
		return messages, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]message{start}, messages...), nil
}
