package docx

import (
	"context"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// style is what a paragraph style says of a paragraph.
type style struct {
	level    int  // of a heading, from 1; 0: none
	title    bool // it is that of the document's title
	contents bool // it is that of a table of contents, which repeats headings
	list     list
	based    string
}

// list is the list item that a paragraph is; num "" is none.
type list struct {
	num   string
	level int
}

// maxLevel is the deepest heading of Markdown.
const maxLevel = 6

// readStyles reads the paragraph styles by their ids.
func readStyles(ctx context.Context, z *unzip.Archive) (map[string]style, error) {
	styles := map[string]style{}
	id := ""
	err := ooxml.Each(ctx, z, "word/styles.xml", func(_ *ooxml.Decoder, e xml.StartElement) error {
		val := ooxml.Attr(e, "val")
		s := styles[id]
		switch e.Name.Local {
		case "style":
			id = ooxml.Attr(e, "styleId")
			s = named(id)
		case "name":
			if byName := named(val); byName.level > 0 || byName.title || byName.contents {
				s = byName
			}
		case "basedOn":
			s.based = val
		case "outlineLvl":
			s.level = outline(val)
		case "numId":
			s.list.num = val
		case "ilvl":
			s.list.level = index(val)
		default:
			return nil
		}
		styles[id] = s
		return nil
	})
	for id, s := range styles {
		styles[id] = inherit(styles, s)
	}
	return styles, err
}

// maxBased bounds a chain of styles that are based on each other: it may be a
// circle.
const maxBased = 16

// inherit takes from the styles below what a style does not say itself.
func inherit(styles map[string]style, s style) style {
	below := s.based
	for range maxBased {
		b, ok := styles[below]
		if !ok {
			break
		}
		if s.level == 0 {
			s.level = b.level
		}
		if s.list.num == "" {
			s.list.num = b.list.num
		}
		s.contents = s.contents || b.contents
		below = b.based
	}
	return s
}

// named is what the name of a style says: Word names its own in English
// whatever language it speaks, other programs in theirs.
func named(name string) style {
	name = strings.ReplaceAll(strings.ToLower(name), " ", "")
	switch name {
	case "title", "标题", "標題", "文档标题":
		return style{title: true}
	case "tocheading", "toc标题":
		return style{contents: true}
	}
	if rest, ok := strings.CutPrefix(name, "toc"); ok && index(rest) > 0 || strings.HasPrefix(name, "目录") && index(name[len("目录"):]) > 0 {
		return style{contents: true}
	}
	for _, prefix := range [...]string{"heading", "标题", "標題", "見出し", "제목", "überschrift", "titre", "título", "заголовок"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			if n, err := strconv.Atoi(rest); err == nil && n >= 1 && n <= 9 {
				return style{level: min(n, maxLevel)}
			}
		}
	}
	return style{}
}

// outline is the level of a heading for an outline level, which starts at 0 and
// is 9 for text.
func outline(val string) int {
	n, err := strconv.Atoi(val)
	if err != nil || n < 0 || n > 8 {
		return 0
	}
	return min(n+1, maxLevel)
}

// index is a small number, 0 where there is none.
func index(val string) int {
	n, err := strconv.Atoi(val)
	if err != nil || n < 0 || n > 8 {
		return 0
	}
	return n
}
