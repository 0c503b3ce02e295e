// Package split cuts documents into passages that can be quoted: along
// headings, articles of a statute, paragraphs and list items, and only where a
// paragraph is too long at the end of a sentence. Tables are cut between rows,
// and each part has their header; code blocks are not cut at all. A passage
// knows its line, its page and its address.
package split

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
)

// Version is part of what an index compares: raise it when the same document
// gives other passages than before.
const Version = "5"

// Sizes of a passage, in characters. Small enough that a model reads ten of
// them, large enough that a rule stands beside its exception.
const (
	target     = 900  // a new block starts a new passage beyond it
	most       = 1200 // and no passage grows beyond it, fences apart
	tiny       = 120  // a subsection below it is kept with the next one beside it
	mere       = 40   // and below this, an introduction with what it introduces
	maxHeading = 200  // of a title or heading; a longer one is text
	hardMost   = 6000 // not even a code block grows beyond it
)

// mainLevel is the level of headings that part a page into its main sections.
const mainLevel = 2

// Document returns the passages of a document, in order. A document of white
// space has none. Collection is left to the caller.
func Document(doc knowledge.Document) []knowledge.Passage {
	doc.Title, doc.Section = clip(doc.Title), clip(doc.Section)
	if len(doc.URL) > maxAddress {
		doc.URL = ""
	}
	p := packer{doc: doc}
	p.articles = countArticles(doc.Text) >= leastArticles
	paged := doc.Anchor == knowledge.AnchorPage
	r := reader{lines: rows(doc.Text, paged), markdown: doc.Markdown, articles: p.articles}
	r.numbered = (paged || !doc.Markdown) && countNumbered(r.lines) >= leastNumbered
	for {
		b, ok := r.next()
		if !ok {
			break
		}
		p.add(b)
	}
	p.flush()
	return p.out
}

// packer puts blocks together.
type packer struct {
	doc      knowledge.Document
	articles bool
	path     []heading
	out      []knowledge.Passage

	text  strings.Builder
	size  int  // characters in text
	kind  kind // of the last block in text
	line  int
	page  int
	under []heading   // the path of the first block in text
	more  [][]heading // the paths of sections that text goes on with
}

type heading struct {
	level int
	text  string
	id    string
}

func (p *packer) add(b block) {
	switch b.kind {
	case blank:
		return
	case title:
		p.enter(b)
	default:
		p.fill(b)
	}
}

// fill adds a block to the passage that is being made, or starts a new one. A
// new page starts one, so that what is quoted stands on the page that is named,
// unless there is hardly anything yet.
func (p *packer) fill(b block) {
	size := utf8.RuneCountInString(b.text)
	if p.size > 0 && (p.size+size > most || p.size >= target || b.page != p.page && p.size >= tiny) {
		p.flush()
	}
	if size <= most || b.kind == fence && size <= hardMost {
		p.put(b, b.text, size)
		return
	}
	head := b.head()
	for i, part := range b.parts() {
		p.flush()
		lines := strings.Count(part, "\n")
		if i > 0 {
			part = head + part
		}
		p.put(b, part, utf8.RuneCountInString(part))
		b.line += lines
		if b.kind != prose {
			b.line++
		}
	}
}

// enter starts a section. What came before is its own passage, unless it is so
// short that it only introduces what follows, or is one of many short parts of
// a section: a reader is told the heading that stands above what is quoted.
func (p *packer) enter(b block) {
	for len(p.path) > 0 && p.path[len(p.path)-1].level >= b.level {
		p.path = p.path[:len(p.path)-1]
	}
	p.path = append(slices.Clone(p.path), heading{b.level, clip(b.text), b.id})
	if p.size >= p.least(b) || b.level >= partLevel || b.page != p.page && p.size >= mere {
		p.flush()
	}
	if p.size > 0 {
		name := clip(b.text)
		p.put(b, strings.Repeat("#", min(b.level, 6))+" "+name, utf8.RuneCountInString(name))
		p.more = append(p.more, p.path)
	}
	if len(clip(b.text)) < len(b.text) {
		p.fill(block{kind: prose, text: b.text, line: b.line, page: b.page}) // nothing of it is lost
	}
}

// maxAddress bounds the address of a document, in bytes: each passage has it.
const maxAddress = 2048

// clip bounds a title or heading: each passage below it has it once more.
func clip(title string) string {
	n := 0
	for i := range title {
		if n++; n > maxHeading {
			return strings.TrimSpace(title[:i]) + "…"
		}
	}
	return title
}

// least is the size from which what came before a heading is a passage of its
// own. The main sections of a page and those that are called by a code are, from
// the first character: who looks for E1001 wants what stands under E1001. What
// stands above all headings, and a line under a heading that has others below
// it, only introduce what follows. The headings of a PDF are guessed from the
// size of letters, so a line or two under them may be no section at all.
func (p *packer) least(b block) int {
	switch {
	case len(p.under) == 0, within(p.path, p.under):
		if b.level <= mainLevel {
			return mere
		}
		return tiny
	case particular(b.text), particular(p.last()):
		return 1
	case b.level <= mainLevel && p.doc.Anchor == knowledge.AnchorPage:
		return mere
	case b.level <= mainLevel:
		return 1
	default:
		return tiny
	}
}

// last is the heading that the text so far ends under.
func (p *packer) last() string {
	path := p.under
	if n := len(p.more); n > 0 {
		path = p.more[n-1]
	}
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1].text
}

// put adds text of a block to the passage that is being made.
func (p *packer) put(b block, text string, size int) {
	if p.size == 0 {
		p.line, p.page = b.line, b.page
		p.under, p.more = p.path, nil
	} else {
		p.text.WriteString("\n")
		p.size++
		if p.kind != title && (b.kind == prose || b.kind == table) { // its first line must not seem to go on with what is above
			p.text.WriteString("\n")
			p.size++
		}
	}
	p.text.WriteString(text)
	p.size += size
	p.kind = b.kind
}

// section names the headings that a passage stands under: the path of its first
// block, and what sections beside that one are called.
func (p *packer) section() string {
	parts := make([]string, 0, len(p.under)+1)
	if p.doc.Section != "" {
		parts = append(parts, p.doc.Section)
	}
	for _, h := range p.under {
		if h.text != p.doc.Title { // a first heading often repeats the title
			parts = append(parts, h.text)
		}
	}
	own := strings.Join(parts, " > ")
	for _, path := range p.more {
		if !within(path, p.under) && own != "" {
			own += " / " + path[len(path)-1].text
		}
	}
	return own
}

// within reports whether a path goes on from another.
func within(path, above []heading) bool {
	return len(path) >= len(above) && slices.Equal(path[:len(above)], above)
}

func itoa(n int) string { return strconv.Itoa(n) }

func (p *packer) flush() {
	text, section := strings.TrimSpace(p.text.String()), p.section()
	p.text.Reset()
	p.size = 0
	if text == "" {
		return
	}
	p.out = append(p.out, knowledge.Passage{
		ID:       p.doc.ID + "#" + itoa(len(p.out)+1),
		Document: p.doc.ID,
		Title:    p.doc.Title,
		Section:  section,
		Text:     text,
		URL:      address(p.doc, p.line, p.page, p.under),
		Line:     p.line,
		Page:     p.page,

		UpdatedAt: p.doc.UpdatedAt,
	})
}
