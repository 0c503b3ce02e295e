package rank

import (
	"math"
	"strconv"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// article is a passage of a statute, as found.
func article(law, section, name string) *found {
	id := law + "/" + name
	return &found{passage: knowledge.Passage{Collection: "c", ID: id, Document: id, Section: section}}
}

// polled are lessons as likely the same as said, the n-th answered from the
// passages that answers names for it.
func polled(all []*found, same []float64, answers map[*found][]int) votes {
	l := &learned{by: answers, lessons: make([]knowledge.Recalled, len(same))}
	for i, s := range same {
		l.lessons[i].Same = s
	}
	return l.poll(all)
}

func TestVotesReachWhatAnsweredNothing(t *testing.T) {
	t.Parallel()
	asked, beside := article("law", "leave", "1"), article("law", "leave", "2")
	other, bare := article("law", "pay", "3"), article("law", "", "4")
	foreign := article("elsewhere", "leave", "1")
	v := polled([]*found{asked, beside, other, bare, foreign}, []float64{.5}, map[*found][]int{asked: {0}})
	if got := v.share(beside); math.Abs(got-folderVotes-headingVotes) > 1e-6 {
		t.Errorf("under the same heading %f, want all of it", got)
	}
	for _, f := range []*found{other, bare} {
		if got := v.share(f); math.Abs(got-folderVotes) > 1e-6 {
			t.Errorf("%s, elsewhere in the statute: %f", f.passage.ID, got)
		}
	}
	if got := v.share(foreign); got != 0 {
		t.Errorf("the same heading of another statute: %f", got)
	}
}

// TestTheFewLikestDecide has one lesson that is nearly the same and fifty that
// share a word with the question.
func TestTheFewLikestDecide(t *testing.T) {
	t.Parallel()
	right, wrong := article("right", "s", "1"), article("wrong", "s", "1")
	same, answers := []float64{.8}, map[*found][]int{right: {0}}
	for n := range 50 {
		same = append(same, .2)
		answers[wrong] = append(answers[wrong], n+1)
	}
	v := polled([]*found{right, wrong}, same, answers)
	if v.share(right) <= v.share(wrong) {
		t.Errorf("%f for the likest, %f for the many", v.share(right), v.share(wrong))
	}
}

func TestALessonVotesOnce(t *testing.T) {
	t.Parallel()
	var all []*found
	answers := map[*found][]int{}
	for n := range 9 {
		f := article("many", "s", strconv.Itoa(n))
		all, answers[f] = append(all, f), []int{0}
	}
	single := article("one", "s", "1")
	all, answers[single] = append(all, single), []int{1}
	v := polled(all, []float64{.5, .5}, answers)
	if a, b := v.share(all[0]), v.share(single); math.Abs(a-b) > 1e-9 {
		t.Errorf("nine answers of one lesson count %f, one answer %f", a, b)
	}
	if none := polled(all, []float64{0, 0}, answers); none.share(single) != 0 {
		t.Errorf("lessons that share nothing count %f", none.share(single))
	}
}
