package generation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// Damage says what became of a generation that could not be served any more.
// It is kept until every collection that lost something was fed again.
type Damage struct {
	At     time.Time `json:"at"` // when it was found
	Number uint64    `json:"number"`
	Reason string    `json:"reason"`
	Folder string    `json:"folder"` // where it was put, to be looked at
	// Collections may have lost documents: they are to be fed again.
	Collections []string `json:"collections,omitempty"`
	// Withheld was removed in the damaged generation, and stays so.
	Withheld []Withheld `json:"withheld,omitempty"`
}

// pick serves the current generation, or the one before it where that is
// damaged, or an empty one.
func (s *Store) pick(ctx context.Context) error {
	return s.pickFrom(ctx, s.pointer.Current, s.pointer.Previous)
}

func (s *Store) pickFrom(ctx context.Context, slots ...slot) error {
	for _, at := range slots {
		if at.Folder == "" {
			continue
		}
		h, late, err := s.openSlot(ctx, at)
		if err == nil {
			return s.serve(h, late, at)
		}
		if ctx.Err() != nil || errors.Is(err, fs.ErrPermission) || errors.Is(err, index.ErrInUse) {
			return err
		}
		if err := s.dismiss(at, err); err != nil {
			return err
		}
	}
	return s.serveNothing()
}

// openSlot checks a generation and opens it.
func (s *Store) openSlot(ctx context.Context, at slot) (*handle, []file, error) {
	m, err := readManifest(s.path(at.Folder), at.Sum)
	if err != nil {
		return nil, nil, err
	}
	if m.Format != index.Format {
		return nil, nil, &otherFormat{m.Format, m.names()}
	}
	late, err := verify(ctx, s.path(at.Folder), m.Files, s.options.verifyAtOnce)
	if err != nil {
		return nil, nil, err
	}
	h, err := s.openFolder(at.Folder, m)
	return h, late, err
}

func (s *Store) openFolder(folder string, m manifest) (*handle, error) {
	o := s.options.Index
	o.ReadOnly = true
	x, err := index.Open(s.path(folder), o)
	if err != nil {
		return nil, err
	}
	return newHandle(x, m, folder), nil
}

// serve makes a generation that is there the live one.
func (s *Store) serve(h *handle, late []file, at slot) error {
	p := s.pointer
	if at.Folder == p.Previous.Folder {
		p.Hidden, p.Gone = p.Gone, nil
	}
	h.hide(p.Hidden)
	s.swap(h, late)
	if p.Damage != nil {
		p.Damage.Withheld = withheld(p.Hidden)
		p.Damage.Collections = lost(p.Damage.Collections, h.manifest)
	}
	p.Current = at
	if p.Previous.Folder == at.Folder {
		p.Previous = slot{}
	}
	s.mu.Lock()
	s.state.Damage = p.Damage
	s.mu.Unlock()
	if slices.Equal([]string{p.Current.Folder, p.Previous.Folder}, []string{s.pointer.Current.Folder, s.pointer.Previous.Folder}) && p.Damage == nil {
		return nil
	}
	return s.save(p)
}

// lost leaves the collections that the one served now may have less of: the
// manifests tell by the time of the last change. Those that nothing is known of
// stay.
func lost(named []string, served manifest) []string {
	var out []string
	for _, entry := range named {
		name, at, known := strings.Cut(entry, "\x00")
		same := known && slices.ContainsFunc(served.Collections, func(c knowledge.Collection) bool {
			return c.Name == name && c.UpdatedAt.Format(time.RFC3339Nano) == at
		})
		if !same && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// dismiss puts a generation out of the way that can't be served.
func (s *Store) dismiss(at slot, reason error) error {
	if other, ok := errors.AsType[*otherFormat](reason); ok && other.format < index.Format {
		return s.retireFormat(s.path(at.Folder), other)
	}
	number, _ := numberOf(at.Folder)
	named := at.Collections
	if m, err := readManifest(s.path(at.Folder), at.Sum); err == nil {
		number, named = m.Number, nil
		for _, c := range m.Collections {
			named = append(named, c.Name+"\x00"+c.UpdatedAt.Format(time.RFC3339Nano))
		}
	}
	to, err := s.setAside(at.Folder)
	if err != nil {
		return err
	}
	d := Damage{At: s.now().UTC(), Number: number, Reason: reason.Error(), Folder: to, Collections: named}
	if before := s.pointer.Damage; before != nil {
		d.Number = max(d.Number, before.Number)
		d.Collections = append(slices.Clone(before.Collections), d.Collections...)
	}
	s.pointer.Damage = &d
	s.log.Error("a generation of the index is damaged and was set aside, one before it or an empty one is served: check the disk, and feed the "+
		"collections again that `tribune collections` names, but for the handbook and what tribune.yaml names, which feed themselves",
		"generation", d.Number, "reason", d.Reason, "set_aside", to)
	return nil
}

// setAside renames a folder and returns its new path.
func (s *Store) setAside(folder string) (string, error) {
	to, err := unusedName(s.path(aside + folder))
	if err != nil {
		return "", err
	}
	err = os.Rename(s.path(folder), to)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // it was gone altogether
	}
	if err != nil {
		return "", fmt.Errorf("open index: set a damaged generation aside: %w: move the folder %s away", err, s.path(folder))
	}
	return to, nil
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

// otherFormat is the error of a generation that another version made.
type otherFormat struct {
	format      int
	collections []string
}

// Error implements error.
func (e *otherFormat) Error() string {
	return fmt.Sprintf("it was made by another version: format %d, this one reads %d", e.format, index.Format)
}

// retireFormat moves the index of an earlier version out of the way: what it
// keeps of a document is not what is kept now.
func (s *Store) retireFormat(folder string, made *otherFormat) error {
	to, err := unusedName(fmt.Sprintf("%s-format-%d", filepath.Clean(s.dir), made.format))
	if err != nil {
		return err
	}
	if err := os.Rename(folder, to); err != nil {
		return fmt.Errorf("move the index of an earlier version aside: %w", err)
	}
	s.log.Warn("the index was made by an earlier version and is made anew: feed the documents of these collections again, "+
		"but for the handbook and what tribune.yaml names, which feed themselves; then delete the old folder",
		"collections", strings.Join(made.collections, " "), "old", to)
	return nil
}

// serveNothing makes an empty generation and serves it.
func (s *Store) serveNothing() error {
	m := manifest{MadeAt: s.now().UTC()}
	if s.pointer.Damage != nil {
		m.Number = s.pointer.Damage.Number + 1
	}
	s.pointer.Current, s.pointer.Previous, s.pointer.Gone, s.pointer.Hidden = slot{}, slot{}, nil, nil
	folder, err := s.freeFolder(m.Number)
	if err != nil {
		return err
	}
	sum, err := s.makeEmpty(folder, &m)
	if err != nil {
		return err
	}
	h, err := s.openFolder(folder, m)
	if err != nil {
		return err
	}
	s.pointer.Current = slot{Folder: folder, Sum: sum}
	if err := s.serve(h, nil, s.pointer.Current); err != nil {
		return err
	}
	return s.save(s.pointer)
}

func (s *Store) makeEmpty(folder string, m *manifest) (sum string, err error) {
	x, err := index.Open(s.path(folder), s.options.Index)
	if err != nil {
		return "", err
	}
	if err := x.Close(); err != nil {
		return "", err
	}
	if err := m.list(s.path(folder), "", manifest{}); err != nil {
		return "", fmt.Errorf("open index: %w", err)
	}
	if sum, err = m.write(s.path(folder)); err != nil {
		return "", fmt.Errorf("open index: %w", err)
	}
	return sum, nil
}
