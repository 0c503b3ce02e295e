package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/config"
)

// warnLevel is slog's level of warnings, as config knows levels.
const warnLevel = 4

// loadConfig reads the settings for a command that will run with them. Mistakes
// are printed one a line; warnings too.
func loadConfig(s streams) (*config.Config, error) { return loadConfigWith(s, config.Options{}) }

func loadConfigWith(s streams, o config.Options) (*config.Config, error) {
	c, err := load(o)
	if c != nil {
		for _, w := range c.Warnings {
			fmt.Fprintln(s.Err, "tribune: warning:", oneLine(w.Error()))
		}
	}
	if problems, ok := errors.AsType[config.Problems](err); ok {
		for _, p := range problems {
			fmt.Fprintln(s.Err, "tribune:", oneLine(p.Error()))
		}
		return nil, errQuiet
	}
	return c, err
}

// configCmd shows the settings.
type configCmd struct {
	JSON bool `help:"Print one JSON object with all settings and problems."`
}

// configJSON is what config --json prints.
type configJSON struct {
	Settings []config.Setting `json:"settings"`
	File     config.File      `json:"file"`
	Model    string           `json:"model"` // which models answer, and why
	// Deployments are the models that can be called, and those of the LiteLLM
	// file that cannot.
	Deployments []deploymentRow `json:"deployments"`
	Problems    config.Problems `json:"problems"`
	Warnings    config.Problems `json:"warnings"`
}

// Run shows the settings; it fails when something is wrong with them.
func (cmd *configCmd) Run(s streams) error {
	c, err := load(config.Options{})
	problems, isProblems := errors.AsType[config.Problems](err)
	if err != nil && !isProblems {
		return err
	}
	models, problems := resolve(c, problems)
	if cmd.JSON {
		err = printJSON(s.Out, configJSON{
			Settings: c.Settings(), File: c.File, Model: models.said, Deployments: models.rows,
			Problems: orEmpty(problems), Warnings: orEmpty(c.Warnings),
		})
	} else {
		err = printSettings(s, c, models, problems)
	}
	if err == nil && len(problems) > 0 {
		return errQuiet
	}
	return err
}

// modeProblem tells a mistake in the choice of a model like every other.
func modeProblem(c *config.Config, err error) config.Problem {
	name := "LLM_MODE"
	if originOf(c, name) == config.Default && c.Models.Model != "" {
		name = "LITELLM_MODEL"
	}
	return config.Problem{Setting: name, Origin: originOf(c, name), Message: err.Error()}
}

// originOf says where a setting was set.
func originOf(c *config.Config, name string) config.Origin {
	for _, s := range c.Settings() {
		if s.Name == name {
			return s.Origin
		}
	}
	return config.Default
}

func orEmpty(p config.Problems) config.Problems {
	if p == nil {
		return config.Problems{}
	}
	return p
}

func printSettings(s streams, c *config.Config, models resolved, problems config.Problems) error {
	var b strings.Builder
	group, wide := "", 0
	for _, set := range c.Settings() {
		wide = max(wide, len(set.Name))
	}
	for _, set := range c.Settings() {
		if set.Group != group {
			group = set.Group
			fmt.Fprintf(&b, "\n%s\n", group)
		}
		fmt.Fprintf(&b, "  %-*s %-40s %s\n", wide, set.Name, oneLine(set.Value), set.Origin)
	}
	if c.File.Path == "" {
		b.WriteString("\nNo tribune.yaml: every channel has the default settings.\n")
	}
	models.print(&b)
	if _, err := fmt.Fprint(s.Out, strings.TrimPrefix(b.String(), "\n")); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(s.Err, "warning:", oneLine(w.Error()))
	}
	for _, p := range problems {
		fmt.Fprintln(s.Err, "wrong:", oneLine(p.Error()))
	}
	return nil
}

// list joins words for people.
func list(words []string) string {
	if len(words) == 0 {
		return "(none)"
	}
	return strings.Join(words, ", ")
}
