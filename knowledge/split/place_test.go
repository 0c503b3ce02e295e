package split

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// place is where a passage says that it stands.
type place struct {
	Section, URL string
	Line, Page   int
	Text         string
}

func placesOf(doc knowledge.Document) []place {
	var out []place
	for _, p := range Document(doc) {
		text, _, _ := strings.Cut(p.Text, "\n")
		if r := []rune(text); len(r) > 12 {
			text = string(r[:12])
		}
		out = append(out, place{p.Section, p.URL, p.Line, p.Page, text})
	}
	return out
}

func TestPagesAreKept(t *testing.T) {
	t.Parallel()
	text := "# Guide\n\n" + filler(300) + "\n\f\n" + filler(300) + "\n\f\nTiny.\n\f\n" + filler(300) + "\n\f\n\f\n## Last\n\n" + filler(2000)
	const at = "https://example.com/a.pdf"
	got := placesOf(knowledge.Document{ID: "a.pdf", Text: text, Markdown: true, URL: at, Anchor: knowledge.AnchorPage})
	start := string([]rune(filler(20))[:12])
	want := []place{
		{"Guide", at + "#page=1", 3, 1, start},
		{"Guide", at + "#page=2", 5, 2, start},
		{"Guide", at + "#page=3", 7, 3, "Tiny."}, // hardly anything: it goes on over the page
		{"Guide > Last", at + "#page=6", 14, 6, start},
		{"Guide > Last", at + "#page=6", 14, 6, start},
	}
	for i := range want {
		if i >= len(got) {
			t.Fatalf("%d passages, want at least %d", len(got), len(want))
		}
		got[i].Text, want[i].Text = "", ""
		if i == len(want)-1 {
			break
		}
		if diff := cmp.Diff(want[i], got[i]); diff != "" {
			t.Errorf("passage %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestAFormFeedOfATextWithoutPagesIsASpace(t *testing.T) {
	t.Parallel()
	got := Document(knowledge.Document{ID: "a", Text: "one\n\ftwo"})
	if len(got) != 1 || got[0].Page != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	const text = "# Cards {#top}\n\nShort introduction of what the cards are for, long enough to stand.\n\n## Fees {#fees}\n\nTen for each lost card, and five for one that is broken by use.\n\n### Waived\n\nNobody pays who reports within a day, which the desk notes down at once, in the book of cards that lies there. It is free.\n\n## 遗失 {#遗失}\n\n立即报告，然后办理补卡手续，并且缴纳工本费，逾期不办的，按照规定处理，费用自理，不得拖延，特此说明，请各位遵守。\n"
	const at = "https://example.com/a"
	for _, tt := range []struct {
		name   string
		url    string
		anchor knowledge.Anchor
		want   []string
	}{
		{"none", at, knowledge.AnchorNone, []string{at, at, at}},
		{"headings", at, knowledge.AnchorHeading, []string{at + "#top", at + "#fees", at + "#%E9%81%97%E5%A4%B1"}},
		{"lines", at, knowledge.AnchorLine, []string{at + "#L3", at + "#L7", at + "#L15"}},
		{"pages of a document without any", at, knowledge.AnchorPage, []string{at + "#page=1", at + "#page=1", at + "#page=1"}},
		{"no address", "", knowledge.AnchorLine, []string{"", "", ""}},
		{"an address that names a place already", at + "#x", knowledge.AnchorHeading, []string{at + "#x", at + "#x", at + "#x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range Document(knowledge.Document{ID: "d", Title: "Cards", Markdown: true, Text: text, URL: tt.url, Anchor: tt.anchor}) {
				got = append(got, p.URL)
				if strings.Contains(p.Text+p.Section, "{#") {
					t.Errorf("an anchor is shown: %q, %q", p.Section, p.Text)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadingText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"Fees {#fees}": {"Fees", "fees"}, "Fees ## {#fees}": {"Fees", "fees"}, "**Fees** `x`": {"Fees x", ""}, "{#}": {"{#}", ""},
		"Set {#a b}": {"Set {#a b}", ""}, "C# {#c-sharp}": {"C#", "c-sharp"}, "##": {"", ""}, "map {x}": {"map {x}", ""}, "{#only}": {"", "only"},
	} {
		text, id := headingText(in)
		if diff := cmp.Diff(want, [2]string{text, id}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
}

func TestPartsOfATableRepeatItsHeader(t *testing.T) {
	t.Parallel()
	const head = "| No. | 名称 |\n| --- | --- |\n"
	var b strings.Builder
	for i := range 200 {
		b.WriteString("| " + strconv.Itoa(i) + " | 门卡 and a name of some length |\n")
	}
	got := Document(knowledge.Document{ID: "d", Markdown: true, Text: "## 表\n\n" + head + b.String() + "\nAfter.\n"})
	if len(got) < 5 {
		t.Fatalf("%d passages", len(got))
	}
	rows, next := 0, 5
	for _, p := range got {
		if !strings.HasPrefix(p.Text, head) {
			t.Errorf("passage %s starts with %q", p.ID, p.Text[:20])
		}
		for line := range strings.SplitSeq(p.Text, "\n") {
			if strings.HasPrefix(line, "| "+strconv.Itoa(rows)+" |") {
				if p.Line > next || p.Section != "表" {
					t.Errorf("row %d is in passage %+v", rows, p)
				}
				rows++
				next++
			}
		}
		if n := len([]rune(p.Text)); n > most+10 {
			t.Errorf("passage %s has %d characters", p.ID, n)
		}
	}
	if rows != 200 {
		t.Errorf("%d rows, want 200", rows)
	}
}

func TestNumberedHeadings(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"1.2 Opening hours": 4, "1.2.3 时间": 5, "第二章 费用": chapterLevel, "一、总则": listedLevel, "（二）费用": bracketLevel, "十二、附则": listedLevel,
		"1 Introduction": 0, "1. Open the door": 0, "3.5 percent of all": 0, "1.2 Opening hours.": 0, "一、员工应当遵守规定；": 0, "（二）缴纳工本费。": 0,
		"第三条": 0, "10.000 Euro": 0, "1.2": 0, "2024.01.01 起施行": 0, "": 0, "（a）x": 0, "1、打开门": 0, "第二章规定的情形": 0,
	} {
		if got := numberedLevel(line); got != want {
			t.Errorf("%q has level %d, want %d", line, got, want)
		}
	}
	text := "一、总则\n\n" + filler(150) + "\n\n二、费用\n\n（一）工本费\n\n" + filler(150) + "\n一、在段落里\n"
	var got []string
	for _, p := range Document(knowledge.Document{ID: "d", Text: text}) {
		got = append(got, p.Section)
	}
	if diff := cmp.Diff([]string{"一、总则", "二、费用 > （一）工本费"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
