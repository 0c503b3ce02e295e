package generation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// shared is what Blobs had when last asked.
type shared struct {
	manifest manifest
	revision uint64 // 0: nothing was published yet
}

// errNewer is returned where the workers' index is of a newer version.
var errNewer = errors.New("the shared index was made by a newer version: update this worker")

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
	case m.Format < index.Format || m.ID == s.live.manifest.ID:
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
	m := h.manifest
	m.Retired = s.retired(have, m)
	raw, err := json.Marshal(m)
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
	s.expire(ctx, m)
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

// grace is how long a blob is kept that the latest two manifests do not name:
// some worker may still fetch an older generation, or be about to publish a
// newer one with it.
const grace = time.Hour

// retired lists what neither a manifest nor the one before it needs, and since
// when that is known.
func (s *Store) retired(have []string, m manifest) map[string]time.Time {
	needed := map[string]bool{}
	for _, f := range m.Files {
		needed[f.SHA256] = true
	}
	for _, name := range m.Previous {
		needed[name] = true
	}
	out := map[string]time.Time{}
	for _, name := range have {
		if needed[name] {
			continue
		}
		since, ok := s.base.manifest.Retired[name]
		if !ok {
			since = s.now().UTC()
		}
		out[name] = since
	}
	return out
}

// expire deletes blobs that have not been needed for long. It stops as soon as
// another worker has published: that one may need them.
func (s *Store) expire(ctx context.Context, m manifest) {
	for _, name := range slices.Sorted(maps.Keys(m.Retired)) {
		if s.now().Sub(m.Retired[name]) < grace {
			continue
		}
		raw, _, err := s.options.Blobs.Latest(ctx)
		if err == nil {
			latest, bad := parseManifest(raw)
			if bad != nil || latest.ID != m.ID {
				return
			}
			err = s.options.Blobs.Delete(ctx, name)
		}
		if err != nil {
			s.log.WarnContext(ctx, "old files of the shared index could not be removed, and are tried again later", "error", err)
			return
		}
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
