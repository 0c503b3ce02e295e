package botstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// defect is something that the kit must notice.
type defect struct {
	name   string
	breaks string // the promise
	bad    func(b *bad)
	world  func(h *Harness, room *Room)
	room   func(room *Room)
}

func hearingDefects() []defect {
	return []defect{
		{name: "every delivery is a new question", breaks: "the same post again is the same question", bad: func(b *bad) {
			n := 0
			changed(func(q *bots.Question) { n++; q.ID += strconv.Itoa(n) })(b)
		}},
		{name: "two events of one post are two questions", breaks: "a mention is heard once", bad: func(b *bad) {
			b.heard = func(q bots.Question) []bots.Question {
				second := q
				second.ID += "b"
				return []bots.Question{q, second}
			}
		}},
		{name: "all questions have one ID", breaks: "two posts are two questions", bad: changed(func(q *bots.Question) { q.ID = "room:T1:general:1" })},
		{name: "one thread for all", breaks: "two posts are two questions", bad: changed(func(q *bots.Question) { q.Thread.Root = "" })},
		{name: "one asker for all", breaks: "two posts are two questions", bad: changed(func(q *bots.Question) { q.Asker = "x" })},
		{name: "acknowledges what was not kept", breaks: "what the inbox refuses comes again", bad: func(b *bad) {
			b.verdict = func(error) error { return nil }
		}},
		{name: "hears chatter", breaks: "chatter is not heard", world: mixed(Chatter, Mention)},
		{name: "hears bots", breaks: "other bots are not heard", world: mixed(Bot, Mention)},
		{name: "hears itself", breaks: "the bot does not hear itself", world: mixed(Self, Mention)},
		{name: "hears edits", breaks: "an edit is not heard", world: mixed(Edit, Mention)},
		{name: "is deaf to commands", breaks: "a command is heard once", world: mixed(Command, Chatter)},
		{name: "is deaf to direct messages", breaks: "a direct message is heard once", world: mixed(Direct, Chatter)},
		{name: "drops empty mentions", breaks: "an empty mention is heard", bad: func(b *bad) {
			b.heard = func(q bots.Question) []bots.Question {
				return slices.DeleteFunc([]bots.Question{q}, func(q bots.Question) bool { return q.Text == "" })
			}
		}},
		{name: "drops long questions", breaks: "a text of 1 MB is clipped", bad: func(b *bad) {
			b.heard = func(q bots.Question) []bots.Question {
				return slices.DeleteFunc([]bots.Question{q}, func(q bots.Question) bool { return len(q.Text) > 10_000 })
			}
		}},
		{name: "keeps the mention", breaks: "a mention is heard once", bad: changed(func(q *bots.Question) { q.Text = "@tribune " + q.Text })},
		{name: "escapes text", breaks: "text arrives unharmed", bad: changed(func(q *bots.Question) { q.Text = strings.ReplaceAll(q.Text, "<", "&lt;") })},
		{name: "cannot read Chinese", breaks: "text arrives unharmed", bad: changed(func(q *bots.Question) { q.Text = strings.ReplaceAll(q.Text, "公", "?") })},
		{name: "says nobody asked", breaks: "a mention is heard once", bad: changed(func(q *bots.Question) { q.Asker = "" })},
		{name: "says it was never", breaks: "a mention is heard once", bad: changed(func(q *bots.Question) { q.AskedAt = time.Time{} })},
		{name: "says direct messages are public", breaks: "a direct message is heard once", bad: changed(func(q *bots.Question) { q.Visibility = bots.Public })},
		{name: "says channels are direct", breaks: "a mention is heard once", bad: changed(func(q *bots.Question) { q.Visibility = bots.Direct })},
		{name: "says nothing of visibility", breaks: "a command is heard once", bad: changed(func(q *bots.Question) { q.Visibility = "" })},
		{name: "is of another platform", breaks: "a mention is heard once", bad: changed(func(q *bots.Question) { q.Thread.Platform = "x" })},
		{name: "does not stop", breaks: "Listen ends with its context", bad: func(b *bad) {
			b.listen = func(ctx context.Context, in bots.Inbox) error {
				err := b.Room.Listen(ctx, in)
				<-time.NewTimer(3 * time.Second).C
				return err
			}
		}},
		{name: "stops with another error", breaks: "Listen ends with its context", bad: func(b *bad) {
			b.listen = func(ctx context.Context, in bots.Inbox) error {
				return errors.Join(b.Room.Listen(ctx, in), errors.New("closed"))
			}
		}},
	}
}

