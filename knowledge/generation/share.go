package generation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// shared is what Blobs had when last asked.
type shared struct {
	manifest manifest
	revision uint64 // 0: nothing was published yet
}

var (
	// errVersion is returned where the workers' index is of another version.
	errVersion = errors.New("the index that the workers share was made by another version")
	errNewer   = fmt.Errorf("%w, and it is a newer version: update this worker", errVersion)
)

// older refuses to publish over an index that this version can't read: workers
// of the earlier version live by it, and what was fed by hand would be gone.
func older(m manifest) error {
	return fmt.Errorf("%w, and it is an earlier one (format %d, this one reads %d). It is left alone: stop the workers of that version, then remove what they "+
		"share (nats kv del generations latest) and feed these collections again, but for the handbook and what tribune.yaml names, "+
		"which feed themselves: %s", errVersion, m.Format, index.Format, strings.Join(m.names(), ", "))
}

// startWait bounds how long Open fetches: then what is here is served, and Run
// goes on fetching.
const startWait = time.Minute

// startShared fetches what the workers share, where that is possible at once.
func (s *Store) startShared() {
	if s.options.Blobs == nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), startWait, fmt.Errorf("it was not fetched in %s, which goes on", startWait))
	defer cancel()
	_ = s.catchUp(ctx) // noted in the state, and logged
}

// catchUp makes the newest shared generation the live one.
func (s *Store) catchUp(ctx context.Context) error {
	if s.options.Blobs == nil {
		return nil
	}
	return s.reached(ctx, s.adoptLatest(ctx))
}

// reached notes how an exchange with the shared store ended, unless that was
// only stopped.
func (s *Store) reached(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		s.away(err)
	}
	return err
}

func (s *Store) adoptLatest(ctx context.Context) error {
	raw, revision, err := s.options.Blobs.Latest(ctx)
	if err != nil {
		return err
	}
	if s.base = (shared{revision: revision}); revision == 0 {
		return nil
	}
	m, err := parseManifest(raw)
	if err != nil {
		s.log.ErrorContext(ctx, "what the workers share as their index can't be read: the next ingest replaces it", "error", err)
		return nil
	}
	s.base.manifest = m
	switch {
	case m.Format > index.Format:
		return errNewer
	case m.Format < index.Format:
		return older(m)
	case m.ID == s.live.manifest.ID:
		return nil
	}
	return s.adopt(ctx, m)
}

// adopt fetches a generation and makes it the live one.
func (s *Store) adopt(ctx context.Context, m manifest) error {
	if err := s.fetch(ctx, m); err != nil {
		return fmt.Errorf("fetch generation %d of the index: %w", m.Number, err)
	}
	folder, err := s.freeFolder(m.Number)
	if err != nil {
		return err
	}
	if err := os.Rename(s.path(fetching+m.ID), s.path(folder)); err != nil {
		return err
	}
	sum, err := m.write(s.path(folder))
	if err != nil {
		return err
	}
	h, err := s.openFolder(folder, m)
	if err != nil {
		return err
	}
	s.warnOfLoss(ctx)
	if err := s.put(h, slot{folder, sum, m.names()}, s.gone(ctx, h, true), func(p *pointer) { p.Damage = nil }); err != nil {
		h.retire()
		return err
	}
	return nil
}

// warnOfLoss says so where what is replaced was never shared: it was fed while
// this worker was alone.
func (s *Store) warnOfLoss(ctx context.Context) {
	m := s.live.manifest
	if m.Number > 0 && !m.Shared {
		s.log.WarnContext(ctx, "the index that the workers share replaces the one of this worker, which was never shared: "+
			"feed these collections again if they are missing", "collections", m.names())
	}
}

// publish shares a generation. It returns knowledge.ErrConflict where another
// worker was faster.
func (s *Store) publish(ctx context.Context, h *handle) error {
	if s.options.Blobs == nil {
		return nil
	}
	have, err := s.upload(ctx, h)
	if err != nil {
		return fmt.Errorf("share the index: %w", err)
	}
	raw, err := fit(h.manifest, s.expire(ctx, s.retired(have, h.manifest)))
	if err != nil {
		return err
	}
	if err := s.options.Blobs.Publish(ctx, raw, s.base.revision); err != nil {
		return fmt.Errorf("share the index: %w", err)
	}
	// What is here already was not held by any manifest: somebody may just have
	// removed it.
	if _, err := s.upload(ctx, h); err != nil {
		s.log.WarnContext(ctx, "a file of the shared index may be missing, and is looked for again later", "error", err)
	}
	return nil
}

// upload puts the files of a generation that the store lacks, and returns the
// names of all it has.
func (s *Store) upload(ctx context.Context, h *handle) ([]string, error) {
	have, err := s.options.Blobs.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range h.manifest.Files {
		if slices.Contains(have, f.SHA256) {
			continue
		}
		if err := s.uploadFile(ctx, filepath.Join(s.path(h.folder), f.Name), f.SHA256); err != nil {
			return nil, err
		}
		have = append(have, f.SHA256)
	}
	return have, nil
}

func (s *Store) uploadFile(ctx context.Context, path, name string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer release(in)
	return s.options.Blobs.Put(ctx, name, in)
}

// lineage notes in a manifest that is to be shared what the one before needs.
func (s *Store) lineage(m *manifest) {
	if s.options.Blobs == nil {
		return
	}
	m.Shared = true
	for _, f := range s.base.manifest.Files {
		m.Previous = append(m.Previous, f.SHA256)
	}
}

// mend shares what was never shared, and puts files back that are missing.
func (s *Store) mend(ctx context.Context) error {
	if s.live.manifest.Number == 0 || len(s.live.veil) > 0 {
		return nil // nothing to share, or more than is to be seen
	}
	if s.base.revision == 0 {
		err := s.publish(ctx, s.live)
		if errors.Is(err, knowledge.ErrConflict) {
			return nil // another worker was first, and is followed
		}
		return err
	}
	if s.base.manifest.ID != s.live.manifest.ID {
		return nil
	}
	_, err := s.upload(ctx, s.live)
	return err
}
