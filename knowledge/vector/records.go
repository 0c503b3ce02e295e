package vector

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sync"

	"github.com/tribunebot/tribune/knowledge"
)

// The vectors' file: a head, and records of one size each: the key, the vector
// as little-endian float32, and a checksum of both.
const (
	fileMagic = "TRIBVEC1"
	headSize  = 64 // magic, dimensions, id, checksum, zeros
	sumSize   = 4
)

var (
	errDamaged = errors.New("a vector is damaged")
	errForeign = errors.New("this is no file of vectors")
)

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// records is the open file. Nil is one without records.
type records struct {
	f    *os.File
	dims int
	id   [16]byte // what belongs to this very file names it
	n    int      // records

	reading sync.RWMutex // held while somebody reads; close waits for them
}

func (r *records) recordSize() int { return keySize + 4*r.dims + sumSize }

func (r *records) at(slot int) int64 { return headSize + int64(slot)*int64(r.recordSize()) }

// size is what so many records take on disk, in bytes.
func (r *records) size(n int) int64 {
	if r == nil {
		return 0
	}
	return r.at(n)
}

func (r *records) close() error {
	if r == nil {
		return nil
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	return r.f.Close()
}

// createRecords makes a new file where there is none.
func createRecords(path string, dims int) (*records, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	r := &records{f: f, dims: dims}
	_, _ = rand.Read(r.id[:]) // never fails: crypto/rand's documentation
	head := make([]byte, 0, headSize)
	head = append(head, fileMagic...)
	head = binary.LittleEndian.AppendUint32(head, uint32(dims))
	head = append(head, r.id[:]...)
	head = binary.LittleEndian.AppendUint32(head, checksum(head))
	if _, err := f.WriteAt(head[:headSize], 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// openRecords opens a file and cuts off what is not a whole record.
func openRecords(path string) (*records, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	r := &records{f: f}
	if err := r.head(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

func (r *records) head() error {
	head := make([]byte, headSize)
	if _, err := r.f.ReadAt(head, 0); errors.Is(err, io.EOF) {
		return errForeign
	} else if err != nil {
		return err
	}
	const end = len(fileMagic) + 4 + 16
	r.dims = int(binary.LittleEndian.Uint32(head[len(fileMagic):]))
	copy(r.id[:], head[len(fileMagic)+4:])
	if string(head[:len(fileMagic)]) != fileMagic || binary.LittleEndian.Uint32(head[end:]) != checksum(head[:end]) || r.dims == 0 {
		return errForeign
	}
	info, err := r.f.Stat()
	if err != nil {
		return err
	}
	r.n = int((info.Size() - headSize) / int64(r.recordSize()))
	return r.cut(r.n)
}

// cut shortens the file to n records.
func (r *records) cut(n int) error {
	r.n = n
	return r.f.Truncate(r.at(n))
}

// add writes records behind the others. They are on disk when it returns.
func (r *records) add(keys []key, vectors []knowledge.Vector) error {
	buf := make([]byte, 0, len(keys)*r.recordSize())
	for i, k := range keys {
		start := len(buf)
		buf = append(buf, k[:]...)
		for _, x := range vectors[i] {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
		}
		buf = binary.LittleEndian.AppendUint32(buf, checksum(buf[start:]))
	}
	if _, err := r.f.WriteAt(buf, r.at(r.n)); err != nil {
		return fmt.Errorf("write vectors: %w", errors.Join(err, r.cut(r.n)))
	}
	if err := r.f.Sync(); err != nil {
		return fmt.Errorf("write vectors: %w", errors.Join(err, r.cut(r.n)))
	}
	r.n += len(keys)
	return nil
}

// reader reads records with memory of its own.
type reader struct {
	r      *records
	buf    []byte
	vector knowledge.Vector
}

func (r *records) reader() *reader {
	return &reader{r: r, buf: make([]byte, r.recordSize()), vector: make(knowledge.Vector, r.dims)}
}

// read returns a record; its vector is good until the next. A record whose
// checksum is wrong is errDamaged.
func (d *reader) read(slot int) (key, knowledge.Vector, error) {
	if _, err := d.r.f.ReadAt(d.buf, d.r.at(slot)); err != nil {
		return key{}, nil, fmt.Errorf("read a vector: %w", err)
	}
	end := len(d.buf) - sumSize
	if binary.LittleEndian.Uint32(d.buf[end:]) != checksum(d.buf[:end]) {
		return key{}, nil, errDamaged
	}
	for i := range d.vector {
		d.vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(d.buf[keySize+4*i:]))
	}
	return key(d.buf[:keySize]), d.vector, nil
}
