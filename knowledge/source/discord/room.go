package discord

import (
	"strconv"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/talk"
)

// Room is a channel, or a thread in it.
type Room struct {
	Guild, Channel string // ids
	Name           string // of the channel
	Thread         string // the id of a thread, "" for the channel itself
	ThreadName     string
}

// epoch is where Discord's ids begin, in milliseconds: 2015-01-01 (reference,
// "Snowflakes").
const epoch = 1420070400000

// timeOf is when something with an id was made; zero for what is no id.
func timeOf(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + epoch).UTC()
}

// origin is the beginning of the origins of its documents.
func (r Room) origin() string { return Scheme + r.Guild + "/" + r.Channel }

// Documents makes documents of what was said there, oldest first: one of a
// thread, one of each window of other talk.
func (r Room) Documents(said []talk.Message) []knowledge.Document {
	if len(said) == 0 {
		return nil
	}
	if r.Thread == "" {
		var out []knowledge.Document
		for _, window := range talk.Windows(said) {
			doc := talk.Document(r.Name, window)
			id := window[0].ID
			out = append(out, r.place(doc, window[0].At, id, r.origin()+"/"+id, r.Channel+"/"+id))
		}
		return out
	}
	doc := talk.Document(r.Name, said)
	if r.ThreadName != "" {
		doc.Title = "#" + talk.Name(r.Name) + " " + talk.Day(said[0].At) + ": " + talk.Name(r.ThreadName)
	}
	return []knowledge.Document{r.place(doc, said[0].At, r.Thread, r.origin()+"/thread/"+r.Thread, r.Thread)}
}

// place gives a document its id, origin and address.
func (r Room) place(doc knowledge.Document, at time.Time, id, origin, address string) knowledge.Document {
	doc.ID = talk.Name(r.Name) + "/" + talk.Day(at) + "/" + id
	doc.Origin = origin
	doc.URL = "https://discord.com/channels/" + r.Guild + "/" + address
	return doc
}
