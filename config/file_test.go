package config

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sample = `# channels of the team
collections:
  labour-law: {sources: [{dir: ./handbook}], visible_to: ["slack:T01:public", "discord:9001:public", web]}
  hr-private:
    sources:
      - dir: /srv/hr
      - dir: ../more
    visible_to: ["slack:T01:C42"]
  劳动法:
channels:
  "slack:T01:C42": {collections: [hr-private], model: expensive, persona: "You are ...", questions: 60/m, followups: off}
  default: {collections: [labour-law], model: auto, questions: 30/m, burst: 7, when_limited: refuse, daily_budget_usd: 5, followups: anyone, language: zh}
  discord:9001:77:
    persona: |
      You answer
      in rhymes.
    daily_budget_usd: 0
    language:
trusted: ["slack:T01:U07"]
`

func TestFile(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"conf/tribune.yaml": sample, "conf/handbook/a.md": ""})
	c, err := Load(Options{Dir: dir, Environ: []string{"TRIBUNE_CONFIG=conf/tribune.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	base := Channel{
		Collections: []string{"labour-law"}, Model: "auto", Questions: Rate{30, time.Minute}, Burst: 7, WhenLimited: LimitRefuse,
		DailyBudget: new(5.0), Followups: FollowAnyone, Language: LanguageChinese,
	}
	private, rhymes := base, base
	private.Collections, private.Model, private.Persona = []string{"hr-private"}, "expensive", "You are ..."
	private.Questions, private.Followups = Rate{60, time.Minute}, FollowOff
	rhymes.Persona, rhymes.DailyBudget = "You answer\nin rhymes.", new(0.0)
	want := File{
		Path: filepath.Join(dir, "conf/tribune.yaml"),
		Collections: map[string]Collection{
			"labour-law": {Sources: []Source{{Address: filepath.Join(dir, "conf/handbook")}}, VisibleTo: []string{"slack:T01:public", "discord:9001:public", "web"}, Restricted: true},
			"hr-private": {Sources: []Source{{Address: "/srv/hr"}, {Address: filepath.Join(dir, "more")}}, VisibleTo: []string{"slack:T01:C42"}, Restricted: true},
			"劳动法":        {Sources: []Source{}, VisibleTo: []string{}},
		},
		Default:  base,
		Channels: map[string]Channel{"slack:T01:C42": private, "discord:9001:77": rhymes},
		Trusted:  []string{"slack:T01:U07"},
	}
	if diff := cmp.Diff(want, c.File); diff != "" {
		t.Error(diff)
	}
	for place, want := range map[string]Channel{"slack:T01:C42": private, "discord:9001:77": rhymes, "slack:T01:C43": base, "slack:T01:public": base, "": base, "default": base} {
		if diff := cmp.Diff(want, c.Channel(place)); diff != "" {
			t.Errorf("%s: %s", place, diff)
		}
	}
	missing := `warning: conf/tribune.yaml:6:14: collections.hr-private.sources.dir: there is no folder "/srv/hr": make it, or correct the path` + "\n" +
		`warning: conf/tribune.yaml:7:14: collections.hr-private.sources.dir: there is no folder ` + quote(filepath.Join(dir, "more")) + `: make it, or correct the path`
	if diff := cmp.Diff(missing, lines(c, nil)); diff != "" {
		t.Error(diff)
	}
}

const everySource = `
collections:
  docs:
    sources:
      - url: https://docs.example.org/guide/
      - {url: "http://wiki.internal/", private: true}
      - git: https://example.org/team/docs.git
      - git: git@example.org:team/notes.git
      - discord: "123456789"
      - {file: /exports/slack.zip, private_channels: [board, hr], workspace: Team.slack.com}
    authority: 1.5
    half_life: 365d
words:
  synonyms: {"调休; 倒休": "补休; 调换休息日", PTO: [annual leave, paid leave]}
  fillers: [亲]
  authority: {"公司章程": 1}
`

func TestSourcesAndWords(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"tribune.yaml": everySource})
	docs := Collection{
		Sources: []Source{
			{Address: "https://docs.example.org/guide/"},
			{Address: "http://wiki.internal/", Private: true},
			{Address: "git+https://example.org/team/docs.git"},
			{Address: "git@example.org:team/notes.git"},
			{Address: "discord://123456789"},
			{Address: "/exports/slack.zip", PrivateChannels: []string{"board", "hr"}, Workspace: "team.slack.com"},
		},
		VisibleTo: []string{}, Authority: 1.5, HalfLife: Duration(365 * day),
	}
	if diff := cmp.Diff(docs, c.File.Collections["docs"]); diff != "" {
		t.Error(diff)
	}
	words := "[synonyms]\n调休; 倒休 -> 补休; 调换休息日\nPTO -> annual leave; paid leave\n[fillers]\n亲\n[authority]\n公司章程 1\n"
	if diff := cmp.Diff(words, c.File.Words); diff != "" {
		t.Error(diff)
	}
}

