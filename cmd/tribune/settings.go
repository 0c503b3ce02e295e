package main

import (
	"errors"
	"maps"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/llm/litellm"
)

// load reads all settings and looks at what only others can judge.
func load(o config.Options) (*config.Config, error) {
	c, err := loadFiles(o)
	if c == nil || c.File.Words == "" {
		return c, err
	}
	wrong := rank.CheckWords(c.File.Words)
	if wrong == nil {
		return c, err
	}
	return c, withProblems(err, config.Problems{{
		Setting: "words", Origin: config.Origin(filepath.Base(c.File.Path)), Message: oneLine(wrong.Error()),
		Fix: "a word of one Chinese character alone, or of filler words, can't be looked for: write longer ones",
	}})
}

// loadFiles reads all settings: the environment and tribune.yaml, and what the LiteLLM
// file lays down (general_settings) or offers (environment_variables). As in
// LiteLLM the real environment wins over the latter.
func loadFiles(o config.Options) (*config.Config, error) {
	c, err := config.Load(o)
	if why := notTheFile(c); why != "" && c.Models.File != "" {
		c.Warnings = append(c.Warnings, config.Problem{
			Setting: "LITELLM_CONFIG", Origin: config.Origin(filepath.Base(c.Models.File)), Warning: true,
			Message: "the file is not used: " + why, Fix: "unset one of the two",
		})
		return c, err
	}
	file, wrong := readModelFile(c)
	if file == nil {
		return c, withProblems(err, wrong)
	}
	o.Above, o.Below = laidDown(file), offered(file)
	c, err = config.Load(o)
	c.Warnings = append(c.Warnings, file.Warnings...)
	return c, withProblems(err, file.PointsAt(ownHosts(c)))
}

// withProblems adds to what Load found; nil where there is nothing.
func withProblems(err error, more config.Problems) error {
	found, are := errors.AsType[config.Problems](err)
	if err != nil && !are {
		return err
	}
	if all := append(slices.Clone(found), more...); len(all) > 0 {
		return all
	}
	return nil
}

// readModelFile reads the LiteLLM file; nil where there is none, or where the
// models come from elsewhere. What is wrong with it is config.Problems.
func readModelFile(c *config.Config) (*litellm.File, config.Problems) {
	if c.Models.File == "" || notTheFile(c) != "" {
		return nil, nil
	}
	own := config.Origin(filepath.Base(c.Models.File))
	file, err := litellm.Read(c.Models.File, litellm.ReadOptions{Environ: func(name string) (string, bool) {
		v, ok := c.LookupOutside(own, name)
		return v.Reveal(), ok
	}})
	if problems, ok := errors.AsType[config.Problems](err); ok {
		return nil, problems
	}
	if err != nil {
		return nil, config.Problems{{Setting: "LITELLM_CONFIG", Origin: own, Message: oneLine(err.Error())}}
	}
	return file, nil
}

// notTheFile says why the LiteLLM file's models are not used; "" where they are.
func notTheFile(c *config.Config) string {
	switch mode := c.Models.Mode; {
	case c.Models.APIBase.IsSet():
		return "LITELLM_API_BASE is set, and that proxy has a model list of its own"
	case mode != "" && mode != config.ModeAuto && mode != config.ModeLiteLLM:
		return "LLM_MODE=" + string(mode) + " says otherwise"
	}
	return ""
}

// laidDown is what the file decides whatever the environment says.
func laidDown(f *litellm.File) config.Layer {
	layer := config.Layer{Origin: originIn(f), Values: map[string]string{}}
	set := func(name, value string) {
		if value != "" && value != f.Environment[name] {
			layer.Values[name] = value
		}
	}
	set("LITELLM_MASTER_KEY", f.General.MasterKey.Reveal())
	set("DATABASE_URL", f.General.DatabaseURL.Reveal())
	return layer
}

// offered is what holds where the environment says nothing.
func offered(f *litellm.File) config.Layer {
	layer := config.Layer{Origin: originIn(f), Values: map[string]string{}}
	if f.General.Debug {
		layer.Values["TRIBUNE_LOG_LEVEL"] = "debug"
	}
	if f.General.JSON {
		layer.Values["TRIBUNE_LOG_FORMAT"] = string(config.FormatJSON)
	}
	if l := f.Langfuse; l.PublicKey != "" && l.SecretKey != "" {
		layer.Values["LANGFUSE_PUBLIC_KEY"], layer.Values["LANGFUSE_SECRET_KEY"] = l.PublicKey, l.SecretKey.Reveal()
		layer.Values["LANGFUSE_HOST"] = l.Host
	}
	maps.Copy(layer.Values, f.Environment)
	return layer
}

func originIn(f *litellm.File) config.Origin { return config.Origin(filepath.Base(f.Path)) }

// ownHosts are the addresses that this program itself answers at.
func ownHosts(c *config.Config) []string {
	hosts := []string{string(c.Server.Addr)}
	if u, err := url.Parse(c.Server.PublicURL.Reveal()); err == nil && u.Host != "" {
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		hosts = append(hosts, u.Hostname()+":"+port)
	}
	return hosts
}

// lookupIn finds variables in the settings.
func lookupIn(c *config.Config) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := c.Lookup(name)
		return v.Reveal(), ok
	}
}
