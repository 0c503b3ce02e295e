// Package eval measures retrieval against judged questions: it reads a
// collection with its questions and judgements, writes run files, and scores
// them the way the field does.
package eval

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// Run is what a system found: for each question the documents, best first.
type Run map[string][]Hit

// Hit is one found document.
type Hit struct {
	Document string
	Score    float64
}

// Judged says for each question which documents a right answer rests on.
type Judged map[string]map[string]bool

// Scores are means over the judged questions. A question without a result
// counts as zero.
type Scores struct {
	Questions                int
	Recall5, Recall10        float64
	Recall20, Recall100      float64
	ReciprocalRank10, NDCG10 float64
}

// Score compares a run with the judgements. A document that is named twice
// counts once, at its first place.
func Score(run Run, judged Judged) Scores {
	var sum Scores
	for _, s := range Each(run, judged) {
		sum.Questions++
		sum.Recall5 += s.Recall5
		sum.Recall10 += s.Recall10
		sum.Recall20 += s.Recall20
		sum.Recall100 += s.Recall100
		sum.ReciprocalRank10 += s.ReciprocalRank10
		sum.NDCG10 += s.NDCG10
	}
	return sum.mean()
}

// Each scores every judged question by itself, in the order of their names, so
// that two runs can be compared question by question.
func Each(run Run, judged Judged) []Scores {
	var out []Scores
	for _, qid := range slices.Sorted(maps.Keys(judged)) {
		relevant := judged[qid]
		if len(relevant) == 0 {
			continue
		}
		places := places(run[qid], relevant)
		total := float64(len(relevant))
		s := Scores{
			Questions: 1,
			Recall5:   within(places, 5) / total,
			Recall10:  within(places, 10) / total,
			Recall20:  within(places, 20) / total,
			Recall100: within(places, 100) / total,
			NDCG10:    gain(places) / ideal(len(relevant)),
		}
		if len(places) > 0 && places[0] <= 10 {
			s.ReciprocalRank10 = 1 / float64(places[0])
		}
		out = append(out, s)
	}
	return out
}

func (s Scores) mean() Scores {
	n := float64(max(s.Questions, 1))
	for _, f := range [...]*float64{&s.Recall5, &s.Recall10, &s.Recall20, &s.Recall100, &s.ReciprocalRank10, &s.NDCG10} {
		*f /= n
	}
	return s
}

// String is one row of a table.
func (s Scores) String() string {
	return fmt.Sprintf("R@5 %.3f  R@10 %.3f  R@20 %.3f  R@100 %.3f  MRR@10 %.3f  nDCG@10 %.3f  (%d questions)",
		s.Recall5, s.Recall10, s.Recall20, s.Recall100, s.ReciprocalRank10, s.NDCG10, s.Questions)
}

// places are the ranks, from 1, at which relevant documents stand.
func places(hits []Hit, relevant map[string]bool) []int {
	var out []int
	seen := map[string]bool{}
	for _, h := range hits {
		if seen[h.Document] {
			continue
		}
		seen[h.Document] = true
		if relevant[h.Document] {
			out = append(out, len(seen))
		}
	}
	return out
}

func within(places []int, k int) float64 {
	n, _ := slices.BinarySearch(places, k+1)
	return float64(n)
}

func gain(places []int) float64 {
	sum := 0.0
	for _, p := range places {
		if p <= 10 {
			sum += 1 / math.Log2(float64(p)+1)
		}
	}
	return sum
}

func ideal(relevant int) float64 {
	sum := 0.0
	for i := range min(relevant, 10) {
		sum += 1 / math.Log2(float64(i)+2)
	}
	return sum
}

// Write writes a run file: qid, document, rank and score in columns parted by
// tabs, at most limit documents a question.
func (r Run) Write(w io.Writer, limit int) error {
	out := bufio.NewWriter(w)
	for _, qid := range slices.Sorted(maps.Keys(r)) {
		rank := 0
		seen := map[string]bool{}
		for _, h := range r[qid] {
			if seen[h.Document] {
				continue
			}
			seen[h.Document] = true
			if rank++; rank > limit {
				break
			}
			fmt.Fprintf(out, "%s\t%s\t%d\t%.6f\n", qid, h.Document, rank, h.Score)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write run: %w", err)
	}
	return nil
}

// AUC is the chance that a score from above is higher than one from below: how
// well a number tells two groups apart (.5: not at all).
func AUC(above, below []float64) float64 {
	wins := 0.0
	for _, a := range above {
		for _, b := range below {
			switch cmp.Compare(a, b) {
			case 1:
				wins++
			case 0:
				wins += .5
			}
		}
	}
	return wins / float64(max(len(above)*len(below), 1))
}

// ReadJudged reads judgements: qid, document and 1 in columns parted by tabs.
func ReadJudged(r io.Reader) (Judged, error) {
	out := Judged{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		cols := strings.Split(lines.Text(), "\t")
		if len(cols) < 2 {
			return nil, fmt.Errorf("judgements: line %d: want qid, tab, document", n)
		}
		if len(cols) > 2 && cols[2] == "0" {
			continue
		}
		if out[cols[0]] == nil {
			out[cols[0]] = map[string]bool{}
		}
		out[cols[0]][cols[1]] = true
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("judgements: %w", err)
	}
	return out, nil
}
