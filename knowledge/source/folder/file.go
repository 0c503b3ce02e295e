package folder

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/tribunebot/tribune/knowledge"
)

type yielder = func(knowledge.Document, error) bool

// skip yields what is left out and reports whether to go on.
func (r root) skip(name, reason string, yield yielder) bool {
	foreign := reason == otherKind || reason == otherThing || reason == otherLink
	return yield(knowledge.Document{Origin: r.origin(name)}, &knowledge.Skipped{Document: name, Reason: reason, Foreign: foreign})
}

// openFile opens a file without waiting: what was a file when the folder was
// listed may have become a pipe that nobody writes to.
func openFile(dir *os.Root, name string) (*os.File, error) {
	return dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// read yields the documents of one file and reports whether to go on.
func (r root) read(dir *os.Root, name string, yield yielder) bool {
	f, err := openFile(dir, name)
	if err != nil {
		return r.skip(name, unreadable(err), yield)
	}
	defer release(f)
	info, err := f.Stat()
	switch {
	case err != nil:
		return r.skip(name, unreadable(err), yield)
	case !info.Mode().IsRegular():
		return r.skip(name, otherThing, yield)
	case info.Size() > maxFile:
		return r.skip(name, fmt.Sprintf("it has %d MB, more than %d: split it", info.Size()>>20, maxFile>>20), yield)
	case kindOf(name) == "jsonl":
		return r.lines(f, name, info.ModTime(), yield)
	}
	doc, err := whole(f, name)
	if err != nil {
		return r.skip(name, err.Error(), yield)
	}
	doc.Origin, doc.UpdatedAt = r.origin(name), info.ModTime()
	return yield(doc, nil)
}

// whole reads a file that is one document.
func whole(f io.Reader, id string) (knowledge.Document, error) {
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return knowledge.Document{}, errors.New(unreadable(err))
	}
	text, err := decode(raw)
	if err != nil {
		return knowledge.Document{}, err
	}
	doc := knowledge.Document{ID: id, Text: text, Markdown: kindOf(id) == "markdown"}
	if doc.Markdown {
		matter, err := frontMatter(text)
		if err != nil {
			return knowledge.Document{}, err
		}
		doc.Title, doc.URL, doc.Text, doc.Metadata = matter.title, matter.url, matter.text, matter.metadata
		if doc.Title == "" {
			doc.Title = firstHeading(doc.Text)
		}
	}
	if doc.Title == "" {
		doc.Title = strings.TrimSuffix(path.Base(id), path.Ext(id))
	}
	return doc, nil
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

// lines yields the documents of a JSON lines file. A broken line is left out,
// named by file and number.
func (r root) lines(f io.Reader, name string, at time.Time, yield yielder) bool {
	in := bufio.NewReaderSize(io.LimitReader(f, maxFile), 64<<10)
	for n := 1; ; n++ {
		raw, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return r.skip(name, unreadable(err), yield)
		}
		if n == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(raw)) > 0 {
			doc, bad := parse(raw)
			var skipped error
			if bad != nil {
				skipped = &knowledge.Skipped{Document: fmt.Sprintf("%s:%d", name, n), Reason: bad.Error()}
			} else {
				doc.Origin, doc.UpdatedAt = r.origin(name)+inFile+doc.ID, at
			}
			if !yield(doc, skipped) {
				return false
			}
		}
		if err != nil {
			return true
		}
	}
}

// maxLineID bounds an id in a JSON lines file, in bytes: what an index takes.
const maxLineID = 1024

// badID says what is wrong with an id in a JSON lines file. It goes into run
// files and lists as it is.
func badID(id string) error {
	switch {
	case strings.TrimSpace(id) == "":
		return errors.New(`it has no "id": give each line one of its own`)
	case strings.ContainsFunc(id, unicode.IsControl):
		return errors.New(`its "id" has tabs, line ends or other control characters: take them out`)
	case len(id) > maxLineID:
		return fmt.Errorf(`its "id" has %d bytes, more than %d: shorten it`, len(id), maxLineID)
	}
	return nil
}

// parse reads one line of a JSON lines file.
func parse(raw []byte) (knowledge.Document, error) {
	text, err := decode(raw)
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

// hasHeading reports whether a text has a Markdown heading.
func hasHeading(text string) bool {
	return firstHeading(text) != "" || strings.HasPrefix(text, "## ") || strings.Contains(text, "\n## ") || strings.Contains(text, "\n### ")
}
