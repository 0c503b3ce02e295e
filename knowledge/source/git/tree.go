package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
)

// maxDeep bounds how deep folders lie in each other.
const maxDeep = 64

// walk is the reading of one repository.
type walk struct {
	*source
	repo  *repo
	head  head
	yield yielder
	left  int // entries that may still be looked at
	full  bool
}

// read yields the documents of a repository.
func (s *source) read(ctx context.Context, r *repo, yield yielder) error {
	at, err := s.open(ctx, r)
	if err != nil {
		return err
	}
	defer release(at.store)
	tree, err := at.commit.Tree()
	if err == nil && r.folder != "" {
		if tree, err = tree.Tree(r.folder); err != nil {
			return fmt.Errorf("it has no folder %q", r.folder)
		}
	}
	if err != nil {
		return &brokenError{err}
	}
	w := &walk{source: s, repo: r, head: at, yield: yield, left: s.o.MaxFiles}
	if err := w.folder(ctx, tree, r.folder, 0); err != nil {
		return err
	}
	if w.full {
		return w.skip(r.folder, fmt.Sprintf("it has more than %d files: name a folder of it with #:folder", s.o.MaxFiles), false)
	}
	s.finish(r)
	return nil
}

// folder yields the documents of a folder and those below it.
func (w *walk) folder(ctx context.Context, tree *object.Tree, at string, deep int) error {
	if deep > maxDeep {
		return w.skip(at, fmt.Sprintf("it lies more than %d folders deep", maxDeep), false)
	}
	for _, e := range tree.Entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if w.left--; w.left < 0 {
			w.full = true
			return nil
		}
		if unseen(e.Name) {
			continue
		}
		if bad(e.Name) {
			if err := w.skip(at, "it has a file whose name can't be one", true); err != nil {
				return err
			}
			continue
		}
		if err := w.entry(ctx, e, path.Join(at, e.Name), deep); err != nil {
			return err
		}
	}
	return nil
}

// unseen reports whether an entry is left out without a word, as in folders:
// what is hidden, and what tools put there.
func unseen(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." && name != ".." || name == "node_modules"
}

// bad reports whether a name is none that a file of this machine could have, or
// would be dangerous there. Nothing is written by it, but it is shown.
func bad(name string) bool {
	return name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl)
}

// entry yields what one entry of a folder has.
func (w *walk) entry(ctx context.Context, e object.TreeEntry, file string, deep int) error {
	switch e.Mode {
	case filemode.Dir:
		tree, err := object.GetTree(w.head.store, e.Hash)
		if err != nil {
			return &brokenError{err}
		}
		w.see(w.repo.origin(file))
		return w.folder(ctx, tree, file, deep+1)
	case filemode.Regular, filemode.Executable, filemode.Deprecated:
		w.see(w.repo.origin(file))
		return w.file(ctx, e.Hash, file)
	case filemode.Symlink:
		return w.skip(file, "links are not followed: what it leads to is read where it is", true)
	case filemode.Submodule:
		return w.skip(file, "it is another repository: name its address if it is to be read", true)
	default:
		return w.skip(file, "neither a file nor a folder", true)
	}
}

// file yields the documents of one file.
func (w *walk) file(ctx context.Context, hash plumbing.Hash, file string) error {
	id := w.id(w.repo, file)
	if reason := format.Refused(file); reason != "" {
		return w.skip(file, reason, true)
	}
	body, err := w.blob(hash)
	if reason, ok := errors.AsType[*refusal](err); ok {
		return w.skip(file, reason.text, false)
	}
	if err != nil {
		return &brokenError{err}
	}
	link, lines := w.repo.link(w.head.branch, file)
	var stop error
	format.Read(ctx, format.File{
		Name: id, Size: int64(len(body)), ReaderAt: bytes.NewReader(body),
		Origin: w.repo.origin(file), URL: link, ModTime: w.changed(),
	}, func(doc knowledge.Document, bad error) bool {
		if bad == nil && doc.URL == link {
			doc.Anchor = anchor(doc.Anchor, lines, file)
		}
		switch {
		case ctx.Err() != nil:
			stop = ctx.Err()
		case !w.yield(doc, bad):
			stop = errStop
		}
		return stop == nil
	})
	return stop
}

// changed is when the commit was made. When each file was last changed is not
// in a history of one commit.
func (w *walk) changed() time.Time { return w.head.commit.Committer.When }

// anchor is how a place in a file is linked on its host's page: by its line,
// where the text is the file's own; pages are kept to be told.
func anchor(has, lines knowledge.Anchor, file string) knowledge.Anchor {
	switch {
	case has == knowledge.AnchorPage:
		return has
	case hasLines(file):
		return lines
	}
	return knowledge.AnchorNone
}

// refusal is why a file is left out.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

// largeFile is the mark of a file that Git LFS keeps elsewhere
// (github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
const largeFile = "version https://git-lfs.github.com/spec/"

// blob returns the bytes of a file.
func (w *walk) blob(hash plumbing.Hash) ([]byte, error) {
	size, err := w.head.store.EncodedObjectSize(hash)
	switch {
	case errors.Is(err, plumbing.ErrObjectNotFound): // the host was asked to keep it
		return nil, &refusal{fmt.Sprintf("it has more than %d MB: split it", format.MaxFile>>20)}
	case err != nil:
		return nil, err
	case size > format.MaxFile:
		return nil, &refusal{fmt.Sprintf("it has %d MB, more than %d: split it", size>>20, format.MaxFile>>20)}
	}
	blob, err := object.GetBlob(w.head.store, hash)
	if err != nil {
		return nil, err
	}
	r, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, format.MaxFile+1))
	if err == nil && bytes.HasPrefix(body, []byte(largeFile)) {
		err = &refusal{"it is kept in Git LFS, which is not read"}
	}
	return body, err
}

// skip leaves something out. What is foreign is no document: what was indexed
// of it is not kept.
func (w *walk) skip(file, reason string, foreign bool) error {
	origin := strings.TrimSuffix(w.repo.origin(file), "/")
	skipped := &knowledge.Skipped{Document: w.id(w.repo, file), Reason: reason, Foreign: foreign}
	if skipped.Document == "" {
		skipped.Document = w.repo.name()
	}
	if w.yield(knowledge.Document{Origin: origin}, skipped) {
		return nil
	}
	return errStop
}
