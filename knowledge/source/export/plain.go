package export

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// scheme begins the origin of every document of a plain archive:
// zip:///path/of/the.zip/path/in/it.
const scheme = "zip://"

// plain is an archive of documents that is no export of any kind.
type plain struct {
	a  *archive.Archive
	at string // its path
}

func (p *plain) origin() string { return scheme + filepath.ToSlash(p.at) + "/" }

// Documents implements reader.
func (p *plain) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		zipfiles.Folder{Place: func(name string) (id, origin, reason string) {
			return name, p.origin() + name, ""
		}}.Documents(ctx, p.a, "", yield)
	}
}

// Covers implements reader: it has no other identity than its path.
func (p *plain) Covers(origin string) bool { return strings.HasPrefix(origin, p.origin()) }

// lost reports whether an origin is one of a plain archive, or of a folder, that
// is not there any more.
func lost(origin string) bool {
	at, ok := strings.CutPrefix(origin, scheme)
	if !ok {
		return false
	}
	at, _, _ = strings.Cut(at, "\x00")
	for at = filepath.FromSlash(at); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case err == nil:
			return info.IsDir() // the archive would be a file on the way
		case !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "not a directory"):
			return false
		case at == filepath.Dir(at):
			return true
		}
	}
}
