package vector

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// The files of an embedder's directory. The codes are a copy of what can be
// computed from the vectors, so that a start reads a thirtieth of them.
const (
	vectorsFile = "vectors"
	codesFile   = "codes"
	codesMagic  = "TRIBBIT1"
)

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

// load reads what is there. A file that is not readable as vectors is put aside:
// the next ingest embeds anew.
func (s *Store) load() error {
	if err := s.sweep(); err != nil {
		return err
	}
	file, err := openRecords(s.path(vectorsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.loadMaps()
	case errors.Is(err, errForeign):
		s.o.Log.Warn("the file of vectors is damaged and was put aside: the next ingest embeds its texts again", "path", s.path(vectorsFile))
		if err := os.Rename(s.path(vectorsFile), s.path(vectorsFile+".damaged")); err != nil {
			return err
		}
		return s.loadMaps()
	case err != nil:
		return err
	}
	s.file = file
	if !s.loadCodes() {
		s.codes, s.keys = codes{}, nil
		mean, err := s.mean()
		if err != nil {
			return err
		}
		s.codes = codes{dims: file.dims, mean: mean, seen: file.n}
	}
	if err := s.replay(); err != nil {
		return err
	}
	for slot, k := range s.keys {
		s.index(k, uint32(slot))
	}
	return s.loadMaps()
}

// sweep removes files that a kill left half written.
func (s *Store) sweep() error {
	err := gone(os.Remove(s.path(vectorsFile + ".new")))
	for _, dir := range []string{s.dir, s.path(mapsFolder)} {
		files, bad := os.ReadDir(dir)
		err = errors.Join(err, bad)
		for _, f := range files {
			if strings.HasPrefix(f.Name(), ".") {
				err = errors.Join(err, gone(os.Remove(filepath.Join(dir, f.Name()))))
			}
		}
	}
	return err
}

// replay reads the vectors that have no code yet, and cuts off the last ones if
// they are not whole.
func (s *Store) replay() error {
	d := s.file.reader()
	whole := len(s.keys)
	for slot := len(s.keys); slot < s.file.n; slot++ {
		k, v, err := d.read(slot)
		switch {
		case errors.Is(err, errDamaged):
			k, v = key{}, nil
		case err != nil:
			return err
		default:
			whole = slot + 1
		}
		s.keys = append(s.keys, k)
		s.codes.add(v)
	}
	if cut := len(s.keys) - whole; cut > 0 {
		s.keys, s.codes.words = s.keys[:whole], s.codes.words[:whole*s.codes.width()]
		return s.file.cut(whole)
	}
	return nil
}

// index notes where the vector of a key is. An empty key is a vector that was
// damaged.
func (s *Store) index(k key, slot uint32) {
	if k != (key{}) {
		s.slots[prefix(k)] = slot
	}
}

// find returns the slot of a key's vector. The caller holds mu.
func (s *Store) find(k key) (uint32, bool) {
	slot, ok := s.slots[prefix(k)]
	return slot, ok && s.keys[slot] == k
}

func prefix(k key) uint64 { return binary.LittleEndian.Uint64(k[:]) }

// sample is how many vectors a mean is taken of.
const sample = 4096

// mean is the mean of a sample of all vectors, spread evenly.
func (s *Store) mean() (knowledge.Vector, error) {
	sum := make([]float64, s.file.dims)
	d, n := s.file.reader(), 0
	for i := range min(s.file.n, sample) {
		_, v, err := d.read(i * s.file.n / min(s.file.n, sample))
		if errors.Is(err, errDamaged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		n++
		for k, x := range v {
			sum[k] += float64(x)
		}
	}
	mean := make(knowledge.Vector, len(sum))
	for k, x := range sum {
		mean[k] = float32(x / float64(max(n, 1)))
	}
	return mean, nil
}

// center takes the mean again and makes all codes anew. Searches go on with the
// old ones meanwhile. The caller holds the right to write.
func (s *Store) center() error {
	mean, err := s.mean()
	if err != nil {
		return err
	}
	c := codes{dims: s.file.dims, mean: mean, seen: s.file.n, words: make([]uint64, 0, len(s.codes.words))}
	d := s.file.reader()
	for slot := range s.file.n {
		_, v, err := d.read(slot)
		if err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		if err != nil {
			v = nil
		}
		c.add(v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes = c
	return nil
}

// saveCodes writes the codes and keys, for the next start. It holds the right to
// write, so nothing that it reads changes but the keys of damaged vectors.
func (s *Store) saveCodes() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return writeFile(s.path(codesFile), func(w io.Writer) error {
		b := append([]byte(codesMagic), s.file.id[:]...)
		for _, n := range []int{s.codes.dims, s.codes.seen, len(s.keys)} {
			b = binary.LittleEndian.AppendUint32(b, uint32(n))
		}
		for _, x := range s.codes.mean {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		for slot, k := range s.keys {
			b = append(b, k[:]...)
			for _, word := range s.codes.of(uint32(slot)) {
				b = binary.LittleEndian.AppendUint64(b, word)
			}
			if len(b) > 1<<16 {
				if _, err := w.Write(b); err != nil {
					return err
				}
				b = b[:0]
			}
		}
		_, err := w.Write(b)
		return err
	})
}

// loadCodes reads them, and reports whether they are those of the vectors.
func (s *Store) loadCodes() bool {
	b, err := readFile(s.path(codesFile))
	const head = len(codesMagic) + 16 + 3*4
	if err != nil || len(b) < head || string(b[:len(codesMagic)]) != codesMagic || [16]byte(b[len(codesMagic):]) != s.file.id {
		return false
	}
	number := func(i int) int { return int(binary.LittleEndian.Uint32(b[head-12+4*i:])) }
	c := codes{dims: number(0), seen: number(1)}
	n, record := number(2), keySize+8*c.width()
	if c.dims != s.file.dims || n > s.file.n || len(b) != head+4*c.dims+n*record {
		return false
	}
	c.mean = make(knowledge.Vector, c.dims)
	for i := range c.mean {
		c.mean[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[head+4*i:]))
	}
	s.keys = make([]key, n)
	c.words = make([]uint64, 0, n*c.width())
	for i := range s.keys {
		r := b[head+4*c.dims+i*record:][:record]
		s.keys[i] = key(r[:keySize])
		for at := keySize; at < record; at += 8 {
			c.words = append(c.words, binary.LittleEndian.Uint64(r[at:]))
		}
	}
	s.codes, s.saved = c, n
	return true
}
