package markdown

import "strings"

// mendTables repairs what models get wrong in tables, before GitHub's rules
// throw it away: a pipe inside inline code divides cells, and cells beyond the
// last column vanish. Both kinds of pipe are escaped, so that their text stays.
func mendTables(s string) string {
	if !strings.Contains(s, "|") || !strings.Contains(s, "-") {
		return s
	}
	var b strings.Builder
	columns, previous := 0, ""
	for line := range strings.Lines(s) {
		prefix, content := splitPrefix(strings.TrimRight(line, "\n"))
		switch {
		case content == "":
			columns = 0
		case columns > 0:
			line = prefix + mendRow(content, columns) + line[len(prefix)+len(content):]
		case strings.Contains(previous, "|") && isDelimiterRow(content):
			columns = strings.Count(strings.Trim(content, " |"), "|") + 1
		}
		previous = content
		b.WriteString(line)
	}
	return b.String()
}

// isDelimiterRow reports whether content is the line below a table's header.
func isDelimiterRow(content string) bool {
	return strings.Contains(content, "-") && strings.Trim(content, "|-: \t") == ""
}

// mendRow escapes the pipes of a row that do not divide its columns.
func mendRow(row string, columns int) string {
	if strings.Count(row, "|") < columns {
		return row
	}
	body := strings.TrimRight(row, " \t")
	start, end := 0, len(body)
	if strings.HasPrefix(body, "|") {
		start = 1
	}
	if end > start && body[end-1] == '|' && (end < 2 || body[end-2] != '\\') {
		end--
	}
	var b strings.Builder
	b.WriteString(body[:start])
	cells, code := 1, 0
	for i := start; i < end; i++ {
		switch body[i] {
		case '\\':
			if i+1 < end {
				b.WriteByte(body[i])
				i++
			}
		case '`':
			code = codeEnd(body[:end], i, code)
		case '|':
			if i < code || cells == columns {
				b.WriteByte('\\')
			} else {
				cells++
			}
		}
		b.WriteByte(body[i])
	}
	return b.String() + body[end:]
}

// codeEnd returns where the inline code that a backtick at offset i opens ends,
// or until, where it opens none because code is open until there.
func codeEnd(row string, i, until int) int {
	if i < until {
		return until
	}
	run := 1
	for i+run < len(row) && row[i+run] == '`' {
		run++
	}
	if j := strings.Index(row[i+run:], row[i:i+run]); j >= 0 {
		return i + run + j + run
	}
	return i + run
}
