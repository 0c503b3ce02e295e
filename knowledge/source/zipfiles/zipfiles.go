// Package zipfiles reads the files of a zip file as a folder's are read: what
// the kinds of export share.
package zipfiles

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/format"
)

// Read yields the documents of one entry and reports whether to go on. as has
// the name, origin and address that they get. An archive that is too much as a
// whole ends all with an error.
func Read(ctx context.Context, f *archive.File, as format.File, yield format.Yield) bool {
	if reason := format.Refused(as.Name); reason != "" {
		return Skip(as, reason, true, yield)
	}
	body, err := f.Read(ctx)
	switch {
	case ctx.Err() != nil:
		yield(knowledge.Document{}, ctx.Err())
		return false
	case errors.Is(err, archive.ErrTotal):
		yield(knowledge.Document{}, err)
		return false
	case err != nil:
		return Skip(as, err.Error(), false, yield)
	}
	as.Size, as.ReaderAt = int64(len(body)), bytes.NewReader(body)
	if f.Modified.Year() > firstYear {
		as.ModTime = f.Modified
	}
	return format.Read(ctx, as, yield)
}

// firstYear is what the format has for files without a time.
const firstYear = 1980

// Skip yields that an entry is left out. What is foreign is no document.
func Skip(as format.File, reason string, foreign bool, yield format.Yield) bool {
	return yield(knowledge.Document{Origin: as.Origin}, &knowledge.Skipped{Document: as.Name, Reason: reason, Foreign: foreign})
}

// Left yields the entries that an archive leaves out by their names, and reports
// whether to go on. They have an origin below the given one that is nobody's.
func Left(a *archive.Archive, origin string, yield format.Yield) bool {
	for _, l := range a.Left() {
		if Unseen(l.Name) && !strings.Contains("/"+l.Name, "/../") { // a name that leads out is told, wherever to
			continue
		}
		if !Skip(format.File{Name: l.Name, Origin: origin + "\x00" + l.Name}, l.Reason, false, yield) {
			return false
		}
	}
	return true
}

// Unseen reports whether an entry is left out without a word: what is hidden,
// and what tools put there. Dots that lead out of an archive hide nothing.
func Unseen(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && strings.Trim(part, ".") != "" || part == "__MACOSX" || part == "node_modules" || part == "Thumbs.db" || part == "desktop.ini" {
			return true
		}
	}
	return false
}

// Folder is an archive that is read as a folder.
type Folder struct {
	// Place says what an entry becomes: the id and origin of its document, or
	// why it is left out. A reason without an id leaves it out without a word.
	Place func(name string) (id, origin, reason string)
}

// Documents yields the documents of an archive and of those in it, and reports
// whether to go on. above is the name of an archive that this one lies in.
func (o Folder) Documents(ctx context.Context, a *archive.Archive, above string, yield format.Yield) bool {
	for _, f := range a.Files() {
		name := above + f.Name
		if Unseen(f.Name) {
			continue
		}
		id, origin, reason := o.Place(name)
		as := format.File{Name: id, Origin: origin}
		more := true
		switch {
		case reason != "" && id == "":
		case reason != "":
			more = Skip(as, reason, true, yield)
		case f.IsZip():
			more = o.inner(ctx, f, as, name, yield)
		default:
			more = Read(ctx, f, as, yield)
		}
		if !more {
			return false
		}
	}
	_, origin, _ := o.Place(above + "-")
	return Left(a, strings.TrimSuffix(origin, "-"), yield)
}

// inner yields the documents of an archive inside another.
func (o Folder) inner(ctx context.Context, f *archive.File, as format.File, name string, yield format.Yield) bool {
	in, err := f.Open(ctx)
	switch {
	case ctx.Err() != nil:
		yield(knowledge.Document{}, ctx.Err())
		return false
	case errors.Is(err, archive.ErrTotal):
		yield(knowledge.Document{}, err)
		return false
	case err != nil:
		return Skip(as, err.Error(), false, yield)
	}
	return o.Documents(ctx, in, name+"/", yield)
}
