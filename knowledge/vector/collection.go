package vector

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// entry is a passage and where its vector is. Passages of the same text share
// one.
type entry struct {
	id   string
	slot uint32
}

const entrySize = 24

// collection is which passages of a collection have vectors. Nil has none.
type collection struct{ entries []entry }

func (c *collection) size() int {
	if c == nil {
		return 0
	}
	return len(c.entries)
}

func (c *collection) memory() int64 {
	n := int64(cap(c.entries)) * entrySize
	for _, e := range c.entries {
		n += int64(len(e.id))
	}
	return n
}

// mapsFolder has a file for each collection: its name, and the ids of its
// passages with the hashes of their texts. So it outlives any order of vectors.
const (
	mapsFolder = "maps"
	mapMagic   = "TRIBMAP1"
	maxID      = 1 << 16
)

func (s *Store) mapPath(name string) string {
	return filepath.Join(s.dir, mapsFolder, short(name))
}

// saveMap writes a collection's file.
func (s *Store) saveMap(name string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.collections[name]
	return writeFile(s.mapPath(name), func(w io.Writer) error {
		b := append([]byte(mapMagic), binary.AppendUvarint(nil, uint64(len(name)))...)
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(c.size()))
		for i := range c.size() {
			e := c.entries[i]
			b = append(b, s.keys[e.slot][:]...)
			b = binary.AppendUvarint(b, uint64(len(e.id)))
			b = append(b, e.id...)
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

// loadMaps reads all collections. One that is damaged is left out: the next
// Follow makes it again, without a call.
func (s *Store) loadMaps() error {
	files, err := os.ReadDir(filepath.Join(s.dir, mapsFolder))
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(s.dir, mapsFolder, f.Name())
		data, err := readFile(path)
		if err == nil {
			err = s.readMap(data)
		}
		if err != nil {
			s.o.Log.Warn("a list of passages with vectors is damaged: the next ingest makes it again", "error", err)
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

var errMap = errors.New("not a list of passages")

func (s *Store) readMap(data []byte) error {
	rest, ok := bytes.CutPrefix(data, []byte(mapMagic))
	if !ok {
		return errMap
	}
	r := bytes.NewReader(rest)
	name, err := readText(r)
	if err != nil {
		return err
	}
	n, err := binary.ReadUvarint(r)
	if err != nil || n > uint64(len(data)/keySize) {
		return errMap
	}
	c := &collection{entries: make([]entry, 0, n)}
	for range n {
		var k key
		if _, err := io.ReadFull(r, k[:]); err != nil {
			return errMap
		}
		id, err := readText(r)
		if err != nil {
			return err
		}
		if slot, ok := s.find(k); ok {
			c.entries = append(c.entries, entry{id, slot})
		}
	}
	s.collections[name] = c
	return nil
}

func readText(r *bytes.Reader) (string, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil || n > maxID || n > uint64(r.Len()) {
		return "", errMap
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return string(b), err
}

// writeFile writes a file with a checksum at its end, whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	buf := bufio.NewWriterSize(f, 1<<16)
	err = write(io.MultiWriter(buf, sum))
	if err == nil {
		_, err = buf.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
	}
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(f.Name()))
	}
	return nil
}

// readFile reads what writeFile wrote, without the checksum.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	end := len(data) - sumSize
	if end < 0 || binary.LittleEndian.Uint32(data[end:]) != checksum(data[:end]) {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), errDamaged)
	}
	return data[:end], nil
}

// gone turns the error of a file that is not there into none.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
