package weaviate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// layout is raised when what is written for a passage changes: all passages are
// then written anew by the next Follow.
const layout = "1"

// titleTimes is how often the words of a title count for a passage when
// candidates are looked for, as in the embedded engine.
const titleTimes = 2

// namedParts is how many passages of one document can be named by its id alone,
// as in the embedded engine.
const namedParts = 64

// maxTerm bounds one term, in bytes: it is a key of the server's index.
const maxTerm = 256

// The names of a class's properties.
const (
	propTerms      = "terms"      // what a passage is found by
	propCollection = "collection" // key of the collection
	propDocument   = "document"   // key of the document, in its first passages
	propPassage    = "passage"    // all of the passage, as JSON
	propHash       = "hash"       // of all that was written
	propBucket     = "bucket"     // start of the id, to list a collection by parts
)

// object is one entry of a class.
type object struct {
	Class      string               `json:"class"`
	ID         uuid.UUID            `json:"id"`
	Properties map[string]string    `json:"properties"`
	Vectors    map[string][]float32 `json:"vectors,omitempty"`
}

// key is a name that means the same whatever characters the parts are made of:
// the server trims and splits texts, and a filter must neither. Being an UUID of
// version 5 it is the same each time, so a write that is repeated changes
// nothing.
func key(kind string, parts ...string) uuid.UUID {
	space := uuid.MustParse("6f1f1d5c-54c8-4d8a-8f43-2b6b1d1f7c10") // drawn once for this package
	return uuid.NewSHA1(space, []byte(kind+"\x1f"+strings.Join(parts, "\x1f")))
}

func collectionKey(name string) uuid.UUID { return key("collection", name) }

func documentKey(collection, id string) uuid.UUID { return key("document", collection, id) }

func passageKey(collection, id string) uuid.UUID { return key("passage", collection, id) }

// stored is the text that a passage is kept as.
func stored(p knowledge.Passage) string {
	p.Score, p.Coverage = 0, 0
	b, err := json.Marshal(p)
	if err != nil {
		// A year that JSON can't write is the one thing that fails here.
		p.UpdatedAt = time.Time{}
		b, _ = json.Marshal(p) //nolint:errchkjson // only strings and whole numbers are left
	}
	return string(b)
}

// newObject makes the entry of a passage.
func newObject(class string, p knowledge.Passage, text, hash string) object {
	o := object{Class: class, ID: passageKey(p.Collection, p.ID), Properties: map[string]string{
		propTerms:      terms(p),
		propCollection: collectionKey(p.Collection).String(),
		propPassage:    text,
		propHash:       hash,
	}}
	o.Properties[propBucket] = bucket(o.ID)
	if part(p) <= namedParts {
		o.Properties[propDocument] = documentKey(p.Collection, p.Document).String()
	}
	return o
}

// part is the place of a passage in its document, from 1.
func part(p knowledge.Passage) int {
	place, _ := strings.CutPrefix(p.ID, p.Document+"#")
	n, err := strconv.Atoi(place)
	if err != nil {
		return 1
	}
	return n
}

// terms cuts a passage into the text that the server splits at its spaces.
func terms(p knowledge.Passage) string {
	var (
		c cut.Cutter
		b strings.Builder
	)
	b.Grow(4 * len(p.Text))
	each := func(t cut.Term) {
		if w := word(t.Text); w != "" {
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	for range titleTimes {
		c.Each(p.Title, each)
	}
	c.Each(p.Section, each)
	c.Each(p.Text, each)
	return b.String()
}

// word makes a term into something that the server does not split: spaces and
// control characters become signs that no text is cut into. It is "" for what
// can't be looked for.
func word(term string) string {
	if len(term) > maxTerm {
		return ""
	}
	return strings.Map(visible, strings.ToValidUTF8(term, ""))
}

// visible maps control characters to their pictures (U+2400).
func visible(r rune) rune {
	switch {
	case r <= ' ':
		return r + 0x2400
	case unicode.IsSpace(r) || !unicode.IsGraphic(r):
		return 0x2423
	}
	return r
}

// printable replaces what would break a log line.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '?'
	}
	return r
}

// fingerprint tells apart states of the cutter and of this package: entries that
// were written by another are written anew.
func fingerprint(vectors string) string {
	sample := "门卡遗失后第十二条報告，the Printers' ERR_1234 costs 5,000.50 at os.Getenv §5.2 ＡＢ３"
	var b strings.Builder
	for _, t := range cut.Terms(sample) {
		b.WriteString(t.Text + " ")
	}
	return digest(layout, strconv.Itoa(maxTerm), vectors, b.String())
}

// digest is a short hash of texts.
func digest(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		h.Write([]byte(strconv.Itoa(len(t)) + ":" + t))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
