// Package split cuts documents into passages that can be quoted: along
// headings, articles of a statute, paragraphs and list items, and only where a
// paragraph is too long at the end of a sentence. Tables are cut between rows,
// code blocks not at all.
package split

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
)

// Version is part of what an index compares: raise it when the same document
// gives other passages than before.
const Version = "1"

// Sizes of a passage, in characters. Small enough that a model reads ten of
// them, large enough that a rule stands beside its exception.
const (
	target   = 900  // a new block starts a new passage beyond it
	most     = 1200 // and no passage grows beyond it, fences apart
	tiny     = 120  // a section below it is kept with the next one
	hardMost = 6000 // not even a code block grows beyond it
)

// Document returns the passages of a document, in order. A document of white
// space has none. Collection is left to the caller.
func Document(doc knowledge.Document) []knowledge.Passage {
	p := packer{doc: doc}
	p.articles = countArticles(doc.Text) >= leastArticles
	r := reader{lines: lines(doc.Text), markdown: doc.Markdown, articles: p.articles}
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

	text    strings.Builder
	size    int // characters in text
	line    int
	section string
}

type heading struct {
	level int
	text  string
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

// fill adds a block to the passage that is being made, or starts a new one.
func (p *packer) fill(b block) {
	size := utf8.RuneCountInString(b.text)
	if p.size > 0 && (p.size+size > most || p.size >= target) {
		p.flush()
	}
	if size <= most || b.kind == fence && size <= hardMost {
		p.put(b.text, b.line, size)
		return
	}
	line := b.line
	for _, part := range b.parts() {
		p.flush()
		p.put(part, line, utf8.RuneCountInString(part))
		line += strings.Count(part, "\n")
		if b.kind != prose {
			line++
		}
	}
}

// enter starts a section. What came before is its own passage, unless it is so
// short that it only introduces what follows.
func (p *packer) enter(b block) {
	for len(p.path) > 0 && p.path[len(p.path)-1].level >= b.level {
		p.path = p.path[:len(p.path)-1]
	}
	p.path = append(p.path, heading{b.level, b.text})
	if p.size >= tiny || b.level >= partLevel {
		p.flush()
	}
	if p.size > 0 {
		p.put(strings.Repeat("#", min(b.level, 6))+" "+b.text, b.line, utf8.RuneCountInString(b.text))
	}
}

func (p *packer) put(text string, line, size int) {
	if p.size == 0 {
		p.line = line
		p.section = p.heading()
	} else {
		p.text.WriteString("\n")
		p.size++
	}
	p.text.WriteString(text)
	p.size += size
}

// heading is the path of the section that is being read. A first heading that
// only repeats the title is left out.
func (p *packer) heading() string {
	parts := make([]string, 0, len(p.path)+1)
	if p.doc.Section != "" {
		parts = append(parts, p.doc.Section)
	}
	for _, h := range p.path {
		if h.text != p.doc.Title {
			parts = append(parts, h.text)
		}
	}
	return strings.Join(parts, " > ")
}

func (p *packer) flush() {
	text := strings.TrimSpace(p.text.String())
	p.text.Reset()
	p.size = 0
	if text == "" {
		return
	}
	p.out = append(p.out, knowledge.Passage{
		ID:       p.doc.ID + "#" + strconv.Itoa(len(p.out)+1),
		Document: p.doc.ID,
		Title:    p.doc.Title,
		Section:  p.section,
		Text:     text,
		URL:      p.doc.URL,
		Line:     p.line,
	})
}
