package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
)

// Read returns the content of an entry. ErrTotal means that nothing more is
// read of the archive; any other error concerns the entry alone. Errors say
// what to do.
func (f *File) Read(ctx context.Context) ([]byte, error) {
	u := f.in.use
	most := u.limits.most(f.zip)
	switch {
	case f.zip.UncompressedSize64 > uint64(most):
		return nil, u.limits.tooLarge(most)
	case int64(f.zip.UncompressedSize64) > u.total:
		u.total = 0
		return nil, ErrTotal
	}
	in, err := f.zip.Open()
	if err != nil {
		return nil, errBroken
	}
	defer in.Close()
	allowed := min(most, u.total)
	var out bytes.Buffer
	// What the entry says of its size may be a lie, but within the ratio.
	out.Grow(int(f.zip.UncompressedSize64) + bytes.MinRead)
	n, err := io.Copy(&out, io.LimitReader(&patient{ctx.Err, in}, allowed+1))
	u.total -= min(n, u.total)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case n > allowed && allowed < most:
		u.total = 0
		return nil, ErrTotal
	case n > allowed:
		return nil, u.limits.tooLarge(most)
	case err != nil:
		return nil, errBroken
	}
	return out.Bytes(), nil
}

// Head returns the beginning of an entry, up to n bytes of it.
func (f *File) Head(n int) ([]byte, error) {
	in, err := f.zip.Open()
	if err != nil {
		return nil, errBroken
	}
	defer in.Close()
	u := f.in.use
	out, err := io.ReadAll(io.LimitReader(in, min(int64(n), u.total)))
	u.total -= min(int64(len(out)), u.total)
	if err != nil {
		return nil, errBroken
	}
	return out, nil
}

// IsZip reports whether an entry is an archive by its name.
func (f *File) IsZip() bool { return strings.HasSuffix(strings.ToLower(f.Name), ".zip") }

// Open opens an entry that is itself an archive. It shares the limits of the one
// that it lies in. One that is only stored there is read in its place, whatever
// size it has; one that is packed once more is held in memory.
func (f *File) Open(ctx context.Context) (*Archive, error) {
	u := f.in.use
	if f.in.depth >= u.limits.Depth {
		return nil, errDepth(u.limits.Depth)
	}
	if f.zip.Method == zip.Store {
		raw, err := f.zip.OpenRaw()
		at, ok := raw.(io.ReaderAt)
		if err == nil && ok {
			return open(at, int64(f.zip.CompressedSize64), u, f.in.depth+1)
		}
	}
	body, err := f.Read(ctx)
	if err != nil {
		return nil, err
	}
	return open(bytes.NewReader(body), int64(len(body)), u, f.in.depth+1)
}

// most is how many bytes an entry may expand to.
func (l Limits) most(e *zip.File) int64 {
	if e.CompressedSize64 >= uint64(l.Entry/l.Ratio) {
		return l.Entry
	}
	return min(l.Entry, max(int64(e.CompressedSize64)*l.Ratio, free))
}

func (l Limits) tooLarge(most int64) error {
	if most < l.Entry {
		return fmt.Errorf("it looks like a zip bomb: it grows more than %d times when it is unpacked", l.Ratio)
	}
	return fmt.Errorf("it has more than %d MB when it is unpacked: split it", l.Entry>>20)
}

// patient is a reader that ends when a context does.
type patient struct {
	err func() error
	in  io.Reader
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	if err := p.err(); err != nil {
		return 0, err
	}
	return p.in.Read(b)
}
