package generation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const (
	currentFile = "current"
	buildFile   = "build.json"
	fetching    = "fetch-"
	aside       = "damaged-"
	halfWritten = ".new-"
)

// pointer is what the file current holds.
type pointer struct {
	Current  slot     `json:"current"`
	Previous slot     `json:"previous,omitzero"`
	Damage   *Damage  `json:"damage,omitempty"`
	Forget   []string `json:"forget,omitempty"` // collections that are gone, which a follower may still have
	Gone     []tomb   `json:"gone,omitempty"`   // what Previous has and Current has not
	Hidden   []tomb   `json:"hidden,omitempty"` // what Current has, but was removed in the one that came after it
}

// slot names a generation.
type slot struct {
	Folder      string   `json:"folder"`
	Sum         string   `json:"sum"`                   // of its manifest; "" for not known
	Collections []string `json:"collections,omitempty"` // to be told if the manifest can't be read
}

// has reports whether a folder is in use.
func (p pointer) has(folder string) bool {
	return folder == p.Current.Folder || folder == p.Previous.Folder
}

func (s *Store) path(folder string) string { return filepath.Join(s.dir, folder) }

// readPointer reads the file current. Where it is gone or can't be read, the
// generations that are there are taken as they come, the newest first.
func (s *Store) readPointer() error {
	raw, err := os.ReadFile(s.path(currentFile))
	if err == nil {
		err = json.Unmarshal(raw, &s.pointer)
	}
	if err == nil && s.pointer.valid() {
		return nil
	}
	s.pointer = pointer{}
	if err != nil && errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("open index: %w: make the folder and its files readable for this user", err)
	}
	return s.guess()
}

// valid reports whether what was read can be a pointer: it names folders.
func (p pointer) valid() bool {
	_, current := numberOf(p.Current.Folder)
	_, previous := numberOf(p.Previous.Folder)
	return current && (previous || p.Previous.Folder == "")
}

// guess points to the newest generations that have a manifest.
func (s *Store) guess() error {
	folders, err := s.folders()
	if err != nil {
		return err
	}
	var whole []string
	for _, name := range slices.Backward(folders) {
		if _, err := os.Stat(filepath.Join(s.path(name), manifestFile)); err == nil {
			whole = append(whole, name)
		}
	}
	if len(whole) > 0 {
		s.pointer.Current.Folder = whole[0]
	}
	if len(whole) > 1 {
		s.pointer.Previous.Folder = whole[1]
		s.pointer.Gone = s.dropped(whole[1], whole[0])
	}
	return nil
}

// dropped tells by their manifests which collections one generation has and
// the next has not.
func (s *Store) dropped(before, after string) []tomb {
	old, err := readManifest(s.path(before), "")
	if err != nil {
		return nil
	}
	now, err := readManifest(s.path(after), "")
	if err != nil {
		return nil
	}
	var out []tomb
	for _, name := range old.names() {
		if !slices.Contains(now.names(), name) {
			out = append(out, tomb{Collection: name})
		}
	}
	return out
}

// save writes the pointer; it is on disk when save returns.
func (s *Store) save(p pointer) error {
	raw, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return err
	}
	if err := writeFile(s.path(currentFile), raw); err != nil {
		return fmt.Errorf("write which index is the current one: %w", err)
	}
	s.pointer = p
	return nil
}

// folders lists the folders that are called as generations are, by number.
func (s *Store) folders() ([]string, error) {
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	var out []string
	for _, e := range all {
		if _, ok := numberOf(e.Name()); ok && e.IsDir() {
			out = append(out, e.Name())
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		x, _ := numberOf(a)
		y, _ := numberOf(b)
		if x != y {
			return int(int64(x) - int64(y))
		}
		return strings.Compare(a, b)
	})
	return out, nil
}

// numberOf is the number in a folder's name: 7, or 7.1 where 7 was taken.
func numberOf(folder string) (uint64, bool) {
	number, again, _ := strings.Cut(folder, ".")
	n, err := strconv.ParseUint(number, 10, 62)
	if err != nil || number != strconv.FormatUint(n, 10) {
		return 0, false
	}
	_, err = strconv.ParseUint(again, 10, 31)
	return n, again == "" && number == folder || err == nil
}

// freeFolder is the folder that a generation of that number goes to. What is
// there and not in use goes.
func (s *Store) freeFolder(number uint64) (string, error) {
	name := strconv.FormatUint(number, 10)
	for n := 1; s.pointer.has(name); n++ {
		name = fmt.Sprintf("%d.%d", number, n)
	}
	return name, os.RemoveAll(s.path(name))
}

// nextNumber is one that no generation here or in the store ever had.
func (s *Store) nextNumber() uint64 {
	last := max(s.live.manifest.Number, s.base.manifest.Number)
	if s.pointer.Damage != nil {
		last = max(last, s.pointer.Damage.Number)
	}
	return last + 1
}

// tidy removes what is neither in use nor of use: old generations, builds that
// nobody can go on with, all but the last two that were set aside.
func (s *Store) tidy() error {
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	var damaged []os.DirEntry
	for _, e := range all {
		_, numbered := numberOf(e.Name())
		switch {
		case strings.HasPrefix(e.Name(), aside):
			damaged = append(damaged, e)
		case strings.HasPrefix(e.Name(), halfWritten):
			s.remove(e.Name())
		case numbered && !s.pointer.has(e.Name()) && !s.resumable(e.Name()),
			strings.HasPrefix(e.Name(), fetching) && s.options.Blobs == nil:
			s.remove(e.Name())
		}
	}
	slices.SortFunc(damaged, byAge)
	for _, e := range damaged[:max(0, len(damaged)-keepAside)] {
		s.remove(e.Name())
	}
	return nil
}

// keepAside is how many damaged generations are kept to be looked at.
const keepAside = 2

func byAge(a, b os.DirEntry) int {
	x, errX := a.Info()
	y, errY := b.Info()
	if errX != nil || errY != nil {
		return strings.Compare(a.Name(), b.Name())
	}
	return x.ModTime().Compare(y.ModTime())
}

// remove removes a folder. Where the system does not let it, because a file in
// it is still open, the next tidying does.
func (s *Store) remove(folder string) {
	if err := os.RemoveAll(s.path(folder)); err != nil {
		s.log.Debug("a folder of the index could not be removed yet", "folder", folder, "error", err)
	}
}

// writeFile replaces a file in one step: it has the old content or the new one,
// whatever happens.
func writeFile(path string, raw []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), halfWritten+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error says more
		}
	}()
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes sure that the names in a folder are on disk.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // it has no such thing
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// release closes what was only read from: nothing is lost if that fails.
func release(c io.Closer) { c.Close() }

// copyFile copies a file; it is on disk when copyFile returns.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer release(in)
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
