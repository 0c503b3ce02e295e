package cut

import "strings"

// Cells parts a row of a Markdown table at its bars, those at its ends left
// out. `\|` is a bar of the text. It is nil for a line without bars.
func Cells(line string) []string {
	line = strings.TrimSpace(line)
	var (
		out   []string
		cell  strings.Builder
		found bool
	)
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '|':
			cell.WriteByte('|')
			i++
		case line[i] == '|':
			if found || i > 0 { // not the bar that the row begins with
				out = append(out, strings.TrimSpace(cell.String()))
				cell.Reset()
			}
			found = true
		default:
			cell.WriteByte(line[i])
		}
	}
	if !found {
		return nil
	}
	if rest := strings.TrimSpace(cell.String()); rest != "" || !strings.HasSuffix(line, "|") {
		out = append(out, rest)
	}
	return out
}

// Ruled reports whether a line is the one below the header of a table: dashes,
// with colons where columns are aligned.
func Ruled(line string) bool {
	cells := Cells(line)
	for _, cell := range cells {
		if dashes := strings.Trim(cell, ":"); dashes == "" || strings.Trim(dashes, "-") != "" {
			return false
		}
	}
	return len(cells) > 0
}

// Headed reports whether a line is the header of a table, by the line below it.
func Headed(line, below string) bool {
	return Ruled(below) && len(Cells(line)) == len(Cells(below))
}
