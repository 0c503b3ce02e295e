package config

import (
	"cmp"
	"path/filepath"
)

// Options say where settings are read from. The zero Options are those of a
// program that runs in its working directory.
type Options struct {
	// Dir is where .env and tribune.yaml are looked for, and what relative
	// paths start from. Empty: the working directory.
	Dir string
	// Environ is the environment as NAME=value. nil: the process's own.
	Environ []string
	// Overrides are settings from the command line, by variable name. They
	// win over everything.
	Overrides map[string]string
	// Above and Below are settings of another file, by variable name: what it
	// lays down (it wins over the environment), and what it offers where
	// neither the environment nor .env says anything.
	Above, Below Layer
	// Providers are the variable prefixes ("MISTRAL") of the providers that
	// the program knows, besides those that Config has fields for.
	Providers []string
}

// Load reads all settings. With mistakes in them the error is Problems, one for
// each, and the Config is there all the same, for showing: it must not be run
// with.
func Load(o Options) (*Config, error) {
	o.Dir = cmp.Or(o.Dir, ".")
	l := &loader{dir: o.Dir, config: &Config{}}
	l.readLayers(o)
	l.fill()
	l.completePaths()
	l.completeProviders(o.Providers)
	l.completeEmbedding()
	l.check()
	l.readFile()
	l.checkUnused()
	return l.finish()
}

// Layer is one place that settings come from.
type Layer struct {
	Origin Origin
	Values map[string]string // by variable name
}

// loader makes one Config.
type loader struct {
	dir      string
	layers   []Layer
	config   *Config
	settings []Setting
	problems Problems
}

// report notes a mistake.
func (l *loader) report(p Problem) { l.problems = append(l.problems, p) }

// finish hands over what was read.
func (l *loader) finish() (*Config, error) {
	mistakes, warnings := l.problems.split()
	l.config.Warnings = warnings
	l.config.settings = l.settings
	l.config.attach(l.problems)
	if len(mistakes) > 0 {
		return l.config, mistakes
	}
	return l.config, nil
}

// path makes a relative path start from the working directory.
func (l *loader) path(name string) string {
	if name == "" || filepath.IsAbs(name) || l.dir == "." {
		return name
	}
	return filepath.Join(l.dir, name)
}