// TestFileLinesOfWindows: line numbers hold whatever ends the lines.
func TestFileLinesOfWindows(t *testing.T) {
	t.Parallel()
	text := strings.Replace(sample, "burst: 7", "burst: x", 1)
	_, unix := load(t, map[string]string{"tribune.yaml": text})
	_, windows := load(t, map[string]string{"tribune.yaml": strings.ReplaceAll(text, "\n", "\r\n")})
	if unix == nil || windows == nil || unix.Error() != windows.Error() || !strings.HasPrefix(unix.Error(), "tribune.yaml:12:") {
		t.Errorf("got %v and %v", unix, windows)
	}
}

func TestFileOrigins(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"tribune.yaml": sample, "handbook/a": ""})
	got := map[string]string{}
	for _, s := range c.Settings() {
		if s.Group == fileGroup {
			got[s.Name] = s.Value + " | " + string(s.Origin)
		}
	}
	for name, want := range map[string]string{
		"channels.slack:T01:C42.questions":  "60/m | tribune.yaml:11",
		"channels.default.burst":            "7 | tribune.yaml:12",
		"channels.discord:9001:77.persona":  "You answer in rhymes. | tribune.yaml:14",
		"collections.hr-private.visible_to": "slack:T01:C42 | tribune.yaml:8",
		"channels.default.persona":          " | default",
		"trusted":                           "slack:T01:U07 | tribune.yaml:19",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if _, ok := got["channels.discord:9001:77.language"]; ok {
		t.Error("a key without a value is listed as set")
	}
}