func postingDefects() []defect {
	return []defect{
		{name: "opens two messages", breaks: "an opened answer is visible", bad: func(b *bad) {
			b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
				_, _ = b.Room.Open(ctx, q)
				return b.Room.Open(ctx, q)
			}
		}},
		{name: "opens nothing", breaks: "an opened answer is visible", bad: func(b *bad) {
			b.open = func(context.Context, bots.Question) (bots.Ref, error) { return bots.Ref{Message: "m1"}, nil }
		}},
		{name: "answers in another thread", breaks: "an opened answer is visible", bad: func(b *bad) {
			b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
				q.ID, q.Thread.Root = "x", "x"
				return b.Room.Open(ctx, q)
			}
		}},
		{name: "appends instead of replacing", breaks: "live text is replaced", bad: func(b *bad) {
			text := ""
			rewritten(func(c *bots.Content) { text += "\n" + c.Text; c.Text = text })(b)
		}},
		{name: "shows no live text", breaks: "live text is replaced", bad: func(b *bad) {
			b.write = func(ctx context.Context, r bots.Ref, c bots.Content) error {
				if !c.Final {
					return nil
				}
				return b.Room.Write(ctx, r, c)
			}
		}},
		{name: "drops the sources", breaks: "the final content is whole", bad: rewritten(func(c *bots.Content) { c.Sources = nil })},
		{name: "drops all sources but one", breaks: "the final content is whole", bad: rewritten(func(c *bots.Content) { c.Sources = c.Sources[:min(1, len(c.Sources))] })},
		{name: "drops the note", breaks: "the final content is whole", bad: rewritten(func(c *bots.Content) { c.Note = "" })},
		{name: "posts the final text as a new message", breaks: "the final content is whole", bad: func(b *bad) {
			b.write = func(ctx context.Context, r bots.Ref, c bots.Content) error {
				if c.Final {
					b.mu.Lock()
					i := slices.IndexFunc(b.posts, func(p post) bool { return p.id == r.Message })
					q := b.Room.answer(b.posts[i].answers).question
					b.mu.Unlock()
					r, _ = b.Room.Open(ctx, q)
				}
				return b.Room.Write(ctx, r, c)
			}
		}},
		{name: "changes with every write", breaks: "writing the same again changes nothing", bad: func(b *bad) {
			n := 0
			rewritten(func(c *bots.Content) { n++; c.Text += strconv.Itoa(n) })(b)
		}},
		{name: "leaves parts behind", breaks: "short text after long leaves nothing behind", room: func(room *Room) {
			most := 0
			room.write = func(c bots.Content, limit int) []string {
				parts := render(c, limit)
				for most = max(most, len(parts)); len(parts) < most; {
					parts = append(parts, "a draft")
				}
				return parts
			}
		}},
		{name: "finds everything", breaks: "what was not opened is not found", bad: func(b *bad) {
			b.find = func(context.Context, bots.Question) (bots.Ref, bool, error) {
				return bots.Ref{Message: "m1"}, true, nil
			}
		}},
		{name: "finds nothing", breaks: "what was opened is found", bad: func(b *bad) {
			b.find = func(context.Context, bots.Question) (bots.Ref, bool, error) { return bots.Ref{}, false, nil }
		}},
		{name: "mixes questions up", breaks: "questions side by side do not mix", bad: func(b *bad) {
			last := bots.Ref{}
			b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
				ref, err := b.Room.Open(ctx, q)
				b.mu.Lock()
				defer b.mu.Unlock()
				if last.Message == "" {
					last = ref
				}
				return last, err
			}
		}},
		{name: "notices by a message", breaks: "a notice is no message", bad: func(b *bad) {
			b.notice = func(ctx context.Context, q bots.Question) error {
				_, err := b.Room.Open(ctx, q)
				return err
			}
		}},
		{name: "ignores contexts", breaks: "a finished context ends a call", bad: func(b *bad) {
			b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
				return b.Room.Open(context.WithoutCancel(ctx), q)
			}
		}},
		{name: "is deaf and dumb for commands", breaks: "an answer can be opened in every way of asking", bad: func(b *bad) {
			b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
				if q.Message == "" {
					return bots.Ref{}, &bots.Refusal{Final: true, Err: errGone}
				}
				return b.Room.Open(ctx, q)
			}
		}},
	}
}

