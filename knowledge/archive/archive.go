// Package archive opens zip files that nobody vouches for, as exports and
// downloads are, one entry at a time and in memory alone: nothing is ever
// written to disk, and no name in an archive is taken for a path.
//
// One file has one step: directory.go reads the list of entries within bounds,
// name.go says what an entry is called or why it is left out, read.go expands
// one.
package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// Limits bound what an archive may hold. A field that is 0 has the default.
type Limits struct {
	// Entries is how many entries an archive may have, those of archives inside
	// it too: exports of ten years of a large team have some ten thousands.
	Entries int
	// Entry is the largest entry once it is expanded, in bytes: what a document
	// may have.
	Entry int64
	// Ratio is how many times larger than in the archive an entry may become.
	// Text and XML come to 5 to 30; a bomb to a thousand.
	Ratio int64
	// Total is how much all that is read may come to, in bytes: half a minute of
	// one core.
	Total int64
	// Depth is how many archives may lie in each other, the outermost too: those
	// who make exports put parts into one, and people pack that once more.
	Depth int
}

func (l Limits) withDefaults() Limits {
	set := func(field *int64, value int64) {
		if *field == 0 {
			*field = value
		}
	}
	set(&l.Entry, unzip.MaxEntry)
	set(&l.Ratio, unzip.MaxRatio)
	set(&l.Total, 4<<30)
	if l.Entries == 0 {
		l.Entries = 100_000
	}
	if l.Depth == 0 {
		l.Depth = 3
	}
	return l
}

// free is up to where the ratio of an entry is not looked at: small files of
// repeated lines pass it honestly. For all together it is one entry's size.
const free = 1 << 20

// ErrTotal is returned by every read of an archive that came to more than its
// Limits allow in all. What follows is not read either.
var ErrTotal = errors.New("it looks like a zip bomb: all its files together grow beyond what is allowed: unpack it and name the folder")

// Archive is an open zip file.
type Archive struct {
	files  []*File
	left   []Left
	byName map[string]*File
	use    *use
	depth  int
}

// use is what an archive and those inside it have used up.
type use struct {
	limits  Limits
	total   int64 // bytes that may still be expanded
	entries int   // entries that may still be listed
}

// Left is an entry that is left out.
type Left struct {
	Name   string // as it can be shown
	Reason string
}

// File is one entry that can be read.
type File struct {
	// Name is its path in the archive, with '/': valid, relative, without dots
	// that lead anywhere, and different from all others.
	Name string
	// Modified is when it was last changed, as the archive says.
	Modified time.Time

	in  *Archive
	zip *zip.File
}

// Open reads the list of what is in a zip file. Errors say what to do. r must
// stay readable as long as the archive is used.
func Open(r io.ReaderAt, size int64) (*Archive, error) { return Limits{}.Open(r, size) }

// Open is the function Open with other limits.
func (l Limits) Open(r io.ReaderAt, size int64) (*Archive, error) {
	l = l.withDefaults()
	// What is expanded in all is bound by the ratio too: archives inside each
	// other, or one piece of data under many names, pass that of each entry.
	total := min(l.Total, max(l.Entry, size/1024*l.Ratio*1024))
	return open(r, size, &use{limits: l, total: total, entries: l.Entries}, 1)
}

func open(r io.ReaderAt, size int64, u *use, depth int) (*Archive, error) {
	entries, err := directory(r, size, u.entries)
	if err != nil {
		return nil, err
	}
	u.entries -= len(entries)
	a := &Archive{byName: map[string]*File{}, use: u, depth: depth}
	decode := decoderOf(entries)
	taken := map[string]bool{}
	for _, e := range entries {
		if e.Mode().IsDir() {
			continue
		}
		name, reason := nameOf(e, decode)
		if reason == "" {
			reason = refused(e)
		}
		if key := strings.ToLower(name); reason == "" && taken[key] {
			reason = "another file of the archive has the same name: capitals don't tell two files apart everywhere"
		} else if reason == "" {
			taken[key] = true
		}
		if reason != "" {
			a.left = append(a.left, Left{shown(name), reason})
			continue
		}
		f := &File{Name: name, Modified: e.Modified, in: a, zip: e}
		a.files = append(a.files, f)
		a.byName[name] = f
	}
	slices.SortFunc(a.files, func(x, y *File) int { return strings.Compare(x.Name, y.Name) })
	return a, nil
}

// Files returns the entries that can be read, by name.
func (a *Archive) Files() []*File { return a.files }

// Left returns the entries that are left out, with their reasons.
func (a *Archive) Left() []Left { return a.left }

// File returns the entry of a name, nil where there is none.
func (a *Archive) File(name string) *File { return a.byName[name] }

// Size is what an entry says that it expands to, in bytes: a lie, maybe.
func (f *File) Size() int64 { return int64(min(f.zip.UncompressedSize64, 1<<62)) }

// refused says why an entry is not read by what it is, "" when it is.
func refused(e *zip.File) string {
	switch {
	case !e.Mode().IsRegular():
		return "it is a link or a device, not a file"
	case e.Flags&1 != 0:
		return "it is protected by a password: pack it without one"
	case e.Method != zip.Store && e.Method != zip.Deflate:
		return "it is packed in a way that is not read: pack it again as a plain zip file"
	}
	return ""
}

// errDepth is said of archives that lie too deep in each other.
func errDepth(depth int) error {
	return fmt.Errorf("archives lie more than %d deep in each other: unpack it", depth)
}
