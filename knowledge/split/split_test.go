package split

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// filler is text of n characters in sentences.
func filler(n int) string {
	const s = "门卡遗失后应当立即到前台登记并缴纳工本费。"
	return strings.Repeat(s, n/utf8.RuneCountInString(s)+1)
}

func TestHeadingsMakeThePath(t *testing.T) {
	t.Parallel()
	doc := knowledge.Document{ID: "a.md", Title: "Badges", Section: "Office", Markdown: true, URL: "https://example.com/a", Text: strings.Join([]string{
		"# Badges", "", "Intro " + strings.Repeat("word ", 40), "", "## Lost ##", "", filler(200), "",
		"### How <a name=\"x\"></a>**much**", "", filler(200), "", "Found", "-----", "", filler(150),
	}, "\n")}
	got := Document(doc)
	type row struct {
		ID, Section string
		Line        int
	}
	var rows []row
	for _, p := range got {
		rows = append(rows, row{p.ID, p.Section, p.Line})
		if p.Document != "a.md" || p.Title != "Badges" || p.URL != doc.URL || p.Collection != "" {
			t.Errorf("passage %+v", p)
		}
	}
	want := []row{
		{"a.md#1", "Office", 3},
		{"a.md#2", "Office > Lost", 7},
		{"a.md#3", "Office > Lost > How much", 11},
		{"a.md#4", "Office > Found", 16},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestATinySectionStaysWithTheNext(t *testing.T) {
	t.Parallel()
	got := Document(knowledge.Document{ID: "a", Markdown: true, Text: "# One\nshort\n## Two\nalso short\n"})
	if len(got) != 1 || got[0].Text != "short\n## Two\nalso short" || got[0].Section != "One" {
		t.Errorf("got %+v", got)
	}
}

// TestAPassageNamesItsHeadings holds that the section of a passage is true of
// all its text.
func TestAPassageNamesItsHeadings(t *testing.T) {
	t.Parallel()
	type part struct{ Section, Text string }
	const short = "A badge costs a fee of ten, and it is paid at the desk." // between mere and tiny
	tests := []struct {
		name, text string
		want       []part
	}{
		{
			"main sections stand alone, however short", "# Badges\n\n## Lost\n" + short + "\n## Found\n" + short,
			[]part{{"Lost", short}, {"Found", short}},
		},
		{
			"and if they are a mere line", "## Lost\nSee below.\n## Found\n" + short,
			[]part{{"Lost", "See below."}, {"Found", short}},
		},
		{
			"a mere line above parts is named with the first", "## Lost\nSee below.\n### Found\n" + short + "\n## C\n" + short,
			[]part{{"Lost", "See below.\n### Found\n" + short}, {"C", short}},
		},
		{
			"a chain of short parts", "### A\none\n### B\ntwo\n### C\n" + short,
			[]part{{"A / B / C", "one\n### B\ntwo\n### C\n" + short}},
		},
		{
			"parts that are called by a code", "## Faults\n### E1001\none\n### HTTP 429\ntwo\n### Others\nthree\n### 1.1 More\nfour",
			[]part{{"Faults > E1001", "one"}, {"Faults > HTTP 429", "two"}, {"Faults > Others / 1.1 More", "three\n### 1.1 More\nfour"}},
		},
		{
			"parts that are questions", "## Questions\n### Is there a fee?\nYes.\n### May I lend it?\nNo.",
			[]part{{"Questions > Is there a fee?", "Yes."}, {"Questions > May I lend it?", "No."}},
		},
		{
			"short parts of one section are named together", "## Fees\n### Lost\n" + short + "\n### Broken\n" + short,
			[]part{{"Fees > Lost / Broken", short + "\n### Broken\n" + short}},
		},
		{
			"an introduction is above what follows", "## Fees\n" + short + "\n### Lost\n" + short,
			[]part{{"Fees", short + "\n### Lost\n" + short}},
		},
		{
			"before any heading", "Hello.\n## Lost\n" + short,
			[]part{{"", "Hello.\n## Lost\n" + short}},
		},
		{
			"a section that the text leaves", "## A\n### B\n" + short + "\n### C\n" + short + "\n## D\n" + short,
			[]part{{"A > B / C", short + "\n### C\n" + short}, {"D", short}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []part
			for _, p := range Document(knowledge.Document{ID: "d", Title: "Badges", Markdown: true, Text: tt.text}) {
				got = append(got, part{p.Section, p.Text})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestASectionIsLinked holds that a section of one line has a line of its own.
func TestASectionIsLinked(t *testing.T) {
	t.Parallel()
	doc := knowledge.Document{ID: "e", Markdown: true, URL: "https://example.com/e.md", Anchor: knowledge.AnchorLine, Text: "# E1001\nDisk full.\n# HTTP 429\nWait.\n\n# E1002\nRestart."}
	want := []string{"E1001|Disk full.|#L2", "HTTP 429|Wait.|#L4", "E1002|Restart.|#L7"}
	var got []string
	for _, p := range Document(doc) {
		got = append(got, p.Section+"|"+p.Text+"|"+strings.TrimPrefix(p.URL, doc.URL))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParagraphsStayApart(t *testing.T) {
	t.Parallel()
	const text = "Office hours\n\nThe desk opens at nine.\n- One\n\n- Two\n\nMore of it.\n\n| a | b |\n\n| c | d |"
	got := Document(knowledge.Document{ID: "d", Markdown: true, Text: text})
	want := "Office hours\n\nThe desk opens at nine.\n- One\n- Two\n\nMore of it.\n\n| a | b |\n\n| c | d |"
	if len(got) != 1 || got[0].Text != want {
		t.Errorf("got %+v", got)
	}
}

func TestATableWithoutOuterBars(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("Fees by city:\nCity | Fee\n--- | ---\n")
	for i := range 200 {
		fmt.Fprintf(&b, "City number %d | %d EUR\n", i, i)
	}
	b.WriteString("\nAsk the desk.\n")
	lines := strings.Split(b.String(), "\n")
	passages := Document(knowledge.Document{ID: "d", Markdown: true, Text: b.String()})
	if len(passages) < 3 {
		t.Fatalf("%d passages", len(passages))
	}
	for i, p := range passages[1:] {
		rows, ok := strings.CutPrefix(p.Text, "City | Fee\n--- | ---\n")
		first, _, _ := strings.Cut(rows, "\n")
		if i > 0 && (!ok || lines[p.Line-1] != first) {
			t.Errorf("%s is said to begin in line %d: %.60q", p.ID, p.Line, p.Text)
		}
	}
}

func TestAStatuteIsCutAtItsArticles(t *testing.T) {
	t.Parallel()
	text := "门卡管理规定\n\n第一章 总则\n\n第一条　为了管理门卡，制定本规定。\n第二条 本规定适用于全体人员。\n依照第三条规定办理的除外。\n\n第二章 遗失\n第三条之一\u3000遗失门卡的：\n（一）立即报告；\n（二）缴纳工本费。\n第四条规定的情形除外。\n"
	got := Document(knowledge.Document{ID: "r.txt", Title: "门卡管理规定", Text: text})
	var rows []string
	for _, p := range got {
		rows = append(rows, fmt.Sprintf("%d|%s|%s", p.Line, p.Section, p.Text))
	}
	want := []string{
		"1||门卡管理规定",
		"5|第一章 总则 > 第一条|为了管理门卡，制定本规定。",
		"6|第一章 总则 > 第二条|本规定适用于全体人员。\n依照第三条规定办理的除外。",
		"10|第二章 遗失 > 第三条之一|遗失门卡的：\n（一）立即报告；\n（二）缴纳工本费。\n第四条规定的情形除外。",
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3000)
	tests := []struct {
		name, text string
		least      int // passages
	}{
		{"paragraphs are gathered", strings.Repeat(filler(100)+"\n\n", 30), 3},
		{"one long paragraph", filler(5000), 5},
		{"no sentence end", strings.Repeat("字", 4000), 4},
		{"no space", long, 3},
		{"words only", strings.Repeat("word ", 2000), 8},
		{"table", "| a | b |\n" + strings.Repeat("| cell of a table | another cell |\n", 200), 5},
		{"list", strings.Repeat("- an item of a list that says something\n", 200), 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Document(knowledge.Document{ID: "d", Text: tt.text, Markdown: true})
			if len(got) < tt.least {
				t.Errorf("%d passages, want at least %d", len(got), tt.least)
			}
			var all strings.Builder
			for _, p := range got {
				if n := utf8.RuneCountInString(p.Text); n > most+1 {
					t.Errorf("passage %s has %d characters", p.ID, n)
				}
				all.WriteString(p.Text)
			}
			strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
			if strip(all.String()) != strip(tt.text) {
				t.Error("text was lost or doubled")
			}
		})
	}
}

func TestRowsAndFencesStayWhole(t *testing.T) {
	t.Parallel()
	code := "```go\n" + strings.Repeat("# not a heading. not a sentence\n\n", 70) + "```"
	row := "| " + strings.Repeat("cell. ", 30) + "|"
	got := Document(knowledge.Document{ID: "d", Markdown: true, Text: filler(600) + "\n\n" + code + "\n\n" + strings.Repeat(row+"\n", 20)})
	found := false
	for _, p := range got {
		found = found || strings.Contains(p.Text, code)
		for line := range strings.SplitSeq(p.Text, "\n") {
			if strings.HasPrefix(line, "|") && line != row {
				t.Errorf("a row was cut: %q", line)
			}
		}
	}
	if !found {
		t.Error("the block of code was cut")
	}
}

func TestLinesAreTrue(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "line%03d says that this is line number %d of the text.\n", i+1, i+1)
		if i%7 == 0 {
			b.WriteString("\n")
		}
	}
	lines := strings.Split(b.String(), "\n")
	for _, p := range Document(knowledge.Document{ID: "d", Text: b.String()}) {
		first, _, _ := strings.Cut(p.Text, "\n")
		if p.Line < 1 || lines[p.Line-1] != first {
			t.Errorf("passage %s says line %d, which is %q; it starts with %q", p.ID, p.Line, lines[p.Line-1], first)
		}
	}
}

func TestNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n\t\n", "# only a heading\n", "\r\n"} {
		if got := Document(knowledge.Document{ID: "d", Text: text, Markdown: true}); len(got) != 0 {
			t.Errorf("%q gave %+v", text, got)
		}
	}
}

func FuzzDocument(f *testing.F) {
	for _, s := range []string{"# a\nb", "第一条\n第二条\n第三条 x", "```\nx", "a\n---", "|a\n|b", "第", "(", "#", "\xff"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, markdown bool) {
		total := strings.Count(text, "\n") + 1
		for _, p := range Document(knowledge.Document{ID: "d", Text: text, Markdown: markdown}) {
			if p.Line < 1 || p.Line > total || strings.TrimSpace(p.Text) == "" {
				t.Errorf("passage %+v of %q", p, text)
			}
		}
	})
}
