package rank

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

//go:embed words.txt
var wordsFile string

// words is what words.txt says.
type words struct {
	replace   *strings.Replacer   // Chinese fillers become a space
	fillers   map[string]bool     // stems of English fillers
	phrases   map[string][]phrase // everyday phrases by their first term
	rules     [][][]string        // the right sides: each phrase as its terms
	authority []authority
	common    map[string]bool       // words that say little, cut
	places    map[string][][]string // names of countries, as terms, by the first
	chinese   []string              // fillers while the file is read
}

// phrase is an everyday phrase, cut, and its rule.
type phrase struct {
	terms []string // without single characters
	all   []string
	rule  int
}

// authority is how much the documents weigh whose title ends in a word.
type authority struct {
	ending string
	weight float64
}

// readWords reads the form that words.txt describes.
func readWords(text string) (*words, error) {
	w := &words{fillers: map[string]bool{}, phrases: map[string][]phrase{}, places: map[string][][]string{}, common: map[string]bool{}}
	section := ""
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			continue
		}
		if err := w.line(section, line); err != nil {
			return nil, fmt.Errorf("words.txt: line %d: %w", n+1, err)
		}
	}
	// The longest filler that fits goes first.
	slices.SortStableFunc(w.chinese, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := negations()
	for _, f := range w.chinese {
		pairs = append(pairs, f, " ")
	}
	w.replace = strings.NewReplacer(pairs...)
	w.chinese = nil
	return w, nil
}

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
		for p := range strings.FieldsSeq(line) {
			terms := phraseTerms(p)
			if len(terms) == 0 {
				return fmt.Errorf("a place without terms: %q", p)
			}
			w.places[terms[0]] = append(w.places[terms[0]], terms)
		}
		return nil
	case "synonyms":
		return w.rule(line)
	case "authority":
		ending, weight, _ := strings.Cut(line, " ")
		v, err := strconv.ParseFloat(weight, 64)
		if err != nil {
			return err
		}
		w.authority = append(w.authority, authority{ending, v})
		return nil
	}
	return fmt.Errorf("no such section: %q", section)
}

func (w *words) filler(f string) {
	if f[0] < 0x80 {
		w.fillers[cut.Stem(f)] = true
		return
	}
	w.chinese = append(w.chinese, f)
}

var errRule = errors.New("want: everyday words -> words of rules")

func (w *words) rule(line string) error {
	left, right, ok := strings.Cut(line, "->")
	if !ok {
		return errRule
	}
	var sides [][]string
	for p := range strings.SplitSeq(right, ";") {
		if terms := phraseTerms(p); len(terms) > 0 {
			sides = append(sides, terms)
		}
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

// weight is the authority of a title: of the longest ending that fits, where
// the title may go on with a space and more ("劳动法 第三条").
func (w *words) weight(title string) float64 {
	title = strings.TrimSpace(title)
	if i := strings.LastIndexAny(title, " \t　"); i > 0 && strings.HasPrefix(strings.TrimSpace(title[i:]), "第") {
		title = strings.TrimSpace(title[:i])
	}
	best, weight := 0, 0.0
	for _, a := range w.authority {
		if len(a.ending) > best && strings.HasSuffix(title, a.ending) {
			best, weight = len(a.ending), a.weight
		}
	}
	return weight
}

// negations are replaced before a text is cut, which would lose them: unpaid
// and "hasn't been paid" are the same.
func negations() []string {
	return []string{"can't", "can not", "won't", "will not", "n't", " not", "n’t", " not"}
}
