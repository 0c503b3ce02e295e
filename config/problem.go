package config

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Problem is one mistake in the settings. None of its texts holds a secret.
type Problem struct {
	Setting string `json:"setting"`       // SLACK_BOT_TOKEN, channels.default.questions
	Origin  Origin `json:"origin"`        // where it was set
	Message string `json:"message"`       // what is wrong
	Fix     string `json:"fix,omitempty"` // what to do about it
	Warning bool   `json:"warning"`       // true: it works, but probably not as meant
}

// Error says all of it in one line.
func (p Problem) Error() string {
	parts := make([]string, 0, 4)
	for _, part := range []string{string(p.Origin), p.Setting, p.Message, p.Fix} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Problems is what Load returns when there are mistakes: all of them at once.
type Problems []Problem

// Error gives one line for each mistake.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Problem.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// split parts what must be mended from what is only odd.
func (p Problems) split() (mistakes, warnings Problems) {
	for _, problem := range p {
		if problem.Warning {
			warnings = append(warnings, problem)
		} else {
			mistakes = append(mistakes, problem)
		}
	}
	return mistakes, warnings
}

// invalid is why a text could not be read as a value.
type invalid struct{ message, fix string }

func (i *invalid) Error() string { return i.message + ": " + i.fix }

// oneLine shows a text in one line that is not long, without anything that a
// terminal would obey.
func oneLine(text string) string {
	const longest = 120
	text = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return '\uFFFD'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + hiddenMark
	}
	return text
}

// plain shows a name that somebody wrote inside a message: as it is, unless it
// would break the line or fill it.
func plain(name string) string {
	const longest = 64
	if utf8.RuneCountInString(name) > longest || strings.ContainsFunc(name, unprintable) {
		return quote(name)
	}
	return name
}

// quote shows a value that is no secret inside a message: one line, not long.
func quote(text string) string {
	const longest = 48
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + hiddenMark
	}
	return strconv.Quote(text)
}
