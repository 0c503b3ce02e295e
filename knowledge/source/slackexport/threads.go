package slackexport

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/talk"
)

// write yields the documents of a channel: threads, and what was said in a row
// outside of them, by the time of their first message.
func (e *Export) write(ctx context.Context, c channel, said map[string]entry, yield yielder) bool {
	threads, loose := map[string][]talk.Message{}, []talk.Message(nil)
	for ts, m := range said {
		if m.text == "" {
			continue
		}
		message := talk.Message{ID: ts, At: m.at, Author: m.author, Text: m.text}
		if m.thread != "" {
			threads[m.thread] = append(threads[m.thread], message)
		} else {
			loose = append(loose, message)
		}
	}
	var all []part
	for root, messages := range threads {
		if len(messages) == 1 && messages[0].ID == root { // nobody's answer is left
			loose = append(loose, messages[0])
			continue
		}
		inOrder(messages)
		all = append(all, part{e.name(c, root, messages[0]), messages})
	}
	inOrder(loose)
	for _, window := range talk.Windows(loose) {
		all = append(all, part{window[0].ID, window})
	}
	slices.SortFunc(all, func(x, y part) int { return strings.Compare(x.name, y.name) })
	for _, p := range all {
		if ctx.Err() != nil {
			yield(knowledge.Document{}, ctx.Err())
			return false
		}
		if !yield(e.document(c, p), nil) {
			return false
		}
	}
	return true
}

// part is what becomes one document.
type part struct {
	name     string // tells it apart in its channel
	messages []talk.Message
}

// name is that of a thread: its root's ts. A thread that began before the days
// that were read is another document than the whole one, so that this is not
// replaced by what was added.
func (e *Export) name(c channel, root string, first talk.Message) string {
	if at, ok := timeOf(root); ok && first.ID != root && talk.Day(at) < max(e.from, e.floor[c.ID]) {
		return root + "/" + first.ID
	}
	return root
}

func inOrder(messages []talk.Message) {
	slices.SortFunc(messages, func(x, y talk.Message) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.ID, y.ID))
	})
}

// document is one part of a channel.
func (e *Export) document(c channel, p part) knowledge.Document {
	doc := talk.Document(c.Name, p.messages)
	doc.ID = c.Name + "/" + talk.Day(p.messages[0].At) + "/" + strings.ReplaceAll(p.name, "/", "+")
	doc.Origin = e.origin(c.ID) + "/" + p.name
	doc.URL = e.permalink(c, p)
	return doc
}

// permalink is the address of the first message of a part, as "Copy link" gives
// it (docs.slack.dev, chat.getPermalink): an answer's names its thread too. It is
// empty where the workspace's address is not known.
func (e *Export) permalink(c channel, p part) string {
	if e.host == "" {
		return ""
	}
	first := p.messages[0].ID
	link := "https://" + e.host + "/archives/" + c.ID + "/p" + strings.ReplaceAll(first, ".", "")
	if root, _, _ := strings.Cut(p.name, "/"); root != first {
		link += "?thread_ts=" + root + "&cid=" + c.ID
	}
	return link
}

// Channels are the names of the channels that are read.
func (e *Export) Channels() []string {
	names := map[string]bool{}
	for _, c := range e.channels {
		names[c.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
