// Package grid writes tables as Markdown.
package grid

import "strings"

// Table is rows of cells. The first row is the header.
type Table [][]string

// String returns a table as Markdown, "" for one without text. Rows are made
// as long as the longest; empty rows and columns are left out. A table of one
// cell is that cell: it was there for the looks.
func (t Table) String() string {
	t = t.trimmed()
	if len(t) == 0 {
		return ""
	}
	if len(t) == 1 && len(t[0]) == 1 {
		return strings.TrimSpace(t[0][0])
	}
	var b strings.Builder
	Row(&b, t[0])
	Rule(&b, len(t[0]))
	for _, row := range t[1:] {
		Row(&b, row)
	}
	return strings.TrimRight(b.String(), "\n")
}

// trimmed is a table without empty rows and columns, each row as long as all.
func (t Table) trimmed() Table {
	var used []bool
	for _, row := range t {
		for i, cell := range row {
			for len(used) <= i {
				used = append(used, false)
			}
			used[i] = used[i] || strings.TrimSpace(cell) != ""
		}
	}
	var out Table
	for _, row := range t {
		var kept []string
		empty := true
		for i, use := range used {
			if !use {
				continue
			}
			cell := ""
			if i < len(row) {
				cell = row[i]
			}
			kept = append(kept, cell)
			empty = empty && strings.TrimSpace(cell) == ""
		}
		if !empty {
			out = append(out, kept)
		}
	}
	return out
}

// Row writes one row.
func Row(b *strings.Builder, cells []string) {
	for _, cell := range cells {
		b.WriteString("| ")
		if cell = Cell(cell); cell != "" {
			b.WriteString(cell)
			b.WriteByte(' ')
		}
	}
	b.WriteString("|\n")
}

// Rule writes the line below the header.
func Rule(b *strings.Builder, columns int) {
	b.WriteString(strings.Repeat("| --- ", columns) + "|\n")
}

// Cell is text as it can stand in a cell: on one line, without bars.
func Cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.ReplaceAll(text, "|", `\|`)
}
