package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"unicode"

	"github.com/mattn/go-isatty"

	"github.com/tribunebot/tribune/config"
)

// oneLine makes text fit for one line of an error stream.
func oneLine(text string) string {
	return strings.Join(strings.Fields(clean(text)), " ")
}

// clean removes what could move a terminal's cursor or fake a line: control
// characters but newline and tab, and the invisible format characters.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, text)
}

// printJSON writes v as one line of JSON.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// isTerminal tells whether w is a person's terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// spellDurations writes times as "1.5s": JSON would give nanoseconds without a unit.
func spellDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// newLogger logs to w as the settings say: text for a person, JSON otherwise.
func newLogger(w io.Writer, c config.Server) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel.Level(), ReplaceAttr: spellDurations}
	if c.LogFormat == config.FormatText || (c.LogFormat == "" && isTerminal(w)) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
