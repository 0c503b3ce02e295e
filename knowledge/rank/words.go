package rank

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

//go:embed words.txt
var wordsFile string

// words is what words.txt says.
type words struct {
	replace   *strings.Replacer // Chinese fillers become a space
	negations *strings.Replacer
	fillers   map[string]bool     // stems of English fillers
	phrases   map[string][]phrase // everyday phrases by their first term
	rules     [][][]string        // the right sides: each phrase as its terms
	authority []authority
	common    map[string]bool       // words that say little, cut
	places    map[string][][]string // names of countries, as terms, by the first
	longer    []longer              // words that hide others
	chinese   []string              // fillers while the file is read
}

// phrase is an everyday phrase, cut, and its rule.
type phrase struct {
	terms []string // without single characters
	all   []string
	rule  int
}

// authority is how much the documents weigh whose title ends, or begins, in
// some way.
type authority struct {
	part   string
	begins bool
	weight float64
}

// readWords reads the form that words.txt describes: the list that is built
// in, and a team's own, which wins where both weigh a kind of title.
func readWords(builtIn, own string) (*words, error) {
	w := &words{negations: strings.NewReplacer(negations()...), fillers: map[string]bool{}, phrases: map[string][]phrase{}, places: map[string][][]string{}, common: map[string]bool{}}
	if err := w.parse("words.txt", builtIn); err != nil {
		return nil, err
	}
	if err := w.parse("words of this team", own); err != nil {
		return nil, err
	}
	w.replace = replacer(w.chinese)
	w.chinese = nil
	return w, nil
}

// replacer takes fillers out; the longest that fits goes first.
func replacer(fillers []string) *strings.Replacer {
	slices.SortStableFunc(fillers, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := negations()
	for _, f := range fillers {
		pairs = append(pairs, f, " ")
	}
	return strings.NewReplacer(pairs...)
}

func (w *words) parse(name, text string) error {
	section := ""
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(cut.Fold(line))
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			continue
		}
		if err := w.line(section, line); err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
	}
	return nil
}

// sections are the names that a [section] may have.
const sections = "fillers, synonyms, translations, longer, places, common, authority"

func (w *words) line(section, line string) error {
	switch section {
	case "fillers":
		for f := range strings.FieldsSeq(line) {
			w.filler(f)
		}
		return nil
	case "common":
		for c := range strings.FieldsSeq(line) {
			for _, text := range phraseTerms(c) {
				w.common[text] = true
			}
		}
		return nil
	case "places":
		return w.place(line)
	case "synonyms":
		return w.rule(line)
	case "translations":
		chinese, english, _ := strings.Cut(line, "=")
		return errors.Join(w.rule(chinese+"->"+english), w.rule(english+"->"+chinese))
	case "longer":
		return w.stretch(line)
	case "authority":
		return w.kind(line)
	case "":
		return fmt.Errorf("stands in no [section]: want one of %s", sections)
	}
	return fmt.Errorf("no such section: [%s], want one of %s", section, sections)
}

func (w *words) filler(f string) {
	if f[0] < utf8.RuneSelf {
		w.fillers[cut.Stem(strings.ToLower(f))] = true
		return
	}
	w.chinese = append(w.chinese, f)
}

func (w *words) place(line string) error {
	for p := range strings.FieldsSeq(line) {
		terms := phraseTerms(p)
		if len(terms) == 0 {
			return fmt.Errorf("a place without terms: %q", p)
		}
		w.places[terms[0]] = append(w.places[terms[0]], terms)
	}
	return nil
}

var (
	errRule      = errors.New("want: everyday words -> words of rules, phrases of two characters or more parted by semicolons")
	errAuthority = errors.New("want: the ending of a title, or its beginning and *, and a number from 0")
)

func (w *words) rule(line string) error {
	left, right, _ := strings.Cut(line, "->")
	var sides [][]string
	for p := range strings.SplitSeq(right, ";") {
		if terms := phraseTerms(p); len(terms) > 0 {
			sides = append(sides, terms)
		}
	}
	if len(sides) == 0 {
		return fmt.Errorf("%w: nothing to look for in %q", errRule, line)
	}
	for p := range strings.SplitSeq(left, ";") {
		terms := phraseTerms(p)
		if len(terms) == 0 {
			return fmt.Errorf("%w: %q has no terms", errRule, p)
		}
		w.phrases[terms[0]] = append(w.phrases[terms[0]], phrase{terms, allTerms(p), len(w.rules)})
	}
	w.rules = append(w.rules, sides)
	return nil
}

func (w *words) kind(line string) error {
	at := strings.LastIndexAny(line, " \t")
	weight, err := strconv.ParseFloat(line[at+1:], 64)
	if at < 0 || err != nil || !(weight >= 0) || math.IsInf(weight, 1) {
		return fmt.Errorf("%w: %q", errAuthority, line)
	}
	part, begins := strings.CutSuffix(strings.TrimSpace(line[:at]), "*")
	if part == "" {
		return fmt.Errorf("%w: %q", errAuthority, line)
	}
	w.authority = append(w.authority, authority{part, begins, weight})
	return nil
}

// phraseTerms are the terms of a phrase without single characters.
func phraseTerms(p string) []string {
	var out []string
	for _, t := range cut.Terms(p) {
		if t.Kind != cut.Gram {
			out = append(out, t.Text)
		}
	}
	return out
}

func allTerms(p string) []string {
	var out []string
	for _, t := range cut.Terms(p) {
		out = append(out, t.Text)
	}
	return out
}

// weight is the authority of a title: of the longest ending or beginning that
// fits, the later of two that are as long. The title may go on with a space and
// an article ("劳动法 第三条").
func (w *words) weight(title string) float64 {
	title = strings.TrimSpace(cut.Fold(title))
	if i := strings.LastIndexAny(title, " \t"); i > 0 && strings.HasPrefix(title[i+1:], "第") {
		title = strings.TrimSpace(title[:i])
	}
	best, weight := 0, 0.0
	for _, a := range w.authority {
		fits := strings.HasSuffix
		if a.begins {
			fits = strings.HasPrefix
		}
		if len(a.part) >= best && fits(title, a.part) {
			best, weight = len(a.part), a.weight
		}
	}
	return weight
}

// negations are replaced before a text is cut, which would lose them: unpaid
// and "hasn't been paid" are the same.
func negations() []string {
	return []string{"can't", "can not", "won't", "will not", "n't", " not", "n’t", " not"}
}
