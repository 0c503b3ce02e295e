package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
)

const (
	// maxPage bounds an unpacked page: ten times what 10,000 rows take, some
	// 200 bytes each. Packed they take some 300 kB, within the 1 MB of a NATS
	// message.
	maxPage = 32 << 20
	// maxWriters is how many processes a page remembers: more than are started
	// in a day, unless one is crashing.
	maxWriters = 200
)

// page is a day as it is kept.
type page struct {
	rows sums
	// writers are the processes that wrote to it, each with the number of its
	// last write: so that one which did not learn whether a write arrived can
	// see it.
	writers map[string]uint64
}

// row is one row as it is kept.
type row struct {
	rowKey
	sum
}

type storedPage struct {
	Version int               `json:"v"`
	Writers map[string]uint64 `json:"w"`
	Rows    []row             `json:"r"`
}

// readPage reads a page; of nothing it makes an empty one.
func readPage(value []byte) (*page, error) {
	p := &page{rows: sums{}, writers: map[string]uint64{}}
	if len(value) == 0 {
		return p, nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(value))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(unpacked, maxPage)) // to the end, where the checksum is
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	var stored storedPage
	if err := json.Unmarshal(text, &stored); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if stored.Version != 1 {
		return nil, fmt.Errorf("it is of version %d, which a newer program wrote", stored.Version)
	}
	for i := range stored.Rows {
		r := &stored.Rows[i]
		if have := p.rows[r.rowKey]; have != nil {
			have.plus(r.sum)
		} else {
			p.rows[r.rowKey] = &r.sum
		}
	}
	maps.Copy(p.writers, stored.Writers)
	return p, nil
}

// bytes packs the page.
func (p *page) bytes() ([]byte, error) {
	stored := storedPage{Version: 1, Writers: p.writers, Rows: make([]row, 0, len(p.rows))}
	for key, s := range p.rows {
		stored.Rows = append(stored.Rows, row{key, *s})
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := json.NewEncoder(w).Encode(stored); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return packed.Bytes(), nil
}

// take adds a process's write.
func (p *page) take(writer string, b *batch, bound int) {
	p.rows.merge(b.rows, bound)
	for name := range p.writers {
		if len(p.writers) < maxWriters {
			break
		}
		if name != writer {
			delete(p.writers, name)
		}
	}
	p.writers[writer] = b.number
}
