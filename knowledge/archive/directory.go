package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

var (
	errBroken  = errors.New("it is damaged or not whole: get or save it again")
	errNoZip   = errors.New("it is not a zip file, or not whole: get it again")
	errOverlap = errors.New("it looks like a zip bomb: files in it share the same bytes")
	errEntries = errors.New("it has too many files")
	errList    = errors.New("it has too long a list of files")
)

// directory reads the list of a zip file's entries, up to most of them.
func directory(r io.ReaderAt, size int64, most int) ([]*zip.File, error) {
	l := &lister{r: r, marks: most + slack, bytes: maxList}
	z, err := zip.NewReader(l, size)
	switch {
	case errors.Is(err, errEntries), err == nil && len(z.File) > most:
		return nil, fmt.Errorf("%w, more than %d: unpack it and name its folders", errEntries, most)
	case errors.Is(err, errList):
		return nil, fmt.Errorf("%w: unpack it and name its folders", errList)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, errNoZip
	}
	l.done = true
	return z.File, apart(z.File, size)
}

const (
	// maxList bounds how much is read of a list, in bytes: the library keeps
	// names and extra fields of all entries. 100,000 long names in Chinese have
	// some 40 MB.
	maxList = 64 << 20
	// slack is how many entries may be seen more than once, in the end of an
	// archive where the start of the list is looked for: it is 64 KB, and an
	// entry has 46 bytes at least.
	slack = 64 << 10 / 46
)

// lister is a reader that ends where a list of entries has too many: the library
// allocates as it reads, and all at once for the number that the archive says.
type lister struct {
	r     io.ReaderAt
	marks int
	bytes int
	end   int64  // of what was read last
	tail  []byte // the last bytes of that: a mark may begin in it
	done  bool   // what is read now is content
}

// Marks of the zip format (APPNOTE.TXT, 4.3.12 and 4.3.14).
const (
	markEntry = "PK\x01\x02"
	markEnd64 = "PK\x06\x06"
	// countAt is where the end of a large archive says how many entries it has.
	countAt = 32
)

// ReadAt implements io.ReaderAt.
func (l *lister) ReadAt(p []byte, off int64) (int, error) {
	n, err := l.r.ReadAt(p, off)
	if l.done {
		return n, err
	}
	read := p[:n]
	if bytes.HasPrefix(read, []byte(markEnd64)) && n >= countAt+8 && binary.LittleEndian.Uint64(read[countAt:]) > uint64(max(l.marks, 0)) {
		return 0, errEntries
	}
	if off != l.end {
		l.tail = nil
	}
	seen := append(l.tail, read[:min(n, len(markEntry)-1)]...)
	l.marks -= bytes.Count(seen, []byte(markEntry)) + bytes.Count(read, []byte(markEntry))
	l.bytes -= n
	l.end, l.tail = off+int64(n), bytes.Clone(read[max(0, n-len(markEntry)+1):])
	switch {
	case l.marks < 0:
		return 0, errEntries
	case l.bytes < 0:
		return 0, errList
	}
	return n, err
}

// span is where the data of an entry lies.
type span struct{ from, to int64 }

// apart makes sure that no two entries share bytes: what is small in the archive
// would become large as often as it is named (D. Fifield, "A better zip bomb").
func apart(entries []*zip.File, size int64) error {
	spans := make([]span, 0, len(entries))
	for _, e := range entries {
		from, err := e.DataOffset()
		if err != nil || e.CompressedSize64 > uint64(size) || from+int64(e.CompressedSize64) > size {
			return errBroken
		}
		if e.CompressedSize64 > 0 {
			spans = append(spans, span{from, from + int64(e.CompressedSize64)})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return errOverlap
		}
	}
	return nil
}
