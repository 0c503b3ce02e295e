package markdown

import "strings"

// mendTables repairs what models get wrong in tables: by GitHub's rules a pipe
// inside inline code divides cells unless it is escaped, so it escapes it.
func mendTables(s string) string {
	if !strings.Contains(s, "|") || !strings.Contains(s, "`") {
		return s
	}
	var b strings.Builder
	previous, fence, table := "", "", false
	for line := range strings.Lines(s) {
		prefix, content := splitPrefix(strings.TrimRight(line, "\n"))
		switch {
		case fence != "":
			if closesFence(content, fence) {
				fence = ""
			}
		case fenceRun(content) != "":
			fence, table, content = fenceRun(content), false, ""
		case content == "":
			table = false
		case table:
			line = prefix + escapePipes(content) + line[len(prefix)+len(content):]
		default:
			table = previous != "" && isDelimiterRow(content)
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

// escapePipes escapes the pipes inside the inline code of a table row.
func escapePipes(row string) string {
	if !strings.Contains(row, "`") {
		return row
	}
	var b strings.Builder
	code := 0 // inline code is open until here
	for i := range len(row) {
		switch row[i] {
		case '`':
			code = codeEnd(row, i, code)
		case '|':
			if i < code && row[i-1] != '\\' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(row[i])
	}
	return b.String()
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
