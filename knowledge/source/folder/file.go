package folder

import (
	"context"
	"io"
	"os"
	"syscall"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
)

type yielder = func(knowledge.Document, error) bool

// skip yields what is left out and reports whether to go on.
func (r root) skip(name, reason string, foreign bool, yield yielder) bool {
	return yield(knowledge.Document{Origin: r.origin(name)}, &knowledge.Skipped{Document: name, Reason: reason, Foreign: foreign})
}

// openFile opens a file without waiting: what was a file when the folder was
// listed may have become a pipe that nobody writes to.
func openFile(dir *os.Root, name string) (*os.File, error) {
	return dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// read yields the documents of one file and reports whether to go on.
func (r root) read(ctx context.Context, dir *os.Root, name string, yield yielder) bool {
	f, err := openFile(dir, name)
	if err != nil {
		return r.skip(name, unreadable(err), false, yield)
	}
	defer release(f)
	info, err := f.Stat()
	switch {
	case err != nil:
		return r.skip(name, unreadable(err), false, yield)
	case !info.Mode().IsRegular():
		return r.skip(name, otherThing, true, yield)
	}
	return format.Read(ctx, format.File{
		Name: name, Size: info.Size(), ReaderAt: io.ReaderAt(f), Origin: r.origin(name), ModTime: info.ModTime(),
	}, yield)
}
