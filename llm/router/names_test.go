package router

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/route"
)

// named opens a pattern's models; those whose name says so can't be opened.
func named(name string) (llm.Model, error) {
	if strings.Contains(name, "unknown") {
		return nil, errors.New("no provider has it")
	}
	return llmtest.NewScript(llmtest.Say("I am " + name)), nil
}

func namesTable(t *testing.T, change func(*Settings)) *table {
	t.Helper()
	m := llmtest.NewScript()
	list := []Deployment{
		{ID: "id-1", Group: "gpt-4", Provider: "openai", Name: "gpt-4-0613", Model: m},
		{ID: "id-2", Group: "gpt-4", Provider: "azure", Name: "private", Model: m},
		{ID: "id-3", Group: "claude", Provider: "anthropic", Name: "claude-3", Model: m},
		{ID: "id-4", Group: "openai/*", Provider: "openai", Name: "*", Open: named},
		{ID: "id-5", Group: "openai/gpt-*", Provider: "openai", Name: "gpt-*", Open: named},
		{ID: "id-6", Group: "*-fixed", Provider: "openai", Name: "gpt-4-0613", Model: m, Open: named},
	}
	s := Settings{
		Aliases: map[string]Alias{
			"smart": {Groups: []string{"claude"}},
			"both":  {Groups: []string{"claude", "gpt-4", "gone"}},
			"one":   {Groups: []string{"id-2"}},
			"gone":  {Groups: []string{"disabled"}},
		},
	}
	if change != nil {
		change(&s)
	}
	made, err := newTable(list, s, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestNames holds the order in which a name is looked up.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		ids   []string
		names []string
	}{
		"gpt-4":              {[]string{"id-1", "id-2"}, []string{"gpt-4-0613", "private"}},
		"id-2":               {[]string{"id-2"}, []string{"private"}},
		"smart":              {[]string{"id-3"}, []string{"claude-3"}},
		"both":               {[]string{"id-3", "id-1", "id-2"}, []string{"claude-3", "gpt-4-0613", "private"}},
		"one":                {[]string{"id-2"}, []string{"private"}},
		"openai/o3":          {[]string{"id-4"}, []string{"o3"}},
		"openai/gpt-5":       {[]string{"id-5"}, []string{"gpt-5"}},
		"x-fixed":            {[]string{"id-6"}, []string{"gpt-4-0613"}},
		"anthropic/claude-3": {[]string{"id-3"}, []string{"claude-3"}},
		"claude-3":           {[]string{"id-3"}, []string{"claude-3"}},
		"":                   {[]string{"id-1", "id-2"}, []string{"gpt-4-0613", "private"}},
		"auto":               {[]string{"id-1", "id-2"}, []string{"gpt-4-0613", "private"}},
		"default":            {[]string{"id-1", "id-2"}, []string{"gpt-4-0613", "private"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := namesTable(t, nil).resolve(name)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, n := range p.nodes {
				names = append(names, n.Name)
			}
			if diff := cmp.Diff(want.ids, ids(p.nodes)); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.names, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoSuchName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gpt-9", "gone", "openai/", "openai/*", "*", "openai/unknown", strings.Repeat("long", 1000), "a\nb"} {
		_, err := namesTable(t, nil).resolve(name)
		e := llm.AsError(err)
		if e == nil || e.Kind != llm.NoSuchModel || e.Status != http.StatusBadRequest {
			t.Errorf("%q: %v, want 400 no such model", name, err)
			continue
		}
		if text := e.Error(); len(text) > 500 || strings.Contains(text, "\n") {
			t.Errorf("the error has %d bytes, or more than one line: %.100q", len(text), text)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	made := namesTable(t, func(s *Settings) {
		s.Default = "smart"
		s.Fallbacks = map[string][]string{"*": {"claude", "gpt-4"}}
	})
	if p, err := made.resolve("gpt-9"); err != nil || !strings.Contains(p.why, "default fallback claude") {
		t.Errorf("%+v, %v: want to be told what it is instead", p, err)
	}
	if made.groups["claude"].why != "" {
		t.Error("the group itself was changed")
	}
	for name, want := range map[string]string{"": "id-3", "auto": "id-3", "gpt-9": "id-3", "gpt-4": "id-1"} {
		p, err := made.resolve(name)
		if err != nil || p.nodes[0].ID != want {
			t.Errorf("%q: %v, %v, want %s", name, p, err, want)
		}
	}
}

func TestStarForAll(t *testing.T) {
	t.Parallel()
	list := []Deployment{
		{ID: "any", Group: "*", Open: named},
		{ID: "two", Group: "eu/*/chat-*", Provider: "p", Name: "*", Open: named},
	}
	prices := price.New(map[string]price.Price{"mistral/large": {Known: true, In: 7}})
	r := newRouter(t, Options{Deployments: list, Prices: prices})
	for name, want := range map[string]string{"mistral/large": "I am mistral/large", "eu/x/chat-1": "I am x/chat-1"} {
		resp, err := r.Complete(t.Context(), ask(t, name))
		if err != nil || resp.Text() != want || resp.Group != name {
			t.Errorf("%s: %q of %q, %v", name, resp.Text(), resp.Group, err)
		}
		if name == "mistral/large" && (resp.CostUSD == nil || *resp.CostUSD != 7*11) {
			t.Errorf("cost = %v, want that of the model that the star stands for", resp.CostUSD)
		}
	}
	if _, err := r.Complete(t.Context(), ask(t, "")); llm.KindOf(err) != llm.NoSuchModel {
		t.Errorf("a request without a name: %v", err)
	}
}

// TestOpenedIsBounded holds that names made up by clients do not pile up, and
// that the ones in use stay.
func TestOpenedIsBounded(t *testing.T) {
	t.Parallel()
	opens := 0
	list := []Deployment{{ID: "any", Group: "*", Open: func(name string) (llm.Model, error) {
		opens++
		return named(name)
	}}}
	r := newRouter(t, Options{Deployments: list})
	for i := range 3 * maxOpened {
		if !r.Has("used") || !r.Has("made-up-"+strconv.Itoa(i)) {
			t.Fatal("a name that fits is not there")
		}
	}
	if got := len(r.table.Load().opened.pools); got != maxOpened {
		t.Errorf("%d names are kept, want %d", got, maxOpened)
	}
	if opens != 3*maxOpened+1 {
		t.Errorf("%d models were opened, want each once", opens)
	}
}

// TestOwnHealth holds that a name that does not work says nothing of the others
// that fit the same pattern.
func TestOwnHealth(t *testing.T) {
	t.Parallel()
	open := func(name string) (llm.Model, error) {
		if name == "broken" {
			return llmtest.NewScript(fail(llm.NoSuchModel)), nil
		}
		return llmtest.NewScript(yes()), nil
	}
	r := newRouter(t, Options{Deployments: []Deployment{{ID: "a", Group: "*", Open: open}, {ID: "b", Group: "*", Open: open}}})
	if _, err := r.Complete(t.Context(), ask(t, "broken")); llm.KindOf(err) != llm.NoSuchModel {
		t.Fatal(err)
	}
	if resp, err := r.Complete(t.Context(), ask(t, "fine")); err != nil || resp.Deployment != "a" {
		t.Errorf("%s, %v: want a, which is not to blame", resp.Deployment, err)
	}
	if s := r.Deployments()[0]; s.Calls != 2 || s.Failures != 1 || s.Health != Partial || s.InFlight != 0 {
		t.Errorf("%+v: want both calls", s)
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	r := newRouter(t, Options{Deployments: []Deployment{deployment("a", "g", llmtest.NewScript())}})
	for name, want := range map[string]bool{"g": true, "a": true, "": true, "auto": true, "test/a": true, "h": false} {
		if r.Has(name) != want {
			t.Errorf("Has(%q) = %v", name, !want)
		}
	}
}

// TestResolve holds what serves a name, and whether only because nobody knows it.
func TestResolve(t *testing.T) {
	t.Parallel()
	open := func(string) (llm.Model, error) { return llmtest.NewScript(), nil }
	r := newRouter(t, Options{
		Deployments: []Deployment{
			deployment("a", "g", llmtest.NewScript()), deployment("b", "h", llmtest.NewScript()), deployment("c", "g", llmtest.NewScript()),
			{ID: "any", Group: "openai/*", Open: open},
		},
		Settings: Settings{
			Default: "h", Fallbacks: map[string][]string{"*": {"both"}},
			Aliases: map[string]Alias{"both": {Groups: []string{"g", "h"}}, "nice": {Groups: []string{"a"}}},
		},
	})
	for name, want := range map[string]struct {
		Groups  []string
		Instead bool
	}{
		"g": {[]string{"g"}, false}, "c": {[]string{"g"}, false}, "test/b": {[]string{"h"}, false},
		"both": {[]string{"g", "h"}, false}, "nice": {[]string{"g"}, false}, "auto": {[]string{"h"}, false},
		"openai/gpt-4": {[]string{"openai/gpt-4"}, false}, "nonsense": {[]string{"g", "h"}, true},
	} {
		groups, instead := r.Resolve(name)
		if !slices.Equal(groups, want.Groups) || instead != want.Instead {
			t.Errorf("%s: %v, %v; want %+v", name, groups, instead, want)
		}
	}
	alone := newRouter(t, Options{Deployments: []Deployment{deployment("a", "g", llmtest.NewScript())}})
	if groups, instead := alone.Resolve("nonsense"); groups != nil || instead {
		t.Errorf("%v, %v", groups, instead)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	rules := []route.Rule{
		{Name: "long ones", When: route.When{LongerThan: 3}, Use: "expensive"},
		{Name: "to a group that is disabled", Use: "gone"},
	}
	does := []does{{"cheap/a", []llmtest.Step{yes()}}, {"expensive/b", []llmtest.Step{yes()}}}
	r, _ := scene{does: does, set: Settings{Routes: rules, Default: "cheap"}}.router(t)
	for group, want := range map[string]string{"auto": "b", "": "b", "cheap": "a"} {
		resp, err := r.Complete(t.Context(), ask(t, group))
		if err != nil || resp.Deployment != want {
			t.Errorf("%q: %s, %v, want %s", group, resp.Deployment, err, want)
		}
		if chosen := strings.Contains(resp.Route, "long ones"); chosen != (want == "b") {
			t.Errorf("%q: the route says %q", group, resp.Route)
		}
	}
	short := llmtest.Ask(t, "Hi")
	if resp, err := r.Complete(t.Context(), short); err != nil || resp.Deployment != "a" {
		t.Errorf("a rule to nowhere: %s, %v, want the default", resp.Deployment, err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	m := llmtest.NewScript()
	good := deployment("a", "g", m)
	for name, test := range map[string]struct {
		list []Deployment
		set  Settings
		want string
	}{
		"none":          {nil, Settings{}, "no deployment"},
		"no id":         {[]Deployment{{Group: "g", Model: m}}, Settings{}, "needs an id"},
		"no group":      {[]Deployment{{ID: "a", Model: m}}, Settings{}, "model_name"},
		"no model":      {[]Deployment{{ID: "a", Group: "g"}}, Settings{}, "no model to call"},
		"only Open":     {[]Deployment{{ID: "a", Group: "g", Open: named}}, Settings{}, "no model to call"},
		"same id":       {[]Deployment{good, good}, Settings{}, "two deployments"},
		"no strategy":   {[]Deployment{good}, Settings{Strategy: "best"}, "least-busy"},
		"a broken rule": {[]Deployment{good}, Settings{Routes: []route.Rule{{When: route.When{Matches: "("}, Use: "g"}}}, "route 1"},
	} {
		if _, err := New(Options{Deployments: test.list, Settings: test.set}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want something about %q", name, err, test.want)
		}
	}
}
