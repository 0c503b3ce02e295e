package answer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
)

// Bounds of the check. Overlap is the share of a sentence's word pieces that a
// passage has; a paraphrase of a passage keeps most of its nouns, and so some
// third of the pieces, while a sentence about something else keeps a tenth.
const (
	citedOverlap    = 0.30 // a cited sentence shares at least this with its passage
	uncitedOverlap  = 0.35 // a sentence without a mark needs this much of one passage
	creditOverlap   = 0.50 // and with this much it is given that passage's mark
	leadOverlap     = 0.60 // a heading or lead-in has this much of a passage or the question
	connectiveRunes = 40   // the longest heading or lead-in
)

// gate lets pass only what the passages bear out. It is fed unit by unit while
// the model writes, so that nothing is shown that is taken back later.
type gate struct {
	passages []*extract.Evidence
	known    *extract.Evidence // the question and the earlier turns: their figures may be repeated
	marks    *regexp.Regexp    // citation marks
	foreign  foreign
	language string // the answer's
	theirs   bool   // a passage is in that language

	text    strings.Builder
	order   []int // indexes into passages, in the order of their first citation
	dropped int
}

func newGate(passages []knowledge.Passage, known, language string) *gate {
	theirs := slices.ContainsFunc(passages, func(p knowledge.Passage) bool { return extract.Language(p.Text) == language })
	g := &gate{
		language: language,
		theirs:   theirs,
		marks:    patterns().marks,
		foreign:  newForeign(passages, known, !theirs),
		known:    extract.ReadEvidence(knowledge.Passage{Text: known}),
	}
	for _, p := range passages {
		g.passages = append(g.passages, extract.ReadEvidence(p))
	}
	return g
}

// pass adds the unit to the text if it is borne out, with its citations
// renumbered in the order in which they first appear.
func (g *gate) pass(unit string) {
	if fenceOf(unit) != "" {
		g.uncited(unit, strings.TrimSpace(unit)) // brackets in code are no marks
		return
	}
	unit = g.unlinked(unit)
	if g.foreign.names(unit) || g.strange(unit) {
		g.drop(unit)
		return
	}
	cited := g.cited(unit)
	body := strings.TrimSpace(g.marks.ReplaceAllString(unit, ""))
	switch {
	case body == "":
		// Empty, or marks that stand alone: what they would be put behind was
		// judged without them, so they are worth nothing.
		g.text.WriteString(trailing(unit))
	case len(cited) > 0:
		g.judge(unit, body, g.supporters(g.weigh(body), cited))
	case connective(body) && g.leadsIn(body) && g.weigh(body).figuresKnown():
		g.text.WriteString(unit)
	default:
		g.uncited(unit, body)
	}
}

// strange tells whether a unit is in another language than the answer's, although
// there are passages in that: across languages words cannot be compared, so a
// model must not choose to go there.
func (g *gate) strange(unit string) bool {
	return g.theirs && wordCount(unit) >= longEnough && extract.Language(unit) != g.language
}

// longEnough is how many letters tell a language: a name or a figure does not.
const longEnough = 24

// unlinked turns images, and links to addresses that no passage has, into their
// text.
func (g *gate) unlinked(unit string) string {
	return patterns().links.ReplaceAllStringFunc(unit, func(link string) string {
		m := patterns().links.FindStringSubmatch(link)
		if !strings.HasPrefix(link, "!") && !g.foreign.address(m[2]) {
			return link
		}
		return m[1]
	})
}

// judge writes the unit with the marks of the passages that support it, or
// drops it when there are none.
func (g *gate) judge(unit, body string, supporters []int) {
	if len(supporters) == 0 {
		g.drop(unit)
		return
	}
	var marks strings.Builder
	for _, i := range supporters {
		marks.WriteString(g.mark(i))
	}
	g.text.WriteString(leading(unit) + withMarks(body, marks.String()) + trailing(unit))
}

// withMarks puts citation marks where they break no markup: at the end, inside
// a table's last cell, on a line of their own below code.
func withMarks(body, marks string) string {
	switch row, isRow := strings.CutSuffix(body, "|"); {
	case isRow:
		return strings.TrimRight(row, " ") + marks + " |"
	case fenceOf(body) != "":
		return body + "\n\n" + strings.TrimSpace(marks)
	default:
		return body + marks
	}
}

