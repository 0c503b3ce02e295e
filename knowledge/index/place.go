package index

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"path"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// place is where a document goes in a collection.
type place struct {
	id      string
	old     record // what is there
	found   bool   // whether something is
	refused string // why it can't go anywhere
}

// place finds the document that has the same origin, and for a new one an id
// that nobody has.
func (g *ingest) place(ctx context.Context, doc knowledge.Document) (place, error) {
	at := place{id: doc.ID}
	var err error
	if at.old, at.found, err = g.old(doc.ID); err != nil {
		return at, err
	}
	if at.found && at.old.origin == doc.Origin && !g.given(doc.ID) {
		return g.take(at), nil
	}
	if !chosen(doc) {
		known, found, err := g.byOrigin(ctx, doc)
		if err != nil {
			return at, err
		}
		if found && !g.given(known.passage.Document) {
			return g.take(place{id: known.passage.Document, old: known, found: true}), nil
		}
	}
	if chosen(doc) {
		return g.chosen(doc, at), nil
	}
	return g.unused(doc)
}

// chosen reports whether a document's id is not to be changed.
func chosen(doc knowledge.Document) bool { return doc.Named || doc.Origin == "" }

// chosen places a document under the id that the team gave it: the newer one
// wins, but over a file that only happens to be called so.
func (g *ingest) chosen(doc knowledge.Document, at place) place {
	switch {
	case g.given(doc.ID):
		at.refused = "a document with the same id came before: ids must be unique in a source"
	case !at.found || g.replaced(at.old.origin, doc.Origin):
	case !at.old.named && at.old.origin != "":
		at.refused = fmt.Sprintf("its id is that of the file %s, which was fed before: give it another id", at.old.origin)
	default:
		g.note(doc.ID, "it replaces the document of the same id from "+cmp.Or(fileOf(at.old.origin), "another source"))
	}
	if at.refused != "" {
		return at
	}
	return g.take(at)
}

// unused places a document under the first of its names that is free, or whose
// holder makes room.
func (g *ingest) unused(doc knowledge.Document) (place, error) {
	for n := 0; ; n++ {
		at := place{id: nameOf(doc, n)}
		if len(at.id) > maxID {
			at.refused = fmt.Sprintf("its id must have 1 to %d bytes", maxID)
			return at, nil
		}
		if g.given(at.id) {
			continue
		}
		var err error
		if at.old, at.found, err = g.old(at.id); err != nil {
			return at, err
		}
		if !at.found || g.moved(doc, at) {
			return g.take(at), nil
		}
	}
}

// moved reports whether what has a document's name is the same document, read
// at another place: by another way to the same file, or before its folder was
// moved. That a file is gone is not enough: another may have the same name.
func (g *ingest) moved(doc knowledge.Document, at place) bool {
	from := at.old.origin
	if g.places == nil || at.old.named || from == "" {
		return false
	}
	if g.places.Same(from, doc.Origin) {
		return true
	}
	if !g.places.Gone(from) {
		return false
	}
	if folderOf(from, at.id) == folderOf(doc.Origin, at.id) {
		g.leave(strings.TrimSuffix(from, "/"+at.id))
		return true
	}
	doc.ID = at.id
	return bytes.Equal(hashOf(doc), at.old.hash)
}

// leave notes that a folder was moved: what else is known from there is gone
// with it.
func (g *ingest) leave(folder string) {
	if !slices.Contains(g.left, folder) && len(g.left) < maxLeft && g.places.Gone(folder) {
		g.left = append(g.left, folder)
	}
}

// maxLeft bounds how many folders are followed where they were moved.
const maxLeft = 100

// replaced reports that an origin is nothing of its own beside another.
func (g *ingest) replaced(origin, by string) bool {
	return g.places != nil && origin != "" && (g.places.Gone(origin) || g.places.Same(origin, by))
}

// nameOf is the name number n that a document may go by, the first one is its
// own: a.md, docs/a.md, docs-2/a.md, docs-3/a.md.
func nameOf(doc knowledge.Document, n int) string {
	folder := folderOf(doc.Origin, doc.ID)
	switch {
	case n == 0:
		return doc.ID
	case folder == "":
		ext := path.Ext(doc.ID)
		return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(doc.ID, ext), n+1, ext)
	case n == 1:
		return folder + "/" + doc.ID
	}
	return fmt.Sprintf("%s-%d/%s", folder, n, doc.ID)
}

// folderOf is the name of the folder that an id is relative to, "" for none.
func folderOf(origin, id string) string {
	above, ok := strings.CutSuffix(origin, "/"+id)
	if !ok {
		return ""
	}
	return above[strings.LastIndexByte(above, '/')+1:]
}

// fileOf is the file that an origin lies in, for people.
func fileOf(origin string) string {
	file, _, _ := strings.Cut(origin, "\x00")
	return file
}

// given reports whether an id was given to a document of this run.
func (g *ingest) given(id string) bool {
	_, ok := g.ids[maphash.String(g.seed, id)]
	return ok
}

// take gives a place's id away.
func (g *ingest) take(at place) place {
	g.ids[maphash.String(g.seed, at.id)] = struct{}{}
	return at
}

// old returns the record of a document's first passage as it was indexed.
func (g *ingest) old(id string) (record, bool, error) {
	internal, err := g.before.InternalID(key(g.collection, id, 0))
	if err != nil || internal == nil {
		return record{}, false, err
	}
	rec, err := fetch(g.before, internal.Value())
	return rec, err == nil, err
}

// byOrigin returns the record of the document that has the same origin.
func (g *ingest) byOrigin(ctx context.Context, doc knowledge.Document) (record, bool, error) {
	t, err := g.before.TermFieldReader(ctx, []byte(doc.Origin), originField(g.collection), false, false, false)
	if err != nil {
		return record{}, false, err
	}
	defer release(t)
	d, err := t.Next(nil)
	if err != nil || d == nil {
		return record{}, false, err
	}
	rec, err := fetch(g.before, d.ID.Value())
	return rec, err == nil, err
}
