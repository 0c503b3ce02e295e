package router

import (
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestTags(t *testing.T) {
	t.Parallel()
	up := []llmtest.Step{yes()}
	for name, test := range map[string]struct {
		tags map[string][]string
		asks string
		want string
	}{
		"one of them":                    {map[string][]string{"a": {"free"}, "b": {"paid", "eu"}}, "us, eu", "b"},
		"nobody's: the default":          {map[string][]string{"a": {"free"}, "b": {defaultTag}}, "us", "b"},
		"nobody's and no default":        {map[string][]string{"a": {"free"}}, "us", "no_deployment"},
		"none: the default":              {map[string][]string{"a": {"free"}, "b": {defaultTag}}, "", "b"},
		"none and no default: all of it": {map[string][]string{"a": {"free"}}, "", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := scene{
				does: []does{{"a", up}, {"b", up}}, set: Settings{TagFiltering: true},
				change: func(d *Deployment) { d.Tags = test.tags[d.ID] },
			}.router(t)
			req := ask(t, "g")
			req.Labels = map[string]string{llm.LabelTags: test.asks}
			if got := served(t, r, req, 1); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestPreCallChecks(t *testing.T) {
	t.Parallel()
	up := []llmtest.Step{yes()}
	for name, test := range map[string]struct {
		check bool
		a, b  int // context windows
		set   map[string][]string
		want  string
	}{
		"off":                      {false, 3, 3, nil, "a"},
		"too small, and unknown":   {true, 3, 0, nil, "b"},
		"too small, and enough":    {true, 3, 999, nil, "b"},
		"all too small":            {true, 3, 3, nil, "context_window"},
		"all too small: fallbacks": {true, 3, 3, map[string][]string{"g": {"h"}}, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := scene{
				does: []does{{"a", up}, {"b", up}, {"h/c", up}},
				set:  Settings{PreCallChecks: test.check, ContextWindowFallbacks: test.set},
				change: func(d *Deployment) {
					d.Price.Context = map[string]int{"a": test.a, "b": test.b}[d.ID]
				},
			}.router(t)
			if got := served(t, r, ask(t, "g"), 1); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
