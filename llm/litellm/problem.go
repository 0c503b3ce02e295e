package litellm

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing in the file that is wrong, or odd. Its texts hold no
// secret.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1; 0: the file as a whole
	Column  int    `json:"column"` // from 1, in characters
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"` // what to do about it
	Warning bool   `json:"warning"`       // true: it works, but perhaps not as meant
}

// Error says all of it in one line: file:line:column: message: fix.
func (p Problem) Error() string {
	place := p.File
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	if p.Fix == "" {
		return place + ": " + p.Message
	}
	return place + ": " + p.Message + ": " + p.Fix
}

// Problems are all mistakes of a file, as Read returns them.
type Problems []Problem

// Error gives one line for each.
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

// maxProblems is how many mistakes, and how many warnings, are told: nobody
// reads more, and a hostile file could have millions.
const maxProblems = 200

// findings collects problems.
type findings struct {
	file               string
	mistakes, warnings Problems
	more               int // mistakes that were not kept
}

// mistake notes what must be mended.
func (f *findings) mistake(at place, message, fix string) {
	if len(f.mistakes) >= maxProblems {
		f.more++
		return
	}
	f.mistakes = append(f.mistakes, f.problem(at, message, fix))
}

// warn notes what works but is perhaps not meant.
func (f *findings) warn(at place, message, fix string) {
	switch {
	case len(f.warnings) < maxProblems:
		p := f.problem(at, message, fix)
		p.Warning = true
		f.warnings = append(f.warnings, p)
	case len(f.warnings) == maxProblems:
		f.warnings = append(f.warnings, Problem{File: f.file, Message: "there are more warnings", Fix: "see to these first", Warning: true})
	}
}

func (f *findings) problem(at place, message, fix string) Problem {
	return Problem{File: f.file, Line: at.line, Column: at.column, Message: message, Fix: fix}
}

// err returns the mistakes as an error; nil where there are none.
func (f *findings) err() error {
	if len(f.mistakes) == 0 {
		return nil
	}
	list := f.mistakes
	slices.SortStableFunc(list, byPlace)
	if f.more > 0 {
		list = append(list, Problem{File: f.file, Message: fmt.Sprintf("there are %d more mistakes", f.more), Fix: "see to these first"})
	}
	return list
}

// byPlace orders problems as they stand in the file.
func byPlace(a, b Problem) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// oneLine shows a text of ours that may quote the file.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == utf8.RuneError {
			return ' '
		}
		return c
	}, text)
}

// quoted shows a text of the file inside a message: in one line, not long, and
// not at all where it looks like a key that got to the wrong place.
func quoted(text string) string {
	const longest = 96
	if looksSecret(text) {
		return "(a value that looks like a key)"
	}
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + "…"
	}
	return strconv.Quote(text)
}

// named shows a key of the file inside a message: as it is, unless it would
// break the line or fill it.
func named(key string) string {
	const longest = 64
	if utf8.RuneCountInString(key) > longest || looksSecret(key) || key == "" ||
		strings.ContainsFunc(key, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return quoted(key)
	}
	return key
}

// looksSecret tells whether a text begins as keys and tokens do: OpenAI's,
// Anthropic's and LiteLLM's (sk-), AWS's, GitHub's, Google's, Slack's, a JWT.
func looksSecret(text string) bool {
	for _, start := range []string{"sk-", "AKIA", "ASIA", "ghp_", "gho_", "github_pat_", "AIza", "xoxb-", "xapp-", "xai-", "gsk_", "eyJ"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return strings.Contains(text, "://") && strings.Contains(text, "@")
}
