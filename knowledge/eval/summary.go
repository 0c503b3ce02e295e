package eval

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Metric is one figure of an evaluation: the mean over the questions that it is
// about.
type Metric struct {
	Value     float64 `json:"value"`
	Low       float64 `json:"low"`  // 95 % bootstrap interval
	High      float64 `json:"high"` //
	Questions int     `json:"questions"`
}

// The figures of a golden file. Higher is better for all of them.
const (
	MetricRecall5  = "recall_at_5"   // share of the right documents among the first five
	MetricRecall10 = "recall_at_10"  // and among the first ten
	MetricMRR10    = "mrr_at_10"     // one over the place of the first right document
	MetricCited    = "cites_a_right" // share of answers that cite a right document
	MetricOnly     = "cites_only"    // share of citations that are right ones
	MetricContains = "contains"      // share of the texts that stand in the answer
	MetricAnswered = "answered"      // share of the answerable that were answered
	MetricRefused  = "refused"       // share of the unanswerable that were refused
)

// Failure is a golden question that did not go right, for people to look at.
type Failure struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Why      string `json:"why"`
}

// Summary is what an evaluation found.
type Summary struct {
	Metrics  map[string]Metric `json:"metrics"`
	Failures []Failure         `json:"failures,omitempty"`
}

// Summarise scores outcomes, which stand in the order of their questions.
func Summarise(golden []Golden, outcomes []Outcome) Summary {
	values := map[string][]float64{}
	s := Summary{Metrics: map[string]Metric{}}
	for i, g := range golden {
		for name, v := range grade(g, outcomes[i]) {
			values[name] = append(values[name], v)
		}
		if why := failed(g, outcomes[i]); why != "" {
			s.Failures = append(s.Failures, Failure{g.ID, g.Question, why})
		}
	}
	for name, v := range values {
		low, high := Interval(v)
		s.Metrics[name] = Metric{Value: mean(v), Low: low, High: high, Questions: len(v)}
	}
	return s
}

// grade gives the figures that one question counts for.
func grade(g Golden, o Outcome) map[string]float64 {
	out := map[string]float64{}
	if len(g.Refs) > 0 {
		found := rightPlaces(g, o.Hits)
		out[MetricRecall5] = within(found, 5) / float64(len(g.Refs))
		out[MetricRecall10] = within(found, 10) / float64(len(g.Refs))
		out[MetricMRR10] = 0
		if len(found) > 0 && found[0] <= 10 {
			out[MetricMRR10] = 1 / float64(found[0])
		}
	}
	if !o.Asked {
		return out
	}
	if g.Refuse {
		out[MetricRefused] = yes(o.Refused)
		return out
	}
	out[MetricAnswered] = yes(!o.Refused)
	if o.Refused {
		return out
	}
	if len(g.Refs) > 0 {
		right := countRight(g, o.Cited)
		out[MetricCited] = yes(right > 0)
		out[MetricOnly] = float64(right) / float64(max(len(o.Cited), 1))
	}
	if len(g.Contains) > 0 {
		out[MetricContains] = 1 - float64(len(missing(g, o)))/float64(len(g.Contains))
	}
	return out
}

// failed says in a few words what went wrong, "" where nothing did.
func failed(g Golden, o Outcome) string {
	found := rightPlaces(g, o.Hits)
	switch {
	case o.Asked && g.Refuse && !o.Refused:
		return "answered, though nothing answers it"
	case o.Asked && !g.Refuse && o.Refused:
		return "refused, though there is an answer"
	case len(g.Refs) > 0 && (len(found) == 0 || found[0] > 10):
		return "none of its documents is among the first ten"
	case o.Asked && len(g.Refs) > 0 && countRight(g, o.Cited) == 0:
		return "the answer cites none of its documents"
	case o.Asked && len(missing(g, o)) > 0:
		return "the answer lacks " + strings.Join(missing(g, o), ", ")
	}
	return ""
}

// rightPlaces are the places, from 1, of what is right, each once. Documents
// are counted, at their best passage; where a passage is asked for, passages.
func rightPlaces(g Golden, hits []Hit) []int {
	exact := slices.ContainsFunc(g.Refs, func(ref string) bool { return documentOf(ref) != ref })
	var out []int
	seen := map[string]bool{}
	for _, h := range hits {
		id := h.Document
		if !exact {
			id = documentOf(id)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		if g.right(id) {
			out = append(out, len(seen))
		}
	}
	return out[:min(len(out), len(g.Refs))]
}

func countRight(g Golden, cited []string) int {
	n := 0
	for _, id := range cited {
		if g.right(id) {
			n++
		}
	}
	return n
}

// missing are the texts that the answer lacks; case is no matter.
func missing(g Golden, o Outcome) []string {
	answer := strings.ToLower(o.Answer)
	return slices.DeleteFunc(slices.Clone(g.Contains), func(text string) bool {
		return strings.Contains(answer, strings.ToLower(text))
	})
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// Change is how a figure moved from one run to the next.
type Change struct {
	Metric  string  `json:"metric"`
	Last    float64 `json:"last"`
	Now     float64 `json:"now"`
	Dropped bool    `json:"dropped"` // by more than was allowed
}

// Compare tells how the figures moved. A figure that is missing now, though it
// was there, has dropped; a new one has not.
func Compare(last, now Summary, allowed float64) []Change {
	var out []Change
	for _, name := range slices.Sorted(maps.Keys(last.Metrics)) {
		was, is := last.Metrics[name], now.Metrics[name]
		out = append(out, Change{
			Metric: name, Last: was.Value, Now: is.Value,
			Dropped: cmp.Less(is.Value, was.Value-allowed-rounding) || is.Questions == 0,
		})
	}
	return out
}

// rounding keeps a figure that was stored and read back from being a drop.
const rounding = 1e-9
