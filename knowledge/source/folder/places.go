package folder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format"
)

// inFile parts the path of a file from the id of a document in it.
const inFile = "\x00"

// origin is where a file of the root is.
func (r root) origin(name string) string {
	return filepath.ToSlash(filepath.Join(r.dir, filepath.FromSlash(name)))
}

// pathOf is the path of the file that an origin lies in.
func pathOf(origin string) string {
	file, _, _ := strings.Cut(origin, inFile)
	return filepath.FromSlash(file)
}

// Covers implements knowledge.Places.
func (s *source) Covers(origin string) bool {
	at := pathOf(origin)
	for _, r := range s.roots {
		if r.file != "" && at == filepath.Join(r.dir, r.file) {
			return true
		}
		if rel, err := filepath.Rel(r.dir, at); err == nil && r.file == "" && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// Gone implements knowledge.Places. An origin that is no path was not read from a
// folder: of that nothing is known here.
func (s *source) Gone(origin string) bool {
	if !filepath.IsAbs(pathOf(origin)) {
		return false
	}
	_, err := os.Stat(pathOf(origin))
	return errors.Is(err, fs.ErrNotExist)
}

// Same implements knowledge.Places.
func (s *source) Same(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(pathOf(a))
	if err != nil {
		return false
	}
	other, err := os.Stat(pathOf(b))
	_, idOfA, _ := strings.Cut(a, inFile)
	_, idOfB, _ := strings.Cut(b, inFile)
	return err == nil && idOfA == idOfB && os.SameFile(one, other)
}

// Count implements knowledge.Counted: files are one each, JSON lines are counted.
func (s *source) Count(ctx context.Context) int {
	total := 0
	for _, r := range s.roots {
		n, err := r.count(ctx)
		if err != nil {
			return 0 // Documents will say why
		}
		total += n
	}
	return total
}

func (r root) count(ctx context.Context) (int, error) {
	dir, err := os.OpenRoot(r.dir)
	if err != nil {
		return 0, err
	}
	defer release(dir)
	total := 0
	err = r.walk(ctx, dir, func(name, reason string, _ bool) error {
		if reason == "" && format.Several(name) {
			total += countLines(dir, name)
		} else {
			total++
		}
		return nil
	})
	return total, err
}

// countLines counts line ends, and is content with one where it can't: the
// number is for a progress bar.
func countLines(dir *os.Root, name string) int {
	f, err := openFile(dir, name)
	if err != nil {
		return 1
	}
	defer release(f)
	in, buf, total := io.LimitReader(f, format.MaxFile), make([]byte, 64<<10), 0
	for {
		n, err := in.Read(buf)
		total += bytes.Count(buf[:n], []byte{'\n'})
		if err != nil {
			return max(total, 1)
		}
	}
}
