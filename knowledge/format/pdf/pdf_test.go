package pdf

import (
	"strings"
	"testing"
)

func TestParagraphs(t *testing.T) {
	t.Parallel()
	row := func(text string, x, end, y float64) line { return line{text: text, size: 12, x: x, end: end, y: y} }
	for name, tt := range map[string]struct {
		lines []line
		want  string
	}{
		"one":          {[]line{row("员工遗失门卡的，应当立", 72, 500, 700), row("即向前台报告。", 72, 200, 684)}, "员工遗失门卡的，应当立即向前台报告。"},
		"English":      {[]line{row("Report a lost card at the", 72, 500, 700), row("desk.", 72, 100, 684)}, "Report a lost card at the desk."},
		"hyphen":       {[]line{row("Keep the re-", 72, 500, 700), row("ceipt.", 72, 100, 684)}, "Keep the receipt."},
		"no hyphen":    {[]line{row("From 2024-", 72, 500, 700), row("2025 on", 72, 100, 684)}, "From 2024- 2025 on"},
		"gap":          {[]line{row("One paragraph", 72, 500, 700), row("another one", 72, 200, 650)}, "One paragraph\n\nanother one"},
		"indent":       {[]line{row("第一段的末尾文字", 72, 500, 700), row("第二段缩进两格", 96, 500, 684)}, "第一段的末尾文字\n\n第二段缩进两格"},
		"short line":   {[]line{row("The end.", 72, 120, 700), row("A new start that fills it", 72, 500, 684), row("all the way", 72, 500, 668)}, "The end.\n\nA new start that fills it all the way"},
		"not Markdown": {[]line{row("# of cards", 72, 500, 700)}, `\# of cards`},
	} {
		paragraphs(tt.lines)
		var b strings.Builder
		page{tt.lines}.write(&b)
		if got := strings.TrimSpace(b.String()); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestRunningLinesAreDropped(t *testing.T) {
	t.Parallel()
	b := &book{}
	for i := range 5 {
		b.all = append(b.all, page{[]line{{text: "Handbook of the office, page " + string(rune('1'+i))}, {text: "Text " + strings.Repeat("x", i+1)}, {text: "More"}, {text: "and more"}, {text: string(rune('1' + i))}}})
	}
	b.dropRunning()
	for i, p := range b.all {
		for _, l := range p.lines {
			if strings.Contains(l.text, "Handbook") || len(l.text) == 1 {
				t.Errorf("page %d keeps %q", i+1, l.text)
			}
		}
		if len(p.lines) < 1 || p.lines[0].text != "Text "+strings.Repeat("x", i+1) {
			t.Errorf("page %d lost its text: %+v", i+1, p.lines)
		}
	}
}

func TestBelievable(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]error{
		"/Size 12 /W [1 2 1] /Index [0 5]":       nil,
		"/Columns 4000000000":                    errTables,
		"/Index [ 0 99999999999999999999 ]":      errTables,
		"/S#69ze 4000000000":                     errTables,
		strings.Repeat("[", maxNesting+1):        errNested,
		strings.Repeat("[]", maxNesting+1):       nil,
		"/W [3[500 600] 10 20 1000000 /Size 100": nil,
	} {
		if got := believable([]byte(raw)); got != want { //nolint:errorlint // sentinels that nothing wraps
			t.Errorf("%.40q: %v, want %v", raw, got, want)
		}
	}
	for raw, want := range map[string]error{
		"xref\n0 2\n0000000000 65535 f \n0000000010 00000 n \ntrailer": nil,
		"xref\n0 1\n0000000000 65535 f \n4000000000 1\ntrailer":        errTables,
		"xref % note\n9999999 1":                                       errTables,
		"startxref\n9999999999 1":                                      nil,
		"xref\n-5 1":                                                   errTables,
	} {
		if got := tables([]byte(raw)); got != want { //nolint:errorlint // the same
			t.Errorf("%q: %v, want %v", raw, got, want)
		}
	}
}
