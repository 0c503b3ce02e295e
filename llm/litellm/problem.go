package litellm

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/config"
)

// maxProblems is how many mistakes, and how many warnings, are told: nobody
// reads more, and a hostile file could have millions.
const maxProblems = 200

// finding is a problem that knows its place.
type finding struct {
	at place
	config.Problem
}

// findings collects problems.
type findings struct {
	file               string // its name, as problems say it
	mistakes, warnings []finding
	more               int // mistakes that were not kept
}

// mistake notes what must be mended.
func (f *findings) mistake(at place, message, fix string) {
	if len(f.mistakes) >= maxProblems {
		f.more++
		return
	}
	f.mistakes = append(f.mistakes, f.find(at, message, fix))
}

// warn notes what works but is perhaps not meant.
func (f *findings) warn(at place, message, fix string) {
	switch {
	case len(f.warnings) < maxProblems:
		f.warnings = append(f.warnings, f.find(at, message, fix))
	case len(f.warnings) == maxProblems:
		f.warnings = append(f.warnings, f.find(place{}, "there are more warnings", "see to these first"))
	}
}

func (f *findings) find(at place, message, fix string) finding {
	return finding{at, problemAt(f.file, at, message, fix)}
}

// problemAt is a problem of the file, told with file:line:column; one of the file
// as a whole has no line.
func problemAt(file string, at place, message, fix string) config.Problem {
	origin := filepath.Base(file)
	if at.line > 0 {
		origin = fmt.Sprintf("%s:%d:%d", origin, at.line, max(at.column, 1))
	}
	return config.Problem{Origin: config.Origin(origin), Message: message, Fix: fix}
}

// err returns the mistakes as an error; nil where there are none.
func (f *findings) err() error {
	if len(f.mistakes) == 0 {
		return nil
	}
	list := inOrder(f.mistakes)
	if f.more > 0 {
		list = append(list, problemAt(f.file, place{}, fmt.Sprintf("there are %d more mistakes", f.more), "see to these first"))
	}
	return list
}

// odd returns the warnings.
func (f *findings) odd() config.Problems {
	list := inOrder(f.warnings)
	for i := range list {
		list[i].Warning = true
	}
	return list
}

// inOrder are problems as they stand in the file.
func inOrder(list []finding) config.Problems {
	slices.SortStableFunc(list, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	problems := make(config.Problems, len(list))
	for i, f := range list {
		problems[i] = f.Problem
	}
	return problems
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
