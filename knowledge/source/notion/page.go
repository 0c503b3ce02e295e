package notion

import (
	"path"
	"regexp"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

var (
	// withID is a name with the id that Notion adds: 32 hexadecimal digits behind a
	// space; "_all" follows in the table of a whole database.
	withID = regexp.MustCompile(`^(.*?)[ _-]?([0-9a-f]{32})(_all)?(\.[A-Za-z0-9]{1,5})?$`)
	// wrapper is a folder that is not of the workspace: of the export, which has
	// another name each time, of one of its parts, and the one that holds all
	// that is in no team space.
	wrapper = regexp.MustCompile(`^(?:(?:[0-9a-f-]{36}_)?Export(?:Block)?-[0-9a-f-]{6,}(?:-Part-\d+)?(?: ?\(?\d+\)?)?|Part-\d+|Private & Shared)/`)
	// link is a link or an image of Markdown.
	link = regexp.MustCompile(`!?\[([^\[\]]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)`)
)

// split parts the last part of a name into title and id, "" for none.
func split(name string) (title, id string) {
	base := path.Base(name)
	m := withID.FindStringSubmatch(base)
	if m == nil {
		return strings.TrimSuffix(base, path.Ext(base)), ""
	}
	return m[1], m[2]
}

// within is a name below the folders of the export itself, so that the same page
// has the same name in every export.
func within(name string) string {
	for {
		found := wrapper.FindString(name)
		if found == "" || found == name {
			return name
		}
		name = name[len(found):]
	}
}

// clean is a name without ids.
func clean(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		title, id := split(part)
		switch {
		case id == "":
		case title == "":
			parts[i] = "Untitled" + path.Ext(part)
		default:
			parts[i] = title + path.Ext(part)
		}
	}
	return strings.Join(parts, "/")
}

// page completes what was read of a file: the pages above it are its headings,
// and links to other pages become their text.
func page(doc knowledge.Document, name string) knowledge.Document {
	at := clean(name)
	if dir := path.Dir(at); dir != "." {
		doc.Section = strings.ReplaceAll(dir, "/", " > ")
	}
	title := strings.TrimSuffix(path.Base(at), path.Ext(at))
	switch path.Ext(at) {
	case ".csv":
		doc.Title = title
	case ".md", ".html":
		doc.Text = unlink(doc.Text)
		if _, id := split(doc.Title); id != "" || doc.Title == "" {
			doc.Title = title
		}
	}
	return doc
}

// unlink makes text of the links of Markdown that lead to other files of the
// export.
func unlink(text string) string {
	return link.ReplaceAllStringFunc(text, func(found string) string {
		label, address, _ := strings.Cut(strings.TrimPrefix(found, "!"), "](")
		if strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "mailto:") {
			return found
		}
		return strings.TrimPrefix(label, "[")
	})
}
