// Package slackexport reads the zip file that a Slack workspace's "Export data"
// gives: a document for each thread of a public channel, and for what was said
// in a row outside of threads. Private channels and direct messages that an
// export has are left out, but those that are asked for by name.
//
// One file has one step: channels.go says who may be read, message.go reads one
// day, text.go turns what was said into plain text, threads.go puts it together.
package slackexport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/talk"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// Scheme begins the origin of every document: slack-export://TEAM/CHANNEL/TS.
const Scheme = "slack-export://"

// Options say what is read of an export.
type Options struct {
	// MaxMessages bounds what is read of a channel, the newest first; 0: 200,000.
	MaxMessages int
}

// File is one zip file of a workspace.
type File struct {
	*archive.Archive
	// Private names the private channels that are read all the same, by name or
	// id, from all files of the workspace: what is said there is then seen by all
	// who see the collection.
	Private []string
	// Workspace is the host of the workspace, "team.slack.com": it is not in an
	// export, and without it documents have no address.
	Workspace string
}

// Bounds of one channel: it is held in memory to put its threads together.
const (
	defaultMessages = 200_000
	maxText         = 64 << 20 // bytes
)

// Export is one workspace's export, or several of the same workspace.
type Export struct {
	o        Options
	asked    asked
	team     string
	host     string // of the workspace, "" where nobody told
	people   people
	rooms    map[string]string // the names of public channels by id
	hidden   map[string]bool   // whether nobody asked for a private one, by its id and name
	listed   bool              // the lists have all channels that may be read
	channels []channel
	days     map[string][]day // by channel's folder, newest first
	private  []knowledge.Skipped
	archives []*archive.Archive
	from, to string            // the days that it has
	floor    map[string]string // by channel id: the first day that was read, where some were not
}

// day is the file of one day.
type day struct {
	date  string
	files []*archive.File // one for each archive, the newest first
}

// Is reports whether an archive is an export of Slack.
func Is(a *archive.Archive) bool { _, ok := rootOf(a); return ok }

// rootOf is the folder in an archive that has the export: people pack it again.
func rootOf(a *archive.Archive) (string, bool) {
	for _, f := range a.Files() {
		dir, ok := strings.CutSuffix(f.Name, "users.json")
		if !ok || strings.Count(dir, "/") > 1 {
			continue
		}
		dir = strings.TrimSuffix(dir, "org_")
		if dir != "" && !strings.HasSuffix(dir, "/") {
			continue
		}
		for _, list := range [...]string{"channels.json", "groups.json", "dms.json", "mpims.json"} {
			if a.File(dir+list) != nil {
				return dir, true
			}
		}
	}
	return "", false
}

// noTeam stands for the id of a workspace that can't be told.
const noTeam = "unknown"

// Team is the id of the workspace that an export is of, "unknown" where nobody
// in it has one.
func Team(ctx context.Context, a *archive.Archive) (string, error) {
	root, _ := rootOf(a)
	_, team, err := readPeople(ctx, a, root)
	return team, err
}

// Open reads who and which channels an export has. Several files are exports of
// one workspace, the newest first: a thread may begin in one and go on in
// another, and a channel that is private in any is private in all. Errors say
// what to do.
func Open(ctx context.Context, files []File, o Options) (*Export, error) {
	o.MaxMessages = cmp.Or(o.MaxMessages, defaultMessages)
	e := &Export{o: o, days: map[string][]day{}, people: people{}, rooms: map[string]string{}, hidden: map[string]bool{}, floor: map[string]string{}}
	var lists []roster
	for _, file := range files {
		a := file.Archive
		e.host = cmp.Or(e.host, file.Workspace)
		root, ok := rootOf(a)
		if !ok {
			return nil, errors.New("it is not an export of Slack: channels.json is missing")
		}
		found, team, err := readPeople(ctx, a, root)
		if err != nil {
			return nil, err
		}
		e.team = cmp.Or(e.team, team)
		e.people.add(found)
		list, err := readRoster(ctx, a, root)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
		e.list(a, root)
		e.archives = append(e.archives, a)
	}
	for _, days := range e.days {
		slices.SortFunc(days, func(x, y day) int { return strings.Compare(y.date, x.date) })
	}
	e.asked = askedFor(files, e.team)
	e.choose(lists)
	return e, nil
}

