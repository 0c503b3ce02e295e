package route

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// open are the groups that leave the choice to the rules.
var open = []string{"", "auto", "default"} //nolint:gochecknoglobals // a list, never written to

// maxExpression bounds an expression's length in bytes: it is compiled to a
// program of about that size, and run over every question.
const maxExpression = 1000

// Table is a list of rules, compiled. It is safe for concurrent use; a nil
// Table has no rules.
type Table struct {
	rules []rule
}

// rule is one Rule, ready to be asked.
type rule struct {
	Rule

	channels   []pattern
	labels     []label
	expression *regexp.Regexp
}

// Choice is what a rule chose.
type Choice struct {
	Group string
	// Reason says which rule and why, in English, for people: it holds numbers
	// and what the rule says, and never anything of the request's text.
	Reason string
}

// Compile checks rules and makes a Table of them. Its error names every rule
// that can't be used, by number and name, and what to change.
func Compile(rules []Rule) (*Table, error) {
	t := &Table{rules: make([]rule, 0, len(rules))}
	var mistakes []error
	for i, r := range rules {
		compiled, err := compile(r)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("route %d (%q): %w", i+1, r.Name, err))
			continue
		}
		t.rules = append(t.rules, compiled)
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	return t, nil
}

func compile(r Rule) (rule, error) {
	c := rule{Rule: r}
	if err := check(r); err != nil {
		return rule{}, err
	}
	for _, written := range r.When.Channels {
		p, err := newPattern(written)
		if err != nil {
			return rule{}, err
		}
		c.channels = append(c.channels, p)
	}
	if r.When.Matches != "" {
		expression, err := regexp.Compile(r.When.Matches)
		if err != nil {
			return rule{}, fmt.Errorf("its expression is not RE2 (lookaheads and references are not): %w", err)
		}
		c.expression = expression
	}
	c.labels = sortedLabels(r.When.Labels)
	if c.Name == "" {
		c.Name = c.words()
	}
	return c, nil
}

// check finds what is wrong with a rule but for its patterns.
func check(r Rule) error {
	w := r.When
	switch {
	case r.Use == "":
		return errors.New("it names no group to use")
	case w.LongerThan < 0 || w.ShorterThan < 0:
		return errors.New("a length is a number of characters, 0 or more")
	case w.ShorterThan > 0 && w.LongerThan >= w.ShorterThan-1:
		return fmt.Errorf("no message is longer than %d and shorter than %d characters", w.LongerThan, w.ShorterThan)
	case w.Language != "" && !slices.Contains(Languages(), w.Language):
		return fmt.Errorf("language %q is not one that it can tell: use one of %s", w.Language, strings.Join(Languages(), ", "))
	case len(w.Matches) > maxExpression:
		return fmt.Errorf("its expression has %d bytes: use at most %d", len(w.Matches), maxExpression)
	}
	return checkConfidence(w.Confidence.Below, w.Confidence.Above)
}

func checkConfidence(below, above *float64) error {
	for _, limit := range []*float64{below, above} {
		if limit != nil && (math.IsNaN(*limit) || *limit < 0 || *limit > 1) {
			return fmt.Errorf("a confidence is between 0 and 1, not %v", *limit)
		}
	}
	if below != nil && above != nil && *above >= *below {
		return fmt.Errorf("no confidence is above %v and below %v", *above, *below)
	}
	return nil
}

// Choose returns the group of the first rule that the request meets; false
// where there is none, and the request goes where it would have gone. Requests
// for embeddings are chosen for only by rules that name their group: a chat
// model has no vectors.
func (t *Table) Choose(r llm.Request) (Choice, bool) {
	if t == nil {
		return Choice{}, false
	}
	for i := range t.rules {
		if t.rules[i].asked(r.Group, r.Endpoint) {
			return choose(t.rules[i:], r)
		}
	}
	return Choice{}, false // as a rule, and without an allocation
}

func choose(rules []rule, r llm.Request) (Choice, bool) {
	seen := view{request: &r}
	for i := range rules {
		c := &rules[i]
		if c.asked(r.Group, r.Endpoint) && c.meets(&seen) {
			return Choice{Group: c.Use, Reason: c.reason(&seen)}, true
		}
	}
	return Choice{}, false
}

// asked tells whether the rule is asked about a request.
func (c *rule) asked(group string, endpoint llm.Endpoint) bool {
	if len(c.For) > 0 {
		return slices.Contains(c.For, group)
	}
	return endpoint != llm.Embeddings && slices.Contains(open, group)
}
