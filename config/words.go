package config

import (
	"log/slog"
	"strings"
)

// Origin says where a setting came from. One from tribune.yaml is
// "tribune.yaml:line", a mistake in it "tribune.yaml:line:column".
type Origin string

// The origins of settings, the strongest last.
const (
	Default     Origin = "default"
	DotEnv      Origin = ".env"
	Environment Origin = "environment"
	CommandLine Origin = "command line"
)

// Mode is LLM_MODE: auto, litellm, deepseek, extractive or a provider's name.
type Mode string

// The modes that are no provider's name, and the provider that is always known.
const (
	ModeAuto       Mode = "auto"
	ModeLiteLLM    Mode = "litellm"
	ModeDeepSeek   Mode = "deepseek"
	ModeExtractive Mode = "extractive"
)

// UnmarshalText takes a mode in any case. Which providers exist is not known
// here, so that any word may name one.
func (m *Mode) UnmarshalText(text []byte) error {
	word := strings.ToLower(string(text))
	if !isWord(word) {
		return &invalid{quote(string(text)) + " is not a mode", "use auto, litellm, deepseek, extractive or a provider's name"}
	}
	*m = Mode(word)
	return nil
}

// isWord tells whether text is made of a-z, 0-9 and _ and starts with a letter.
func isWord(text string) bool {
	for i, r := range text {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return text != ""
}

// LogLevel is the least level that is logged.
type LogLevel slog.Level

// Level makes a LogLevel a slog.Leveler.
func (l LogLevel) Level() slog.Level { return slog.Level(l) }

// String returns the level in lower case.
func (l LogLevel) String() string { return strings.ToLower(slog.Level(l).String()) }

// MarshalText returns the form of String.
func (l LogLevel) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText takes debug, info, warn or error in any case.
func (l *LogLevel) UnmarshalText(text []byte) error {
	word := strings.ToLower(string(text))
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if word == strings.ToLower(level.String()) {
			*l = LogLevel(level)
			return nil
		}
	}
	return &invalid{quote(string(text)) + " is not a level", "use debug, info, warn or error"}
}

// Format is the form of the log.
type Format string

// The forms of the log. FormatAuto is text on a terminal and JSON elsewhere.
const (
	FormatAuto Format = ""
	FormatText Format = "text"
	FormatJSON Format = "json"
)

// UnmarshalText takes text or json in any case.
func (f *Format) UnmarshalText(text []byte) error {
	switch word := Format(strings.ToLower(string(text))); word {
	case FormatText, FormatJSON:
		*f = word
		return nil
	default:
		return &invalid{quote(string(text)) + " is not a log format", "use text or json"}
	}
}
