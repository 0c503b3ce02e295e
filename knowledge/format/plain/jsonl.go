package plain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"

	"github.com/tribunebot/tribune/knowledge"
)

// Line is one line of a JSON lines file: a document, or why it is none.
type Line struct {
	Document knowledge.Document // ID, Title, Section, Text, URL and Metadata are those in the line
	Err      error              // for people, with what to do
}

// line is one document of a JSON lines file.
type line struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Section  string         `json:"section"`
	Text     string         `json:"text"`
	URL      string         `json:"url"`
	Metadata map[string]any `json:"metadata"`
}

// Lines yields the lines of a JSON lines file with their numbers, from 1, but
// for empty ones.
func Lines(r io.Reader) iter.Seq2[int, Line] {
	return func(yield func(int, Line) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			raw, err := in.ReadBytes('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(n, Line{Err: fmt.Errorf("it can't be read (%w): check who may read it", err)})
				return
			}
			if n == 1 {
				raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
			}
			if len(bytes.TrimSpace(raw)) > 0 {
				doc, bad := parse(raw)
				if !yield(n, Line{doc, bad}) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// maxID bounds an id in a JSON lines file, in bytes: what an index takes.
const maxID = 1024

// badID says what is wrong with an id in a JSON lines file. It goes into run
// files and lists as it is.
func badID(id string) error {
	switch {
	case strings.TrimSpace(id) == "":
		return errors.New(`it has no "id": give each line one of its own`)
	case strings.ContainsFunc(id, unicode.IsControl):
		return errors.New(`its "id" has tabs, line ends or other control characters: take them out`)
	case len(id) > maxID:
		return fmt.Errorf(`its "id" has %d bytes, more than %d: shorten it`, len(id), maxID)
	}
	return nil
}

// parse reads one line of a JSON lines file.
func parse(raw []byte) (knowledge.Document, error) {
	text, err := Decode(raw)
	if err != nil {
		return knowledge.Document{}, err
	}
	var l line
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return knowledge.Document{}, fmt.Errorf("not one JSON object a line (%w): write {\"id\",\"title\",\"text\"} on one line", err)
	}
	if err := badID(l.ID); err != nil {
		return knowledge.Document{}, err
	}
	if strings.TrimSpace(l.Text) == "" {
		return knowledge.Document{}, errors.New(`it has no "text"`)
	}
	doc := knowledge.Document{ID: l.ID, Named: true, Title: l.Title, Section: l.Section, Text: l.Text, URL: l.URL, Markdown: hasHeading(l.Text)}
	if doc.Title == "" {
		doc.Title = l.ID
	}
	if len(l.Metadata) > 0 {
		doc.Metadata = make(map[string]string, len(l.Metadata))
	}
	for k, v := range l.Metadata {
		doc.Metadata[k] = fmt.Sprint(v)
	}
	return doc, nil
}
