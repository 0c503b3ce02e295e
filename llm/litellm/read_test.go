package litellm_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm/litellm"
)

var update = flag.Bool("update", false, "write the golden files anew")

// environ is an environment in which these variables are set, each to a secret
// of its own.
func environ(names ...string) litellm.ReadOptions {
	return litellm.ReadOptions{Environ: func(name string) (string, bool) {
		return secretOf(name), slices.Contains(names, name)
	}}
}

func secretOf(name string) string {
	if strings.HasSuffix(name, "_URL") {
		return "https://user:sesame-" + name + "@example.org/x"
	}
	if strings.Contains(name, "PUBLIC") {
		return "pk-example"
	}
	return "sesame-" + name
}

// write makes a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "litellm_config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read reads a text as a file that must be right, and returns it with its
// warnings as line:column: message: fix.
func read(t *testing.T, text string, o litellm.ReadOptions) (*litellm.File, []string) {
	t.Helper()
	path := write(t, text)
	f, err := litellm.Read(path, o)
	if err != nil {
		t.Fatalf("%s\n%v", text, strings.ReplaceAll(err.Error(), path, "x"))
	}
	return f, lines(f.Warnings)
}

// mistakes reads a text as a file that must be wrong.
func mistakes(t *testing.T, text string, o litellm.ReadOptions) []string {
	t.Helper()
	f, err := litellm.Read(write(t, text), o)
	problems, ok := errors.AsType[config.Problems](err)
	if !ok || f != nil {
		t.Fatalf("no mistake was found in\n%s", text)
	}
	return lines(problems)
}

func lines(problems config.Problems) []string {
	list := []string{}
	for _, p := range problems {
		_, text, _ := strings.Cut(p.Error(), ":") // without the file's name
		list = append(list, text)
	}
	return list
}

// golden compares a text with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: run go test -update if this is meant\n%s", name, diff)
	}
}

// dump is all that a file comes to, as text without secrets.
func dump(t *testing.T, f *litellm.File) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, f)
	text, err := json.MarshalIndent([]any{f.Settings, f.General, f.Callbacks, f.Langfuse}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%s\n", text)
	for _, w := range f.Warnings {
		fmt.Fprintln(&b, w.Error())
	}
	return b.String()
}

func TestExamples(t *testing.T) {
	t.Parallel()
	all := []string{"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "DASHSCOPE_API_KEY", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "SUPABASE_URL", "SUPABASE_KEY"}
	paths, err := filepath.Glob("testdata/examples/*.yaml")
	if err != nil || len(paths) != 4 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		for keys, set := range map[string][]string{"all": all, "some": {"ANTHROPIC_API_KEY"}, "none": nil} {
			t.Run(filepath.Base(path)+" "+keys, func(t *testing.T) {
				t.Parallel()
				f, err := litellm.Read(path, environ(set...))
				var text string
				if err != nil {
					text = err.Error() + "\n"
				} else {
					text = dump(t, f)
				}
				if strings.Contains(text, "sesame") {
					t.Error("a secret is in", text)
				}
				name := strings.TrimSuffix(filepath.Base(path), ".yaml")
				golden(t, "examples/"+name+"."+keys+".golden", text)
			})
		}
	}
}

// The example of the documents has every key, and nothing to warn of but what is
// not there in this environment.
func TestFullExample(t *testing.T) {
	t.Parallel()
	f, err := litellm.Read("testdata/full.yaml", environ(
		"OPENAI_API_KEY", "DASHSCOPE_API_KEY", "ANTHROPIC_API_KEY", "AZURE_API_KEY", "LITELLM_MASTER_KEY", "DATABASE_URL",
		"LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "SUPABASE_URL", "SUPABASE_KEY",
	))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range f.Warnings {
		got = append(got, w.Message)
	}
	want := []string{
		"router_settings.timeout is in litellm_settings too (line 157); this one counts",
		"the callback otel is not set up, so nothing is sent to it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(f.Enabled()) != len(f.Deployments) {
		t.Error(f)
	}
	golden(t, "full.golden", dump(t, f))
}

func TestReadRefusesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := write(t, strings.Repeat("#\n", 2<<20)+"a")
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "cannot be opened: no such file or directory",
		dir:                             "cannot be read: is a directory",
		large:                           "is larger than 4 MiB",
	} {
		_, err := litellm.Read(path, litellm.ReadOptions{})
		problem, ok := errors.AsType[config.Problem](err)
		if !ok || problem.Message != want || string(problem.Origin) != filepath.Base(path) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
