package litellm

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm/router"
)

// ReadOptions are what a file is read with.
type ReadOptions struct {
	// Environ looks up a variable of the environment; nil: there are none.
	Environ func(name string) (string, bool)
}

// Read reads and checks a litellm_config.yaml. The error is config.Problems: all
// mistakes at once, each with its line; what is only odd is in File.Warnings.
// It changes nothing, and opens nothing but the file.
func Read(path string, o ReadOptions) (*File, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, config.Problems{problemAt(path, place{}, err.Error(), "make it a text file below 4 MiB that this user may read")}
	}
	return readText(path, text, o)
}

// readFile returns what is in a file that is not too large.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", cause(err))
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if len(text) > maxFile {
		return nil, errors.New("is larger than 4 MiB")
	}
	return text, nil
}

// cause drops the path from an error: the problem names the file already.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// readText reads a file's text.
func readText(path string, text []byte, o ReadOptions) (*File, error) {
	r := &reader{
		findings: findings{file: path},
		out:      &File{Path: path, Environment: map[string]string{}},
		environ:  o.Environ,
	}
	r.missing = r.notThere
	root := r.parse(text)
	switch {
	case root != nil && root.shape == isMap:
		r.sections(root)
		r.check()
	case len(r.mistakes) == 0:
		at := place{1, 1}
		if root != nil {
			at = root.at
		}
		r.mistake(at, "there is no model_list", "write model_list: with one entry for each model")
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	r.out.Warnings = r.odd()
	return r.out, nil
}

// reader reads one file.
type reader struct {
	findings

	out     *File
	environ func(name string) (string, bool)
	// missing is told of variables that are named but not set.
	missing func(at place, path, name string)

	entries    []*entry
	references []reference
	wanted     []string // variables without which a deployment is disabled, in their order

	shared           map[string]place // keys of litellm_settings that router_settings may have too
	defaultFallbacks []string
	aliasPlaces      map[string]place
	databaseAt       place          // environment_variables.DATABASE_URL
	endUsers         *router.Budget // max_end_user_budget
	total            total
	healthEvery      field // health_check_interval
	callbackPlaces   map[string]place
}

// lookup returns a variable: the environment's, else the file's. LiteLLM, too,
// takes what the file says only where get_secret finds nothing
// (proxy_server.py, load_config).
func (r *reader) lookup(name string) (string, bool) {
	if r.environ != nil {
		if value, ok := r.environ(name); ok {
			return value, true
		}
	}
	value, ok := r.out.Environment[name]
	return value, ok
}

// variable returns a variable's value; "" where it is not set.
func (r *reader) variable(name string) string {
	value, ok := r.lookup(name)
	if !ok {
		return ""
	}
	return strings.TrimSpace(value)
}

// sections reads the parts of the file, those first that others build on,
// wherever they stand.
func (r *reader) sections(root *node) {
	order := []key{
		{name: "environment_variables", read: r.environment},
		{name: "model_list", read: r.modelList},
		{name: "litellm_settings", read: r.litellmSettings},
		{name: "router_settings", read: r.routerSettings},
		{name: "general_settings", read: r.generalSettings},
		{name: "langfuse_params", read: r.langfuseParams},
	}
	for _, section := range order {
		only := &node{shape: isMap, at: root.at}
		for _, f := range root.fields {
			if f.key == section.name {
				only.fields = append(only.fields, f)
			}
		}
		r.mapping(field{value: only}, []key{section}, nil)
	}
	r.otherSections(root, order)
	if list := root.get("model_list"); list == nil || list.shape == isNull {
		r.mistake(root.at, "there is no model_list", "write model_list: with one entry for each model")
	}
}

// otherSections warns of the sections that are not read.
func (r *reader) otherSections(root *node, known []key) {
	const alone = "LiteLLM's extension of that name is not part of this program; remove it"
	unread := []key{
		{name: "include", note: "other files are not read: put their entries into this one"},
		{name: "credential_list", note: "write api_key and api_base into each entry, with an anchor (&) to share them"},
		{name: "callback_settings", note: "callbacks are set up by their variables: see callbacks"},
	}
	for _, name := range []string{
		"guardrails", "mcp_servers", "mcp_tools", "prompts", "vector_store_registry", "search_tools", "files_settings",
		"finetune_settings", "assistant_settings", "default_team_settings", "agent_list", "policies",
	} {
		unread = append(unread, key{name: name, note: alone})
	}
	rest := &node{shape: isMap, at: root.at}
	for _, f := range root.fields {
		if _, is := find(known, f.key); !is {
			rest.fields = append(rest.fields, f)
		}
	}
	r.mapping(field{value: rest}, unread, func(f field, near string) {
		if near == "" {
			near = r.nearest(f.key, known)
		}
		r.unknown(f, near)
	})
}

// environment reads environment_variables.
func (r *reader) environment(f field) {
	r.mapping(f, nil, func(v field, _ string) {
		if !variableName(v.key) || strings.HasPrefix(v.key, envPrefix) {
			r.mistake(v.at, v.path+" is no name of a variable", "write NAME: value")
			return
		}
		if v.value.shape == isNull || v.value.shape == isText && v.value.text == "" {
			r.warn(v.at, v.path+" is empty and counts for nothing", "write a value, or remove the line")
			return
		}
		if value, ok := r.text(v); ok {
			r.out.Environment[v.key] = value
			if v.key == "DATABASE_URL" {
				r.databaseAt = v.value.at
			}
		}
	})
}
