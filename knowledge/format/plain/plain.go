package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/tribunebot/tribune/knowledge"
)

var errMatter = errors.New("its front matter is not YAML: mend the lines between the two ---")

// Text reads plain text, in any encoding that Decode knows.
func Text(_ context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	text, err := all(r, size)
	return knowledge.Document{Text: text, Anchor: knowledge.AnchorLine}, err
}

// Markdown reads Markdown. Title, address and metadata are those of its front
// matter. The title is its heading of the first level otherwise, where there is
// one: of several, each with a text and none below another, none is that of all.
func Markdown(_ context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	text, err := all(r, size)
	if err != nil {
		return knowledge.Document{}, err
	}
	m, err := frontMatter(text)
	if err != nil {
		return knowledge.Document{}, err
	}
	if m.title == "" {
		m.title = onlyHeading(m.text)
	}
	doc := knowledge.Document{Title: m.title, URL: m.url, Text: m.text, Metadata: m.metadata, UpdatedAt: m.updated, Markdown: true, Anchor: knowledge.AnchorLine}
	if m.url != "" {
		doc.Anchor = knowledge.AnchorHeading // the page that it was made into, not the file
	}
	return doc, nil
}

// all reads a file as text.
func all(r io.ReaderAt, size int64) (string, error) {
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return "", fmt.Errorf("it can't be read (%w): check who may read it", err)
	}
	return Decode(raw)
}

// matter is what stands at the top of a Markdown file between two lines of ---.
type matter struct {
	title, url, text string
	updated          time.Time
	metadata         map[string]string
}

// maxMatter bounds the size of front matter, in bytes.
const maxMatter = 64 << 10

// frontMatter parts the front matter from the text. Its lines become empty
// ones, so that line numbers stay true.
func frontMatter(text string) (matter, error) {
	head, body, ok := cutMatter(text)
	if !ok {
		return matter{text: text}, nil
	}
	var fields map[string]any
	if err := yaml.Unmarshal([]byte(head), &fields); err != nil {
		return matter{}, errMatter
	}
	m := matter{text: strings.Repeat("\n", strings.Count(head, "\n")+3) + body, metadata: map[string]string{}}
	m.updated = dated(fields)
	for k, v := range fields {
		switch s := value(v); k {
		case "title":
			m.title = strings.TrimSpace(s)
		case "url":
			m.url = s
		default:
			if s != "" {
				m.metadata[k] = s
			}
		}
	}
	return m, nil
}

// dated is when front matter says that its document was last changed, else when
// it was written; the zero time where it says neither. Files are as new as the
// last copy or checkout of them: their own word is better.
func dated(fields map[string]any) time.Time {
	for _, key := range [...]string{"updated", "updated_at", "last_updated", "lastmod", "last_modified", "modified", "date"} {
		for _, form := range [...]string{time.DateOnly, time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006/01/02", "2006-01-02 15:04"} {
			if at, err := time.Parse(form, value(fields[key])); err == nil {
				return at
			}
		}
	}
	return time.Time{}
}

// maxItems bounds a list in front matter.
const maxItems = 100

// value is a field of front matter as text: a scalar, or a list of them. What
// is nested deeper is left out: YAML can make a forest of a few lines.
func value(v any) string {
	switch v := v.(type) {
	case nil, map[string]any:
		return ""
	case []any:
		var items []string
		for _, item := range v[:min(len(v), maxItems)] {
			if _, nested := item.([]any); nested {
				continue
			}
			if text := value(item); text != "" {
				items = append(items, text)
			}
		}
		return strings.Join(items, ", ")
	default:
		return fmt.Sprint(v)
	}
}

func cutMatter(text string) (head, body string, ok bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", "", false
	}
	end := strings.Index(rest, "\n---\n")
	if end < 0 || end > maxMatter {
		return "", "", false
	}
	return rest[:end], rest[end+len("\n---\n"):], true
}

// onlyHeading is the heading of the first level that stands above a whole text.
func onlyHeading(text string) string {
	first, level, titles := "", 0, 0
	deeper, said := false, false
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		switch n := len(line) - len(strings.TrimLeft(line, "#")); {
		case fenced || n == 0 || !strings.HasPrefix(line[n:], " "):
			said = said || titles == 1 && level == 1 && line != ""
			continue
		case n > 1:
			level, deeper = n, true
		default:
			if titles++; titles == 1 {
				first = line
			}
			level = 1
		}
	}
	if titles > 1 && said && !deeper {
		return ""
	}
	return headingText(first)
}

// firstHeading is the text of the first heading of the first level, without
// its anchor.
func firstHeading(text string) string {
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if strings.HasPrefix(line, "# ") && !fenced {
			return headingText(line)
		}
	}
	return ""
}

func headingText(line string) string {
	line, _, _ = strings.Cut(strings.TrimPrefix(line, "# "), " {#")
	return strings.TrimSpace(strings.Trim(line, "# "))
}

// hasHeading reports whether a text has a Markdown heading.
func hasHeading(text string) bool {
	return firstHeading(text) != "" || strings.HasPrefix(text, "## ") || strings.Contains(text, "\n## ") || strings.Contains(text, "\n### ")
}
