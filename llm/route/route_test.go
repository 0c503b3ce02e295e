package route

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

// secret is in every request's text and may be in no reason.
const secret = "swordfish"

func request(text string, more ...string) llm.Request {
	quoted, err := json.Marshal(text + " " + secret)
	if err != nil {
		panic(err)
	}
	body := fmt.Sprintf(`{"model":"auto","messages":[{"role":"system","content":"be brief"},
		{"role":"user","content":"an earlier and much longer question than the last one"},{"role":"assistant","content":"yes"},
		{"role":"user","content":%s}]%s}`, quoted, strings.Join(more, ""))
	return llm.Request{Body: json.RawMessage(body)}
}

func labelled(name, value string) llm.Request {
	r := request("hello")
	r.Labels = map[string]string{name: value}
	return r
}

func yes() *bool                { return new(true) }
func no() *bool                 { return new(false) }
func when(set func(*When)) When { var w When; set(&w); return w }
func sure(below, above *float64) When {
	return when(func(w *When) { w.Confidence.Below, w.Confidence.Above = below, above })
}

const withImage = `{"messages":[{"role":"user","content":[{"type":"text","text":"what is this, swordfish?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`

func TestConditions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		when   When
		in     llm.Request
		reason string // empty: the rule is not met
	}{
		"none":                  {When{}, request("hi"), "always"},
		"longer":                {When{LongerThan: 2000}, request(strings.Repeat("长", 2130)), "2,140 characters > 2,000"},
		"not longer":            {When{LongerThan: 12}, request("hi"), ""},
		"just longer":           {When{LongerThan: 11}, request("hi"), "12 characters > 11"},
		"shorter":               {When{ShorterThan: 13}, request("hi"), "12 characters < 13"},
		"not shorter":           {When{ShorterThan: 12}, request("hi"), ""},
		"between":               {When{LongerThan: 5, ShorterThan: 15}, request("hi"), "12 characters > 5, 12 characters < 15"},
		"Chinese":               {When{Language: "zh"}, request("公司恶意辞退怎么办？"), "language zh"},
		"not Chinese":           {When{Language: "zh"}, request("what can I do?"), ""},
		"expression":            {When{Matches: `(?i)SWORD\w+`}, request("hi"), "the expression matches"},
		"no match":              {When{Matches: `earlier`}, request("hi"), ""},
		"channel":               {When{Channels: []string{"slack:T1:C2", "slack:T1:*"}}, labelled(llm.LabelChannel, "slack:T1:C9"), "channel slack:T1:*"},
		"another channel":       {When{Channels: []string{"slack:T1:C2"}}, labelled(llm.LabelChannel, "slack:T1:C9"), ""},
		"no channel":            {When{Channels: []string{"*"}}, request("hi"), ""},
		"key":                   {When{Channels: []string{"key:alice"}}, labelled(llm.LabelKey, "alice"), "channel key:alice"},
		"label":                 {When{Labels: map[string]string{"tier": "gold"}}, labelled("tier", "gold"), `tier is "gold"`},
		"another label":         {When{Labels: map[string]string{"tier": "gold"}}, labelled("tier", "tin"), ""},
		"a label that is empty": {When{Labels: map[string]string{"tier": ""}}, request("hi"), ""},
		"image":                 {When{Image: yes()}, llm.Request{Body: json.RawMessage(withImage)}, "with image"},
		"no image":              {When{Image: yes()}, request("hi"), ""},
		"without image":         {When{Image: no()}, request("hi"), "without image"},
		"the text beside one":   {When{ShorterThan: 100, Matches: "what"}, llm.Request{Body: json.RawMessage(withImage)}, "24 characters < 100, the expression matches"},
		"tools":                 {When{Tools: yes()}, request("hi", `,"tools":[{"type":"function"}]`), "with tools"},
		"empty tools":           {When{Tools: yes()}, request("hi", `,"tools":[]`), ""},
		"without tools":         {When{Tools: no()}, request("hi"), "without tools"},
		"unsure":                {sure(new(0.5), nil), labelled(llm.LabelConfidence, "0.31"), "confidence 0.31 < 0.50"},
		"sure":                  {sure(nil, new(0.5)), labelled(llm.LabelConfidence, "0.91"), "confidence 0.91 > 0.50"},
		"just not":              {sure(new(0.5), nil), labelled(llm.LabelConfidence, "0.5"), ""},
		"no confidence":         {sure(new(0.5), nil), request("hi"), ""},
		"odd confidence":        {sure(new(0.5), nil), labelled(llm.LabelConfidence, "NaN"), ""},
		"all but one":           {When{LongerThan: 1, Language: "zh"}, request("hi"), ""},
		"a prompt":              {When{LongerThan: 3}, llm.Request{Endpoint: llm.Completions, Body: json.RawMessage(`{"prompt":"four"}`)}, "4 characters > 3"},
		"prompts":               {When{LongerThan: 8}, llm.Request{Endpoint: llm.Completions, Body: json.RawMessage(`{"prompt":["four","five"]}`)}, "9 characters > 8"},
		"no user's message":     {When{ShorterThan: 100}, llm.Request{Body: json.RawMessage(`{"messages":[{"role":"system","content":"x"}]}`)}, ""},
		"broken body":           {When{ShorterThan: 100}, llm.Request{Body: json.RawMessage(`{"messages":[{"role":"user","content":"x"`)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, err := Compile([]Rule{{Name: "r", When: c.when, Use: "group"}})
			if err != nil {
				t.Fatal(err)
			}
			got, ok := table.Choose(c.in)
			if ok != (c.reason != "") {
				t.Fatalf("chosen: %v, %+v", ok, got)
			}
			if ok && (got.Group != "group" || got.Reason != `rule "r": `+c.reason) {
				t.Errorf("got %+v, want the reason %q", got, c.reason)
			}
			if strings.Contains(got.Reason, secret) {
				t.Errorf("the reason tells what was asked: %s", got.Reason)
			}
		})
	}
}

