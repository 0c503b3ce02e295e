package generation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tribunebot/tribune/knowledge/index"
)

// takenOver is the folder that an index goes to which lay in the store's folder
// itself, as before there were generations.
const takenOver = "1"

// rootName is where bleve keeps which segments make up the index.
const rootName = "root.bolt"

// takeOver makes an index of the older layout generation 1. What was begun and
// broken off is gone on with.
func (s *Store) takeOver() error {
	loose, err := s.looseFiles()
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.path(currentFile)); err == nil {
		return nil // it was done, or there is nothing to take over
	}
	note, _ := s.readBuild(takenOver)
	if len(loose) == 0 && !note.TakenOver {
		return nil
	}
	if !note.TakenOver {
		// Another process may have it open: then nothing is touched.
		if _, _, err := index.Inspect(s.dir); errors.Is(err, index.ErrInUse) || errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	if err := s.moveIn(loose); err != nil {
		return fmt.Errorf("open index: take over the index that is there: %w", err)
	}
	made, collections, err := index.Inspect(s.path(takenOver))
	if err == nil && made > 0 && made < index.Format {
		return s.retireFormat(s.path(takenOver), &otherFormat{made, collections})
	}
	if err == nil {
		err = s.adoptFolder()
	}
	if err != nil {
		return s.dismiss(slot{Folder: takenOver, Collections: collections}, err)
	}
	return nil
}

// looseFiles lists the files of an index that lie in the folder itself, root.bolt
// last: until that is moved the move is not done.
func (s *Store) looseFiles() ([]string, error) {
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	var out []string
	root := false
	for _, e := range all {
		switch {
		case e.IsDir() || !validFile(e.Name()):
		case e.Name() == rootName:
			root = true
		default:
			out = append(out, e.Name())
		}
	}
	if root {
		out = append(out, rootName)
	}
	return out, nil
}

func (s *Store) moveIn(files []string) error {
	if err := os.MkdirAll(s.path(takenOver), 0o700); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.path(takenOver), buildFile), []byte(`{"number":1,"taken_over":true}`)); err != nil {
		return err
	}
	for _, name := range files {
		if err := os.Rename(s.path(name), filepath.Join(s.path(takenOver), name)); err != nil {
			return err
		}
	}
	return syncDir(s.dir)
}

// adoptFolder makes a generation of the index that was moved in.
func (s *Store) adoptFolder() error {
	x, err := index.Open(s.path(takenOver), s.options.Index)
	if err != nil {
		return err
	}
	ctx := context.Background()
	b := &build{store: s, folder: takenOver, index: x}
	m, err := b.describe(ctx)
	if err := errors.Join(err, x.Seal(ctx)); err != nil {
		return err
	}
	if err := m.list(s.path(takenOver), "", manifest{}); err != nil {
		return err
	}
	sum, err := m.write(s.path(takenOver))
	if err != nil {
		return err
	}
	return s.save(pointer{Current: slot{takenOver, sum, m.names()}})
}
