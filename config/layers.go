package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// maxDotEnv is the size in bytes from which a .env is refused: real ones have a
// few kilobytes.
const maxDotEnv = 256 << 10

// readLayers reads the layers, the strongest first.
func (l *loader) readLayers(o Options) {
	environ := o.Environ
	if environ == nil {
		environ = os.Environ()
	}
	l.layers = []Layer{
		{CommandLine, o.Overrides},
		o.Above,
		{Environment, split(environ)},
		{DotEnv, l.readDotEnv(filepath.Join(o.Dir, ".env"))},
		o.Below,
	}
	layers := l.layers
	l.config.lookup = func(name string) (string, Origin) { return lookup(layers, name) }
	l.checkNames()
}

// lookup returns a setting without the blanks around it, and where it is from.
// Empty counts as unset: that is how a variable is switched off in a shell.
func lookup(layers []Layer, name string) (string, Origin) {
	for _, layer := range layers {
		if text := strings.TrimSpace(layer.Values[name]); text != "" {
			return text, layer.Origin
		}
	}
	return "", Default
}

// Lookup returns any variable by name, such as the key of a provider that
// Config has no field for ("MISTRAL_API_KEY"). A variable that is empty is not
// there.
func (c *Config) Lookup(name string) (Secret, bool) {
	if c.lookup == nil { // a Config that Load did not make
		return "", false
	}
	text, _ := c.lookup(name)
	return Secret(text), text != ""
}

// LookupOutside is Lookup without what comes from one origin: a file that offers
// variables must not find its own former values.
func (c *Config) LookupOutside(origin Origin, name string) (Secret, bool) {
	if c.lookup == nil {
		return "", false
	}
	text, from := c.lookup(name)
	if from == origin {
		return "", false
	}
	return Secret(text), text != ""
}

// split makes a map of NAME=value lines.
func split(environ []string) map[string]string {
	values := make(map[string]string, len(environ))
	for _, line := range environ {
		if name, value, found := strings.Cut(line, "="); found && name != "" {
			values[name] = value
		}
	}
	return values
}

// readDotEnv reads a .env; none is no mistake.
func (l *loader) readDotEnv(path string) map[string]string {
	text, err := readAtMost(path, maxDotEnv)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		l.report(Problem{Origin: DotEnv, Message: "cannot be read: " + reason(err), Fix: "make it a small text file that this user may read"})
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		// The library's error quotes the rest of the file, secrets and all.
		l.report(Problem{
			Origin:  Origin(fmt.Sprintf("%s:%d", DotEnv, brokenLine(text))),
			Message: "this is not NAME=value",
			Fix:     "write one NAME=value a line, close every quote, and start comments with #",
		})
		return nil
	}
	return values
}

// brokenLine returns the line, from 1, where the first statement starts that
// godotenv cannot read. A quoted value may run over several lines, so that a
// statement is broken only when no number of lines makes it whole.
func brokenLine(text []byte) int {
	const longest = 64 // lines of one value: a private key has about 30
	lines := bytes.SplitAfter(text, []byte("\n"))
	for start := 0; start < len(lines); {
		length := 1
		for ; length <= longest && start+length <= len(lines); length++ {
			if _, err := godotenv.UnmarshalBytes(bytes.Join(lines[start:start+length], nil)); err == nil {
				break
			}
		}
		if length > longest || start+length > len(lines) {
			return start + 1
		}
		start += length
	}
	return len(lines)
}

// readAtMost reads a regular file that is not larger than limit bytes.
func readAtMost(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe waits until somebody writes to it
		return nil, errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("larger than %d KB", limit>>10)
	}
	return text, nil
}

// reason is what an error of the file system says, without the path that the
// reader knows already.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return strings.ReplaceAll(err.Error(), "\n", ", ")
}

// checkNames looks for names of ours that do not exist.
func (l *loader) checkNames() {
	var known []string // without our prefix: it makes all of them look alike
	for _, name := range names(l.config) {
		if rest, ours := strings.CutPrefix(name, prefix); ours {
			known = append(known, rest)
		}
	}
	for _, layer := range l.layers {
		for _, name := range slices.Sorted(maps.Keys(layer.Values)) {
			rest, ours := strings.CutPrefix(name, prefix)
			if !ours || slices.Contains(known, rest) || foreign(rest, layer.Values[name]) {
				continue
			}
			fix := "remove it; docs/environment.md lists the names"
			if near := Nearest(rest, known); near != "" {
				fix = "did you mean " + prefix + near + "?"
			}
			l.report(Problem{Setting: plain(name), Origin: layer.Origin, Message: "no such setting", Fix: fix})
		}
	}
}

// prefix is what the names have that are ours alone.
const prefix = "TRIBUNE_"

// foreign tells whether a name, given without our prefix, is not meant for the program: what the tests are
// told, and what Kubernetes and Docker links set in every container beside a
// service that is called "tribune".
func foreign(rest, value string) bool {
	service := rest == "SERVICE_HOST" || strings.HasPrefix(rest, "SERVICE_PORT") || strings.HasPrefix(rest, "PORT_")
	return strings.HasPrefix(rest, "TEST_") || service || rest == "PORT" && strings.Contains(value, "://")
}
