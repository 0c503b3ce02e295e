package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// The library trusts what a file says: it allocates tables of any size that it
// names, expands streams whole and follows nesting by recursion. The guard
// stands between it and the file, looks at all that it is about to believe,
// and ends the reading when its time is up.

const (
	// maxStream is the largest stream once it is expanded, in bytes: the text
	// operators of one page, a font's table, or a hundred objects. Pictures are
	// never read.
	maxStream = 32 << 20
	// maxNumber bounds the sizes of tables: objects, columns. The largest honest
	// files have some hundred thousand objects.
	maxNumber = 1_000_000
	// maxNesting bounds open brackets: arrays in arrays that no stack holds are a
	// crash that nothing recovers from. Bytes of pictures come to some thousand by
	// chance.
	maxNesting = 50_000
	// maxAgain is how often one place may be read while the file is opened: its
	// tables name each other, in a circle maybe.
	maxAgain = 1_000
	// maxLayers is how many filters may lie on one stream.
	maxLayers = 4
)

var (
	errBomb   = fmt.Errorf("it looks like a bomb: a part of it has more than %d MB when it is unpacked", maxStream>>20)
	errTables = errors.New("it says that it has more objects than it can: print it to a new PDF")
	errLoop   = errors.New("its tables lead in a circle: print it to a new PDF")
	errNested = errors.New("its parts are nested too deep: print it to a new PDF")
)

// guard is the file as the library sees it.
type guard struct {
	stopped func() error // why the reading must end, nil while it may go on
	r       io.ReaderAt
	size    int64
	from    int64 // where the file begins
	err     error // why it was stopped
	streams map[int64]error
	opening map[int64]int // how often each place was read while the file is opened; nil after that
}

// ReadAt implements io.ReaderAt. A read that starts at a stream is let through
// once it is known what that stream expands to.
func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	if err := g.stopped(); err != nil {
		return 0, g.stop(err)
	}
	if g.err != nil {
		return 0, g.err
	}
	if g.opening != nil {
		if g.opening[off]++; g.opening[off] > maxAgain {
			return 0, g.stop(errLoop)
		}
	}
	n, err := g.r.ReadAt(p, off+g.from)
	if n > 2 && compressed(p[:n]) {
		known, seen := g.streams[off]
		if !seen {
			known = g.expand(io.NewSectionReader(g.r, off+g.from, g.size-off-g.from), maxLayers)
			g.streams[off] = known
		}
		if known != nil {
			return 0, g.stop(known)
		}
	}
	return n, err
}

// stop ends all reading.
func (g *guard) stop(err error) error {
	if g.err == nil {
		g.err = err
	}
	return g.err
}

// reason is why reading failed: what the guard stopped it for, if it did.
func (g *guard) reason(err error) error {
	if g.err != nil {
		return g.err
	}
	return err
}

// compressed reports whether bytes begin as a stream does that was deflated
// (RFC 1950), or deflated and written in ASCII.
func compressed(p []byte) bool {
	return p[0]&0x0F == 8 && p[0] < 0x80 && (int(p[0])<<8|int(p[1]))%31 == 0 || ascii(p) != nil
}

// ascii is what bytes in base 85 begin with, nil where they are none that
// deflated bytes became.
func ascii(p []byte) []byte {
	head := make([]byte, 4)
	p = bytes.TrimLeft(p[:min(len(p), 64)], "<~ \t\r\n")
	if len(p) < 5 {
		return nil
	}
	if n, _, err := ascii85.Decode(head, p[:5], true); err != nil || n < 2 || head[0]&0x0F != 8 || (int(head[0])<<8|int(head[1]))%31 != 0 {
		return nil
	}
	return head
}

// expand looks at what a stream expands to, through all its filters.
func (g *guard) expand(in io.Reader, layers int) error {
	head := make([]byte, 64)
	n, _ := io.ReadFull(in, head)
	head = head[:n]
	in = io.MultiReader(bytes.NewReader(head), in)
	if n > 5 && ascii(head) != nil {
		in = ascii85.NewDecoder(&letters{in})
	}
	var out bytes.Buffer
	if z, bad := zlib.NewReader(in); bad == nil { // else it is no stream after all
		if read, _ := io.Copy(&out, io.LimitReader(z, maxStream+1)); read > maxStream {
			return errBomb
		}
	}
	if out.Len() > 5 && compressed(out.Bytes()) {
		if layers == 0 {
			return errBomb
		}
		if err := g.expand(bytes.NewReader(out.Bytes()), layers-1); err != nil {
			return err
		}
	}
	return believable(out.Bytes())
}