func failingDefects() []defect {
	lostIs := func(err error) func(b *bad) {
		return mapped(func(e error) error {
			if errors.Is(e, errLost) {
				return err
			}
			return e
		})
	}
	plain := mapped(func(err error) error {
		if refusal, ok := errors.AsType[*bots.Refusal](err); ok {
			return refusal.Err
		}
		return err
	})
	forEver := mapped(func(err error) error {
		if err != nil {
			return &bots.Refusal{Final: true, Err: err}
		}
		return nil
	})
	slow := mapped(func(err error) error {
		if refusal, ok := errors.AsType[*bots.Refusal](err); ok && !refusal.Final {
			refusal.After = time.Hour
		}
		return err
	})
	return []defect{
		{name: "says that a lost message did not appear", breaks: "an open that got lost is found", bad: lostIs(&bots.Refusal{Err: errLost})},
		{name: "opens again after a loss", breaks: "an open that got lost is found", bad: func(b *bad) {
			b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
				ref, err := b.Room.Open(ctx, q)
				if err != nil {
					ref, err = b.Room.Open(ctx, q)
				}
				return ref, err
			}
		}},
		{name: "does not find what got lost", breaks: "an open that got lost is found", bad: func(b *bad) {
			b.find = func(context.Context, bots.Question) (bots.Ref, bool, error) { return bots.Ref{}, false, nil }
		}},
		{name: "does not say when to open again", breaks: "too fast is said when opening", bad: plain},
		{name: "does not say when to write again", breaks: "too fast is said when writing", bad: plain},
		{name: "waits an hour", breaks: "too fast is said when writing", bad: slow},
		{name: "gives up opening too early", breaks: "a broken server is no end when opening", bad: forEver},
		{name: "gives up writing too early", breaks: "a broken server is no end when writing", bad: forEver},
		{name: "swallows errors", breaks: "a broken server is no end when opening", bad: mapped(func(error) error { return nil })},
		{name: "never gives up opening", breaks: "a channel that is gone is final when opening", bad: plain},
		{name: "never gives up writing", breaks: "a channel that is gone is final when writing", bad: plain},
	}
}

