// Package folder gives the documents of files and folders: Markdown, plain text
// and JSON lines. It never leaves the folder it was given, whatever links lie
// in it.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 50 << 20

// source is the documents of one or more paths.
type source struct {
	name  string
	roots []root
}

// root is one path: a folder, or one file in its folder.
type root struct {
	dir    string
	file   string // "" for the whole folder
	prefix string // put before ids, where several folders are fed at once
}

// errNothing is returned by New without a path.
var errNothing = errors.New("no file or folder was named")

// New returns the documents of files and folders. The ids of a folder's
// documents are paths relative to it, with '/'; of several folders each id
// starts with the name of its folder. A path that does not exist is an error.
func New(paths []string) (knowledge.Source, error) {
	if len(paths) == 0 {
		return nil, errNothing
	}
	s := &source{name: strings.Join(paths, ", ")}
	used := map[string]bool{}
	for _, p := range paths {
		r, err := open(p)
		if err != nil {
			return nil, err
		}
		if len(paths) > 1 && r.file == "" {
			r.prefix = unused(used, filepath.Base(r.dir))
		}
		s.roots = append(s.roots, r)
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
	case info.IsDir():
		return root{dir: abs}, nil
	case !info.Mode().IsRegular():
		return root{}, fmt.Errorf("%s: neither a file nor a folder", p)
	}
	if kindOf(abs) == "" {
		return root{}, fmt.Errorf("%s: %s", p, otherKind)
	}
	return root{dir: filepath.Dir(abs), file: filepath.Base(abs)}, nil
}

// unused makes the name of a folder its own among several.
func unused(used map[string]bool, name string) string {
	try := name
	for n := 2; used[try]; n++ {
		try = fmt.Sprintf("%s-%d", name, n)
	}
	used[try] = true
	return try + "/"
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
func (r root) documents(ctx context.Context, yield func(knowledge.Document, error) bool) bool {
	dir, err := os.OpenRoot(r.dir)
	if err != nil {
		yield(knowledge.Document{}, fmt.Errorf("%s: %w", r.dir, err))
		return false
	}
	defer release(dir)
	start := "."
	if r.file != "" {
		start = r.file
	}
	goOn := true
	err = fs.WalkDir(dir.FS(), start, func(name string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		} else if name != "." {
			goOn = yield(knowledge.Document{}, &knowledge.Skipped{Document: r.prefix + name, Reason: unreadable(err)})
			return stop(goOn)
		}
		if err != nil {
			return err
		}
		if r.file == "" && name != "." && left(entry) {
			return skipOf(entry)
		}
		if !r.feeds(dir, name, entry) {
			return nil
		}
		goOn = r.read(dir, name, yield)
		return stop(goOn)
	})
	if err != nil {
		yield(knowledge.Document{}, fmt.Errorf("%s: %w", r.dir, err))
		return false
	}
	return goOn
}

// feeds reports whether an entry is a file that is read. A link is followed
// where it stays inside the root and leads to a file.
func (r root) feeds(dir *os.Root, name string, entry fs.DirEntry) bool {
	if kindOf(name) == "" {
		return false
	}
	if entry.Type().IsRegular() {
		return true
	}
	if entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := dir.Stat(name) // fails for a link out of the root
	return err == nil && info.Mode().IsRegular()
}

// release closes what was only read from: nothing is lost if that fails.
func release(c io.Closer) { c.Close() }

func stop(goOn bool) error {
	if goOn {
		return nil
	}
	return fs.SkipAll
}

// left reports whether an entry is left out without a word.
func left(entry fs.DirEntry) bool {
	return strings.HasPrefix(entry.Name(), ".") || entry.IsDir() && entry.Name() == "node_modules"
}

func skipOf(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// kindOf is how a file is read, by its ending; "" is not at all.
func kindOf(name string) string {
	switch strings.ToLower(path.Ext(filepath.ToSlash(name))) {
	case ".md", ".markdown", ".mdx":
		return "markdown"
	case ".txt", ".text":
		return "text"
	case ".jsonl", ".ndjson":
		return "jsonl"
	}
	return ""
}

const otherKind = "only Markdown (.md), text (.txt) and JSON lines (.jsonl) are read: convert the file to one of these"

func unreadable(err error) string {
	return fmt.Sprintf("it can't be read (%v): check who may read it", errors.Unwrap(err))
}
