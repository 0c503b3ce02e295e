// Package folder gives the documents of files and folders, of every kind that
// package format reads. It never leaves the folder it was given, whatever links
// lie in it.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
)

// source is the documents of one or more paths.
type source struct {
	name  string
	roots []root
}

// root is one path: a folder, or one file in its folder.
type root struct {
	dir  string
	file string // "" for the whole folder
	real string // the path without links, to know it again
}

// errNothing is returned by New without a path.
var errNothing = errors.New("no file or folder was named")

// New returns the documents of files and folders. Their ids are paths relative
// to the folder that was named, with '/'; those of JSON lines are in the lines.
// A path that is named twice, or lies in another one, is read once. A path that
// does not exist is an error.
//
// The source has knowledge.Places, knowledge.Counted and knowledge.Watched.
func New(paths []string) (knowledge.Source, error) {
	if len(paths) == 0 {
		return nil, errNothing
	}
	s := &source{name: strings.Join(paths, ", ")}
	var named []root
	for _, p := range paths {
		r, err := open(p)
		if err != nil {
			return nil, err
		}
		named = append(named, r)
	}
	for i, r := range named {
		again := func(other root) bool { return other.real == r.real }
		above := func(other root) bool { return other.real != r.real && other.reads(r.real) }
		if !slices.ContainsFunc(named[:i], again) && !slices.ContainsFunc(named, above) {
			s.roots = append(s.roots, r)
		}
	}
	return s, nil
}

func open(p string) (root, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return root{}, fmt.Errorf("%s: %w", p, err)
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return root{}, fmt.Errorf("%s: %w: check the path", p, fs.ErrNotExist)
	case err != nil:
		return root{}, fmt.Errorf("%s: %w", p, err)
	}
	plain, err := filepath.EvalSymlinks(abs)
	switch {
	case err != nil:
		return root{}, fmt.Errorf("%s: %w", p, err)
	case info.IsDir():
		return root{dir: abs, real: plain}, nil
	case !info.Mode().IsRegular():
		return root{}, fmt.Errorf("%s: %s", p, otherThing)
	case format.Refused(abs) != "":
		return root{}, fmt.Errorf("%s: %s", p, format.Refused(abs))
	}
	return root{dir: filepath.Dir(abs), file: filepath.Base(abs), real: plain}, nil
}

// reads reports whether a folder's documents are, or hold, those at a path
// without links.
func (r root) reads(path string) bool {
	rel, err := filepath.Rel(r.real, path)
	if err != nil || r.file != "" {
		return false
	}
	for part := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if unseen(part) { // ".." too
			return rel == "."
		}
	}
	return true
}

// Name implements knowledge.Source.
func (s *source) Name() string { return s.name }

// Documents implements knowledge.Source: files in the order of their names.
func (s *source) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for _, r := range s.roots {
			if !r.documents(ctx, yield) {
				return
			}
		}
	}
}

// documents yields a root's documents and reports whether to go on.
func (r root) documents(ctx context.Context, yield yielder) bool {
	dir, err := os.OpenRoot(r.dir)
	if err != nil {
		yield(knowledge.Document{}, fmt.Errorf("%s: %w", r.dir, err))
		return false
	}
	defer release(dir)
	goOn := true
	err = r.walk(ctx, dir, func(name, reason string, foreign bool) error {
		if reason != "" {
			goOn = r.skip(name, reason, foreign, yield)
		} else {
			goOn = r.read(ctx, dir, name, yield)
		}
		if goOn {
			return nil
		}
		return fs.SkipAll
	})
	if err != nil {
		yield(knowledge.Document{}, fmt.Errorf("%s: %w", r.dir, err))
		return false
	}
	return goOn
}

// walk calls visit with every file that is read, and with all else that a
// person may have thought is: then with the reason why it is not, and whether
// that is because it is no document at all.
func (r root) walk(ctx context.Context, dir *os.Root, visit func(name, reason string, foreign bool) error) error {
	start := "."
	if r.file != "" {
		start = r.file
	}
	return fs.WalkDir(dir.FS(), start, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return err
		case err != nil:
			return visit(name, unreadable(err), false)
		case name != r.file && name != "." && unseen(entry.Name()):
			return skipOf(entry)
		case entry.IsDir():
			return nil
		}
		return visit(name, leftOut(dir, name, entry), true)
	})
}

// leftOut says why a file is not read, "" when it is. A link is followed where
// it stays inside the root and leads to a file.
func leftOut(dir *os.Root, name string, entry fs.DirEntry) string {
	if entry.Type()&fs.ModeSymlink != 0 {
		info, err := dir.Stat(name) // fails for a link out of the root
		if err != nil || !info.Mode().IsRegular() {
			return otherLink
		}
	} else if !entry.Type().IsRegular() {
		return otherThing
	}
	return format.Refused(name)
}

// release closes what was only read from: nothing is lost if that fails.
func release(c io.Closer) { c.Close() }

// unseen reports whether an entry of a folder is left out without a word, by
// its name: what is hidden, and what tools put there.
func unseen(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules"
}

func skipOf(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// Why something in a folder is not read.
const (
	otherThing = "neither a file nor a folder"
	otherLink  = "a link is followed only to a file in the same folder: name what it leads to"
)

func unreadable(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "it was removed while the folder was read"
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause // without the path
	}
	return fmt.Sprintf("it can't be read (%v): check who may read it", err)
}