// list notes the days of an archive.
func (e *Export) list(a *archive.Archive, root string) {
	for _, f := range a.Files() {
		rest, ok := strings.CutPrefix(f.Name, root)
		folder, file, in := strings.Cut(rest, "/")
		date, isDay := strings.CutSuffix(file, ".json")
		if _, err := time.Parse(time.DateOnly, date); !ok || !in || !isDay || err != nil {
			continue
		}
		if e.from == "" || date < e.from {
			e.from = date
		}
		e.to = max(e.to, date)
		days := e.days[folder]
		if i := slices.IndexFunc(days, func(d day) bool { return d.date == date }); i >= 0 {
			days[i].files = append(days[i].files, f)
			continue
		}
		e.days[folder] = append(days, day{date, []*archive.File{f}})
	}
}

// Documents yields the documents of all channels that may be read.
func (e *Export) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for i := range e.private {
			// An origin of its own: what was indexed while a channel was public is
			// not to be kept.
			if !yield(knowledge.Document{Origin: Scheme + e.team + "/private/" + e.private[i].Document}, &e.private[i]) {
				return
			}
		}
		for _, c := range e.channels {
			if !e.channel(ctx, c, yield) {
				return
			}
		}
		for _, a := range e.archives {
			if !zipfiles.Left(a, Scheme+e.team+"/", yield) {
				return
			}
		}
	}
}

type yielder = func(knowledge.Document, error) bool

// channel yields the documents of one channel and reports whether to go on.
func (e *Export) channel(ctx context.Context, c channel, yield yielder) bool {
	h := &history{who: names{e.people, e.rooms}, said: map[string]entry{}}
	size := 0
	for _, d := range e.days[c.folder] {
		if len(h.said) >= e.o.MaxMessages || size >= maxText {
			e.floor[c.ID] = talk.Day(h.first())
			reason := fmt.Sprintf("it has more than %d messages: those before %s are left out", len(h.said), e.floor[c.ID])
			if !yield(knowledge.Document{Origin: e.origin(c.ID) + "/older"}, &knowledge.Skipped{Document: c.Name, Reason: reason}) {
				return false
			}
			break
		}
		for _, f := range d.files {
			n, err := h.read(ctx, f)
			size += n
			switch {
			case errors.Is(err, archive.ErrTotal), ctx.Err() != nil:
				yield(knowledge.Document{}, cmp.Or(ctx.Err(), err))
				return false
			case err != nil && !yield(knowledge.Document{Origin: e.origin(c.ID)}, &knowledge.Skipped{Document: f.Name, Reason: err.Error()}):
				return false
			}
		}
	}
	h.settle()
	return e.write(ctx, c, h.said, yield)
}

// origin is the beginning of the origins of a channel's documents.
func (e *Export) origin(channel string) string { return Scheme + e.team + "/" + channel }

// Covers reports whether a document of this origin would be in this export, if
// it were still there: one of the same workspace, of a day that the export has.
func (e *Export) Covers(origin string) bool {
	rest, ok := strings.CutPrefix(origin, Scheme+e.team+"/")
	if !ok {
		return false
	}
	id, ts, _ := strings.Cut(rest, "/")
	at, ok := timeOf(ts[strings.LastIndexByte(ts, '/')+1:])
	if !ok {
		return false
	}
	date := talk.Day(at)
	if !slices.ContainsFunc(e.channels, func(c channel) bool { return c.ID == id }) {
		return date <= e.to // deleted, or private now
	}
	return date >= max(e.from, e.floor[id]) && date <= e.to
}
