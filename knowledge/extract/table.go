package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// tableEnd is the number of the line after a table that starts at line i, i
// where none does. Lines with bars at their beginning are rows; others are where
// a line of dashes follows the first, or where each has as many cells as that.
func tableEnd(lines []string, i int) int {
	first := strings.TrimSpace(lines[i])
	barred := strings.HasPrefix(first, "|")
	ruled := i+1 < len(lines) && cut.Headed(first, lines[i+1])
	columns := len(cells(first))
	if !barred && (columns < 2 || kindOf(first) != prose) {
		return i
	}
	end := i + 1
	for end < len(lines) {
		line := strings.TrimSpace(lines[end])
		if strings.HasPrefix(line, "|") || !barred && ruled && cut.Cells(line) != nil || !barred && !ruled && len(cells(line)) == columns {
			end++
			continue
		}
		break
	}
	if !barred && end == i+1 {
		return i
	}
	return end
}

// cells parts a row at its bars, or, where it has none, at its tabs.
func cells(line string) []string {
	if c := cut.Cells(line); c != nil {
		if !strings.HasPrefix(strings.TrimSpace(line), "|") && !strings.Contains(line, " | ") {
			return nil // a pipe of a command, a choice of options
		}
		return c
	}
	if !strings.Contains(line, "\t") {
		return nil
	}
	var out []string
	for cell := range strings.SplitSeq(line, "\t") {
		if cell = strings.TrimSpace(cell); cell != "" {
			out = append(out, cell)
		}
	}
	return out
}

// cell is one cell of a row, with what its column is called.
type cell struct{ column, text string }

// table reads the rows of the table that begins with block i: each with its
// header, empty cells left out. next is the last block of it.
func table(all []block, i int) (rows [][]cell, next int) {
	next = i
	for next+1 < len(all) && all[next+1].kind == row && !all[next+1].top {
		next++
	}
	var header []string
	first := i
	switch {
	case next > i && cut.Ruled(all[i+1].text):
		header, first = cells(all[i].text), i+2
	case next > i && !strings.HasPrefix(all[i].text, "|"):
		header, first = cells(all[i].text), i+1
	}
	if states := holdsFacts(header); states { // the first row was taken for a header, for want of one
		header, first = nil, i
	}
	for _, b := range all[first : next+1] {
		if cut.Ruled(b.text) {
			continue
		}
		if r := rowOf(header, cells(b.text)); len(r) > 0 {
			rows = append(rows, r)
		}
	}
	return rows, next
}

func rowOf(header, texts []string) []cell {
	var out []cell
	for n, text := range texts {
		c := cell{text: plain(text)}
		if n < len(header) {
			c.column = plain(header[n])
		}
		if c.text != "" {
			out = append(out, c)
		}
	}
	return out
}

// holdsFacts reports whether a header states what only a row does: an amount
// with its unit, an address. Sheets without a header begin so.
func holdsFacts(header []string) bool {
	for _, c := range header {
		first, _ := utf8.DecodeRuneInString(c)
		if strings.Contains(c, "@") || strings.Contains(c, "://") || unicode.IsDigit(first) && !year(c) && len(measures(c, strict)) > 0 {
			return true
		}
	}
	return false
}

// year reports whether a cell is a year, as columns are called.
func year(c string) bool {
	return len(c) == len("2000") && digitsAt(c) == len(c) && (strings.HasPrefix(c, "19") || strings.HasPrefix(c, "20"))
}

// said writes a row for a reader: "City: Lyon; Fee: 12 EUR". A row that is too
// long keeps what it is called by and what is asked for.
func said(row []cell, want map[string]bool) string {
	keep := make([]bool, len(row))
	size := 0
	for pass := range 2 {
		for i, c := range row {
			asked := i == 0 || sharesAny(c.column+"\n"+c.text, want)
			n := utf8.RuneCountInString(c.column) + utf8.RuneCountInString(c.text) + len("; : ")
			if asked == (pass == 0) && size+n <= mostUnit {
				keep[i] = true
				size += n
			}
		}
	}
	colon, semicolon := ": ", "; "
	if han(row) {
		colon, semicolon = "：", "；"
	}
	var b strings.Builder
	for i, c := range row {
		if !keep[i] {
			continue
		}
		switch {
		case b.Len() == 0:
		case c.column == "" && i == 1 && len(row) == 2:
			b.WriteString(colon) // a name and what it is
		default:
			b.WriteString(semicolon)
		}
		if c.column != "" {
			b.WriteString(c.column + colon)
		}
		b.WriteString(c.text)
	}
	return b.String()
}

func han(row []cell) bool {
	for _, c := range row {
		if strings.ContainsFunc(c.column+c.text, cut.Han) {
			return true
		}
	}
	return false
}

func sharesAny(text string, want map[string]bool) bool {
	for _, t := range cut.Terms(text) {
		if want[t.Text] {
			return true
		}
	}
	return false
}
