// Package config says what can be set and reads it. It is the lowest layer: it
// imports nothing of ours, and it is the only package that reads the environment.
//
// # The story of a setting
//
// Every variable of the environment is one field of a section of Config, and the
// field's tags are all there is to say about it: its name, its default, what it
// means. From those tags come the reading (fill), "tribune config" (Settings)
// and docs/environment.md (WriteDoc), so that the three cannot disagree.
//
// Load looks a name up in three layers, the first of which that has a value wins:
// the command line, the environment, a .env in the working directory. Empty is
// unset. The process's environment is read and never changed. godotenv reads the
// .env, envconfig turns text into fields (see decode for how it is made to look
// into layers), goccy/go-yaml parses tribune.yaml.
//
// tribune.yaml is walked as a syntax tree and not decoded into structs. That costs
// a page of code, and gives three things: all mistakes at once instead of the first,
// each with line and column; the line that every setting came from; and the
// difference between a key that is absent (a channel inherits it) and one that is
// zero.
//
// # Mistakes
//
// A mistake is a Problem: which setting, where it was set, what is wrong, what to
// do. Load collects all of them. What works but is probably not meant is a
// warning: it is in Config.Warnings and stops nothing. Where a value is wrong the
// default stands in its place, so that "tribune config" has something to show; no
// program may run with it.
//
// # Secrets
//
// Tokens and keys are a Secret, addresses that may carry a password are a URL.
// Both hide themselves in fmt, slog, JSON, YAML and text, and both have Reveal for
// the one place that hands them over. No Problem quotes a value of either kind, nor
// a line of a .env.
//
// # Who sees what
//
// Visible decides which collections a place may see, before anything is searched.
// It compares whole strings and fails closed: an unknown collection, a broken
// pattern, an empty list or a place that nobody named open nothing.
package config