func TestFileDefaults(t *testing.T) {
	t.Parallel()
	want := Channel{Model: "auto", Questions: Rate{20, time.Minute}, Burst: 5, WhenLimited: LimitWait, Followups: FollowAsker, Language: LanguageAuto}
	for name, text := range map[string]string{"empty": "", "comment": "# nothing\n", "null": "channels:\ncollections:\ntrusted:\n", "default only": "channels: {default: }\n", "end": "---\n# x\n...\n", "marks": "\ufeff---\nchannels: {}\n"} {
		c := mustLoad(t, map[string]string{"tribune.yaml": text})
		if diff := cmp.Diff(want, c.Channel("slack:T:C")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(c.File.Collections) > 0 || len(c.File.Channels) > 0 || len(c.File.Trusted) > 0 {
			t.Errorf("%s: %+v", name, c.File)
		}
	}
}

func TestFileMistakes(t *testing.T) {
	t.Parallel()
	const keys = "use one of collections, model, persona, questions, burst, when_limited, daily_budget_usd, followups, language"
	tests := map[string]struct{ text, want string }{
		"unknown section":    {"chanels: {}\n", "1:1: chanels: no such key: did you mean channels?"},
		"unknown key":        {"channels:\n  default:\n    burst: 3\n    question: 5/m\n", "4:5: channels.default.question: no such key: did you mean questions?"},
		"odd key":            {"channels: {default: {zzzzzz: 1}}\n", "1:22: channels.default.zzzzzz: no such key: " + keys},
		"key of collection":  {"collections: {a: {visible: [web]}}\n", "1:19: collections.a.visible: no such key: did you mean visible_to?"},
		"two places":         {"collections: {a: {sources: [{discord: 1, url: \"https://a.b\"}]}}\n", "1:42: collections.a.sources.url: a source is one place, and this one names discord too: make two sources of it"},
		"no web address":     {"collections: {a: {sources: [{url: docs.example.org}]}}\n", `1:35: collections.a.sources.url: "docs.example.org" is no web address: begin it with https://`},
		"no repository":      {"collections: {a: {sources: [{git: docs}]}}\n", `1:35: collections.a.sources.git: "docs" is no address of a repository: write it as for git clone: https://example.org/team/docs.git`},
		"no channel id":      {"collections: {a: {sources: [{discord: general}]}}\n", `1:39: collections.a.sources.discord: "general" is no channel id: copy the id of the channel in Discord (developer mode): a number`},
		"private":            {"collections: {a: {sources: [{url: \"https://a.b\", private: perhaps}]}}\n", `1:59: collections.a.sources.private: "perhaps" is neither true nor false: write private: true`},
		"authority":          {"collections: {a: {authority: 50}}\n", `1:30: collections.a.authority: "50" is no weight: write a number from 0.1 to 10`},
		"half life":          {"collections: {a: {half_life: old}}\n", `1:30: collections.a.half_life: "old" is not a duration: write it as 30s, 12h or 90d`},
		"words":              {"words: {synonym: {a: b}}\n", "1:9: words.synonym: no such key: did you mean synonyms?"},
		"word with a sign":   {"words: {fillers: [\"a -> b\"]}\n", `1:19: words.fillers: "a -> b" has signs that words do not have: leave out line ends, brackets, # and ->`},
		"key of source":      {"collections: {a: {sources: [{dirs: x}]}}\n", "1:30: collections.a.sources.dirs: no such key: did you mean dir?"},
		"twice":              {"channels:\n  default:\n    burst: 1\n    burst: 2\n", "4:5: channels.default.burst: it is there twice, first in line 3: remove one of them"},
		"channel twice":      {"channels:\n  \"slack:T:C\": {burst: 1}\n  slack:T:C: {burst: 2}\n", "3:3: channels.slack:T:C: it is there twice, first in line 2: remove one of them"},
		"rate":               {"channels: {default: {questions: 20/x}}\n", `1:33: channels.default.questions: "20/x" is not a rate: write a whole number, a slash and s, m, h or d, as in 20/m`},
		"rate is a number":   {"channels: {default: {questions: 20}}\n", `1:33: channels.default.questions: "20" is not a rate: write a whole number, a slash and s, m, h or d, as in 20/m`},
		"no questions":       {"channels: {default: {questions: 0/m}}\n", `1:33: channels.default.questions: "0/m" is out of range: use a number from 1 to 1000000 before the slash`},
		"burst":              {"channels: {default: {burst: -3}}\n", `1:29: channels.default.burst: "-3" is out of range: write a whole number from 1 to 10000`},
		"burst in words":     {"channels: {default: {burst: many}}\n", `1:29: channels.default.burst: "many" is out of range: write a whole number from 1 to 10000`},
		"budget":             {"channels: {default: {daily_budget_usd: $5}}\n", `1:40: channels.default.daily_budget_usd: "$5" is not an amount: write US dollars as a number, as in 5 or 0.50`},
		"endless budget":     {"channels: {default: {daily_budget_usd: .inf}}\n", "1:40: channels.default.daily_budget_usd: \".inf\" is not an amount: write US dollars as a number, as in 5 or 0.50"},
		"when":               {"channels: {default: {when_limited: wiat}}\n", `1:36: channels.default.when_limited: "wiat" is not known here: did you mean wait? use wait, refuse`},
		"followups":          {"channels: {default: {followups: everybody}}\n", `1:33: channels.default.followups: "everybody" is not known here: use off, asker, anyone`},
		"language":           {"channels: {default: {language: fr}}\n", `1:32: channels.default.language: "fr" is not known here: use auto, zh, en`},
		"list for text":      {"channels: {default: {model: [a]}}\n", "1:29: channels.default.model: it must be a single value, and is a list: write one value, in quotes where it has special characters"},
		"mapping for text":   {"channels:\n  default:\n    model:\n      name: a\n", "4:7: channels.default.model: it must be a single value, and is a mapping: write one value, in quotes where it has special characters"},
		"text for list":      {"channels: {default: {collections: handbook}}\n", "1:35: channels.default.collections: it must be a list, and is a single value: put it into brackets, as in [one, two]"},
		"empty list":         {"channels: {default: {collections: []}}\n", "1:35: channels.default.collections: no collection is named: name one, or remove the line: then all are searched that the channel may see"},
		"text for mapping":   {"channels: all\n", "1:11: channels: it must be names with values, and is a single value: write name: value, one a line"},
		"list for file":      {"- channels\n", "1:1: it must be names with values, and is a list: write name: value, one a line"},
		"empty text":         {"channels: {default: {model: \"\"}}\n", "1:29: channels.default.model: it is empty: write a value, or remove the line"},
		"long persona":       {"channels: {default: {persona: " + strings.Repeat("长", 4001) + "}}\n", "1:31: channels.default.persona: it is too long: use at most 4000 characters"},
		"channel name":       {"channels: {\"general\": {burst: 1}}\n", `1:12: channels.general: "general" is not a channel: write platform:team:channel in quotes, as in "slack:T01:C42"`},
		"channel case":       {"channels: {\"Slack:T:C\": {burst: 1}}\n", `1:12: channels.Slack:T:C: "Slack:T:C" is not a channel: write platform:team:channel in quotes, as in "slack:T01:C42"`},
		"channel pattern":    {"channels: {\"slack:T:public\": {burst: 1}}\n", `1:12: channels.slack:T:public: "slack:T:public" is not one channel: settings are for a single channel or for default; :public and :dm are for visible_to`},
		"collection name":    {"collections: {../etc: {}}\n", `1:15: collections.../etc: "../etc" is not a name for a collection: use letters, digits, - and _, at most 64 of them`},
		"collection unknown": {"collections: {hr-private: }\nchannels: {default: {collections: [hr-privat]}}\n", `2:36: channels.default.collections: there is no collection "hr-privat": did you mean hr-private? Otherwise add it under collections`},
		"collection nowhere": {"channels: {default: {collections: [default, handbook, payroll]}}\n", `1:55: channels.default.collections: there is no collection "payroll": add it under collections`},
		"pattern wildcard":   {"collections: {a: {visible_to: [\"slack:T01:*\"]}}\n", `1:32: collections.a.visible_to: "slack:T01:*": there are no wildcards: write "slack:T01:public" for all public channels of a team`},
		"pattern":            {"collections: {a: {visible_to: [slack]}}\n", `1:32: collections.a.visible_to: "slack" is not a place: write "slack:T01:C42", "slack:T01:public", "slack:T01:dm", web or "key:NAME"`},
		"pattern parts":      {"collections: {a: {visible_to: [\"slack:T01::C\"]}}\n", `1:32: collections.a.visible_to: "slack:T01::C" is not a place: write "slack:T01:C42", "slack:T01:public", "slack:T01:dm", web or "key:NAME"`},
		"pattern key":        {"collections: {a: {visible_to: [\"key:\"]}}\n", `1:32: collections.a.visible_to: "key:" names no key: write the virtual key's name, as in "key:ci"`},
		"pattern terminal":   {"collections: {a: {visible_to: [terminal]}}\n", "1:32: collections.a.visible_to: the terminal and the master key see everything: remove it"},
		"visible as text":    {"collections: {a: {visible_to: web}}\n", "1:31: collections.a.visible_to: it must be a list, and is a single value: put it into brackets, as in [one, two]"},
		"trusted":            {"trusted: [U07]\n", `1:11: trusted: "U07" is not a person: write platform:team:user in quotes, as in "slack:T01:U07"`},
		"not visible":        {"collections: {a: {visible_to: [\"slack:T01:C1\"]}}\nchannels: {\"slack:T01:C2\": {collections: [a]}}\n", `warning: 2:43: channels.slack:T01:C2.collections: "a" is not visible to this channel, which gets nothing from it: add "slack:T01:C2" to its visible_to`},
		"perhaps visible":    {"collections: {a: {visible_to: [\"slack:T01:public\"]}}\nchannels: {\"slack:T01:C2\": {collections: [a]}}\n", ""},
		"tab":                {"channels:\n\tdefault: {}\n", "2:1: this is not YAML: found character tab that cannot start any token: indent with spaces: YAML takes no tabs"},
		"open bracket":       {"trusted: [a, b\nchannels: {}\n", "2:1: this is not YAML: ',' or ']' must be specified: check the indentation, brackets and quotes of this line and the one above"},
		"open quote":         {"trusted: [\"a]\n", "1:11: this is not YAML: could not find end character of double-quoted text: check the indentation, brackets and quotes of this line and the one above"},
		"second document":    {"trusted: []\n---\nchannels: {}\n", "3:9: a second document begins here: remove the line --- above it"},
		"anchor":             {"channels:\n  default: &x {burst: 1}\n  slack:T:C: *x\n", "2:12: channels.default: & and * (anchors and aliases) are not supported: write it out; channels inherit from default\n3:14: channels.slack:T:C: & and * (anchors and aliases) are not supported: write it out; channels inherit from default"},
		"merge":              {"channels:\n  default:\n    <<: *x\n", "3:9: channels.default.<<: & and * (anchors and aliases) are not supported: write it out; channels inherit from default"},
		"tag":                {"trusted: [!!str a]\n", "1:11: trusted: ! (tags) are not supported: remove it"},
		"deep brackets":      {"trusted: " + strings.Repeat("[", 10000), "1:42: more than 32 levels: close the brackets"},
		"deep dashes":        {strings.Repeat("- ", 10000), "1:65: more than 32 levels: close the brackets"},
		"UTF-16":             {"\xff\xfec\x00h\x00", "this is not UTF-8 text: save it as UTF-8"},
		"GBK":                {"trusted: [\xc0\xcd\xb6\xaf]\n", "this is not UTF-8 text: save it as UTF-8"},
		"NUL":                {"trusted: [a\x00b]\n", "this is not UTF-8 text: save it as UTF-8"},
		"10 MB":              {strings.Repeat("# filler\n", 10<<20/9), "cannot be read: larger than 256 KB: make it a small text file that this user may read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, map[string]string{"tribune.yaml": test.text})
			got := strings.ReplaceAll(strings.ReplaceAll(lines(c, err), "tribune.yaml:", ""), "warning:  ", "warning: ")
			if diff := cmp.Diff(test.want, strings.ReplaceAll(strings.TrimPrefix(got, " "), "\n ", "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAliasBomb: each line makes nine of the line above; written out they would
// fill the memory.
func TestAliasBomb(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("trusted: &a0 [\"slack:T:U\"]\n")
	for i := 1; i < 10; i++ {
		b.WriteString("x" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat("*a"+string(rune('0'+i-1))+", ", 9) + "]\n")
	}
	b.WriteString("channels: *a9\n")
	_, err := load(t, map[string]string{"tribune.yaml": b.String()})
	if err == nil || !strings.Contains(err.Error(), "anchors and aliases") {
		t.Errorf("got %v, want aliases refused", err)
	}
}

// TestBrokenFileIsFailClosed: what is wrong in visible_to must not open a
// collection.
func TestBrokenFileIsFailClosed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"visible_to: web", "visible_to: [slack]", "visible_to: {}", "visible_to: [[web]]", "visible_to:", "visible_to: []", "visible: [web]"} {
		c, _ := load(t, map[string]string{"tribune.yaml": "collections: {secret: {" + text + "}, default: {" + text + "}}\n"})
		got := strings.Join(c.Visible([]string{"web", "slack:T:public"}, nil), " ")
		want := "handbook"
		if text == "visible: [web]" { // an unknown key, not a restriction
			want = "default handbook"
		}
		if got != want {
			t.Errorf("%s: visible are %q, want %q", text, got, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{sample, "", "channels: {default: {burst: 1}}", "a: &x [*x]", "? [a]\n: b", "<<: *a", "- - -", "\t", "trusted: [!!str a, 1, ~, {}]", "channels:\n  default:\n  - a\n", "channels: {default: {persona: >-\n x}}"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		var problems Problems
		l := &loader{dir: dir, config: &Config{Server: Server{File: filepath.Join(dir, "tribune.yaml")}}}
		r := &fileReader{loader: l, file: &File{Collections: map[string]Collection{}, Default: defaultChannel(), Channels: map[string]Channel{}}}
		r.yamlReader = yamlReader{name: "tribune.yaml", report: func(p Problem) { problems = append(problems, p) }}
		r.readText([]byte(text))
		for _, p := range problems {
			if strings.ContainsAny(p.Error(), "\n\r") {
				t.Fatalf("a problem has more than one line: %q", p.Error())
			}
		}
		for place, c := range r.file.Channels {
			if checkPlace(place) != nil || c.Burst < 1 || c.Questions.Events < 1 {
				t.Fatalf("%q: %+v passed", place, c)
			}
		}
		if _, err := json.Marshal(r.file); err != nil {
			t.Fatal(err)
		}
	})
}

func TestProblemsAreErrors(t *testing.T) {
	t.Parallel()
	_, err := load(t, map[string]string{"tribune.yaml": "a: 1\nb: 2\n"})
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) != 2 || problems[1].Origin != "tribune.yaml:2:1" || problems[1].Setting != "b" {
		t.Errorf("got %+v", problems)
	}
}
