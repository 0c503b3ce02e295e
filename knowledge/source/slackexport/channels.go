package slackexport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
)

// channel is a channel or conversation as the lists of an export have it.
type channel struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	IsPrivate bool   `json:"is_private"`
	folder    string
}

// roster is the channels of one archive. What is private in any list is private.
type roster struct {
	public, private, direct []channel
}

func readRoster(ctx context.Context, a *archive.Archive, root string) (roster, error) {
	var r roster
	for name, into := range map[string]*[]channel{
		"channels.json": &r.public, "groups.json": &r.private, "mpims.json": &r.direct, "dms.json": &r.direct,
	} {
		err := readList(ctx, a, root+name, func(c channel) { *into = append(*into, c) })
		if err != nil {
			return roster{}, err
		}
	}
	return r, nil
}

// readList reads a JSON list, where there is one. Elements of another shape are
// passed over.
func readList[T any](ctx context.Context, a *archive.Archive, name string, take func(T)) error {
	f := a.File(name)
	if f == nil {
		return nil
	}
	body, err := f.Read(ctx)
	if err == nil {
		err = elements(body, take)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

var errJSON = errors.New("it is not JSON as Slack writes it: export again")

// elements reads the elements of a JSON list, up to where it breaks.
func elements[T any](body []byte, take func(T)) error {
	in := json.NewDecoder(bytes.NewReader(body))
	start, err := in.Token()
	if delim, ok := start.(json.Delim); err != nil || !ok || delim != '[' {
		return errJSON
	}
	for in.More() {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return errJSON
		}
		var element T
		if json.Unmarshal(raw, &element) == nil {
			take(element)
		}
	}
	if _, err := in.Token(); err != nil {
		return errJSON
	}
	return nil
}

// known is what the lists of all archives say of folders, by name and by id.
type known struct{ public, hidden, direct map[string]channel }

// merge takes the newest list last, so that it wins; but what is private in any
// is private.
func merge(lists []roster) known {
	k := known{map[string]channel{}, map[string]channel{}, map[string]channel{}}
	for _, list := range slices.Backward(lists) {
		for _, c := range list.public {
			k.public[c.Name] = c
			if c.IsPrivate {
				k.hidden[c.Name], k.hidden[c.ID] = c, c
			}
		}
		for _, c := range list.private {
			k.hidden[c.Name], k.hidden[c.ID] = c, c
		}
		for _, c := range list.direct {
			k.hidden[c.Name], k.hidden[c.ID] = c, c
			k.direct[c.Name], k.direct[c.ID] = c, c
		}
	}
	delete(k.public, "")
	delete(k.hidden, "")
	return k
}

// of is the channel that a folder is of, and whether it is private.
func (k known) of(folder string) (c channel, private bool) {
	c = k.public[folder]
	secret, private := k.hidden[folder]
	if !private && c.ID != "" {
		secret, private = k.hidden[c.ID]
	}
	if private {
		c = secret
	}
	c.folder, c.Name = folder, cmp.Or(c.Name, folder)
	return c, private
}

// choose says which folders are read. It fails closed: a folder is read where a
// list says that it is a public channel's and no list says otherwise, or where
// somebody asked for it.
func (e *Export) choose(lists []roster) {
	k, direct := merge(lists), 0
	for name, c := range k.public {
		if _, hidden := k.hidden[c.ID]; !hidden {
			e.rooms[c.ID] = name
		}
	}
	for id, c := range k.hidden {
		e.hidden[id] = !e.asked.has(c)
	}
	e.listed = len(k.public) > 0 && e.asked.found(k)
	for _, folder := range slices.Sorted(maps.Keys(e.days)) {
		c, private := k.of(folder)
		switch {
		case !isID(c.ID):
			e.leave(folder, "it is in none of the export's lists of channels")
		case !private || e.asked.has(c):
			e.channels = append(e.channels, c)
		case k.direct[c.ID].ID != "":
			direct++
		default:
			e.leave(folder, "it is private: what was said there is left out, and removed where it was fed before, unless it is named with --private-channel (private_channels in tribune.yaml)")
		}
	}
	if direct > 0 {
		e.leave("direct messages", fmt.Sprintf("%d private conversations are left out", direct))
	}
}

// asked is the private channels that somebody asked for, by name and id.
type asked map[string]bool

// askedFor joins what was asked for beside the files of a workspace. Files of
// which nobody can tell the workspace may be of several, so that there each of
// them has to name a channel.
func askedFor(files []File, team string) asked {
	times := map[string]int{}
	for _, f := range files {
		named := asked{}
		for _, name := range f.Private {
			named[strings.TrimPrefix(name, "#")] = true
		}
		for name := range named {
			times[name]++
		}
	}
	all := asked{}
	for name, n := range times {
		all[name] = name != "" && (team != noTeam || n == len(files))
	}
	return all
}

// has reports whether somebody asked for a private channel.
func (a asked) has(c channel) bool { return a[c.ID] || a[c.Name] }

// found reports whether all that is asked for is in the lists.
func (a asked) found(k known) bool {
	for name, is := range a {
		_, hidden := k.hidden[name]
		if _, public := k.public[name]; is && !hidden && !public {
			return false
		}
	}
	return true
}

// Withdrawn implements knowledge.Withdrawer: what was said in a channel that is
// private and that nobody asked for, though somebody did when it was fed, and in
// one that is in none of the lists, which is private or deleted.
func (e *Export) Withdrawn(origin string) bool {
	rest, ok := strings.CutPrefix(origin, Scheme+e.team+"/")
	id, _, _ := strings.Cut(rest, "/")
	if !ok || slices.ContainsFunc(e.channels, func(c channel) bool { return c.ID == id }) {
		return false
	}
	if hidden, known := e.hidden[id]; known {
		return hidden
	}
	return e.listed && e.team != noTeam && isID(id) && e.rooms[id] == "" && e.Covers(origin)
}

// leave notes that a folder is not read.
func (e *Export) leave(folder, reason string) {
	e.private = append(e.private, knowledge.Skipped{Document: folder, Reason: reason})
}

// person is a member of the workspace.
type person struct {
	ID       string  `json:"id"`
	TeamID   string  `json:"team_id"`
	Name     string  `json:"name"`
	RealName string  `json:"real_name"`
	IsBot    bool    `json:"is_bot"`
	Profile  profile `json:"profile"`
}

type profile struct {
	RealName    string `json:"real_name"`
	DisplayName string `json:"display_name"`
}

// called is the name that others see.
func (p person) called() string {
	return cmp.Or(p.Profile.DisplayName, p.Profile.RealName, p.RealName, p.Name)
}

// names are what people and channels are called, by id.
type names struct {
	people people
	rooms  map[string]string
}

// people are the members by id.
type people map[string]person

// add takes those that are not known.
func (p people) add(others people) {
	for id, other := range others {
		if _, known := p[id]; !known {
			p[id] = other
		}
	}
}

// readPeople reads the members, and which workspace most of them are of: those
// of others that share a channel are listed too.
func readPeople(ctx context.Context, a *archive.Archive, root string) (people, string, error) {
	found, teams := people{}, map[string]int{}
	for _, name := range [...]string{"users.json", "org_users.json"} {
		err := readList(ctx, a, root+name, func(p person) {
			found[p.ID] = p
			if isID(p.TeamID) {
				teams[p.TeamID]++
			}
		})
		if err != nil {
			return nil, "", err
		}
	}
	team, most := noTeam, 0
	for _, id := range slices.Sorted(maps.Keys(teams)) {
		if teams[id] > most {
			team, most = id, teams[id]
		}
	}
	return found, team, nil
}

// isID reports whether a text is an id as Slack gives them: letters and digits.
func isID(id string) bool {
	return id != "" && len(id) <= 32 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z')
	})
}
