package confluence

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/format/html"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// page yields a page and its attachments, and reports whether to go on. seen has
// the attachments that were yielded.
func (e *Export) page(ctx context.Context, f *archive.File, name string, seen map[string]bool, yield format.Yield) bool {
	at := format.File{Name: e.key + "/" + name, Origin: Scheme + e.key + "/" + idOf(name)}
	tree, err := parse(ctx, f)
	switch {
	case ctx.Err() != nil:
		yield(knowledge.Document{}, ctx.Err())
		return false
	case errors.Is(err, archive.ErrTotal):
		yield(knowledge.Document{}, err)
		return false
	case err != nil:
		return zipfiles.Skip(at, err.Error(), false, yield)
	}
	doc, attached := e.document(tree, at, name), tree.Links()
	if doc.Text, err = body(tree).Markdown(); err != nil {
		return zipfiles.Skip(at, err.Error(), false, yield)
	}
	if doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = f.Modified
	}
	// A page that is only there for those below it is no loss.
	if strings.TrimSpace(doc.Text) != "" && !yield(doc, nil) {
		return false
	}
	return e.attachments(ctx, doc, attached, seen, yield)
}

func parse(ctx context.Context, f *archive.File) (*html.Tree, error) {
	raw, err := f.Read(ctx)
	if err != nil {
		return nil, err
	}
	return html.Parse(bytes.NewReader(raw))
}

// idOf is the id of a page by the name of its file.
func idOf(name string) string {
	if m := pageName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return strings.TrimSuffix(name, ".html")
}

// body is the part of a page that somebody wrote.
func body(page *html.Tree) *html.Tree {
	for _, id := range [...]string{"main-content", "content"} {
		if part := page.Find("id", id); part != nil {
			return part
		}
	}
	return cmp.Or(page.Element("body"), page)
}

// document is a page without its text.
func (e *Export) document(page *html.Tree, at format.File, name string) knowledge.Document {
	title := cmp.Or(page.Find("id", "title-text").Text(), page.Element("title").Text(), strings.TrimSuffix(name, ".html"))
	var above []string
	for _, l := range page.Find("id", "breadcrumbs").Links() {
		above = append(above, l.Text)
	}
	if len(above) > 0 {
		title = strings.TrimPrefix(title, above[0]+" : ")
	}
	return knowledge.Document{
		ID: e.key + "/" + strings.ReplaceAll(title, "/", "-"), Origin: at.Origin, Title: title,
		Section: strings.Join(above, " > "), Markdown: true, UpdatedAt: modified(page.Find("class", "page-metadata").Text()),
		Metadata: map[string]string{"space": e.key},
	}
}

// modified is the last date that is named in what a page says of itself, zero
// where it is written in none of the common ways.
func modified(text string) time.Time {
	var last time.Time
	for pattern, layout := range map[string]string{
		`[A-Z][a-z]{2} \d{1,2}, \d{4}`:    "Jan 2, 2006",
		`\d{1,2} [A-Z][a-z]{2},? \d{4}`:   "2 Jan 2006",
		`\d{4}-\d{2}-\d{2}`:               time.DateOnly,
		`\d{4}年 ?\d{1,2}月 ?\d{1,2}日`:      "2006年1月2日",
		`\d{1,2}月 \d{1,2}, \d{4}`:         "1月 2, 2006",
		`\d{4}/\d{1,2}/\d{1,2}`:           "2006/1/2",
		`\d{1,2}\.\d{1,2}\.\d{4}`:         "2.1.2006",
		`[A-Z][a-z]{3,8} \d{1,2}, \d{4}`:  "January 2, 2006",
		`\d{1,2} [A-Z][a-z]{3,8},? \d{4}`: "2 January 2006",
	} {
		for _, date := range regexp.MustCompile(pattern).FindAllString(text, -1) {
			if layout == "2 Jan 2006" || layout == "2 January 2006" {
				date = strings.ReplaceAll(date, ",", "")
			}
			if layout == "2006年1月2日" {
				date = strings.ReplaceAll(date, " ", "")
			}
			if at, err := time.Parse(layout, date); err == nil && at.After(last) {
				last = at
			}
		}
	}
	return last
}

// attachments yields the files that a page has, each once, and reports whether
// to go on.
func (e *Export) attachments(ctx context.Context, page knowledge.Document, links []html.Link, seen map[string]bool, yield format.Yield) bool {
	for _, l := range links {
		href, err := url.PathUnescape(strings.SplitN(l.Href, "?", 2)[0])
		if err != nil || !strings.HasPrefix(href, "attachments/") || seen[href] {
			continue
		}
		f := e.a.File(e.root + href)
		if f == nil {
			continue
		}
		seen[href] = true
		name := path.Base(href)
		if path.Ext(l.Text) != "" && format.Refused(l.Text) == format.Refused(name) {
			name = strings.ReplaceAll(l.Text, "/", "-")
		}
		at := format.File{Name: page.ID + "/" + name, Origin: page.Origin + "/" + path.Base(href)}
		if !zipfiles.Read(ctx, f, at, func(doc knowledge.Document, err error) bool {
			if err == nil {
				doc.Title = page.Title + ": " + strings.TrimSuffix(name, path.Ext(name))
				doc.Section = strings.TrimPrefix(page.Section+" > "+page.Title, " > ")
			}
			return yield(doc, err)
		}) {
			return false
		}
	}
	return true
}
