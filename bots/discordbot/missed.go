package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// The gateway sends again what was missed during a short break, but nothing that
// was said before a new session: after a restart, or a break that was too long.
// That is looked up: in every channel whose last message is younger than the
// last one that was heard of, and in the latest direct conversations.

const (
	// seenKey is where the Store keeps how far the bot has heard.
	seenKey = "discord/seen"
	// saveEvery is how often that is written.
	saveEvery = 10 * time.Second
	// overlap is looked up a second time: what came in may not have been kept
	// yet. The same message is the same question.
	overlap = time.Minute
	// maxGap is the longest break that is looked up.
	maxGap = time.Hour
	// maxDirect is how many direct conversations are remembered.
	maxDirect = 50
	// discordEpoch is where snowflakes begin: 2015-01-01 (reference, "Snowflakes").
	discordEpoch = 1420070400000
)

// snowflake is the smallest id of a time.
func snowflake(at time.Time) uint64 { return uint64(max(at.UnixMilli()-discordEpoch, 0)) << 22 }

// number is an id as a number; 0 for anything else.
func number(id string) uint64 {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// seen is how far the bot has heard.
type seen struct {
	mu       sync.Mutex
	last     uint64   // the youngest message
	direct   []string // direct conversations, the latest at the end
	dirty    bool
	revision uint64
}

// saved is seen in the Store.
type saved struct {
	Last   string   `json:"last"`
	Direct []string `json:"direct,omitempty"`
}

// note remembers a message.
func (s *seen) note(m *discordgo.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := number(m.ID); n > s.last {
		s.last, s.dirty = n, true
	}
	if m.GuildID != "" || len(s.direct) > 0 && s.direct[len(s.direct)-1] == m.ChannelID {
		return
	}
	s.direct = slices.DeleteFunc(s.direct, func(have string) bool { return have == m.ChannelID })
	s.direct = append(s.direct, m.ChannelID)
	s.direct = s.direct[max(len(s.direct)-maxDirect, 0):]
	s.dirty = true
}

// from is where to begin looking, and where.
func (s *seen) from(now time.Time) (since uint64, direct []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back := uint64(overlap.Milliseconds()) << 22
	return max(s.last-min(back, s.last), snowflake(now.Add(-maxGap))), slices.Clone(s.direct)
}

// load reads the Store; without a Store, or on the very first start, hearing
// begins now.
func (s *seen) load(ctx context.Context, store bots.Store, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == 0 {
		s.last, s.dirty = snowflake(now.Add(overlap)), true // so that from gives now
	}
	if store == nil {
		return nil
	}
	data, revision, err := store.Get(ctx, seenKey)
	if err != nil {
		return fmt.Errorf("read how far was heard: %w", err)
	}
	s.revision = revision
	var v saved
	if len(data) > 0 && json.Unmarshal(data, &v) == nil && number(v.Last) > 0 {
		s.last, s.direct = number(v.Last), v.Direct
	}
	return nil
}

// save writes the Store if something changed. Another listener of the same bot
// that wrote first is overwritten at the next turn: both hear the same.
func (s *seen) save(ctx context.Context, store bots.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if store == nil || !s.dirty {
		return nil
	}
	data, err := json.Marshal(saved{Last: strconv.FormatUint(s.last, 10), Direct: s.direct})
	if err != nil {
		return fmt.Errorf("write how far was heard: %w", err)
	}
	revision, err := store.Put(ctx, seenKey, data, s.revision)
	if errors.Is(err, bots.ErrConflict) {
		_, s.revision, err = store.Get(ctx, seenKey)
		return err
	}
	if err != nil {
		return fmt.Errorf("write how far was heard: %w", err)
	}
	s.revision, s.dirty = revision, false
	return nil
}

// keep saves now and then, and at the end.
func (e *ears) keep(ctx context.Context) error {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := e.seen.save(ctx, e.b.o.Store); err != nil {
				e.b.o.Log.WarnContext(ctx, "discord listener could not save how far it heard", "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
			defer cancel()
			return e.seen.save(last, e.b.o.Store)
		}
	}
}

// gap is a channel in which something may have been missed.
type gap struct {
	guild, channel string
	since          uint64
}

// ready is called by the gateway's reader at the beginning of a session.
func (e *ears) ready() {
	since, direct := e.seen.from(e.b.o.Now())
	e.since = since
	for _, channel := range direct {
		e.lookInto(gap{channel: channel, since: since})
	}
}

// guild is called by the gateway's reader for every guild of a session.
func (e *ears) guild(g *discordgo.Guild) {
	for _, c := range slices.Concat(g.Channels, g.Threads) {
		if number(c.LastMessageID) > e.since {
			e.lookInto(gap{guild: g.ID, channel: c.ID, since: e.since})
		}
	}
}

func (e *ears) lookInto(g gap) {
	select {
	case e.gaps <- g:
	case <-e.done:
	}
}

// search hears what was missed, one channel after the other.
func (e *ears) search(ctx context.Context) error {
	for {
		select {
		case g := <-e.gaps:
			if err := e.fill(ctx, g); err != nil && !stopped(ctx) {
				e.b.o.Log.WarnContext(ctx, "discord channel could not be searched for missed questions", "channel", g.channel, "error", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (e *ears) fill(ctx context.Context, g gap) error {
	for page, after := 0, strconv.FormatUint(g.since, 10); page < maxPages; page++ {
		list, err := retry(ctx, e.b, func() ([]*discordgo.Message, error) {
			return e.b.page(ctx, g.channel, "after", after, pageSize)
		})
		if err != nil {
			return err
		}
		for _, m := range list {
			e.message(withGuild(m, g.guild))
		}
		if len(list) < pageSize {
			return nil
		}
		after = list[len(list)-1].ID
	}
	return nil
}
