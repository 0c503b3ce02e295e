package markdown

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// signs is a Style whose markup is single private characters, so that a test
// can tell markup from text.
type signs struct{ CommonMark }

const (
	codeOpen, codeShut   = "\ue000", "\ue001"
	linkOpen, linkShut   = "\ue002", "\ue003"
	markOpen, markShut   = "\ue004", "\ue005"
	bulletSign           = "\ue006"
	fenceOpen, fenceShut = "\ue007", "\ue008"
	otherSign            = "\ue009"
)

func (signs) Text(s string) string        { return s }
func (signs) CodeSpan(s string) string    { return codeOpen + s + codeShut }
func (signs) Link(text, _ string) string  { return linkOpen + text + linkShut }
func (signs) Mark(Mark) Wrap              { return Wrap{markOpen, markShut} }
func (signs) Heading(int) Wrap            { return Wrap{otherSign, ""} }
func (signs) Bullet(int, int) string      { return bulletSign + " " }
func (signs) Quote() string               { return otherSign + " " }
func (signs) Fence(string) Wrap           { return Wrap{fenceOpen, fenceShut} }
func (signs) FenceLine(s string) string   { return s }
func (s signs) Cite(n int) string         { return s.CommonMark.Cite(n) }
func (s signs) Tables() TableForm         { return TablePipes }
func isSign(r rune) bool                  { return r >= 0xe000 && r <= 0xe009 }
func visible(s string) string             { return strings.Map(dropInvisible, s) }
func count(s string, signs ...string) int { return len(s) - len(remove(s, signs...)) }
func remove(s string, cut ...string) string {
	for _, c := range cut {
		s = strings.ReplaceAll(s, c, "")
	}
	return s
}

// dropInvisible removes white space and signs. Backticks in code that is longer
// than a part are apostrophes.
func dropInvisible(r rune) rune {
	switch {
	case unicode.IsSpace(r) || isSign(r) || string(r) == zeroWidth:
		return -1
	case r == '`':
		return '\''
	}
	return r
}

// checkParts holds everything that Split promises.
func checkParts(t *testing.T, source string, limit Limit) {
	t.Helper()
	lines := Render(Parse(source), signs{})
	parts := Split(lines, limit)
	measure, most := limit.Measure, max(limit.Max, minLimit)
	if measure == nil {
		measure = Runes
	}
	var want, got strings.Builder
	for _, l := range lines {
		want.WriteString(join(l.Spans))
	}
	want.WriteString(limit.Trailer)
	repeats := map[string]bool{}
	for _, l := range lines {
		repeats[l.Repeat] = l.Repeat != ""
	}
	for i, p := range parts {
		if n := measure(p); n > most {
			t.Errorf("part %d of %d measures %d, more than %d:\n%q", i, len(parts), n, most, p)
		}
		for _, pair := range [][2]string{{fenceOpen, fenceShut}, {markOpen, markShut}, {linkOpen, linkShut}, {codeOpen, codeShut}} {
			if count(p, pair[0]) != count(p, pair[1]) {
				t.Errorf("part %d is not closed (%q): %q", i, pair, p)
			}
		}
		got.WriteString(withoutRepeat(p, visible(got.String()), repeats))
	}
	if want, got := visible(want.String()), visible(got.String()); want != got {
		t.Errorf("text differs (-want +got):\n%s", cmp.Diff(want, got))
	}
	if limit.Trailer != "" && measure(limit.Trailer) <= most && !strings.HasSuffix(parts[len(parts)-1], limit.Trailer) {
		t.Errorf("the trailer is not whole in the last part: %q", parts[len(parts)-1])
	}
}

// withoutRepeat removes a table header from the start of a part if it was shown
// before.
func withoutRepeat(part, before string, repeats map[string]bool) string {
	body := strings.TrimPrefix(part, fenceOpen+"\n")
	for head, used := range repeats {
		if rest, found := strings.CutPrefix(body, head+"\n"); used && found && strings.Contains(before, visible(head)) {
			return rest
		}
	}
	return part
}

func TestSplitKeepsItsPromises(t *testing.T) {
	t.Parallel()
	sources := hostile()
	files, _ := filepath.Glob("testdata/*.md")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources[f] = string(text)
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source = strings.ToValidUTF8(source[:min(len(source), 8000)], "")
			for _, most := range []int{100, 137, 2000} {
				checkParts(t, source, Limit{Max: most, Measure: UTF16, Trailer: "Sources:\n[1] 劳动法"})
			}
		})
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s[:min(len(s), 400)], 100)
	}
	f.Add("# a **b** `c`\n\n```go\nx\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n> - [l](http://a/b)[1]。好\n", 120)
	f.Fuzz(func(t *testing.T, source string, most int) {
		if most < 100 || most > 5000 || len(source) > 20_000 {
			t.Skip("no such limit, or too long to be quick")
		}
		checkParts(t, source, Limit{Max: most, Trailer: "[1] source"})
		checkParts(t, source, Limit{Max: most, Measure: UTF16})
	})
}

