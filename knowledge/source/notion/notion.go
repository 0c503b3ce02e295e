// Package notion reads the zip file that Notion's "Export" gives as Markdown &
// CSV or as HTML: a document for each page and each row of a database, with the
// pages above it as its headings, and the databases as tables. Names lose the
// ids that Notion puts into them; those make pages known again.
package notion

import (
	"context"
	"fmt"
	"iter"
	"path"
	"regexp"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// Scheme begins the origin of every document: notion-export://TOP/PAGE, TOP
// being the outermost page or team space.
const Scheme = "notion-export://"

// Export is the pages of one export, which may be in several parts.
type Export struct {
	parts []part
	tops  map[string]string // ids of outermost pages by their titles
	scope map[string]bool   // what stands first in origins
	files map[string]bool   // names of all entries, below the export's own folder
}

// part opens an archive with pages. One inside another is opened when it is
// read, so that one is in memory at a time.
type part func(context.Context) (*archive.Archive, error)

// Is reports whether an archive is an export of Notion: most of its pages end in
// an id, or it has parts that are called as Notion does it.
func Is(a *archive.Archive) bool {
	pages, ids := 0, 0
	for _, f := range a.Files() {
		if isPart(f) {
			return true
		}
		switch strings.ToLower(path.Ext(f.Name)) {
		case ".md", ".csv", ".html":
			pages++
			if _, id := split(path.Base(f.Name)); id != "" {
				ids++
			}
		}
	}
	return ids > 0 && ids*2 >= pages
}

// partName is how the parts of a large export are called.
var partName = regexp.MustCompile(`^(ExportBlock-|Export-).*\.zip$|^(.*-)?Part-\d+\.zip$`)

// isPart reports whether an entry is a part of an export: ExportBlock-….zip, or
// Part-1.zip.
func isPart(f *archive.File) bool {
	return f.IsZip() && partName.MatchString(path.Base(f.Name))
}

// Open reads what pages an archive has. Errors say what to do.
func Open(ctx context.Context, a *archive.Archive) (*Export, error) {
	e := &Export{tops: map[string]string{}, scope: map[string]bool{}, files: map[string]bool{}}
	if err := e.add(ctx, func(context.Context) (*archive.Archive, error) { return a, nil }); err != nil {
		return nil, err
	}
	for name := range e.files {
		e.scope[e.top(name)] = true
	}
	return e, nil
}

// add notes what an archive has, and the parts in it.
func (e *Export) add(ctx context.Context, open part) error {
	a, err := open(ctx)
	if err != nil {
		return err
	}
	e.parts = append(e.parts, open)
	for _, f := range a.Files() {
		if isPart(f) {
			err := e.add(ctx, func(ctx context.Context) (*archive.Archive, error) {
				outer, err := open(ctx)
				if err != nil {
					return nil, err
				}
				return outer.File(f.Name).Open(ctx)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", path.Base(f.Name), err)
			}
			continue
		}
		name := within(f.Name)
		e.files[name] = true
		if title, id := split(name); id != "" && !strings.Contains(name, "/") {
			e.tops[title] = id
		}
	}
	return nil
}

// Documents yields pages, databases and files, part by part, by name.
func (e *Export) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for _, open := range e.parts {
			a, err := open(ctx)
			if err != nil {
				yield(knowledge.Document{}, err)
				return
			}
			if !e.documents(ctx, a, yield) {
				return
			}
		}
	}
}

func (e *Export) documents(ctx context.Context, a *archive.Archive, yield format.Yield) bool {
	for _, f := range a.Files() {
		name := within(f.Name)
		if isPart(f) || zipfiles.Unseen(f.Name) || e.passed(name) {
			continue
		}
		if !zipfiles.Read(ctx, f, e.place(name), func(doc knowledge.Document, err error) bool {
			if err == nil {
				doc = page(doc, name)
			}
			return yield(doc, err)
		}) {
			return false
		}
	}
	return zipfiles.Left(a, Scheme, yield)
}

// passed reports whether a file is nothing of its own: the list of contents, and
// the view of a database whose rows are all in another file.
func (e *Export) passed(name string) bool {
	if path.Base(name) == "index.html" && !strings.Contains(name, "/") {
		return true
	}
	stem, ok := strings.CutSuffix(name, ".csv")
	return ok && e.files[stem+"_all.csv"]
}

// Covers reports whether a document of this origin would be in this export, if
// it were still there: one below the same outermost page.
func (e *Export) Covers(origin string) bool {
	rest, ok := strings.CutPrefix(origin, Scheme)
	top, _, _ := strings.Cut(rest, "/")
	return ok && e.scope[top]
}

// place is the name and origin that a file's document gets.
func (e *Export) place(name string) format.File {
	_, id := split(name)
	if id == "" {
		id = "file/" + name
	} else if strings.HasSuffix(name, ".csv") {
		id += "/table" // a database may have a page of its own too
	}
	return format.File{Name: clean(name), Origin: Scheme + e.top(name) + "/" + id}
}

// top is the id of the outermost page that a file lies below, or the name of the
// folder where that is none: a team space.
func (e *Export) top(name string) string {
	first, _, below := strings.Cut(name, "/")
	title, id := split(first)
	switch {
	case id != "":
		return id
	case below && e.tops[first] != "":
		return e.tops[first]
	case below:
		return first
	}
	return title
}
