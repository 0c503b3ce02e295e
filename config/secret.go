package config

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hiddenMark stands where the hidden part of a value was.
const hiddenMark = "…"

// minShown is the length in characters from which the ends of a secret are
// shown: of anything shorter the last four would give away too much.
const minShown = 16

// Secret is a value that must not be seen: a token, a key, a password. However
// it is printed, logged or encoded, only its ends appear ("sk-…9f3c"), and of a
// short one nothing but "…". Reveal gives the value itself, and is easy to
// search for.
//
// Three things do not ask a type how it wants to be shown: fmt inside an unexported
// field of a struct that is printed whole, fmt for a verb that does not fit (%p,
// %w: vet refuses those), and encoding/json for the keys of a map.
type Secret string

// Reveal returns the value itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// IsSet tells whether there is a value.
func (s Secret) IsSet() bool { return s != "" }

// String returns the secret with all but its ends hidden; "" where there is none.
func (s Secret) String() string {
	text := string(s)
	switch {
	case text == "":
		return ""
	case utf8.RuneCountInString(text) < minShown || strings.ContainsFunc(text, unprintable):
		return hiddenMark
	default:
		return label(text) + hiddenMark + tail(text, 4)
	}
}

// GoString is what %#v shows.
func (s Secret) GoString() string { return "config.Secret(" + strconv.Quote(s.String()) + ")" }

// Format answers every verb of fmt, so that %x or %d show no more than %v.
func (s Secret) Format(f fmt.State, verb rune) { writeHidden(f, verb, s.String(), s.GoString()) }

// MarshalText gives the hidden form to every encoder that takes text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON gives the hidden form.
func (s Secret) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, s.String()), nil }

// UnmarshalText takes the value as it is.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// LogValue gives the hidden form to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// writeHidden answers a verb of fmt with the hidden form.
func writeHidden(f fmt.State, verb rune, shown, goShown string) {
	switch {
	case verb == 'v' && f.Flag('#'):
		shown = goShown
	case verb == 'q':
		shown = strconv.Quote(shown)
	}
	// A formatter has nowhere to report a failed write to.
	_, _ = io.WriteString(f, shown)
}

// label returns what tells the kind of a secret: "sk-", "xoxb-"; "" where
// nothing does.
func label(text string) string {
	const longest = 5
	for i, r := range text {
		switch {
		case i > longest:
			return ""
		case r == '-' || r == '_':
			return text[:i+1]
		case r < 'a' || r > 'z':
			return ""
		}
	}
	return ""
}

// tail returns the last n characters of text.
func tail(text string, n int) string {
	runes := []rune(text)
	return string(runes[max(0, len(runes)-n):])
}

func unprintable(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) }
