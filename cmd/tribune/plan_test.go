package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/router"
)

const planFile = `collections:
  public: {visible_to: ["slack:T1:public", web]}
  private: {visible_to: ["slack:T1:C9"]}
channels:
  "slack:T1:C9": {collections: [private], persona: Be brief.}
  "slack:T1:C8": {collections: [public, private]}
`

func TestPlanSearchesWhatMayBeSeenAndNothingElse(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	write(t, dir, "tribune.yaml", planFile)
	c := loadTest(t, dir, nil)
	own := []knowledge.Collection{{Name: "handbook", Documents: 34}, {Name: "public", Documents: 1}, {Name: "private", Documents: 1}, {Name: "stray", Documents: 1}}
	in := func(channel string, v bots.Visibility) bots.Question {
		return bots.Question{Thread: bots.Thread{Platform: "slack", Team: "T1", Channel: channel}, Visibility: v}
	}
	named := func(q bots.Question, names ...string) bots.Question { q.Collections = names; return q }
	as := func(place string) bots.Question {
		return bots.Question{Thread: bots.Thread{Platform: "terminal", Team: "local", Channel: "ask"}, As: place}
	}
	terminal := as("")
	for name, tc := range map[string]struct {
		q       bots.Question
		indexed []knowledge.Collection
		want    []string
	}{
		"nothing fed: the handbook":        {in("C1", bots.Public), own[:1], []string{"default", "handbook", "public"}},
		"fed: the handbook steps back":     {in("C1", bots.Public), own, []string{"default", "public"}},
		"unless it is named":               {named(in("C1", bots.Public), "handbook"), own, []string{"handbook"}},
		"a private channel":                {in("C2", bots.Private), own, []string{"default"}},
		"its own channel":                  {in("C9", bots.Private), own, []string{"private"}},
		"a channel that names too much":    {in("C8", bots.Public), own, []string{"public"}},
		"an asker who names too much":      {named(in("C1", bots.Public), "private", "public"), own, []string{"public"}},
		"a shared channel":                 {in("C1", bots.Shared), own, []string{"default"}},
		"the terminal sees all":            {terminal, own, []string{"default", "private", "public", "stray"}},
		"the terminal as a channel":        {as("slack:T1:C9"), own, []string{"private"}},
		"the terminal as a public channel": {as("slack:T1:public"), own, []string{"default", "public"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(tc.want, plan(c, tc.q, tc.indexed).Collections); diff != "" {
				t.Error(diff)
			}
		})
	}
	if p := plan(c, in("C9", bots.Private), own); p.Persona != "Be brief." {
		t.Errorf("persona %q", p.Persona)
	}
}

func TestChooseModel(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		set  settings
		want []string
		err  bool
	}{
		"nothing":               {nil, []string{}, false},
		"deepseek first":        {settings{"OPENAI_API_KEY": "sk-o", "DEEPSEEK_API_KEY": "sk-d"}, []string{"deepseek/deepseek-v4-flash", "openai/gpt-6-luna"}, false},
		"zhipu alone embeds":    {settings{"ZHIPUAI_API_KEY": "k"}, []string{}, false},
		"zhipu beside another":  {settings{"ZHIPUAI_API_KEY": "k", "MOONSHOT_API_KEY": "m"}, []string{"moonshot/kimi-k3", "zhipu/glm-5.3-flash"}, false},
		"zhipu by name":         {settings{"ZHIPUAI_API_KEY": "k", "LLM_MODE": "zhipu"}, []string{"zhipu/glm-5.3-flash"}, false},
		"extractive":            {settings{"LLM_MODE": "extractive", "OPENAI_API_KEY": "sk-o"}, []string{}, false},
		"one provider":          {settings{"LLM_MODE": "deepseek", "OPENAI_API_KEY": "sk-o", "DEEPSEEK_API_KEY": "sk-d"}, []string{"deepseek/deepseek-v4-flash"}, false},
		"one without its key":   {settings{"LLM_MODE": "anthropic"}, nil, true},
		"no provider":           {settings{"LLM_MODE": "nobody"}, nil, true},
		"a model by name":       {settings{"LITELLM_MODEL": "moonshot/kimi-k3", "MOONSHOT_API_KEY": "m"}, []string{"moonshot/kimi-k3"}, false},
		"with the spare key":    {settings{"LITELLM_MODEL": "gpt-6-luna", "LITELLM_API_KEY": "sk"}, []string{"openai/gpt-6-luna"}, false},
		"a model nobody serves": {settings{"LITELLM_MODEL": "nobody/x"}, nil, true},
		"a proxy":               {settings{"LITELLM_API_BASE": "http://127.0.0.1:9", "LITELLM_MODEL": "cheap"}, []string{"litellm_proxy/cheap"}, false},
		"a local server":        {settings{"LLM_MODE": "ollama"}, []string{"ollama/llama3.2"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := opener{config: loadTest(t, t.TempDir(), tc.set), prices: price.New(nil), log: slog.New(slog.DiscardHandler), now: time.Now}
			got, err := o.models()
			if (err != nil) != tc.err {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tc.want, got.choice.names()); !tc.err && diff != "" {
				t.Error(diff)
			}
			if len(got.deployments) != len(tc.want) {
				t.Errorf("%d deployments", len(got.deployments))
			}
			if got.String() == "" || got.Chinese() == "" {
				t.Error("it is not said")
			}
		})
	}
}

func TestGroupsGoByTheNamesPeopleUse(t *testing.T) {
	t.Parallel()

	c := loadTest(t, t.TempDir(), settings{"OPENAI_API_KEY": "sk-o", "DEEPSEEK_API_KEY": "sk-d"})
	set, err := opener{config: c, prices: price.New(nil), log: slog.New(slog.DiscardHandler), now: time.Now}.models()
	if err != nil {
		t.Fatal(err)
	}
	r, err := router.New(router.Options{Deployments: set.deployments, Settings: set.settings, Book: &quota.Book{Counters: quota.NewMemory(time.Now)}})
	if err != nil {
		t.Fatal(err)
	}
	app := &App{Router: r, models: set}
	for _, said := range []string{"", "auto", "openai", "gpt-6-luna", "openai/gpt-6-luna"} {
		if !app.hasGroup(said) {
			t.Errorf("%q means nothing", said)
		}
	}
	if app.hasGroup("nosuch") {
		t.Error("a model that is not there was found")
	}
}
