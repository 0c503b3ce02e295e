package rank

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

func TestWordsFile(t *testing.T) {
	t.Parallel()
	w, err := readWords(wordsFile, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(w.rules) < 500 || len(w.fillers) < 10 || len(w.authority) < 3 {
		t.Errorf("%d rules, %d fillers, %d kinds of title", len(w.rules), len(w.fillers), len(w.authority))
	}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	w, err := readWords(wordsFile, "[authority]\n守则 .7\n管理办法 .3\nHandbook* 2\n森林法 0\n")
	if err != nil {
		t.Fatal(err)
	}
	weights := map[string]float64{
		"劳动合同法 第八十七条": 1.5, "劳动合同法": 1.5, "工伤保险条例": .4, "门卡办法": 0, "民法典　第五条": 1.5, "海商法": 1, "": 0, "Badges": 0,
		"最高人民法院关于适用《民法典》的解释（一）": .5, "最高人民法院关于审理案件的规定": .5, "门卡规定": .1,
		// a team's own
		"员工守则 第三条": .7, "门卡管理办法": .3, "Handbook of 2026": 2, "森林法": 0,
	}
	got := map[string]float64{}
	for title := range weights {
		got[title] = w.weight(title)
	}
	if diff := cmp.Diff(weights, got); diff != "" {
		t.Errorf("authority (-want +got):\n%s", diff)
	}
}

// TestBrokenWords wants an error that names the line and says what is wrong.
func TestBrokenWords(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, words, want string }{
		{"outside of a section", "stray", "line 1: stands in no [section]: want one of fillers, synonyms"},
		{"an unknown section", "\n[nothing]\nx", "line 3: no such section: [nothing]"},
		{"no arrow", "[synonyms]\n# the next is broken\na b", "line 3: want: everyday words -> words of rules"},
		{"nothing on the left", "[synonyms]\n，-> 门卡", `line 2: want: everyday words -> words of rules`},
		{"nothing on the right", "[synonyms]\n门卡 ->", "line 2: want: everyday words -> words of rules"},
		{"one character", "[synonyms]\n偷 -> 盗窃", `"偷 " has no terms`},
		{"a weight that is none", "[authority]\nx y", "line 2: want: the ending of a title"},
		{"no weight", "[authority]\n守则", "line 2: want: the ending of a title"},
		{"less than nothing", "[authority]\n守则 -1", "line 2: want: the ending of a title"},
		{"not a number", "[authority]\n守则 NaN", "line 2: want: the ending of a title"},
		{"a star alone", "[authority]\n* 1", "line 2: want: the ending of a title"},
		{"a place of one sign", "[places]\n！", "line 2: a place without terms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(down{}, Options{Words: tt.words})
			if err == nil || !strings.Contains(err.Error(), "words of this team: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestWordsOfATeam(t *testing.T) {
	t.Parallel()
	engine := over(t, map[string][]knowledge.Document{"c": {
		md("locker", "储物单元", "储物单元由行政部管理。"),
		md("pass", "Access token", "An access token opens the lab."),
		md("other", "其他", "柜子坏了找老王。Dongles lie about."),
	}}).engine
	plain, err := New(engine, Options{})
	if err != nil {
		t.Fatal(err)
	}
	taught, err := New(engine, Options{Words: "[synonyms]\n小格子; 小柜 -> 储物单元\nclicker -> access token\n[fillers]\n老实说\n"})
	if err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]string{"老实说小格子归谁管": "locker#1", "where is my clicker": "pass#1"} {
		if got := first(t, plain, knowledge.Query{Text: question}); len(got) > 0 && got[0] == want {
			t.Errorf("%s: found without the words of the team", question)
		}
		if got := first(t, taught, knowledge.Query{Text: question}); len(got) == 0 || got[0] != want {
			t.Errorf("%s: got %v, want %s first", question, got, want)
		}
	}
}

// TestRepeatedWordsWeighMore asks about one thing in two sentences.
func TestRepeatedWordsWeighMore(t *testing.T) {
	t.Parallel()
	w, err := readWords(wordsFile, "")
	if err != nil {
		t.Fatal(err)
	}
	q := w.read(knowledge.Query{Text: "badge lost. Is the badge gone?"}, measured())
	once, twice := q.terms[q.at["lost"]].weight, q.terms[q.at["badg"]].weight
	if once != 1 || twice < 1.4 || twice > 1.6 {
		t.Errorf("once %v, twice %v", once, twice)
	}
}