// uncited finds the passage that a sentence without a mark rests on.
func (g *gate) uncited(unit, body string) {
	w := g.weigh(body)
	best, overlap := -1, 0.0
	for i := range g.passages {
		b := w.by(i)
		if b.SameLanguage && b.Overlap > overlap && !b.Turned && w.figuresKnown(i) {
			best, overlap = i, b.Overlap
		}
	}
	switch {
	case overlap >= creditOverlap && !strings.HasPrefix(body, "|") && len(w.by(best).MissingNumbers) == 0:
		g.judge(unit, body, []int{best})
	case overlap >= uncitedOverlap:
		g.text.WriteString(unit)
	default:
		g.drop(unit)
	}
}

// supporters returns those of the cited passages that bear the sentence out;
// where none does, the one other passage that does, for a model that miscounted.
func (g *gate) supporters(w *weighing, cited []int) []int {
	var good []int
	for _, i := range cited {
		b := w.by(i)
		// Two passages may bear a sentence's figures out only together.
		if !b.Unread && (!b.SameLanguage || b.Overlap >= citedOverlap) && !b.Turned && len(w.missing(cited)) == 0 {
			good = append(good, i)
		}
	}
	if len(good) > 0 {
		return good
	}
	for i := range g.passages {
		if b := w.by(i); b.SameLanguage && b.Overlap >= uncitedOverlap && !b.Turned && len(b.MissingNumbers) == 0 {
			return []int{i}
		}
	}
	return nil
}

// cited returns the passages that the unit's marks name, each once.
func (g *gate) cited(unit string) []int {
	var out []int
	for _, m := range g.marks.FindAllStringSubmatch(unit, -1) {
		for part := range strings.SplitSeq(m[1], ",") {
			n, err := strconv.Atoi(strings.TrimSpace(part))
			if err == nil && n >= 1 && n <= len(g.passages) && !slices.Contains(out, n-1) {
				out = append(out, n-1)
			}
		}
	}
	return out
}

// mark returns the citation mark of passage i, numbered by first appearance.
func (g *gate) mark(i int) string {
	at := slices.Index(g.order, i)
	if at < 0 {
		g.order = append(g.order, i)
		at = len(g.order) - 1
	}
	return " [" + strconv.Itoa(at+1) + "]"
}

// drop leaves a unit out, but keeps the line structure around it.
func (g *gate) drop(unit string) {
	g.dropped++
	if strings.HasSuffix(unit, "\n") && !strings.HasSuffix(g.text.String(), "\n") {
		g.text.WriteString("\n")
	}
}

// leadsIn tells whether a heading or lead-in claims nothing of its own: it is one
// of the usual phrases, or its words are the question's or a passage's.
func (g *gate) leadsIn(body string) bool {
	bare := strings.ToLower(strings.Trim(body, "#*_:： \t0123456789.、|-"))
	if bare == "" || usualLeadIn(bare) {
		return true
	}
	claim := extract.ReadClaim(bare)
	from := append([]*extract.Evidence{g.known}, g.passages...)
	return slices.ContainsFunc(from, func(e *extract.Evidence) bool {
		b := claim.Support(e)
		return b.SameLanguage && b.Overlap >= leadOverlap
	})
}

// connective tells whether a unit has the form of a heading or lead-in.
func connective(body string) bool {
	if utf8.RuneCountInString(body) > connectiveRunes || strings.Contains(body, "\n") {
		return false
	}
	return strings.HasPrefix(body, "#") || strings.HasSuffix(body, "：") || strings.HasSuffix(body, ":") ||
		(strings.HasPrefix(body, "**") && strings.HasSuffix(body, "**")) || strings.Trim(body, "-*_|: ") == ""
}

func leading(unit string) string {
	return unit[:len(unit)-len(strings.TrimLeft(unit, " \t\n"))]
}

func trailing(unit string) string {
	return unit[len(strings.TrimRight(unit, " \t\n")):]
}
