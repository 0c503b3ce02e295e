package folder

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

type yielder = func(knowledge.Document, error) bool

// read yields the documents of one file and reports whether to go on.
func (r root) read(dir *os.Root, name string, yield yielder) bool {
	id := r.prefix + name
	f, err := dir.Open(name)
	if err != nil {
		return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: unreadable(err)})
	}
	defer release(f)
	info, err := f.Stat()
	if err != nil {
		return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: unreadable(err)})
	}
	if info.Size() > maxFile {
		reason := fmt.Sprintf("it has %d MB, more than %d: split it", info.Size()>>20, maxFile>>20)
		return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: reason})
	}
	if kindOf(name) == "jsonl" {
		return lines(f, id, info.ModTime(), yield)
	}
	return whole(f, id, info.ModTime(), yield)
}

// whole yields a file that is one document.
func whole(f io.Reader, id string, at time.Time, yield yielder) bool {
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: unreadable(err)})
	}
	text, err := decode(raw)
	if err != nil {
		return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: err.Error()})
	}
	doc := knowledge.Document{ID: id, Text: text, UpdatedAt: at, Markdown: kindOf(id) == "markdown"}
	if doc.Markdown {
		matter, err := frontMatter(text)
		if err != nil {
			return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: err.Error()})
		}
		doc.Title, doc.URL, doc.Text, doc.Metadata = matter.title, matter.url, matter.text, matter.metadata
		if doc.Title == "" {
			doc.Title = firstHeading(doc.Text)
		}
	}
	if doc.Title == "" {
		doc.Title = strings.TrimSuffix(path.Base(id), path.Ext(id))
	}
	return yield(doc, nil)
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
func lines(f io.Reader, id string, at time.Time, yield yielder) bool {
	in := bufio.NewReaderSize(io.LimitReader(f, maxFile), 64<<10)
	for n := 1; ; n++ {
		raw, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return yield(knowledge.Document{}, &knowledge.Skipped{Document: id, Reason: unreadable(err)})
		}
		if n == 1 {
			raw = []byte(strings.TrimPrefix(string(raw), "\ufeff"))
		}
		if strings.TrimSpace(string(raw)) != "" {
			doc, bad := parse(raw)
			doc.UpdatedAt = at
			var skipped error
			if bad != nil {
				skipped = &knowledge.Skipped{Document: fmt.Sprintf("%s:%d", id, n), Reason: bad.Error()}
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
	switch {
	case l.ID == "":
		return knowledge.Document{}, errors.New(`it has no "id": give each line one of its own`)
	case strings.TrimSpace(l.Text) == "":
		return knowledge.Document{}, errors.New(`it has no "text"`)
	}
	doc := knowledge.Document{ID: l.ID, Title: l.Title, Section: l.Section, Text: l.Text, URL: l.URL, Markdown: hasHeading(l.Text)}
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