func contentDefects() []defect {
	cut := func(most int) func(b *bad) {
		return rewritten(func(c *bots.Content) { c.Text = strings.ToValidUTF8(c.Text[:min(len(c.Text), most)], "") })
	}
	parts := func(change func(c bots.Content, limit int) []string) func(room *Room) {
		return func(room *Room) { room.write = change }
	}
	defects := []defect{
		{name: "pings by text", breaks: "no text pings", room: parts(careless)},
		{name: "pings by sources", breaks: "no source or note pings", room: parts(careless)},
		{name: "pings while writing", breaks: "nothing pings while it is being written", room: parts(func(c bots.Content, limit int) []string {
			if c.Final {
				return render(c, limit)
			}
			return []string{c.Text}
		})},
		{name: "tells secrets", breaks: "errors tell no secrets", bad: mapped(func(err error) error {
			if err != nil {
				return fmt.Errorf("POST with xoxb-secret: %w", err)
			}
			return nil
		})},
	}
	for _, p := range length() {
		defects = append(defects,
			defect{name: "loses the tail: " + p.name, breaks: p.name, bad: cut(11_000)},
			defect{name: "overfills: " + p.name, breaks: p.name, room: parts(func(c bots.Content, limit int) []string { return render(c, 2*limit) })},
			defect{name: "sources first: " + p.name, breaks: p.name, room: parts(func(c bots.Content, limit int) []string {
				c.Text, c.Sources = "Labour Contract Law, 员工手册 第三章\n\n"+c.Text, nil
				return render(c, limit)
			})},
			defect{name: "out of order: " + p.name, breaks: p.name, room: parts(func(c bots.Content, limit int) []string {
				all := render(c, limit)
				if len(all) > 2 {
					all[0], all[1] = all[1], all[0]
				}
				return all
			})},
			defect{name: "repeats: " + p.name, breaks: p.name, room: parts(func(c bots.Content, limit int) []string {
				all := render(c, limit)
				return append(all[:1:1], all...)
			})},
		)
	}
	return defects
}

func threadDefects() []defect {
	turned := func(change func(turns []bots.Turn) []bots.Turn) func(b *bad) {
		return func(b *bad) {
			b.earlier = func(ctx context.Context, th bots.Thread, limit int) ([]bots.Turn, error) {
				turns, err := b.Room.Earlier(ctx, th, limit)
				return change(turns), err
			}
		}
	}
	each := func(change func(turn *bots.Turn)) func(b *bad) {
		return turned(func(turns []bots.Turn) []bots.Turn {
			for i := range turns {
				change(&turns[i])
			}
			return turns
		})
	}
	const inOrder, newest, apart = "earlier turns are read in order", "the newest turns are kept", "threads are kept apart"
	return []defect{
		{name: "newest first", breaks: inOrder, bad: turned(func(turns []bots.Turn) []bots.Turn { slices.Reverse(turns); return turns })},
		{name: "owns nothing", breaks: inOrder, bad: each(func(turn *bots.Turn) { turn.Own = false })},
		{name: "owns everything", breaks: inOrder, bad: each(func(turn *bots.Turn) { turn.Own = true })},
		{name: "keeps mentions in turns", breaks: inOrder, bad: each(func(turn *bots.Turn) { turn.Text = "@tribune " + turn.Text })},
		{name: "forgets when", breaks: inOrder, bad: each(func(turn *bots.Turn) { turn.At = time.Time{} })},
		{name: "forgets who", breaks: inOrder, bad: each(func(turn *bots.Turn) { turn.Asker = "" })},
		{name: "remembers nothing", breaks: inOrder, bad: turned(func([]bots.Turn) []bots.Turn { return nil })},
		{name: "does not know a follow-up", breaks: inOrder, bad: changed(func(q *bots.Question) { q.InThread = false })},
		{name: "keeps the oldest", breaks: newest, bad: func(b *bad) {
			b.earlier = func(ctx context.Context, th bots.Thread, limit int) ([]bots.Turn, error) {
				turns, err := b.Room.Earlier(ctx, th, 100)
				return turns[:min(limit, len(turns))], err
			}
		}},
		{name: "knows no limit", breaks: newest, bad: func(b *bad) {
			b.earlier = func(ctx context.Context, th bots.Thread, _ int) ([]bots.Turn, error) {
				return b.Room.Earlier(ctx, th, 100)
			}
		}},
		{name: "mixes threads", breaks: apart, bad: func(b *bad) {
			b.earlier = func(_ context.Context, th bots.Thread, _ int) ([]bots.Turn, error) {
				var turns []bots.Turn
				b.mu.Lock()
				defer b.mu.Unlock()
				for _, p := range b.posts {
					turns = append(turns, bots.Turn{Message: p.id, Text: p.text, At: p.at})
				}
				return turns, nil
			}
		}},
	}
}
