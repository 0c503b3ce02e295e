package config

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ValidCollection tells whether name may be a collection's: letters of any
// script, digits, dot, dash and underscore, beginning with a letter or digit, at
// most 64 characters. So a name is never a path, and never more than one word.
func ValidCollection(name string) error {
	const longest = 64
	ok := name != "" && utf8.RuneCountInString(name) <= longest
	for i, r := range name {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if !letter && (i == 0 || !strings.ContainsRune(".-_", r)) {
			ok = false
		}
	}
	if !ok {
		return &invalid{quote(name) + " is not a name for a collection", "use letters, digits, - and _, at most 64 of them"}
	}
	return nil
}

// splitPlace takes platform:team:channel (or user) apart.
func splitPlace(text string) (platform, channel string, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 || !isWord(parts[0]) || !isID(parts[1]) || !isID(parts[2]) {
		return "", "", false
	}
	return parts[0], parts[2], true
}

// isID tells whether text may be an id of a platform.
func isID(text string) bool {
	for _, r := range text {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r) {
			return false
		}
	}
	return text != ""
}

const placeFix = `write platform:team:channel in quotes, as in "slack:T01:C42"`

// checkPlace holds the name of a channel to its form.
func checkPlace(text string) error {
	_, channel, ok := splitPlace(text)
	switch {
	case !ok:
		return &invalid{quote(text) + " is not a channel", placeFix}
	case channel == "public" || channel == "dm":
		return &invalid{quote(text) + " is not one channel", "settings are for a single channel or for default; :public and :dm are for visible_to"}
	}
	return nil
}

// checkPattern holds a pattern of visible_to to its forms.
func checkPattern(text string) error {
	if text == "web" {
		return nil
	}
	if name, isKey := strings.CutPrefix(text, "key:"); isKey {
		if name == "" || strings.ContainsFunc(name, unprintable) {
			return &invalid{quote(text) + " names no key", `write the virtual key's name, as in "key:ci"`}
		}
		return nil
	}
	platform, _, ok := splitPlace(text)
	switch {
	case text == PlaceTerminal || text == PlaceMaster || platform == PlaceTerminal:
		return &invalid{"the terminal and the master key see everything", "remove it"}
	case strings.ContainsAny(text, "*?"):
		return &invalid{quote(text) + ": there are no wildcards", `write "slack:T01:public" for all public channels of a team`}
	case !ok:
		return &invalid{quote(text) + " is not a place", `write "slack:T01:C42", "slack:T01:public", "slack:T01:dm", web or "key:NAME"`}
	}
	return nil
}

// checkTrusted holds a person to the form platform:team:user.
func checkTrusted(text string) error {
	if _, _, ok := splitPlace(text); !ok {
		return &invalid{quote(text) + " is not a person", `write platform:team:user in quotes, as in "slack:T01:U07"`}
	}
	return nil
}

// parts takes apart why a text is not valid.
func parts(err error) (message, fix string) {
	if bad, ok := errors.AsType[*invalid](err); ok {
		return bad.message, bad.fix
	}
	return err.Error(), ""
}
