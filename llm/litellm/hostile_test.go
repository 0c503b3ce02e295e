package litellm_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm/litellm"
)

// Files that are made to take long, or much memory, are refused with a line.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"brackets":       {strings.Repeat("[", 10_000), "more than 64 levels"},
		"braces":         {strings.Repeat("{a: ", 10_000), "more than 64 levels"},
		"dashes":         {strings.Repeat("- ", 10_000), "more than 64 levels"},
		"question marks": {strings.Repeat("? ", 10_000), "more than 64 levels"},
		"tags":           {strings.Repeat("!a ", 10_000), "more than 64 levels"},
		"anchors":        {strings.Repeat("&a ", 10_000), "not YAML"},
		"indentation":    {stairs(500), "more than 64 levels"},
		"keys":           {numbered("k%d: 1\n", 6000), "more than 5000 keys"},
		"keys in braces": {"x: {\n" + numbered("  k%d: 1,\n", 6000) + "}", "more than 5000 keys"},
		"words":          {strings.Repeat("- a\n", 300_000), "more than 500000 words"},
		"a bomb":         {bomb(), "more than 100000 values"},
		"a merge bomb":   {"a: &a {" + numbered("k%d: 1,", 4000) + "}\nb:\n" + strings.Repeat("- {<<: *a}\n", 50), "more than 100000 values"},
		"an alias":       {"a: &a [*a]", "no anchor &a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := mistakes(t, c.text, environ())
			if !strings.Contains(list[0], c.want) && !strings.Contains(strings.Join(list, "\n"), c.want) || strings.HasPrefix(list[0], "0:") {
				t.Errorf("%s, want %s", list, c.want)
			}
		})
	}
}

func stairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// bomb is 9^6 values in a few lines.
func bomb() string {
	var b strings.Builder
	b.WriteString("a: &a [1,1,1,1,1,1,1,1,1]\n")
	for c := 'b'; c < 'g'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 9), ","))
	}
	return b.String()
}

// What editors leave in files does no harm.
func TestForms(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a byte order mark": "\ufeff" + one,
		"CRLF":              strings.ReplaceAll(one, "\n", "\r\n"),
		"tabs in comments":  "#\ta comment\n" + one + "\t\n#\tend\n",
		"tabs after values": strings.ReplaceAll(one, "api_key: k", "api_key: k\t"),
		"document marks":    "---\n" + one + "...\n",
		"anchors":           "x-common: &c {model: openai/gpt-4, api_key: k}\nmodel_list:\n- {model_name: gpt, litellm_params: *c}\n- {model_name: b, litellm_params: {<<: *c, model: openai/gpt-4}}\n- {model_name: b, litellm_params: {<<: [*c, {user: a}]}}\n",
		"tags":              strings.ReplaceAll(one, "api_key: k", "api_key: !!str k, rpm: !!int 3"),
		"JSON":              `{"model_list": [{"model_name": "gpt", "litellm_params": {"model": "openai/gpt-4", "api_key": "k"}}]}`,
		"a folded text":     strings.ReplaceAll("model_list:\n- model_name: gpt\n  litellm_params:\n    api_key: k\n    model: >-\n      openai/gpt-4\n", "\t", ""),
	} {
		f, _ := read(t, text, environ())
		for _, s := range f.Deployments {
			if s.Model != "openai/gpt-4" || s.Key != "k" || s.Name != "gpt-4" {
				t.Errorf("%s: %s, key %s", name, s, s.Key)
			}
		}
	}
}

// FuzzRead: whatever the file, Read ends, does not panic, and tells mistakes with
// their lines and in one line each.
func FuzzRead(f *testing.F) {
	paths, _ := filepath.Glob("testdata/examples/*.yaml")
	for _, path := range append(paths, "testdata/full.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, c := range mistakeTable() {
		f.Add(c.text)
	}
	for _, c := range warningTable() {
		f.Add(c.text)
	}
	f.Add(bomb())
	placed := regexp.MustCompile(`:[1-9]\d*:[1-9]\d*$`) // a line and a column
	f.Fuzz(func(t *testing.T, text string) {
		file, err := litellm.Read(write(t, text), environ("OPENAI_API_KEY", "DATABASE_URL"))
		if (file == nil) == (err == nil) {
			t.Fatalf("%v and %v", file, err)
		}
		var list config.Problems
		if err != nil {
			list, _ = errors.AsType[config.Problems](err)
		} else {
			list = file.Warnings
			for _, s := range file.Enabled() {
				_, _ = litellm.Open(s, litellm.OpenOptions{})
			}
		}
		if err != nil && len(list) == 0 {
			t.Fatalf("%v is no list of problems", err)
		}
		for _, p := range list {
			if last := strings.HasPrefix(p.Message, "there are "); !last && !placed.MatchString(string(p.Origin)) || p.Message == "" || strings.ContainsAny(p.Error(), "\n\r") {
				t.Errorf("%+v", p)
			}
		}
		if strings.Contains(fmt.Sprintf("%v %v", file, list), secretOf("OPENAI_API_KEY")) {
			t.Error("a secret is shown")
		}
	})
}
