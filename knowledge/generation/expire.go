package generation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// grace is how long a blob is kept that the latest two manifests do not name:
// some worker may still fetch an older generation, or be about to publish a
// newer one with it. What is missing then is put back by who needs it, so that
// less does no harm where there are very many.
const (
	grace      = time.Hour
	shortGrace = 5 * time.Minute
)

// maxRetired bounds how many blobs a manifest says of since when they are not
// needed: some 100 bytes each. What is beyond is found again when there is room.
const maxRetired = 1000

// expireAtOnce bounds how many blobs one publish removes: a millisecond or few
// each, while everybody waits for it.
const expireAtOnce = 250

// retiree is a blob that is not needed any more.
type retiree struct {
	name  string
	since time.Time // when that was first known
}

// retired lists what neither a manifest nor the one before it needs, and since
// when that is known, the oldest first.
func (s *Store) retired(have []string, m manifest) []retiree {
	needed := map[string]bool{}
	for _, f := range m.Files {
		needed[f.SHA256] = true
	}
	for _, name := range m.Previous {
		needed[name] = true
	}
	now := s.now().UTC().Truncate(time.Second)
	var out []retiree
	for _, name := range have {
		if needed[name] {
			continue
		}
		since, ok := s.base.manifest.Retired[name]
		if !ok {
			since = now
		}
		out = append(out, retiree{name, since})
	}
	slices.SortFunc(out, func(a, b retiree) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.name, b.name)) })
	return out
}

// expire deletes blobs that have not been needed for long, and returns the
// others. It stops as soon as another worker has published: that one may need
// them.
func (s *Store) expire(ctx context.Context, all []retiree) []retiree {
	for n := range min(len(all), expireAtOnce) {
		kept := s.now().Sub(all[n].since)
		if kept < grace && (len(all)-n <= maxRetired || kept < shortGrace) {
			return all[n:]
		}
		_, revision, err := s.options.Blobs.Latest(ctx)
		if err == nil && revision != s.base.revision {
			return all[n:]
		}
		if err == nil {
			err = s.options.Blobs.Delete(ctx, all[n].name)
		}
		if err != nil {
			s.log.WarnContext(ctx, "old files of the shared index could not be removed, and are tried again later", "error", err)
			return all[n:]
		}
	}
	return all[min(len(all), expireAtOnce):]
}

// fit writes a manifest with as much of what is retired as it may have.
func fit(m manifest, all []retiree) ([]byte, error) {
	for all = all[:min(len(all), maxRetired)]; ; all = all[:len(all)/2] {
		m.Retired = map[string]time.Time{}
		for _, r := range all {
			m.Retired[r.name] = r.since
		}
		raw, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		if len(raw) <= knowledge.MaxManifest {
			return raw, nil
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("the list of %d collections takes %d bytes, and workers can share %d: drop some", len(m.Collections), len(raw), knowledge.MaxManifest)
		}
	}
}
