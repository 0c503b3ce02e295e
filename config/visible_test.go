package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const visibility = `collections:
  public:   {visible_to: ["slack:T01:public"]}
  private:  {visible_to: ["slack:T01:C42"]}
  direct:   {visible_to: ["slack:T01:dm"]}
  site:     {visible_to: [web]}
  machine:  {visible_to: ["key:ci"]}
  both:     {visible_to: ["slack:T01:C42", "discord:9001:public"]}
  closed:   {visible_to: []}
  unsaid:   {sources: []}
`

func TestVisible(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"tribune.yaml": visibility})
	existing := []string{"private", "ingested", "handbook", "default"}
	all := []string{"both", "closed", "default", "direct", "handbook", "ingested", "machine", "private", "public", "site", "unsaid"}
	for name, test := range map[string]struct{ places, want []string }{
		"terminal":            {[]string{"terminal"}, all},
		"question there":      {[]string{"terminal:local:shell"}, all},
		"master key":          {[]string{"master"}, all},
		"nowhere":             {nil, []string{"default", "handbook"}},
		"empty place":         {[]string{""}, []string{"default", "handbook"}},
		"public channel":      {[]string{"slack:T01:C1", "slack:T01:public"}, []string{"default", "handbook", "public"}},
		"private channel":     {[]string{"slack:T01:C42"}, []string{"both", "default", "handbook", "private"}},
		"direct message":      {[]string{"slack:T01:D1", "slack:T01:dm"}, []string{"default", "direct", "handbook"}},
		"shared channel":      {[]string{"slack:T01:C99"}, []string{"default", "handbook"}},
		"other team":          {[]string{"slack:T02:C42", "slack:T02:public"}, []string{"default", "handbook"}},
		"other platform":      {[]string{"discord:T01:C42", "discord:T01:public"}, []string{"default", "handbook"}},
		"web":                 {[]string{"web:site:1", "web"}, []string{"default", "handbook", "site"}},
		"virtual key":         {[]string{"key:ci"}, []string{"default", "handbook", "machine"}},
		"other key":           {[]string{"key:ci2"}, []string{"default", "handbook"}},
		"longer id":           {[]string{"slack:T01:C421", "slack:T01:C4"}, []string{"default", "handbook"}},
		"case":                {[]string{"slack:t01:c42"}, []string{"default", "handbook"}},
		"pattern as a prefix": {[]string{"slack:T01:", "slack:T01", "slack"}, []string{"default", "handbook"}},
		"like the terminal":   {[]string{"terminals", "xterminal:a:b", "master:a:b", "slack:terminal:x"}, []string{"default", "handbook"}},
		"wildcards":           {[]string{"*", "slack:T01:*", "%"}, []string{"default", "handbook"}},
	} {
		if diff := cmp.Diff(test.want, c.Visible(test.places, existing)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestVisibleBuiltInsCanBeClosed(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"tribune.yaml": "collections:\n  default: {visible_to: [web]}\n  handbook: {visible_to: []}\n"})
	for place, want := range map[string][]string{"web": {"default"}, "slack:T:C": {}, "terminal": {"default", "handbook"}} {
		if diff := cmp.Diff(want, c.Visible([]string{place}, nil)); diff != "" {
			t.Errorf("%s: %s", place, diff)
		}
	}
}

func TestVisibleWithoutFile(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, nil)
	if diff := cmp.Diff([]string{"default", "handbook"}, c.Visible([]string{"web", "slack:T:public", "key:ci"}, []string{canary})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{canary, "default", "handbook"}, c.Visible([]string{PlaceTerminal}, []string{canary})); diff != "" {
		t.Error(diff)
	}
}

func TestValidCollection(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"default", "labour-law", "HR_2024", "v1.2", "劳动法", "9"} {
		if err := ValidCollection(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "../x", ".hidden", "-x", "a b", "a\nb", "a:b", "a*", "a\x00", "a\xff", string(make([]byte, 65))} {
		if ValidCollection(name) == nil {
			t.Errorf("%q passed", name)
		}
	}
}
