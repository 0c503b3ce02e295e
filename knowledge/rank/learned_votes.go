package rank

// What a passage gains, in shares of the best score, where all like questions
// were answered from its folder, or from under its heading. Measured as the
// numbers of learned.go are. Folders at .1 find as much, but put passages among
// the first that say little of the question: four more of 988 answerable ones
// are then refused.
const (
	folderVotes  = .05
	headingVotes = .15
)

// votes say where the questions that are like this one were answered: people ask
// about some statutes, and about some chapters of them, much more than about
// others. They are of use where the very passage answered nothing yet.
type votes struct {
	folders  map[group]float64
	headings map[chapter]float64
}

// chapter names the passages under one heading of a document, or of the
// documents of a folder, as the articles of a chapter are.
type chapter struct {
	folder  group
	section string
}

func headingOf(f *found) chapter { return chapter{folderOf(f), f.passage.Section} }

// poll counts the votes for all passages.
func (l *learned) poll(all []*found) votes {
	return votes{folders: count(l, all, folderOf), headings: count(l, all, headingOf)}
}

// share is what a passage gains, in shares of the best score. One without a
// heading has nothing in common with others of that kind.
func (v votes) share(f *found) float64 {
	share := folderVotes * v.folders[folderOf(f)]
	if f.passage.Section != "" {
		share += headingVotes * v.headings[headingOf(f)]
	}
	return share
}

// count says which share of the lessons, by their votes, was answered from each
// place. A lesson that has several answers in one place votes for it once.
func count[K comparable](l *learned, all []*found, of func(*found) K) map[K]float64 {
	type vote struct {
		place  K
		lesson int
	}
	total := 1e-9
	for i := range l.lessons {
		total += l.vote(i)
	}
	out, cast := map[K]float64{}, map[vote]bool{}
	for _, f := range all {
		for _, n := range l.by[f] {
			if v := (vote{of(f), n}); !cast[v] {
				cast[v] = true
				out[v.place] += l.vote(n) / total
			}
		}
	}
	return out
}

// vote is what a lesson counts in a poll: the fourth power of how much the two
// questions are the same, so that the few likest decide and the many that share
// a word or two do not. The first power loses .02 of Recall@5.
func (l *learned) vote(n int) float64 {
	square := l.lessons[n].Same * l.lessons[n].Same
	return square * square
}
