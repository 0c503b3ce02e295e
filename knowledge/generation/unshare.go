package generation

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxApart is up to how many bytes of segments the generation before the live
// one gets files of its own. A build links to the files of its parent: a bad
// block would damage both, and there would be nothing to go back to. Beyond it
// the time and room of a copy after each ingest cost more than they are worth.
const maxApart = 512 << 20

// apart ends on a copy that was not finished.
const apart = ".apart"

// standApart gives a generation files of its own in the place of those that it
// shares with the live one. What was copied stays when it fails half-way.
func (s *Store) standApart(folder, live string) error {
	if folder == "" || folder == live {
		return nil
	}
	names, size, err := s.sharedFiles(folder, live)
	if err != nil || size > maxApart {
		return err
	}
	for _, name := range names {
		if err := replaceByCopy(s.path(folder), name); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return nil
	}
	return syncDir(s.path(folder))
}

// sharedFiles lists the segments that are the same file in two generations.
func (s *Store) sharedFiles(folder, live string) (names []string, size int64, err error) {
	entries, err := os.ReadDir(s.path(folder))
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".zap") {
			continue
		}
		own, err := os.Stat(filepath.Join(s.path(folder), e.Name()))
		if err != nil {
			return nil, 0, err
		}
		other, err := os.Stat(filepath.Join(s.path(live), e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if os.SameFile(own, other) {
			names, size = append(names, e.Name()), size+own.Size()
		}
	}
	return names, size, nil
}

// replaceByCopy puts a copy of a file in its place in one step. Whoever has the
// file open goes on with the old one.
func replaceByCopy(dir, name string) error {
	path := filepath.Join(dir, name)
	if err := os.Remove(path + apart); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := copyFile(path, path+apart); err != nil {
		return errors.Join(err, os.Remove(path+apart))
	}
	return os.Rename(path+apart, path)
}
