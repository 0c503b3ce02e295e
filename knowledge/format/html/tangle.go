package html

import (
	"bytes"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of formatting that is never closed: at each new paragraph the parser
// opens all of it anew (HTML standard, 13.2.4.3), so that 68 KB of a hostile page
// became 2.5 GB of nodes.
const (
	openFormats = 16        // at once, which real pages keep to
	mostReopens = 1_000_000 // of what is beyond, over a page
)

// tangled reports whether a page has so much formatting open for so long that the
// parser would make more nodes of it than there is room for.
func tangled(raw []byte) bool {
	tokens := html.NewTokenizer(bytes.NewReader(raw))
	open, reopens := 0, 0
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return false
		case html.StartTagToken:
			if name, _ := tokens.TagName(); formats(name) {
				open++
			} else {
				reopens += max(0, open-openFormats)
			}
		case html.EndTagToken:
			if name, _ := tokens.TagName(); formats(name) && open > 0 {
				open--
			} else {
				reopens += max(0, open-openFormats)
			}
		case html.TextToken:
			reopens += max(0, open-openFormats)
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
		if reopens > mostReopens {
			return true
		}
	}
}

// formats reports whether an element is one of those that are opened anew.
func formats(name []byte) bool {
	switch atom.Lookup(name) {
	case atom.A, atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S, atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U:
		return true
	default:
		return false
	}
}