func TestSplitPrefersGoodPlaces(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("a", 60), strings.Repeat("b", 60)
	tests := []struct {
		name, source string
		want         []string
	}{
		{"blank line", a + "\n\n" + b, []string{a, b}},
		{"item", "- " + a + "\n- " + b, []string{"- " + a, "- " + b}},
		{"sentence", strings.Repeat("好", 40) + "。[1][2]" + strings.Repeat("坏", 70), []string{
			strings.Repeat("好", 40) + "。[1][2]", strings.Repeat("坏", 70),
		}},
		{"closing quote", strings.Repeat("好", 80) + "！”" + strings.Repeat("坏", 40), []string{
			strings.Repeat("好", 80) + "！”", strings.Repeat("坏", 40),
		}},
		{"space", a + " " + b, []string{a, b}},
		{"grapheme", strings.Repeat("x", 97) + "👨‍👩‍👧‍👦" + "y", []string{strings.Repeat("x", 97), "👨‍👩‍👧‍👦y"}},
		{"bold", "**" + a + " " + b + "**", []string{"**" + a + "**", "**" + b + "**"}},
		{"link", strings.Repeat("x", 75) + "[text](https://a.example/b)y", []string{strings.Repeat("x", 75), "[text](https://a.example/b)y"}},
		{
			"fence", "```go\n" + a + "\n" + b + "\n```",
			[]string{"```go\n" + a + "\n```", "```go\n" + b + "\n```"},
		},
		{
			"fence with long info", "```abcdefghijklmnop\n" + a + "\n" + b + "\n```",
			[]string{"```abcdefghijklmnop\n" + a + "\n```", "```\n" + b + "\n```"},
		},
		{"heading stays", strings.Repeat("x", 50) + "\n\n# head\n\n" + b, []string{strings.Repeat("x", 50), "# head\n\n" + b}},
		{"long link", strings.Repeat("x", 60) + " [text](https://a.example/0123456789012345678901)", []string{
			strings.Repeat("x", 60), "[text](https://a.example/0123456789012345678901)",
		}},
		{"endless link", "[" + a + "](https://a.example/" + b + ")", []string{a}},
		{"endless code", "`" + a + b + "`", []string{"`" + a + b[:38] + "`", "`" + b[38:] + "`"}},
		{"escape", strings.Repeat("x", 98) + "**y*", []string{strings.Repeat("x", 98) + `\*`, `\*y\*`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Split(Render(Parse(tt.source), CommonMark{}), Limit{Max: 100})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("parts differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitRepeatsTheHeader(t *testing.T) {
	t.Parallel()
	source := "| k | v |\n|---|---|\n" + strings.Repeat("| key | some value |\n", 12)
	for _, style := range []Style{CommonMark{}, textTables{}} {
		parts := Split(Render(Parse(source), style), Limit{Max: 120})
		if len(parts) < 2 {
			t.Fatalf("%T: %d parts", style, len(parts))
		}
		rows := 0
		for _, p := range parts {
			rows += strings.Count(p, "some value")
			if n := strings.Count(p, " v"); n != strings.Count(p, "some value")+1 {
				t.Errorf("%T: no header in %q", style, p)
			}
		}
		if rows != 12 {
			t.Errorf("%T: %d rows", style, rows)
		}
	}
}

type textTables struct{ CommonMark }

func (textTables) Tables() TableForm { return TableText }

func TestSplitTrailer(t *testing.T) {
	t.Parallel()
	lines := Render(Parse(strings.Repeat("word ", 30)), CommonMark{})
	long := strings.Repeat("source\n", 40)
	tests := []struct {
		name, trailer string
		lines         []Line
		want          int
	}{
		{"none", "", nil, 0},
		{"alone", "only", nil, 1},
		{"fits", "short", lines, 2},
		{"has a part of its own", strings.Repeat("t", 90), lines, 3},
		{"is longer than a part", long, nil, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parts := Split(tt.lines, Limit{Max: 100, Trailer: tt.trailer})
			if len(parts) != tt.want {
				t.Errorf("got %d parts, want %d: %q", len(parts), tt.want, parts)
			}
		})
	}
}
