package sheet

import (
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/grid"
)

// writer writes rows as Markdown tables. An empty row parts two tables; a row
// of one cell that stands before a table is a line of text, as titles and notes
// on sheets are.
type writer struct {
	out   strings.Builder
	pend  string     // the heading of a sheet that has had no row yet
	rows  grid.Table // of the table that is being read
	count int
	size  int  // bytes in rows
	whole bool // it is one table, whatever rows are empty
}

// heading starts a sheet.
func (w *writer) heading(name string) { w.pend = "## " + strings.Join(strings.Fields(name), " ") }

// row takes one row.
func (w *writer) row(cells []string) error {
	if len(cells) > maxColumns {
		return errColumns
	}
	if w.count++; w.count > maxRows {
		return errRows
	}
	filled := 0
	for _, cell := range cells {
		w.size += len(cell)
		if strings.TrimSpace(cell) != "" {
			filled++
		}
	}
	switch {
	case filled == 0 && w.whole:
	case filled == 0:
		w.end()
	case filled == 1 && len(w.rows) == 0 && !w.whole:
		w.block(strings.TrimSpace(strings.Join(cells, "")))
	default:
		w.rows = append(w.rows, cells)
	}
	if w.out.Len()+w.size > maxOut {
		return errLong
	}
	return nil
}

// end ends a table.
func (w *writer) end() {
	if len(w.rows) > 0 {
		w.block(w.rows.String())
	}
	w.rows, w.size = nil, 0
}

// block writes a table or a line of text.
func (w *writer) block(text string) {
	if w.pend != "" {
		w.put(w.pend)
		w.pend = ""
	}
	w.put(text)
}

func (w *writer) put(text string) {
	if w.out.Len() > 0 {
		w.out.WriteString("\n\n")
	}
	w.out.WriteString(text)
}

// document is what was written.
func (w *writer) document(title string) (knowledge.Document, error) {
	w.end()
	if w.out.Len() == 0 {
		return knowledge.Document{}, errEmpty
	}
	return knowledge.Document{Title: title, Text: w.out.String(), Markdown: true}, nil
}
