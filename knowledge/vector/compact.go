package vector

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// garbageFile has the time from which more than half of the vectors had no
	// passage any more.
	garbageFile = "garbage"
	// leastGarbage is how many unused vectors are worth the trouble: 4 MB.
	leastGarbage = 1000
)

// settle ends a run: it writes the list of passages, and the codes where many
// are new; and where all went well it removes what nobody needs any more.
func (s *Store) settle(ctx context.Context, name string, whole bool) error {
	if s.collections[name] == nil {
		return nil // the run ended before it knew what there is
	}
	if err := s.saveMap(name); err != nil {
		return err
	}
	if s.file != nil && len(s.keys)-s.saved > s.saved/8+batchTexts {
		if err := s.saveCodes(); err != nil {
			return err
		}
		s.saved = len(s.keys)
	}
	if !whole {
		return nil
	}
	if err := s.removeOthers(); err != nil {
		s.o.Log.WarnContext(ctx, "vectors of an earlier embedding model could not be removed", "error", err)
	}
	return s.tidy(ctx)
}

// Forget implements knowledge.Follower. The vectors are kept for a while, see
// Options.Keep.
func (s *Store) Forget(ctx context.Context, name string) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.mu.Lock()
	delete(s.collections, name)
	s.mu.Unlock()
	dirs, err := s.embedders()
	if err != nil {
		return fmt.Errorf("forget the vectors of %s: %w", name, err)
	}
	for _, dir := range dirs {
		err = errors.Join(err, gone(os.Remove(filepath.Join(dir, mapsFolder, short(name)))))
	}
	if err != nil {
		return fmt.Errorf("forget the vectors of %s: %w", name, err)
	}
	return s.tidy(ctx)
}

// embedders are the directories of all embedders that were ever used.
func (s *Store) embedders() ([]string, error) {
	entries, err := os.ReadDir(s.root)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, e := range entries {
		if id, err := hex.DecodeString(e.Name()); err == nil && len(id) == 8 && e.IsDir() {
			dirs = append(dirs, filepath.Join(s.root, e.Name()))
		}
	}
	return dirs, nil
}

