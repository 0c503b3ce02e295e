package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Every collection has a field of its own: its terms, their frequencies and
// lengths are counted apart, so what one collection holds never shows in
// another's results, not even in the weight of a word.
func field(collection string) string { return "c\x1f" + collection }

// originField is where a document is found by its origin.
func originField(collection string) string { return "o\x1f" + collection }

// The marks are terms that no text is cut into.
const (
	markPassage  = "\x00p" // every passage
	markDocument = "\x00d" // the first passage of every document
)

// stored is the name of the field that keeps a passage whole.
const stored = "passage"

// titleTimes is how often the words of a title count for a passage when
// candidates are looked for; the ranker weighs titles anew.
const titleTimes = 2

// key is the name of one passage in bleve.
func key(collection, document string, n int) string {
	return collection + "\x1f" + document + "\x1f" + strconv.Itoa(n)
}

// record is what is kept of a passage. The rest is of its document and stands
// in the first passage only.
type record struct {
	passage knowledge.Passage
	hash    []byte
	parts   int
	origin  string
	named   bool
}

// entry makes bleve's document of a passage: one field to find it by, one that
// keeps it, and in the first passage one to find the document by its origin.
func entry(r record, n int) bleve.Document {
	p := &r.passage
	d := document.NewDocument(key(p.Collection, p.Document, n))
	d.AddField(&terms{p: p, first: n == 0})
	d.AddField(document.NewTextFieldCustom(stored, nil, encode(r), bleve.StoreField, nil))
	if r.origin != "" {
		d.AddField(document.NewTextFieldCustom(originField(p.Collection), nil, []byte(r.origin), bleve.IndexField, nil))
	}
	return d
}

// terms is the field that a passage is found by. It counts terms as they are
// cut: bleve's own text field keeps a token for each, which takes several
// times the memory while a batch is written.
type terms struct {
	p      *knowledge.Passage
	first  bool
	length int
	counts bleve.TokenFrequencies
}

// Analyze counts the terms.
func (t *terms) Analyze() {
	var c cut.Cutter
	t.counts = make(bleve.TokenFrequencies, len(t.p.Text)/4+16)
	each := func(term cut.Term) { t.count(term.Text) }
	t.count(markPassage)
	if t.first {
		t.count(markDocument)
	}
	for range titleTimes {
		c.Each(t.p.Title, each)
	}
	c.Each(t.p.Section, each)
	c.Each(t.p.Text, each)
}

func (t *terms) count(text string) {
	t.length++
	f := t.counts[text]
	if f == nil {
		f = &bleve.TokenFreq{Term: []byte(text)}
		t.counts[text] = f
	}
	f.SetFrequency(f.Frequency() + 1)
}

// The rest is what bleve asks of a field.

func (t *terms) Name() string                                     { return field(t.p.Collection) }
func (t *terms) Value() []byte                                    { return nil }
func (t *terms) ArrayPositions() []uint64                         { return nil }
func (t *terms) EncodedFieldType() byte                           { return 't' }
func (t *terms) Options() bleve.FieldIndexingOptions              { return bleve.IndexField }
func (t *terms) AnalyzedLength() int                              { return t.length }
func (t *terms) AnalyzedTokenFrequencies() bleve.TokenFrequencies { return t.counts }
func (t *terms) NumPlainTextBytes() uint64                        { return uint64(len(t.p.Text)) }
func (t *terms) Size() int                                        { return len(t.p.Text) }

// encode writes a record: each part after its length.
func encode(r record) []byte {
	p := &r.passage
	size := len(p.Document) + len(p.Title) + len(p.Section) + len(p.Text) + len(p.URL) + len(r.hash) + len(r.origin) + 32
	b := make([]byte, 0, size)
	named := uint64(0)
	if r.named {
		named = 1
	}
	b = binary.AppendUvarint(b, uint64(r.parts)<<1|named)
	b = binary.AppendUvarint(b, uint64(p.Line))
	b = binary.AppendUvarint(b, uint64(p.Page))
	b = binary.AppendVarint(b, seconds(p.UpdatedAt))
	for _, s := range [...]string{string(r.hash), r.origin, p.ID, p.Document, p.Collection, p.Title, p.Section, p.URL, p.Text} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// seconds are those since 1970; 0 for a time that is not known.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// instant is the time that seconds stood for, as the unsigned number that a
// signed one is written as.
func instant(zigzag uint64) time.Time {
	s := int64(zigzag>>1) ^ -int64(zigzag&1)
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

var errRecord = errors.New("broken record of a passage")

// decode reads what encode wrote. The strings share one copy of b.
func decode(b []byte) (record, error) {
	var r record
	whole := string(b)
	next := func() uint64 {
		v, n := binary.Uvarint(b[len(b)-len(whole):])
		if n <= 0 {
			whole = ""
			return 0
		}
		whole = whole[n:]
		return v
	}
	head := next()
	r.parts, r.named = int(head>>1), head&1 == 1
	p := &r.passage
	p.Line, p.Page = int(next()), int(next())
	p.UpdatedAt = instant(next())
	var hash string
	for _, s := range [...]*string{&hash, &r.origin, &p.ID, &p.Document, &p.Collection, &p.Title, &p.Section, &p.URL, &p.Text} {
		n := next()
		if n > uint64(len(whole)) {
			return record{}, fmt.Errorf("%w: %d bytes missing", errRecord, n-uint64(len(whole)))
		}
		*s, whole = whole[:n], whole[n:]
	}
	r.hash = []byte(hash)
	return r, nil
}
