package botstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

// This file is the Room as a bots.Platform.

// resend is how long the room's server waits before it sends an event again
// that was not acknowledged.
const resend = 10 * time.Millisecond

// Errors of the room's API.
var (
	errTooFast = errors.New("room: 429 too many requests")
	errBroken  = errors.New("room: 500 internal server error")
	errGone    = errors.New("room: 404 no such channel")
	errLost    = errors.New("room: connection reset")
	errNoPost  = errors.New("room: 404 no such message")
)

// Name implements bots.Platform.
func (*Room) Name() string { return roomName }

// Pace implements bots.Pacer.
func (r *Room) Pace() time.Duration { return r.MinPace }

// Listen implements bots.Listener. Several listeners share the events.
func (r *Room) Listen(ctx context.Context, in bots.Inbox) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-r.events:
			q, ok := heard(e)
			if ok && in.Hear(ctx, q) != nil {
				r.sendAgain(ctx, e)
			}
		}
	}
}

// sendAgain puts an unacknowledged event back.
func (r *Room) sendAgain(ctx context.Context, e event) {
	timer := time.NewTimer(resend)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	select {
	case r.events <- e:
	default: // the room is full: the event is lost, as on any platform
	}
}

// Notice implements bots.Noticer.
func (r *Room) Notice(ctx context.Context, q bots.Question) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer(q.ID).noticed = true
	r.signal()
	return nil
}

// Open implements bots.Poster.
func (r *Room) Open(ctx context.Context, q bots.Question) (bots.Ref, error) {
	if r.OnOpen != nil {
		if err := r.OnOpen(q); err != nil {
			return bots.Ref{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return bots.Ref{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.fault(true)
	if err := refuse(f); err != nil {
		return bots.Ref{}, err
	}
	defer r.signal()
	r.answer(q.ID).question = q
	id := r.say(q, "…", "", 0)
	if f == Lost {
		return bots.Ref{}, errLost
	}
	return bots.Ref{Channel: q.Thread.Channel, Message: id}, nil
}

// say posts one part of an answer, whose first part is the post first. r.mu is
// held.
func (r *Room) say(q bots.Question, text, first string, part int) (id string) {
	r.last++
	p := post{
		id: fmt.Sprintf("m%d", r.last), number: r.last, channel: q.Thread.Channel, root: q.Thread.Root,
		author: roomBot, text: text, at: r.now(), answers: q.ID, first: first, part: part,
	}
	if part == 0 {
		p.first = p.id
	}
	r.ping(text)
	r.keep(p)
	return p.id
}

// fault takes the next fault that applies. r.mu is held.
func (r *Room) fault(opening bool) Fault {
	for i, f := range r.faults {
		if f != Lost || opening {
			r.faults = slices.Delete(r.faults, i, i+1)
			return f
		}
	}
	return ""
}

// refuse returns what the client makes of a failed call.
func refuse(f Fault) error {
	switch f {
	case TooFast:
		return &bots.Refusal{After: time.Second, Err: errTooFast}
	case Broken:
		return errBroken
	case Gone:
		return &bots.Refusal{Final: true, Err: errGone}
	default:
		return nil
	}
}

// Write implements bots.Poster. A long answer is several posts.
func (r *Room) Write(ctx context.Context, ref bots.Ref, c bots.Content) error {
	if r.OnWrite != nil {
		if err := r.OnWrite(c); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	parts := r.write(c, r.Limit())
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := refuse(r.fault(false)); err != nil {
		return err
	}
	i := slices.IndexFunc(r.posts, func(p post) bool { return p.id == ref.Message && p.answers != "" })
	if i < 0 {
		return &bots.Refusal{Final: true, Err: errNoPost}
	}
	defer r.signal()
	a := r.answer(r.posts[i].answers)
	r.show(a.question, ref.Message, parts)
	if len(a.writes) >= maxWrites {
		a.writes = slices.Delete(a.writes, 0, maxWrites/10)
	}
	a.writes = append(a.writes, c)
	return nil
}

// show makes the answer that starts at the post first read as parts. r.mu is
// held.
func (r *Room) show(q bots.Question, first string, parts []string) {
	r.posts = slices.DeleteFunc(r.posts, func(p post) bool { return p.first == first && p.part >= len(parts) })
	have := 0
	for i := range r.posts {
		if p := &r.posts[i]; p.first == first {
			if p.text != parts[p.part] {
				p.text = parts[p.part]
				r.ping(p.text)
			}
			have++
		}
	}
	for part := have; part < len(parts); part++ {
		r.say(q, parts[part], first, part)
	}
}

// render writes content the way the room shows it: Markdown.
func render(c bots.Content, limit int) []string {
	style := markdown.CommonMark{}
	var urls []string
	for _, s := range c.Sources {
		urls = append(urls, s.URL)
	}
	doc := markdown.Parser{Links: markdown.Hosts(urls...)}.Parse(c.Text)
	parts := markdown.Split(markdown.Render(doc, style), markdown.Limit{Max: limit, Trailer: trailer(c, style)})
	if len(parts) == 0 {
		return []string{"…"}
	}
	return parts
}

// trailer lists the sources, and the note.
func trailer(c bots.Content, style markdown.Style) string {
	const longest = 200
	var lines []string
	for _, s := range c.Sources {
		line := style.Cite(s.N) + " " + style.Text(markdown.OneLine(s.Title, longest))
		if s.Quote != "" {
			line += ": " + style.Text(markdown.OneLine(s.Quote, longest))
		}
		lines = append(lines, line)
	}
	if c.Note != "" {
		lines = append(lines, style.Text(markdown.OneLine(c.Note, longest)))
	}
	return strings.Join(lines, "\n")
}

// Find implements bots.Poster.
func (r *Room) Find(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	if err := ctx.Err(); err != nil {
		return bots.Ref{}, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	parts := r.parts(q.ID)
	if len(parts) == 0 {
		return bots.Ref{}, false, nil
	}
	return bots.Ref{Channel: parts[0].channel, Message: parts[0].id}, true, nil
}

// Earlier implements bots.History. The parts of one answer are one turn.
func (r *Room) Earlier(ctx context.Context, th bots.Thread, limit int) ([]bots.Turn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var turns []bots.Turn
	for _, p := range r.posts {
		if p.channel != th.Channel || p.root != th.Root {
			continue
		}
		text := strings.TrimSpace(strings.TrimPrefix(p.text, "@"+roomBot))
		if p.part > 0 && len(turns) > 0 {
			turns[len(turns)-1].Text += "\n\n" + text
			continue
		}
		turns = append(turns, bots.Turn{Message: p.id, Asker: p.author, Own: p.author == roomBot, Text: text, At: p.at})
	}
	return turns[max(0, len(turns)-max(limit, 0)):], nil
}
