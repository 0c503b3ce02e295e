// Package confluence reads the zip file that Confluence's "Export space" gives
// as HTML: a document for each page with the pages above it as its headings, and
// one for each attachment that can be read.
package confluence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"regexp"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/format/html"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// Scheme begins the origin of every document: confluence-export://SPACE/PAGE.
const Scheme = "confluence-export://"

var errXML = errors.New("it is an XML export of Confluence, which only Confluence reads: export the space again as HTML (Space settings, Export space, HTML)")

// Export is the pages of one space.
type Export struct {
	a    *archive.Archive
	root string // the folder that has them
	key  string // of the space
}

// Is reports whether an archive is an export of Confluence.
func Is(a *archive.Archive) bool {
	_, ok := rootOf(a)
	return ok || isXML(a)
}

func isXML(a *archive.Archive) bool {
	return a.File("entities.xml") != nil && a.File("exportDescriptor.properties") != nil
}

// pageName is how the files of pages are called: Leave-policy_65540.html, or
// 65540.html where the title has no letters that a file name could have.
var pageName = regexp.MustCompile(`^(?:.*_)?(\d+)\.html$`)

// spaceKey is what the key of a space can be.
var spaceKey = regexp.MustCompile(`^~?[A-Za-z0-9._-]{1,255}$`)

// mark is what Confluence puts into every page.
const mark = "confluence"

// looked is how much of a page is looked at for the mark.
const looked = 64 << 10

// exportName begins what Confluence calls the file of an export, with a number
// that is another each time.
const exportName = "Confluence-"

// maxAbove is how many folders may lie around a space: its own, and those of
// people who unpack an export and pack it again.
const maxAbove = 3

// rootOf is the folder of an archive that has an index and pages.
func rootOf(a *archive.Archive) (string, bool) {
	for _, f := range a.Files() {
		root, ok := strings.CutSuffix(f.Name, "index.html")
		if !ok || strings.Count(root, "/") > maxAbove || root != "" && !strings.HasSuffix(root, "/") {
			continue
		}
		for _, other := range a.Files() {
			name, below := strings.CutPrefix(other.Name, root)
			if !below || !pageName.MatchString(name) {
				continue
			}
			head, err := other.Head(looked)
			if err == nil && strings.Contains(strings.ToLower(string(head)), mark) {
				return root, true
			}
			break
		}
	}
	return "", false
}

// Open finds out which space an archive is of. Errors say what to do.
func Open(ctx context.Context, a *archive.Archive) (*Export, error) {
	root, ok := rootOf(a)
	switch {
	case !ok && isXML(a):
		return nil, errXML
	case !ok:
		return nil, errors.New("it is not an export of Confluence: index.html is missing")
	}
	body, err := a.File(root + "index.html").Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("index.html: %w", err)
	}
	index, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		return nil, fmt.Errorf("index.html: %w", err)
	}
	// The first cell of the first table is the key in every language.
	key := index.Element("td").Text()
	if !spaceKey.MatchString(key) {
		key = cmp.Or(path.Base("/"+root), "space") // the innermost folder is the space's, others the export's
		if key == "/" || strings.HasPrefix(key, exportName) {
			key = "space"
		}
	}
	return &Export{a: a, root: root, key: key}, nil
}

// Documents yields pages and their attachments, by the names of the pages.
func (e *Export) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		seen := map[string]bool{}
		for _, f := range e.a.Files() {
			name, ok := strings.CutPrefix(f.Name, e.root)
			if !ok || strings.Contains(name, "/") || name == "index.html" || !strings.HasSuffix(name, ".html") {
				continue
			}
			if !e.page(ctx, f, name, seen, yield) {
				return
			}
		}
		zipfiles.Left(e.a, Scheme+e.key+"/", yield)
	}
}

// Covers reports whether a document of this origin would be in this export, if
// it were still there: one of the same space.
func (e *Export) Covers(origin string) bool { return strings.HasPrefix(origin, Scheme+e.key+"/") }
