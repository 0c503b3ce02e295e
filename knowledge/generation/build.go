package generation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tribunebot/tribune/knowledge/index"
)

// build is a generation that is being made.
type build struct {
	store  *Store
	folder string
	index  *index.Index
	again  bool // it was left behind, with what was done to it before
}

// buildNote is what build.json says: the build is worth going on with while its
// parent is the live one.
type buildNote struct {
	Parent string `json:"parent"`
	Number uint64 `json:"number"`
	// TakenOver says that it is an index of the older layout, which is being moved in.
	TakenOver bool `json:"taken_over,omitempty"`
}

func (s *Store) readBuild(folder string) (buildNote, bool) {
	var note buildNote
	raw, err := os.ReadFile(filepath.Join(s.path(folder), buildFile))
	return note, err == nil && json.Unmarshal(raw, &note) == nil
}

// resumable reports whether a folder has a build that can be gone on with.
func (s *Store) resumable(folder string) bool {
	note, ok := s.readBuild(folder)
	return ok && !s.pointer.has(folder) && s.live != nil && note.Parent == s.live.manifest.ID
}

// begin opens the next generation to write to: one that was left behind, or a
// new one made of the live one's files.
func (s *Store) begin() (*build, error) {
	folders, err := s.folders()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Backward(folders) {
		if !s.resumable(name) {
			continue
		}
		if x, err := s.reopen(name); err == nil {
			return &build{s, name, x, true}, nil
		}
		s.remove(name)
	}
	return s.branch()
}

// reopen opens a build that was left behind. If it was sealed it is no longer.
func (s *Store) reopen(folder string) (*index.Index, error) {
	err := os.Remove(filepath.Join(s.path(folder), manifestFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return index.Open(s.path(folder), s.options.Index)
}

// branch makes a new build.
func (s *Store) branch() (*build, error) {
	number := s.nextNumber()
	folder, err := s.freeFolder(number)
	if err != nil {
		return nil, err
	}
	b := &build{store: s, folder: folder}
	if err := b.fill(buildNote{Parent: s.live.manifest.ID, Number: number}); err != nil {
		s.remove(folder)
		return nil, fmt.Errorf("build the next index: %w", err)
	}
	if b.index, err = index.Open(s.path(folder), s.options.Index); err != nil {
		s.remove(folder)
		return nil, err
	}
	return b, nil
}

// fill puts the live generation's files into the build. Segments never change
// and are linked; what bleve writes to is copied. The note comes last: without
// it the folder is nothing.
func (b *build) fill(note buildNote) error {
	s := b.store
	if err := os.Mkdir(s.path(b.folder), 0o700); err != nil {
		return err
	}
	for _, f := range s.live.manifest.Files {
		from, to := filepath.Join(s.path(s.live.folder), f.Name), filepath.Join(s.path(b.folder), f.Name)
		if err := s.bring(from, to); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(note)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.path(b.folder), buildFile), raw, 0o600)
}

// changed reports whether anything was written that the live one does not have.
func (b *build) changed() (bool, error) {
	revision, err := b.index.Revision()
	return revision != b.store.live.manifest.Revision, err
}

// drop ends a build that nobody needs.
func (b *build) drop() {
	if err := b.index.Close(); err != nil {
		b.store.log.Debug("a build of the index that is not needed did not close", "error", err)
	}
	b.store.remove(b.folder)
}

// seal ends the writing and opens the generation to be served. When ctx ends it
// only does what must be.
func (b *build) seal(ctx context.Context) (*handle, slot, error) {
	s := b.store
	m, err := b.describe(ctx)
	if err = errors.Join(err, b.index.Seal(ctx)); err != nil {
		return nil, slot{}, fmt.Errorf("finish the next index: %w", err)
	}
	at := slot{Folder: b.folder, Collections: m.names()}
	if at.Sum, err = b.sign(&m); err != nil {
		return nil, at, fmt.Errorf("finish the next index: %w", err)
	}
	h, err := s.openFolder(b.folder, m)
	return h, at, err
}

// describe tells what the build holds.
func (b *build) describe(ctx context.Context) (manifest, error) {
	note, _ := b.store.readBuild(b.folder)
	m := manifest{Number: note.Number, MadeAt: b.store.now().UTC()}
	var err error
	if m.Revision, err = b.index.Revision(); err != nil {
		return m, err
	}
	m.Collections, err = b.index.Collections(context.WithoutCancel(ctx))
	return m, err
}

// sign completes the manifest with the files and writes it.
func (b *build) sign(m *manifest) (sum string, err error) {
	s := b.store
	if err := m.list(s.path(b.folder), s.path(s.live.folder), s.live.manifest); err != nil {
		return "", err
	}
	s.lineage(m)
	if sum, err = m.write(s.path(b.folder)); err != nil {
		return "", err
	}
	return sum, syncDir(s.dir)
}

// put makes a generation the live one: first on disk, then for whoever searches.
func (s *Store) put(h *handle, at slot, gone []tomb, change func(*pointer)) error {
	p := s.pointer
	p.Previous, p.Current, p.Gone, p.Hidden = p.Current, at, gone, nil
	for _, c := range s.live.manifest.Collections {
		if !slices.Contains(at.Collections, c.Name) && !slices.Contains(p.Forget, c.Name) && len(s.options.Followers) > 0 {
			p.Forget = append(slices.Clone(p.Forget), c.Name)
		}
	}
	if change != nil {
		change(&p)
	}
	if err := s.save(p); err != nil {
		return err
	}
	s.behind.after(s.live.manifest, h.manifest, s.options.Followers)
	s.swap(h, nil)
	s.mu.Lock()
	s.state.Damage = p.Damage
	s.mu.Unlock()
	if err := s.tidy(); err != nil {
		s.log.Warn("old generations of the index could not be removed", "error", err)
	}
	if err := s.standApart(p.Previous.Folder, at.Folder); err != nil {
		s.log.Warn("the index before this one shares files with it: one bad block would damage both", "error", err)
	}
	return nil
}
