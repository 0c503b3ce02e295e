package router

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// pools are five groups of one deployment each: the first three letters fail as
// they are told, d and e answer.
func pools(kind llm.Kind) []does {
	down, up := []llmtest.Step{fail(kind)}, []llmtest.Step{yes()}
	return []does{{"A/a", down}, {"B/b", down}, {"C/c", down}, {"D/d", up}, {"E/e", up}}
}

// TestFallbacks holds who is asked after whom, by the letters of those that
// were called.
func TestFallbacks(t *testing.T) {
	t.Parallel()
	type lists = map[string][]string
	for name, test := range map[string]struct {
		group string
		kind  llm.Kind
		set   Settings
		ask   llm.Asks
		want  string // in capitals: it failed at the end
	}{
		"none":                     {set: Settings{}, want: "A"},
		"a group's own":            {set: Settings{Fallbacks: lists{"A": {"B", "D"}}}, want: "abd"},
		"of another group":         {set: Settings{Fallbacks: lists{"B": {"D"}}}, want: "A"},
		"each with its own first":  {set: Settings{Fallbacks: lists{"A": {"B", "D"}, "B": {"E"}}}, want: "abe"},
		"no group twice":           {set: Settings{Fallbacks: lists{"A": {"B"}, "B": {"A", "C"}, "C": {"B"}}}, want: "ABC"},
		"for all":                  {set: Settings{Fallbacks: lists{"*": {"D"}}}, want: "ad"},
		"its own before for all":   {set: Settings{Fallbacks: lists{"A": {"E"}, "*": {"D"}}}, want: "ae"},
		"a name that nobody knows": {set: Settings{Fallbacks: lists{"A": {"disabled", "D"}}}, want: "ad"},
		"a deployment by its id":   {set: Settings{Fallbacks: lists{"A": {"d"}}}, want: "ad"},
		"of an alias":              {group: "both", set: Settings{Aliases: map[string]Alias{"both": {Groups: []string{"A", "B"}}}, Fallbacks: lists{"both": {"D"}}}, want: "abd"},
		"of a group in an alias":   {group: "both", set: Settings{Aliases: map[string]Alias{"both": {Groups: []string{"A", "B"}}}, Fallbacks: lists{"B": {"A", "E"}}}, want: "abe"},
		"of a model's group":       {group: "test/a", set: Settings{Fallbacks: lists{"A": {"D"}}}, want: "ad"},
		"of an id's group":         {group: "a", set: Settings{Fallbacks: lists{"A": {"D"}}}, want: "ad"},

		"a flat list: the names after":    {group: "B", set: Settings{Chain: []string{"A", "B", "C", "D"}}, want: "bcd"},
		"a flat list: for others all":     {group: "C", set: Settings{Chain: []string{"A", "D"}}, want: "cad"},
		"a flat list: the last one":       {group: "C", set: Settings{Chain: []string{"D", "C"}}, want: "C"},
		"a flat list, then for all":       {group: "C", set: Settings{Chain: []string{"D", "C"}, Fallbacks: lists{"*": {"E"}}}, want: "ce"},
		"not deeper than the most":        {set: Settings{MaxFallbacks: 1, Fallbacks: lists{"A": {"B"}, "B": {"D"}}}, want: "AB"},
		"a wide list is not a deep one":   {set: Settings{MaxFallbacks: 1, Fallbacks: lists{"A": {"B", "C", "D"}}}, want: "abcd"},
		"the request's own":               {set: Settings{Fallbacks: lists{"A": {"D"}}}, ask: llm.Asks{Fallbacks: []string{"B", "E"}}, want: "abe"},
		"the request's own are the whole": {set: Settings{Fallbacks: lists{"B": {"D"}}}, ask: llm.Asks{Fallbacks: []string{"B"}}, want: "AB"},
		"the request wants none":          {set: Settings{Fallbacks: lists{"A": {"D"}}}, ask: llm.Asks{DisableFallbacks: true}, want: "A"},

		"too long: its own":          {kind: llm.ContextWindow, set: Settings{ContextWindowFallbacks: lists{"A": {"D"}}, Fallbacks: lists{"A": {"E"}}}, want: "ad"},
		"too long: for all":          {kind: llm.ContextWindow, set: Settings{ContextWindowFallbacks: lists{"*": {"D"}}}, want: "ad"},
		"too long: of others only":   {kind: llm.ContextWindow, set: Settings{ContextWindowFallbacks: lists{"B": {"D"}}, Fallbacks: lists{"A": {"E"}}}, want: "A"},
		"too long: the ordinary":     {kind: llm.ContextWindow, set: Settings{Fallbacks: lists{"A": {"E"}}}, want: "ae"},
		"refused: its own":           {kind: llm.ContentPolicy, set: Settings{ContentPolicyFallbacks: lists{"A": {"D"}}, Fallbacks: lists{"A": {"E"}}}, want: "ad"},
		"refused: of others only":    {kind: llm.ContentPolicy, set: Settings{ContentPolicyFallbacks: lists{"B": {"D"}}, Fallbacks: lists{"A": {"E"}}}, want: "A"},
		"other kinds: the ordinary":  {kind: llm.Unauthorised, set: Settings{ContentPolicyFallbacks: lists{"A": {"D"}}, Fallbacks: lists{"A": {"E"}}}, want: "ae"},
		"a bad request, as LiteLLM":  {kind: llm.BadRequest, set: Settings{Fallbacks: lists{"A": {"E"}}}, want: "ae"},
		"no such model":              {kind: llm.NoSuchModel, set: Settings{Fallbacks: lists{"A": {"E"}}}, want: "ae"},
		"a caller who left has none": {kind: llm.Cancelled, set: Settings{Fallbacks: lists{"A": {"E"}}}, want: "A"},

		"a mock failure":                       {group: "D", set: Settings{Fallbacks: lists{"D": {"E"}}}, ask: llm.Asks{Fail: llm.Overloaded}, want: "e"},
		"a mock failure of a request too long": {group: "D", set: Settings{ContextWindowFallbacks: lists{"D": {"E"}}}, ask: llm.Asks{Fail: llm.ContextWindow}, want: "e"},
		"a mock failure and no fallback":       {group: "D", ask: llm.Asks{Fail: llm.RateLimited}, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := llm.Unauthorised
			if test.kind != "" {
				kind = test.kind
			}
			group := "A"
			if test.group != "" {
				group = test.group
			}
			r, scripts := scene{does: pools(kind), set: test.set}.router(t)
			req := ask(t, group)
			req.Asks = &test.ask
			resp, err := r.Complete(t.Context(), req)
			var asked strings.Builder
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				asked.WriteString(strings.Repeat(id, len(scripts[id].Requests())))
			}
			want, got := sorted(test.want), asked.String()
			if got != strings.ToLower(want) || (err != nil) != (want == strings.ToUpper(want)) {
				t.Errorf("asked %q, error %v, want %q", got, err, test.want)
			}
			if err == nil && resp.Deployment != test.want[len(test.want)-1:] {
				t.Errorf("%s answered, want the last of %q", resp.Deployment, test.want)
			}
		})
	}
}

// sorted are the letters in the order of the alphabet.
func sorted(letters string) string {
	list := strings.Split(letters, "")
	for i := range list {
		for j := range list[:i] {
			if strings.ToLower(list[i]) < strings.ToLower(list[j]) {
				list[i], list[j] = list[j], list[i]
			}
		}
	}
	return strings.Join(list, "")
}

func TestFallbackIsCounted(t *testing.T) {
	t.Parallel()
	r, _ := scene{does: pools(llm.Unauthorised), set: Settings{Chain: []string{"A", "B", "C", "D"}}}.router(t)
	resp, err := r.Complete(t.Context(), ask(t, "A"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Took = 0
	want := llm.Served{
		Deployment: "d", Provider: "test", Model: "scripted", Group: "D", APIBase: "http://d", Attempts: 4, Fallbacks: 3,
		Route: "D is the fallback of C; d answered after " +
			"a did not accept the key, b did not accept the key and c did not accept the key",
		Usage: new(llmtest.DefaultUsage()),
	}
	if diff := cmp.Diff(want, resp.Served); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
