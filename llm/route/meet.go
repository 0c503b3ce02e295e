package route

import (
	"fmt"
	"strconv"
	"strings"
)

// meets tells whether a request meets all conditions: first those that cost
// nothing, then those that need the body.
func (c *rule) meets(v *view) bool {
	w := &c.When
	if !c.labelled(v) || !c.sure(v) {
		return false
	}
	if w.Image != nil && v.look().image != *w.Image || w.Tools != nil && v.look().tools != *w.Tools {
		return false
	}
	if w.LongerThan == 0 && w.ShorterThan == 0 && w.Language == "" && c.expression == nil {
		return true
	}
	return v.look().asks && c.fits(v) &&
		(w.Language == "" || v.spoken() == w.Language) &&
		(c.expression == nil || c.expression.MatchString(v.matched()))
}

// fits tells whether the message's length is right.
func (c *rule) fits(v *view) bool {
	return (c.When.LongerThan == 0 || v.characters > c.When.LongerThan) &&
		(c.When.ShorterThan == 0 || v.characters < c.When.ShorterThan)
}

// labelled tells whether the request comes from where the rule wants.
func (c *rule) labelled(v *view) bool {
	labels := v.request.Labels
	for _, want := range c.labels {
		if got, there := labels[want.name]; !there || got != want.value {
			return false
		}
	}
	for _, p := range c.channels {
		if p.fits(labels) {
			return true
		}
	}
	return len(c.channels) == 0
}

// sure tells whether the retrieval's confidence is right.
func (c *rule) sure(v *view) bool {
	below, above := c.When.Confidence.Below, c.When.Confidence.Above
	if below == nil && above == nil {
		return true
	}
	value, ok := v.confidence()
	return ok && (below == nil || value < *below) && (above == nil || value > *above)
}

// reason says why a request met the rule: what the rule says, and numbers.
func (c *rule) reason(v *view) string {
	return fmt.Sprintf("rule %q: %s", c.Name, c.say(v))
}

// words are the conditions, for a rule without a name.
func (c *rule) words() string { return c.say(nil) }

// say puts the conditions in words, with what was found in the request where
// one is given.
func (c *rule) say(v *view) string {
	var said []string
	if w := c.When; w.LongerThan > 0 {
		said = append(said, length(v, "longer than", ">", w.LongerThan))
	}
	if w := c.When; w.ShorterThan > 0 {
		said = append(said, length(v, "shorter than", "<", w.ShorterThan))
	}
	if c.When.Language != "" {
		said = append(said, "language "+c.When.Language)
	}
	if c.expression != nil {
		said = append(said, "the expression matches")
	}
	said = append(said, c.sayLabels(v)...)
	said = append(said, sayFlag("image", c.When.Image)...)
	said = append(said, sayFlag("tools", c.When.Tools)...)
	said = append(said, sayConfidence(v, "<", c.When.Confidence.Below)...)
	said = append(said, sayConfidence(v, ">", c.When.Confidence.Above)...)
	if len(said) == 0 {
		return "always"
	}
	return strings.Join(said, ", ")
}

func length(v *view, words, sign string, limit int) string {
	if v == nil {
		return fmt.Sprintf("%s %s characters", words, grouped(limit))
	}
	return fmt.Sprintf("%s characters %s %s", grouped(v.characters), sign, grouped(limit))
}

// sayLabels names the pattern that fits, not the label: a channel's id is
// nobody else's business.
func (c *rule) sayLabels(v *view) []string {
	var said []string
	for _, want := range c.labels {
		said = append(said, fmt.Sprintf("%s is %q", want.name, want.value))
	}
	var patterns []string
	for _, p := range c.channels {
		if v == nil || p.fits(v.request.Labels) {
			patterns = append(patterns, p.written)
		}
	}
	if len(patterns) > 0 {
		said = append(said, "channel "+strings.Join(patterns, " or "))
	}
	return said
}

func sayFlag(name string, want *bool) []string {
	switch {
	case want == nil:
		return nil
	case *want:
		return []string{"with " + name}
	default:
		return []string{"without " + name}
	}
}

func sayConfidence(v *view, sign string, limit *float64) []string {
	if limit == nil {
		return nil
	}
	if v == nil {
		return []string{fmt.Sprintf("confidence %s %.2f", sign, *limit)}
	}
	value, _ := v.confidence()
	return []string{fmt.Sprintf("confidence %.2f %s %.2f", value, sign, *limit)}
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
