package answer

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
	"github.com/tribunebot/tribune/knowledge/handbook"
	"github.com/tribunebot/tribune/knowledge/split"
)

// claim is a line of testdata/grounding.jsonl: a sentence about a section of a
// guide or about a passage of its own, true or made wrong in one way.
type claim struct {
	Guide   string `json:"guide"`
	Section string `json:"section"`
	Source  string `json:"source"` // the passage itself, where it is no guide's
	Kind    string `json:"kind"`   // "true", or what is wrong
	Text    string `json:"text"`
	Held    bool   `json:"held"` // the check was not tuned on it
	// Inferred says that true sentences about its passage draw conclusions and use
	// other words than its: the hardest ones.
	Inferred bool `json:"inferred"`
}

// bar is what the check is held to over some of the claims: the shares of the
// wrong ones that are caught, of those where a figure is wrong, and of the true
// ones that are lost.
type bar struct {
	name                  string
	of                    func(claim) bool
	caught, figures, lost float64
}

// bars are what was measured, with a little room. What is held was written before
// the check was changed and never read since; the oldest of it is the guides'. What
// is inferred was written last, to find out what is lost.
func bars() []bar {
	plain := func(c claim) bool { return !c.Held && !c.Inferred }
	return []bar{
		{"guides", func(c claim) bool { return c.Source == "" && plain(c) }, .93, .97, .02},
		{"guides, held", func(c claim) bool { return c.Source == "" && c.Held }, .88, .97, .05},
		{"passages", func(c claim) bool { return c.Source != "" && plain(c) }, .97, .97, .03},
		{"passages, held", func(c claim) bool { return c.Source != "" && c.Held }, .90, .92, .08},
		{"inferred", func(c claim) bool { return c.Inferred }, .90, .97, .15},
		{"Chinese", func(c claim) bool { return plain(c) && spoken(c) == "zh" }, .93, .97, .03},
		{"Chinese, held", func(c claim) bool { return c.Held && spoken(c) == "zh" }, .90, .96, .05},
		{"English", func(c claim) bool { return plain(c) && spoken(c) == "en" }, .93, .97, .02},
		{"English, held", func(c claim) bool { return c.Held && spoken(c) == "en" }, .90, .93, .12},
		{"across", func(c claim) bool { return plain(c) && spoken(c) == "across" }, .90, .97, .05},
		{"across, held", func(c claim) bool { return c.Held && spoken(c) == "across" }, .90, .91, .05},
		{"all", func(c claim) bool { return !c.Inferred }, .90, .97, .05},
		{"all, held", func(c claim) bool { return c.Held }, .90, .94, .07},
	}
}

// spoken is the language of a claim and its passage, or "across".
func spoken(c claim) string {
	theirs := c.Guide[:min(len(c.Guide), 2)]
	if c.Source != "" {
		theirs = extract.Language(c.Source)
	}
	if theirs != extract.Language(c.Text) {
		return "across"
	}
	return theirs
}

// TestGrounding measures the check of sentences on claims that were written for
// it: true ones, in other words than the passages' and in the other language,
// and wrong ones.
func TestGrounding(t *testing.T) {
	t.Parallel()

	guides := passagesOf(t)
	claims := readClaims(t, "testdata/grounding.jsonl")
	for _, b := range bars() {
		mine := slices.DeleteFunc(slices.Clone(claims), func(c claim) bool { return !b.of(c) })
		all, caught := map[string]int{}, map[string]int{}
		count := func(kind string, c claim, p knowledge.Passage) {
			gone := dropped(c.Text, p)
			all[kind]++
			if gone {
				caught[kind]++
			}
			if gone == (kind == "true") {
				t.Logf("%s: WRONG %-13s %s: %s", b.name, kind, p.Document, c.Text)
			}
		}
		for i, c := range mine {
			count(c.Kind, c, about(t, guides, c))
			if other := mine[(i+len(mine)/3)%len(mine)]; c.Kind == "true" && other.Guide != c.Guide && oneLanguage(c, other) {
				count("wrong passage", c, about(t, guides, other))
			}
		}
		report(t, b, all, caught)
	}
}

// oneLanguage reports whether a claim is in the language of another's guide:
// across languages a wrong passage shows in its figures alone.
func oneLanguage(c, other claim) bool {
	return strings.HasPrefix(other.Guide, extract.Language(c.Text))
}

// dropped reports whether a sentence that cites a passage is held back.
func dropped(text string, p knowledge.Passage) bool {
	g := newGate([]knowledge.Passage{p}, "", extract.Language(text))
	g.pass(text + " [1]")
	return strings.TrimSpace(g.text.String()) == ""
}

func report(t *testing.T, b bar, all, caught map[string]int) {
	t.Helper()
	var wrong, found, figures, foundFigures int
	for kind, n := range all {
		t.Logf("%s: %-13s %3d of %3d dropped", b.name, kind, caught[kind], n)
		switch kind {
		case "true":
			continue
		case "number", "unit", "bound":
			figures += n
			foundFigures += caught[kind]
		}
		wrong += n
		found += caught[kind]
	}
	share := func(what string, part, of int) float64 {
		s := float64(part) / float64(of)
		t.Logf("%s: %d of %d %s (%.1f%%)", b.name, part, of, what, 100*s)
		return s
	}
	if share("wrong sentences are caught", found, wrong) < b.caught {
		t.Errorf("%s: fewer are caught than %.2f", b.name, b.caught)
	}
	if share("with a wrong figure are caught", foundFigures, figures) < b.figures {
		t.Errorf("%s: fewer are caught than %.2f", b.name, b.figures)
	}
	if share("true sentences are lost", caught["true"], all["true"]) > b.lost {
		t.Errorf("%s: more are lost than %.2f", b.name, b.lost)
	}
}

// about is the passage that has a claim's section.
func about(t *testing.T, guides map[string][]knowledge.Passage, c claim) knowledge.Passage {
	t.Helper()
	if c.Source != "" {
		return knowledge.Passage{Document: "own", Text: c.Source}
	}
	for _, p := range guides[c.Guide] {
		if strings.Contains(p.Section, c.Section) {
			return p
		}
	}
	t.Fatalf("no section %q in %s", c.Section, c.Guide)
	return knowledge.Passage{}
}

func passagesOf(tb testing.TB) map[string][]knowledge.Passage {
	tb.Helper()
	out := map[string][]knowledge.Passage{}
	for d, err := range handbook.Source().Documents(tb.Context()) {
		if err != nil {
			tb.Fatal(err)
		}
		out[d.ID] = split.Document(d)
	}
	return out
}

func readClaims(t *testing.T, file string) []claim {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []claim
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var c claim
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
