package git

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// Limits of the objects in a pack. What is kept as a difference is put together
// in memory, and a few bytes can stand for very many.
const (
	maxObject = 64 << 20  // bytes of one that is a difference, or no file
	maxBlob   = 256 << 20 // bytes of one that is a file: go-git holds it in memory when it comes
	maxTotal  = 16 << 30  // bytes of all, unpacked
	maxCount  = 2_000_000
)

// download is what the name of a file begins with while it comes.
const download = "download-"

var errTooMuch = errors.New("the repository is too large")

// receive keeps the objects that a host sends, once it is known that they do
// not take more memory than there is.
func (s *source) receive(from io.Reader, store *filesystem.Storage, dir string) (err error) {
	f, err := os.CreateTemp(dir, download)
	if err != nil {
		return err
	}
	defer func() {
		release(f)
		if removed := os.Remove(f.Name()); err == nil {
			err = removed
		}
	}()
	n, err := io.Copy(f, io.LimitReader(from, s.o.MaxBytes+1))
	switch {
	case err != nil:
		return explain(err)
	case n > s.o.MaxBytes:
		return fmt.Errorf("%w: its newest commit has more than %d MB", errTooMuch, s.o.MaxBytes>>20)
	}
	if err := rewound(f, measure); err != nil {
		return err
	}
	return rewound(f, func(r io.Reader) error { return packfile.UpdateObjectStorage(store, r) })
}

// rewound reads a file from its start.
func rewound(f *os.File, read func(io.Reader) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return read(bufio.NewReaderSize(f, 64<<10))
}

// measure reads a pack through, holding nothing, and refuses one whose objects
// are too large.
func measure(r io.Reader) error {
	in := packfile.NewScanner(r)
	_, count, err := in.Header()
	if err != nil {
		return fmt.Errorf("the host sent a damaged pack: %w", err)
	}
	if count > maxCount {
		return fmt.Errorf("%w: it has %d objects, more than %d", errTooMuch, count, maxCount)
	}
	total := int64(0)
	for range count {
		size, err := next(in)
		if err != nil {
			return err
		}
		if total += size; total > maxTotal {
			return fmt.Errorf("%w: it has more than %d GB of files", errTooMuch, maxTotal>>30)
		}
	}
	return nil
}

// next is the size of the next object of a pack.
func next(in *packfile.Scanner) (int64, error) {
	h, err := in.NextObjectHeader()
	if err != nil {
		return 0, fmt.Errorf("the host sent a damaged pack: %w", err)
	}
	if err := fits(h, h.Length); err != nil {
		return 0, err
	}
	var first prefix
	n, _, err := in.NextObject(&first)
	if err == nil && n != h.Length {
		err = fmt.Errorf("an object has %d bytes and says %d", n, h.Length)
	}
	if err != nil {
		return 0, fmt.Errorf("the host sent a damaged pack: %w", err)
	}
	if !h.Type.IsDelta() {
		return h.Length, nil
	}
	base, rest := varint(first.bytes)
	target, _ := varint(rest)
	size := max(h.Length, base, target)
	return size, fits(h, size)
}

// fits refuses an object that is too large to be held in memory.
func fits(h *packfile.ObjectHeader, size int64) error {
	limit := int64(maxObject)
	if h.Type == plumbing.BlobObject {
		limit = maxBlob
	}
	if size <= limit {
		return nil
	}
	return fmt.Errorf("%w: one of its files has %d MB, more than %d: keep such files elsewhere, as in Git LFS", errTooMuch, size>>20, limit>>20)
}

// prefix keeps the first bytes that are written to it: the two sizes that a
// difference begins with.
type prefix struct{ bytes []byte }

func (p *prefix) Write(b []byte) (int, error) {
	if room := 20 - len(p.bytes); room > 0 {
		p.bytes = append(p.bytes, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// varint reads a size as differences have it: seven bits a byte, the lowest
// first (git-scm.com/docs/pack-format).
func varint(b []byte) (size int64, rest []byte) {
	for i, c := range b[:min(len(b), 9)] {
		size |= int64(c&0x7F) << (7 * i)
		if c&0x80 == 0 {
			return size, b[i+1:]
		}
	}
	return 1<<62 - 1, nil
}
