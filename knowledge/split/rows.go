package split

import "strings"

// row is one line, or what of it stands on one page.
type row struct {
	text   string
	number int // of the line, from 1
	page   int // from 1; 0: the document has no pages
}

// rows cuts a text into lines. Form feeds part the pages of one that has them,
// and are white space in any other.
func rows(text string, paged bool) []row {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	out := make([]row, 0, len(lines))
	page := 0
	if paged {
		page = 1
	}
	for i, line := range lines {
		for paged {
			before, after, turns := strings.Cut(line, "\f")
			if !turns {
				break
			}
			if strings.TrimSpace(before) != "" {
				out = append(out, row{before, i + 1, page})
			}
			page++
			line = after
		}
		out = append(out, row{line, i + 1, page})
	}
	return out
}

// turned reports whether the next line is on another page than the last.
func (r *reader) turned() bool { return r.lines[r.at].page != r.lines[r.at-1].page }

// alone reports whether the line that was just read stands between blank ones,
// or the edges of a page.
func (r *reader) alone() bool {
	blank := func(i int) bool {
		return i < 0 || i >= len(r.lines) || strings.TrimSpace(r.lines[i].text) == "" || r.lines[i].page != r.lines[r.at-1].page
	}
	return blank(r.at-2) && blank(r.at)
}
