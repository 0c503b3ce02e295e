package generation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// fetch makes a folder with the files of a shared generation. Those that are
// here are linked, and what an earlier try has fetched is kept.
func (s *Store) fetch(ctx context.Context, m manifest) error {
	folder := s.path(fetching + m.ID)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	here, err := s.localFiles()
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := s.obtain(ctx, folder, f, here[f.SHA256]); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return syncDir(folder)
}

// localFiles finds the files of all generations here by their content.
func (s *Store) localFiles() (map[string]string, error) {
	folders, err := s.folders()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, name := range folders {
		m, err := readManifest(s.path(name), "")
		if err != nil {
			continue // a build, or damaged
		}
		for _, f := range m.Files {
			out[f.SHA256] = filepath.Join(s.path(name), f.Name)
		}
	}
	return out, nil
}

// obtain brings one file into a folder, from here or from the shared store.
func (s *Store) obtain(ctx context.Context, folder string, f file, here string) error {
	to := filepath.Join(folder, f.Name)
	if checkSize(folder, f) == nil && check(ctx, folder, f) == nil {
		return nil
	}
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if here != "" && s.bring(here, to) == nil {
		if checkSize(folder, f) == nil && check(ctx, folder, f) == nil {
			return nil
		}
		if err := os.Remove(to); err != nil {
			return err
		}
	}
	return s.download(ctx, to, f)
}

// bring links a file, or copies it where it may be written to or can't be linked.
func (s *Store) bring(from, to string) error {
	if strings.HasSuffix(from, ".zap") && s.options.link(from, to) == nil {
		return nil
	}
	return copyFile(from, to)
}

// download fetches one file and checks it on the way. What is not whole is
// removed.
func (s *Store) download(ctx context.Context, to string, f file) (err error) {
	in, err := s.options.Blobs.Get(ctx, f.SHA256)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(to) // the error says more
		}
	}()
	quick, strong := xxhash.New(), sha256.New()
	n, err := io.Copy(io.MultiWriter(out, quick, strong), io.LimitReader(in, f.Size+1))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	got := file{f.Name, n, sum64(quick.Sum64()), hex.EncodeToString(strong.Sum(nil))}
	if got != f {
		return fmt.Errorf("what was fetched %w", errDamaged)
	}
	return nil
}
