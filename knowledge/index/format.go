package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// formatFile says that an index was made here, and how its terms were cut. It
// is written after the first commit, so that a folder that has it and an index
// that is empty are told apart from a new one.
const formatFile = "format.json"

// Format is raised when what is stored, or how text is cut, changes.
const Format = 3

type formatNote struct {
	Format int `json:"format"`
}

const formatKey = "format"

// checkFiles finds an index of a newer version and one whose root is gone.
func checkFiles(dir string) error {
	made, err := formatOf(dir)
	if err != nil || made == 0 {
		return err
	}
	if made > Format {
		return fmt.Errorf("made by a newer version: format %d, this one reads %d", made, Format)
	}
	_, err = os.Stat(filepath.Join(dir, rootFile))
	return err
}

// formatOf reads which format the index in dir has, 0 where there is none.
func formatOf(dir string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(dir, formatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var note formatNote
	if err := json.Unmarshal(raw, &note); err != nil {
		return 0, fmt.Errorf("%s: %w", formatFile, err)
	}
	if note.Format < 1 {
		return 0, fmt.Errorf("%s names no format", formatFile)
	}
	return note.Format, nil
}

// retire moves an index of an earlier format aside, so that a new one is made:
// what it keeps of a document is not what is kept now. Only the documents
// themselves have the rest.
func (x *Index) retire(dir string, collections []string) error {
	made, err := formatOf(dir)
	if err != nil || made == 0 || made == Format {
		return err
	}
	aside, err := unusedName(fmt.Sprintf("%s-format-%d", filepath.Clean(dir), made))
	if err != nil {
		return err
	}
	if err := os.Rename(dir, aside); err != nil {
		return fmt.Errorf("move the index of an earlier version aside: %w", err)
	}
	x.log.Warn("the index was made by an earlier version and is made anew: feed the documents of these collections again, "+
		"but for the handbook and what tribune.yaml names, which feed themselves; then delete the old folder",
		"collections", strings.Join(collections, " "), "old", aside)
	return os.Mkdir(dir, 0o700)
}

// unusedName returns a path where there is nothing yet.
func unusedName(path string) (string, error) {
	try := path
	for n := 2; ; n++ {
		_, err := os.Lstat(try)
		if errors.Is(err, fs.ErrNotExist) {
			return try, nil
		}
		if err != nil {
			return "", err
		}
		try = fmt.Sprintf("%s-%d", path, n)
	}
}

// claim marks a new index as ours, and finds an old one that came up empty:
// bleve drops a snapshot that it can't load and carries on without it.
func (x *Index) claim(dir string) error {
	r, err := x.reader()
	if err != nil {
		return err
	}
	defer release(r)
	known := len(r.Internal()[formatKey]) > 0
	path := filepath.Join(dir, formatFile)
	_, err = os.Stat(path)
	switch noted := err == nil; {
	case known && noted:
		return nil
	case noted:
		return corrupt(dir, errors.New("its last state is gone"))
	case !known && len(r.Segments()) > 0:
		return corrupt(dir, errors.New("not an index of this program"))
	}
	if err := x.store.SetInternal([]byte(formatKey), []byte{Format}); err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	raw, err := json.Marshal(formatNote{Format: Format})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	return nil
}