func TestFirstRuleWins(t *testing.T) {
	t.Parallel()
	table, err := Compile([]Rule{
		{For: []string{"fast"}, Use: "a"},
		{When: When{LongerThan: 1000}, Use: "b"},
		{Name: "rest", Use: "c"},
		{Use: "d"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]string{"": "c", "auto": "c", "default": "c", "fast": "a", "gpt-4": "", "AUTO": ""} {
		r := request("hi")
		r.Group = group
		got, ok := table.Choose(r)
		if got.Group != want || ok != (want != "") {
			t.Errorf("group %q: %+v, want %q", group, got, want)
		}
	}
	r := request("hi")
	r.Endpoint = llm.Embeddings
	if got, ok := table.Choose(r); ok {
		t.Errorf("an embedding goes to %+v", got)
	}
	if r.Group = "fast"; true {
		if got, _ := table.Choose(r); got.Group != "a" {
			t.Errorf("an embedding whose group a rule names goes to %+v", got)
		}
	}
}

func TestNoTableChoosesNothing(t *testing.T) {
	t.Parallel()
	empty, err := Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []*Table{nil, empty} {
		if got, ok := table.Choose(request("hi")); ok {
			t.Errorf("got %+v", got)
		}
	}
}

func TestRulesWithoutANameAreCalledByWhatTheySay(t *testing.T) {
	t.Parallel()
	r := request(strings.Repeat("我", 30))
	r.Labels = map[string]string{llm.LabelChannel: "web:local:chat", llm.LabelConfidence: "0.2", "tier": "gold"}
	w := When{
		LongerThan: 20, ShorterThan: 12345, Language: "zh", Matches: "我", Channels: []string{"slack", "web"},
		Labels: map[string]string{"tier": "gold"}, Image: no(), Tools: no(),
	}
	w.Confidence.Below = new(0.5)
	table, err := Compile([]Rule{{When: w, Use: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := table.Choose(r)
	want := `rule "longer than 20 characters, shorter than 12,345 characters, language zh, the expression matches, tier is \"gold\", channel slack or web, ` +
		`without image, without tools, confidence < 0.50": 40 characters > 20, 40 characters < 12,345, language zh, the expression matches, ` +
		`tier is "gold", channel web, without image, without tools, confidence 0.20 < 0.50`
	if diff := cmp.Diff(want, got.Reason); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCompileNamesMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule Rule
		want string
	}{
		"no group":            {Rule{}, "names no group"},
		"negative":            {Rule{Use: "x", When: When{LongerThan: -1}}, "number of characters"},
		"nothing fits":        {Rule{Use: "x", When: When{LongerThan: 10, ShorterThan: 11}}, "no message is longer than 10"},
		"language":            {Rule{Use: "x", When: When{Language: "tlh"}}, `"tlh"`},
		"expression":          {Rule{Use: "x", When: When{Matches: `(?=a)`}}, "RE2"},
		"long expression":     {Rule{Use: "x", When: When{Matches: strings.Repeat("a", 1001)}}, "1001 bytes"},
		"channel":             {Rule{Use: "x", When: When{Channels: []string{"slack::C1"}}}, `"slack::C1"`},
		"public":              {Rule{Use: "x", When: When{Channels: []string{"slack:T1:public"}}}, "by its id"},
		"empty channel":       {Rule{Use: "x", When: When{Channels: []string{""}}}, `""`},
		"confidence":          {Rule{Use: "x", When: sure(new(1.5), nil)}, "between 0 and 1"},
		"no confidence is it": {Rule{Use: "x", When: sure(new(0.2), new(0.4))}, "no confidence"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile([]Rule{{Use: "fine"}, c.rule})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "route 2") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	_, err := Compile([]Rule{{Name: "one"}, {Name: "two"}})
	if err == nil || !strings.Contains(err.Error(), `"one"`) || !strings.Contains(err.Error(), `"two"`) {
		t.Errorf("not all mistakes are named: %v", err)
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, place string
		want           bool
	}{
		{"slack:T1:C1", "slack:T1:C1", true},
		{"slack:T1:C1", "slack:T1:C12", false},
		{"slack:T1", "slack:T1:C1", true},
		{"slack:T1", "slack:T12:C1", false},
		{"slack", "slack:T1:C1", true},
		{"slack", "slackish:T1:C1", false},
		{"*", "slack:T1:C1", true},
		{"slack:*:C1", "slack:T9:C1", true},
		{"slack:*:*", "slack:T9:C1", true},
		{"slack:*:*", "slack", true},
		{"slack:*:C1", "slack", false},
		{"*:*:C1", "discord:9:C1", true},
		{"slack:T1:C1", "slack:T1:C1:more", false},
		{"web", "", false},
		{"*", "", false},
	} {
		p, err := newPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.fits(map[string]string{llm.LabelChannel: c.place}); got != c.want {
			t.Errorf("%q and %q: %v", c.pattern, c.place, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":               "en",
		"123 ?!":         "en",
		"What can I do?": "en",
		"Was kann ich tun, wenn ich gekündigt werde?": "en",
		"公司恶意辞退怎么办？":                                  "zh",
		"什么是 Kubernetes 的 Deployment？":                "zh",
		"Explain the 劳动合同法 in plain English, please":  "en",
		"解雇されたらどうすればいいですか。":                           "ja",
		"会社は従業員を解雇する。":                                "ja",
		"日本的“の”是什么意思？":                                "zh",
		"해고되면 어떻게 해야 하나요?":                            "ko",
		"Что делать при увольнении?":                  "ru",
		"ماذا أفعل إذا فصلت من العمل؟":                "ar",
		"מה לעשות":                            "he",
		"Τι να κάνω;":                         "el",
		"ฉันควรทำอย่างไร":                     "th",
		"मुझे क्या करना चाहिए":                "hi",
		"Bitte erkläre mir 劳动合同法 auf Deutsch": "en",
		"почему Kubernetes не работает":       "ru",
		"\xff\xfe": "en",
	} {
		if got := language(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestNothingIsReadInVain counts allocations: reading the body would take more.
func TestNothingIsReadInVain(t *testing.T) { //nolint:paralleltest // counts allocations
	table, err := Compile([]Rule{
		{For: []string{"other"}, When: When{LongerThan: 1}, Use: "x"},
		{When: When{Channels: []string{"slack"}, LongerThan: 1}, Use: "x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := llm.Request{Group: "gpt-4", Body: request(strings.Repeat("a", 100_000)).Body, Labels: map[string]string{llm.LabelChannel: "web:a:b"}}
	for group, most := range map[string]float64{"gpt-4": 0, "": 1} {
		r.Group = group
		if n := testing.AllocsPerRun(5, func() { table.Choose(r) }); n > most {
			t.Errorf("group %q: %v allocations", group, n)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	table, err := Compile([]Rule{{When: When{Matches: secret}, Use: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := table.Choose(request(strings.Repeat("长", maxMatched/3+1))); ok {
		t.Errorf("what comes after the cut was matched: %+v", got)
	}
}

func FuzzChoose(f *testing.F) {
	table, err := Compile([]Rule{
		{When: When{LongerThan: 10, Matches: "a+b"}, Use: "a"},
		{When: When{Language: "ja", Image: yes()}, Use: "b"},
		{When: When{Tools: yes(), ShorterThan: 5}, Use: "c"},
		{When: When{Channels: []string{"slack:*:C1"}}, Use: "d"},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(withImage), "slack:T:C1")
	f.Add([]byte(`{"messages":[{"role":"user"},{"role":"user","content":null}],"tools":[0]}`), "")
	f.Add([]byte(`{"messages":{"role":"user"},"messages":[[]],"prompt":5}`), ":::")
	f.Fuzz(func(t *testing.T, body []byte, channel string) {
		r := llm.Request{Body: body, Labels: map[string]string{llm.LabelChannel: channel}}
		for _, endpoint := range []llm.Endpoint{llm.ChatCompletions, llm.Completions, llm.Embeddings} {
			r.Endpoint = endpoint
			if got, ok := table.Choose(r); ok != (got.Reason != "") || ok != (got.Group != "") {
				t.Errorf("%v, %+v", ok, got)
			}
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	long := request(strings.Repeat("The employer has to pay the wages in time. ", 100))
	for name, c := range map[string]struct {
		group string
		rule  Rule
	}{
		"no rule for the group": {"gpt-4", Rule{When: When{LongerThan: 1}, Use: "x"}},
		"by channel":            {"", Rule{When: When{Channels: []string{"slack"}}, Use: "x"}},
		"by length":             {"", Rule{When: When{LongerThan: 10_000}, Use: "x"}},
		"by language":           {"", Rule{When: When{Language: "zh"}, Use: "x"}},
		"by expression":         {"", Rule{When: When{Matches: `\b(invoice|refund)\b`}, Use: "x"}},
		"met":                   {"", Rule{When: When{LongerThan: 100}, Use: "x"}},
	} {
		b.Run(name, func(b *testing.B) {
			table, err := Compile([]Rule{c.rule})
			if err != nil {
				b.Fatal(err)
			}
			r := long
			r.Group = c.group
			b.ReportAllocs()
			for b.Loop() {
				table.Choose(r)
			}
		})
	}
}