// letters leaves out what base 85 does not have.
type letters struct{ r io.Reader }

// Read implements io.Reader.
func (l *letters) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	kept := 0
	for _, c := range p[:n] {
		if c >= '!' && c <= 'u' || c == 'z' {
			p[kept] = c
			kept++
		}
	}
	return kept, err
}

// scan looks at the whole file.
func (g *guard) scan() error {
	raw, err := io.ReadAll(io.NewSectionReader(g.r, 0, g.size))
	if err != nil {
		return fmt.Errorf("it can't be read (%w): check who may read it", err)
	}
	if err := believable(raw); err != nil {
		return err
	}
	return tables(raw)
}

// bounds are where the file begins and ends, apart from what was put around it.
func (g *guard) bounds() (from, to int64, err error) {
	head := make([]byte, min(g.size, 1024))
	if _, err := g.r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, errBroken
	}
	tail := make([]byte, min(g.size, 1024))
	if _, err := g.r.ReadAt(tail, g.size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, errBroken
	}
	const end = "%%EOF"
	start, last := bytes.Index(head, []byte("%PDF-")), bytes.LastIndex(tail, []byte(end))
	if start < 0 || last < 0 {
		return 0, 0, errBroken
	}
	return int64(start), g.size - int64(len(tail)) + int64(last+len(end)), nil
}

// believable reports bytes that the library would choke on: sizes of tables
// beyond measure, and nesting that no stack holds.
func believable(raw []byte) error {
	depth := 0
	for _, c := range raw {
		switch c {
		case '[', '<':
			if depth++; depth > maxNesting {
				return errNested
			}
		case ']', '>':
			depth = max(0, depth-1)
		}
	}
	return sizes(raw)
}

// sizes looks at the numbers that tables are made by. A name may be written
// with the codes of its letters; nobody does so before a large number.
func sizes(raw []byte) error {
	named := regexp.MustCompile(`/(?:Size|Columns|Index|W|N|First)[\s\[]+((?:\d+\s*)+)`)
	for _, m := range named.FindAllSubmatch(raw, -1) {
		for digits := range bytes.FieldsSeq(m[1]) {
			if n, err := strconv.Atoi(string(digits)); err != nil || n > maxNumber {
				return errTables
			}
		}
	}
	if regexp.MustCompile(`/[A-Za-z]*#[0-9A-Fa-f]{2}[A-Za-z0-9#]*[\s\[]+\d{7}`).Match(raw) {
		return errTables
	}
	return nil
}

// tables looks at the sections of cross-reference tables: where each starts and
// how long it is, so long the library makes its own.
func tables(raw []byte) error {
	const mark = "xref"
	for {
		at := bytes.Index(raw, []byte(mark))
		if at < 0 {
			return nil
		}
		started := bytes.HasSuffix(raw[:at], []byte("start"))
		if raw = raw[at+len(mark):]; started {
			continue
		}
		if err := sections(raw); err != nil {
			return err
		}
	}
}

// sections looks at one table: its sections are a first number, how many
// entries there are, and three words for each.
func sections(raw []byte) error {
	for {
		var word [2]string
		word[0], raw = token(raw)
		word[1], raw = token(raw)
		first, isFirst := decimal(word[0])
		count, isCount := decimal(word[1])
		switch {
		case !isFirst || !isCount:
			return nil // the trailer, or nothing that the library reads either
		case first > maxNumber, count > maxNumber:
			return errTables
		}
		for range 3 * count {
			if _, raw = token(raw); len(raw) == 0 {
				return nil
			}
		}
	}
}

// decimal is the value of digits; one that is too large for any table is only
// that.
func decimal(word string) (int, bool) {
	digits := strings.TrimLeft(strings.TrimLeft(word, "+-"), "0")
	if word == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	if len(digits) > 7 || word[0] == '-' {
		return maxNumber + 1, true
	}
	n, _ := strconv.Atoi("0" + digits)
	return n, true
}

// token cuts the next word off, past white space and comments.
func token(raw []byte) (word string, rest []byte) {
	for {
		raw = bytes.TrimLeft(raw, "\x00\t\n\f\r ")
		if len(raw) == 0 || raw[0] != '%' {
			break
		}
		if end := bytes.IndexAny(raw, "\r\n"); end >= 0 {
			raw = raw[end:]
			continue
		}
		raw = nil
	}
	end := bytes.IndexAny(raw, "\x00\t\n\f\r %")
	if end < 0 {
		end = len(raw)
	}
	return string(raw[:end]), raw[end:]
}
