package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/tribunebot/tribune/knowledge/format"
)

// objectCache bounds the objects that are held in memory, in bytes.
const objectCache = 32 * cache.MiByte

// maxPacks is how many times a repository is added to before it is got anew: so
// that what is no longer in it does not stay for ever.
const maxPacks = 20

// head is the newest commit of what is read.
type head struct {
	commit *object.Commit
	branch string // by its name, "" where that is not known
	store  *filesystem.Storage
}

// open gets a repository's newest commit.
func (s *source) open(ctx context.Context, r *repo) (head, error) {
	if r.local() {
		return openHere(r)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.Timeout, fmt.Errorf("it did not come within %s", s.o.Timeout))
	defer cancel()
	dir := filepath.Join(s.o.Dir, r.cache())
	if packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack")); err != nil || len(packs) > maxPacks {
		if err := os.RemoveAll(dir); err != nil {
			return head{}, err
		}
	}
	got, err := s.update(ctx, r, dir)
	if _, broken := errors.AsType[*brokenError](err); broken && ctx.Err() == nil {
		// The cache was damaged, as by a kill: it is got anew.
		if err := os.RemoveAll(dir); err != nil {
			return head{}, err
		}
		got, err = s.update(ctx, r, dir)
	}
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return got, err
}

// brokenError is what could not be read of a repository that was got.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the repository is damaged: " + e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

func openStore(dir string) *filesystem.Storage {
	return filesystem.NewStorageWithOptions(osfs.New(dir, osfs.WithBoundOS()), cache.NewObjectLRU(objectCache), filesystem.Options{LargeObjectThreshold: maxObject})
}

// openHere opens a repository of this machine, with or without a work tree.
func openHere(r *repo) (head, error) {
	dir := r.path
	if info, err := os.Stat(filepath.Join(dir, ".git")); err == nil && info.IsDir() {
		dir = filepath.Join(dir, ".git")
	}
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
		return head{}, errors.New("there is no Git repository: check the path")
	}
	store := openStore(dir)
	ref, err := resolve(store, r.branch)
	if err == nil {
		var got head
		if got, err = commitOf(store, ref); err == nil {
			return got, nil
		}
	}
	release(store)
	return head{}, err
}

// release closes what was only read from, or is not used any more: nothing is
// lost if that fails.
func release(c io.Closer) { c.Close() }

// resolve finds what a repository calls by a name: a branch or a tag; "" is its
// own branch.
func resolve(refs storer.ReferenceStorer, name string) (*plumbing.Reference, error) {
	if name == "" {
		ref, err := storer.ResolveReference(refs, plumbing.HEAD)
		if err != nil {
			return nil, errors.New("it has no commit yet")
		}
		return ref, nil
	}
	for _, full := range [...]plumbing.ReferenceName{plumbing.NewBranchReferenceName(name), plumbing.NewTagReferenceName(name)} {
		if ref, err := storer.ResolveReference(refs, full); err == nil {
			return ref, nil
		}
	}
	return nil, fmt.Errorf("it has no branch and no tag %q", name)
}

// commitOf is the commit that a reference leads to, through a tag too.
func commitOf(store *filesystem.Storage, ref *plumbing.Reference) (head, error) {
	hash := ref.Hash()
	if tag, err := object.GetTag(store, hash); err == nil {
		hash = tag.Target
	}
	commit, err := object.GetCommit(store, hash)
	if err != nil {
		return head{}, &brokenError{err}
	}
	name := ref.Name().Short()
	if !ref.Name().IsBranch() && !ref.Name().IsTag() {
		name = ""
	}
	return head{commit: commit, branch: name, store: store}, nil
}

// update brings the cache of a repository to its newest commit.
func (s *source) update(ctx context.Context, r *repo, dir string) (_ head, err error) {
	if err := sweep(dir); err != nil {
		return head{}, err
	}
	session, err := s.session(ctx, r)
	if err != nil {
		return head{}, err
	}
	defer session.Close()
	advertised, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		return head{}, explain(err)
	}
	refs, err := advertised.AllReferences()
	if err != nil {
		return head{}, explain(err)
	}
	ref, err := resolve(refs, r.branch)
	if err != nil {
		return head{}, err
	}
	store := openStore(dir)
	defer func() {
		if err != nil {
			release(store)
		}
	}()
	if old, err := store.Reference(ref.Name()); err != nil || old.Hash() != ref.Hash() {
		if err := s.download(ctx, session, advertised, store, dir, ref); err != nil {
			return head{}, err
		}
	}
	return commitOf(store, ref)
}

// sweep removes what a run that was killed has left of a download.
func sweep(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "objects", "pack"), 0o700); err != nil {
		return err
	}
	for _, pattern := range [...]string{download + "*", filepath.Join("objects", "pack", "tmp_*")} {
		left, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, file := range left {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// download gets the newest commit without its history, and of its files those
// that are not in the cache.
func (s *source) download(ctx context.Context, session transport.UploadPackSession, from *packp.AdvRefs, store *filesystem.Storage, dir string, ref *plumbing.Reference) error {
	req := packp.NewUploadPackRequestFromCapabilities(from.Capabilities)
	req.Wants = []plumbing.Hash{ref.Hash()}
	if from.Capabilities.Supports(capability.Shallow) {
		req.Depth = packp.DepthCommits(1)
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return err
		}
	}
	if from.Capabilities.Supports(capability.Filter) { // large files stay where they are
		req.Filter = packp.FilterBlobLimit(format.MaxFile>>20+1, packp.BlobLimitPrefixMebi)
		if err := req.Capabilities.Set(capability.Filter); err != nil {
			return err
		}
	}
	if old, err := store.Reference(ref.Name()); err == nil {
		if _, err := object.GetCommit(store, old.Hash()); err != nil {
			return &brokenError{err}
		}
		req.Haves = []plumbing.Hash{old.Hash()}
		if req.Depth != nil && req.Depth != packp.DepthCommits(0) {
			req.Shallows = []plumbing.Hash{old.Hash()}
		}
	}
	resp, err := session.UploadPack(ctx, req)
	if err != nil && !errors.Is(err, transport.ErrEmptyUploadPackRequest) {
		return explain(err)
	}
	if err == nil {
		defer release(resp)
		if err := s.receive(demux(req.Capabilities, resp), store, dir); err != nil {
			return err
		}
		if err := store.SetShallow(resp.Shallows); err != nil {
			return err
		}
	}
	return store.SetReference(plumbing.NewHashReference(ref.Name(), ref.Hash()))
}

// demux takes the pack out of an answer that also has messages for people.
func demux(can *capability.List, answer io.Reader) io.Reader {
	switch {
	case can.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, answer)
	case can.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, answer)
	}
	return answer
}

// explain says what to do about a failure that has a known cause.
func explain(err error) error {
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		return fmt.Errorf("the host asks for a sign-in, or has no such repository: check the address and the token: %w", err)
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fmt.Errorf("check the address, and for a private repository the token: %w", err)
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return errors.New("it has no commit yet")
	}
	return fmt.Errorf("it can't be had: %w", err)
}
