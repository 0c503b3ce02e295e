// Package export gives the documents of zip files: exports of Slack, Confluence,
// Notion and Google Drive, histories of Discord, and archives of plain documents.
// Which one a file is, is told by what is in it. Nothing is unpacked to disk.
//
// A newer export of the same workspace, space or folder replaces what an older
// one gave, whatever its file is called: each kind has origins of its own, and
// speaks for them alone. All files of a collection belong in one source, because
// what one export of a workspace says to be private is private in the others.
package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/slackexport"
)

// Options say how exports are read. The zero value is what New uses.
type Options struct {
	// Slack is for the exports of Slack workspaces.
	Slack slackexport.Options
}

// File is one zip file.
type File struct {
	Path string
	// Private names the private channels, by name or id, of the Slack workspace
	// that the file is an export of which are read all the same.
	Private []string
	// Workspace is the host of that workspace, "team.slack.com": citations link
	// there. Empty: they have no link.
	Workspace string
}

// source is the documents of zip files.
type source struct {
	o    Options
	name string
	zips []zipFile

	mu      sync.Mutex
	seed    maphash.Seed
	readers []reader            // of the last run
	seen    map[uint64]struct{} // hashes of the origins that the last run gave
	done    bool                // the last run read all
}

// zipFile is one path.
type zipFile struct {
	named, real string
	changed     time.Time
	private     []string
	workspace   string
}

// reader gives the documents of one export.
type reader interface {
	Documents(ctx context.Context) iter.Seq2[knowledge.Document, error]
	Covers(origin string) bool
}

var errNothing = errors.New("no zip file was named")

// Is reports whether a path is one of a zip file, by its name.
func Is(path string) bool { return strings.EqualFold(filepath.Ext(path), ".zip") }

// New returns the documents of zip files. A path that does not exist is an
// error. The source has knowledge.Places.
func New(paths []string) (knowledge.Source, error) {
	files := make([]File, len(paths))
	for i, p := range paths {
		files[i].Path = p
	}
	return Open(files, Options{})
}

// Open is New with options, of each file and of all.
func Open(files []File, o Options) (knowledge.Source, error) {
	if len(files) == 0 {
		return nil, errNothing
	}
	s := &source{o: o, seed: maphash.MakeSeed()}
	var names []string
	for _, f := range files {
		z, err := find(f.Path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		names = append(names, f.Path)
		i := slices.IndexFunc(s.zips, func(other zipFile) bool { return other.real == z.real })
		if i < 0 {
			i, s.zips = len(s.zips), append(s.zips, z)
		}
		s.zips[i].private = append(s.zips[i].private, f.Private...)
		s.zips[i].workspace = cmp.Or(s.zips[i].workspace, f.Workspace)
	}
	s.name = strings.Join(names, ", ")
	// The newest first: of what two exports have, it has the later state.
	slices.SortStableFunc(s.zips, func(x, y zipFile) int {
		return cmp.Or(y.changed.Compare(x.changed), strings.Compare(y.real, x.real))
	})
	return s, nil
}

func find(p string) (zipFile, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return zipFile{}, err
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return zipFile{}, fmt.Errorf("%w: check the path", fs.ErrNotExist)
	case err != nil:
		return zipFile{}, err
	case !info.Mode().IsRegular():
		return zipFile{}, errors.New("it is not a file")
	}
	plain, err := filepath.EvalSymlinks(abs)
	return zipFile{named: p, real: plain, changed: info.ModTime()}, err
}

// Name implements knowledge.Source.
func (s *source) Name() string { return s.name }

// Documents implements knowledge.Source. An export that can't be read ends it
// with an error after all others: what was indexed of it can't be told from what
// is gone.
func (s *source) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		s.forget()
		open := &opened{o: s.o}
		defer open.close()
		failed := open.all(ctx, s.zips)
		s.know(open.readers())
		for _, p := range open.list {
			more, err := s.read(ctx, p, yield)
			if !more {
				return
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
			}
		}
		if err := cmp.Or(ctx.Err(), errors.Join(failed...)); err != nil {
			yield(knowledge.Document{}, err)
			return
		}
		s.finish()
	}
}

// read yields the documents of one export that were not given before. more says
// whether to go on.
func (s *source) read(ctx context.Context, p pending, yield func(knowledge.Document, error) bool) (more bool, failed error) {
	for doc, err := range p.Documents(ctx) {
		_, skipped := errors.AsType[*knowledge.Skipped](err)
		switch {
		case err != nil && !skipped:
			return true, err
		case err == nil && !s.first(doc.Origin):
			continue
		}
		if !yield(doc, err) {
			return false, nil
		}
	}
	return true, nil
}
