package rank

import (
	"errors"
	"fmt"
	"strings"
)

// CheckWords tells which rules of a team's own words can't be used, in the form
// of words.txt, each by its text; nil where all can.
func CheckWords(own string) error {
	w, err := readWords("", "")
	if err != nil {
		return err
	}
	var (
		wrong   []error
		section string
	)
	for line := range strings.Lines(own) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			if err := w.line(section, line); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %q: %w", section, line, err))
			}
		}
	}
	return errors.Join(wrong...)
}
