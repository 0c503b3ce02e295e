// Package unzip reads documents that are zip files, part by part: a part is
// looked up by the name that the format gives it, and what it expands to is
// bounded, whatever the file says of itself. Package archive is for zip files of
// documents: it lists what is in them and says what is left out.
package unzip

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Bounds of what a zip file may hold.
const (
	// MaxEntries is how many files an archive may have: exports of a large wiki
	// have some thousands.
	MaxEntries = 10_000
	// MaxEntry is the largest entry once it is expanded, in bytes.
	MaxEntry = 50 << 20
	// MaxRatio is how many times larger than in the archive an entry may be.
	// Text and XML come to 5 to 30; a bomb to a thousand.
	MaxRatio = 100
	// free is up to where the ratio is not looked at: small files of repeated
	// lines pass it honestly, and can't hurt.
	free = 1 << 20
)

var (
	errBroken  = errors.New("it is damaged or not whole: get or save it again")
	errEntries = fmt.Errorf("it is an archive of more than %d files: split it", MaxEntries)
	errEntry   = fmt.Errorf("a part of it has more than %d MB when it is unpacked: split it", MaxEntry>>20)
	errLocked  = errors.New("a part of it is protected by a password: save it without one")
	errRatio   = fmt.Errorf("it looks like a zip bomb: a part of it grows more than %d times when it is unpacked", MaxRatio)
)

// Archive is an open zip file.
type Archive struct {
	files  []*zip.File
	byName map[string]*zip.File
}

// Open reads the list of what is in a zip file. Errors say what to do.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	if crowded(r, size) {
		return nil, errEntries
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, errBroken
	}
	if len(z.File) > MaxEntries {
		return nil, errEntries
	}
	a := &Archive{byName: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		a.files = append(a.files, f)
		if name := clean(f.Name); a.byName[name] == nil {
			a.byName[name] = f
		}
	}
	return a, nil
}

// Each entry is listed at the end of an archive, with this mark before it.
const markEntry = "PK\x01\x02"

// tail is how much of the end of an archive is looked at for its list.
const tail = 64 << 20

// crowded reports whether an archive lists far too many entries to be opened:
// the library keeps some 400 bytes of each. Archives inside count too, so more
// are allowed here than MaxEntries.
func crowded(r io.ReaderAt, size int64) bool {
	const slack = 10
	buf, found := make([]byte, 256<<10), 0
	in := io.NewSectionReader(r, max(0, size-tail), min(size, tail))
	for found <= MaxEntries*slack {
		n, err := in.Read(buf)
		found += bytes.Count(buf[:n], []byte(markEntry))
		if err != nil {
			return false
		}
	}
	return true
}

// clean is the name of an entry without what leads out of the archive.
func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

// Has reports whether there is an entry of a name.
func (a *Archive) Has(name string) bool { return a.byName[clean(name)] != nil }

// Read returns the content of an entry, nil where there is none of that name.
func (a *Archive) Read(name string) ([]byte, error) {
	f := a.byName[clean(name)]
	if f == nil {
		return nil, nil
	}
	return read(f)
}

// encrypted is the flag of an entry that needs a password (APPNOTE, 4.4.4).
const encrypted = 1

// open returns the content of an entry and how much of it may be read.
func open(f *zip.File) (io.ReadCloser, int64, error) {
	limit := limitOf(f)
	if f.Flags&encrypted != 0 {
		return nil, 0, errLocked
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, 0, tooLarge(limit)
	}
	in, err := f.Open()
	if err != nil {
		return nil, 0, errBroken
	}
	return in, limit, nil
}

func read(f *zip.File) ([]byte, error) {
	in, limit, err := open(f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := io.ReadAll(io.LimitReader(in, limit+1))
	switch {
	case int64(len(out)) > limit:
		return nil, tooLarge(limit)
	case err != nil:
		return nil, errBroken
	}
	return out, nil
}

// limitOf is how many bytes an entry may expand to.
func limitOf(f *zip.File) int64 {
	if f.CompressedSize64 >= MaxEntry/MaxRatio {
		return MaxEntry
	}
	return max(int64(f.CompressedSize64)*MaxRatio, free)
}

func tooLarge(limit int64) error {
	if limit < MaxEntry {
		return errRatio
	}
	return errEntry
}

// Check expands every entry, without keeping it, and returns an error where
// one is beyond the bounds or all together have more than so many bytes: for
// libraries that read the archive on their own.
func (a *Archive) Check(ctx context.Context, most int64) error {
	total := int64(0)
	for _, f := range a.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		in, limit, err := open(f)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, io.LimitReader(in, limit+1))
		in.Close()
		switch {
		case n > limit:
			return tooLarge(limit)
		case err != nil:
			return errBroken
		}
		if total += n; total > most {
			return fmt.Errorf("it has more than %d MB when it is unpacked: split it", most>>20)
		}
	}
	return nil
}
