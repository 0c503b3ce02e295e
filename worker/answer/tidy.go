package answer

import "strings"

// tidy removes what is left of lines whose sentences were dropped: list marks
// without an item, and all but one of the empty lines in a row. Code is left as
// it is.
func tidy(text string) string {
	lines := strings.Split(text, "\n")
	kept := lines[:0]
	fence := ""
	for _, line := range lines {
		if fence != "" {
			if strings.TrimSpace(line) == fence {
				fence = ""
			}
			kept = append(kept, line)
			continue
		}
		fence = fenceOf(line)
		bare := strings.TrimSpace(line)
		if (bare == "" && endsEmpty(kept)) || marksOnly(bare) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

func endsEmpty(lines []string) bool {
	return len(lines) == 0 || strings.TrimSpace(lines[len(lines)-1]) == ""
}

// marksOnly tells whether a line is a list mark without an item.
func marksOnly(bare string) bool {
	return bare != "" && bare != "---" && strings.Trim(bare, "-*+.0123456789)、") == ""
}