// removeOthers removes the vectors of an earlier embedder once this one has all
// the collections that it had. Until then somebody may go back to it for free.
func (s *Store) removeOthers() error {
	dirs, err := s.embedders()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if dir != s.dir && s.covers(dir) {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

func (s *Store) covers(dir string) bool {
	maps, err := os.ReadDir(filepath.Join(dir, mapsFolder))
	if err != nil {
		return false
	}
	for _, m := range maps {
		if _, err := os.Stat(filepath.Join(s.dir, mapsFolder, m.Name())); err != nil {
			return false
		}
	}
	return true
}

// used marks the vectors that some passage has, and counts them.
func (s *Store) used() ([]bool, int) {
	used, n := make([]bool, len(s.keys)), 0
	for _, c := range s.collections {
		for _, e := range c.entries {
			if !used[e.slot] {
				used[e.slot] = true
				n++
			}
		}
	}
	return used, n
}

// tidy compacts the file where more than half of it has been unused for long.
func (s *Store) tidy(ctx context.Context) error {
	if s.file == nil {
		return nil
	}
	_, used := s.used()
	unused := len(s.keys) - used
	if unused <= used || unused < leastGarbage {
		return gone(os.Remove(s.path(garbageFile)))
	}
	now := s.o.Now()
	text, err := os.ReadFile(s.path(garbageFile))
	since, bad := time.Parse(time.RFC3339, string(text))
	if err != nil || bad != nil || since.After(now) {
		return os.WriteFile(s.path(garbageFile), []byte(now.Format(time.RFC3339)), 0o600)
	}
	if now.Sub(since) < s.o.Keep {
		return nil
	}
	s.o.Log.InfoContext(ctx, "vectors that no passage has are removed", "vectors", unused, "kept", used)
	return errors.Join(s.compact(), gone(os.Remove(s.path(garbageFile))))
}

// room makes sure that n more vectors may be kept.
func (s *Store) room(n int) error {
	if len(s.keys)+n <= s.o.Most {
		return nil
	}
	_, used := s.used()
	if used < len(s.keys) {
		if err := s.compact(); err != nil {
			return err
		}
	}
	if len(s.keys)+n > s.o.Most {
		return fmt.Errorf("%w: %d are there, %d are missing, %d are allowed: raise the limit where there is memory for it (%d bytes each), or leave documents out",
			ErrFull, len(s.keys), n, s.o.Most, s.codes.width()*8+keySize+indexSize+entrySize)
	}
	return nil
}

// compact writes a new file with the vectors that are used, and swaps it in.
// The caller holds the right to write.
func (s *Store) compact() error {
	used, _ := s.used()
	path := s.path(vectorsFile + ".new")
	if err := gone(os.Remove(path)); err != nil {
		return err
	}
	next, err := createRecords(path, s.file.dims)
	if err != nil {
		return err
	}
	moved, keys, err := s.copyTo(next, used)
	if err = errors.Join(err, next.close()); err != nil {
		return errors.Join(err, gone(os.Remove(path)))
	}
	if err := s.swap(path, moved, keys); err != nil {
		return err
	}
	if err := s.center(); err != nil {
		return err
	}
	s.saved = len(s.keys)
	return s.saveCodes()
}

// unmoved is a vector that has no place in the new file.
const unmoved = ^uint32(0)

// copyTo copies the vectors that are used and whole, and says where each went.
func (s *Store) copyTo(next *records, used []bool) (moved []uint32, keys []key, err error) {
	moved = make([]uint32, len(used))
	d := s.file.reader()
	var (
		ks []key
		vs []knowledge.Vector
	)
	for slot, ok := range used {
		moved[slot] = unmoved
		if !ok {
			continue
		}
		k, v, err := d.read(slot)
		if errors.Is(err, errDamaged) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		moved[slot] = uint32(len(keys))
		keys = append(keys, k)
		ks, vs = append(ks, k), append(vs, append(knowledge.Vector(nil), v...))
		if len(ks) == batchTexts {
			if err := next.add(ks, vs); err != nil {
				return nil, nil, err
			}
			ks, vs = ks[:0], vs[:0]
		}
	}
	return moved, keys, next.add(ks, vs)
}

// swap puts a new file in the place of the old one. Both are closed for that
// moment: not every system renames files that are open.
func (s *Store) swap(path string, moved []uint32, keys []key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := errors.Join(s.file.close(), os.Rename(path, s.path(vectorsFile)))
	file, opened := openRecords(s.path(vectorsFile))
	if opened != nil || err != nil || file.n != len(keys) {
		s.empty()
		s.closed = errors.Join(errors.New("the vectors could not be compacted: start again"), err, opened, file.close())
		return s.closed
	}
	s.file, s.keys, s.slots = file, keys, make(map[uint64]uint32, len(keys))
	words := make([]uint64, 0, len(keys)*s.codes.width())
	for slot, to := range moved { // in their order
		if to != unmoved {
			words = append(words, s.codes.of(uint32(slot))...)
		}
	}
	s.codes.words = words
	for slot, k := range keys {
		s.index(k, uint32(slot))
	}
	for name, c := range s.collections {
		s.collections[name] = c.move(moved)
	}
	return nil
}

func (c *collection) move(moved []uint32) *collection {
	out := &collection{entries: make([]entry, 0, len(c.entries))}
	for _, e := range c.entries {
		if to := moved[e.slot]; to != unmoved {
			out.entries = append(out.entries, entry{e.id, to})
		}
	}
	return out
}

// empty forgets everything in memory. The caller holds mu.
func (s *Store) empty() {
	s.file, s.codes, s.keys, s.saved = nil, codes{}, nil, 0
	s.slots, s.collections = map[uint64]uint32{}, map[string]*collection{}
}

// reset removes everything of this embedder.
func (s *Store) reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.file.close()
	s.empty()
	for _, name := range []string{vectorsFile, codesFile, garbageFile, mapsFolder} {
		err = errors.Join(err, os.RemoveAll(s.path(name)))
	}
	return errors.Join(err, os.MkdirAll(filepath.Join(s.dir, mapsFolder), 0o700))
}
