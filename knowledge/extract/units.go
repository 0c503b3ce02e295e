package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// unit is a sentence, or a sentence with the list that it introduces.
type unit struct {
	text    string
	passage int // index in the passages
	place   int // order in the passage
	terms   []term
	head    string // the heading that stands right above it
	lead    string // that heading, where it says what the sentence is about
	table   int    // the table that it is a row of, from 1; 0: none
	foreign bool   // not in the language of the question
	talk    bool   // of what several people said
	lacks   bool   // it lacks the code that is asked for, which another has
	leads   bool   // its heading promises what to do
	fits    bool   // it carries what is asked for: an amount, a day, somebody, some place
	// coverage is that of its passage: a passage that answers in other words
	// than the question's was found by what they stand for.
	coverage float64
	score    float64
}

// term is a term of a sentence, or one that only its heading has.
type term struct {
	text string
	kind cut.Kind
	own  bool
}

// collect gathers the units of the passages that are looked at.
func collect(question string, passages []knowledge.Passage) []unit {
	language := Language(question)
	same := slices.ContainsFunc(passages, func(p knowledge.Passage) bool { return Language(p.Text) == language })
	var out []unit
	read, tables := 0, 0
	want := wanted(question)
	orders := orders()
	if orders.MatchString(question) {
		orders = nil
	}
	for i, p := range passages {
		if same && Language(p.Text) != language {
			continue
		}
		if read++; read > mostPassages {
			break
		}
		r := reading{want: want, orders: orders, passage: p, head: plain(last(p.Section)), weight: standing(passages, p, read-1), tables: tables}
		for _, u := range r.units() {
			u.passage, u.foreign = i, !same
			out = append(out, u)
		}
		tables = r.tables
	}
	return out
}

// standing is how much the sentences of a passage weigh: by its place, and by
// its score against the best.
func standing(passages []knowledge.Passage, p knowledge.Passage, place int) float64 {
	weight := math.Max(1-decay*float64(place), decay)
	if best := passages[0].Score; best > 0 && p.Score > 0 && p.Score < best {
		weight *= math.Pow(p.Score/best, closeness)
	}
	return weight
}

// terms are those of a sentence and of its heading, each once, in order: sums
// over them come out the same each time.
func terms(text, head string) []term {
	var out []term
	seen := map[string]bool{}
	for i, part := range [...]string{text, head} {
		for _, t := range cut.Terms(part) {
			if t.Kind != cut.Gram && !seen[t.Text] {
				seen[t.Text] = true
				out = append(out, term{text: t.Text, kind: t.Kind, own: i == 0})
			}
		}
	}
	return out
}

// termSet is the set of a text's terms, single characters left out.
func termSet(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range cut.Terms(text) {
		if t.Kind != cut.Gram {
			out[t.Text] = true
		}
	}
	return out
}

// reading parts a passage into units.
type reading struct {
	want    map[string]bool
	orders  *regexp.Regexp // what is not quoted; nil: nothing
	passage knowledge.Passage
	weight  float64
	tables  int    // read so far, of all passages
	head    string // the nearest heading
	talk    bool   // several people speak
	out     []unit
}

// units parts a passage into what can be quoted: no headings, no code, no
// labels, no lists of links, and no introduction without what it introduces.
// Rows of a table are quoted with its header.
func (r *reading) units() []unit {
	all := blocks(r.passage.Text)
	r.talk = talks(all)
	for i := 0; i < len(all); i++ {
		switch b := all[i]; b.kind {
		case heading, label:
			r.head = plain(b.text)
		case row:
			i = r.table(all, i)
		case prose, item:
			i = r.text(all, i)
		case code:
		}
	}
	return r.out
}

// table takes the rows of the table that begins with block i; next is its last
// block.
func (r *reading) table(all []block, i int) (next int) {
	rows, next := table(all, i)
	r.tables++
	for _, cells := range rows {
		text := said(cells, r.want)
		var columns, values strings.Builder
		for _, c := range cells {
			columns.WriteString(c.column + "\n")
			values.WriteString(c.text + "\n")
		}
		if columns.Len() == len(cells) && width(text) < leastUnit {
			continue
		}
		r.add(unit{text: text, table: r.tables, terms: terms(values.String(), r.above()+"\n"+columns.String())})
	}
	return next
}

// text takes the sentences of block i, with the list that they introduce; next
// is the last block of that.
func (r *reading) text(all []block, i int) (next int) {
	if navigates(all[i].text) {
		return i
	}
	if coded(all[i].text) && !r.commands(all[i].text) && utf8.RuneCountInString(all[i].text) <= mostUnit {
		r.sentence(plain(all[i].text))
		return i
	}
	short := ""
	for _, s := range parts(all[i].text) {
		if r.commands(s) {
			return i // nor what it goes on with
		}
		s = after(short, plain(s))
		short = ""
		if introduces(s) {
			return r.list(s, all, i) // an introduction ends its block
		}
		if utf8.RuneCountInString(s) < leastUnit {
			short = s // "Yes." is said with what follows
			continue
		}
		r.sentence(s)
	}
	if short != "" && isQuestion(r.head) {
		r.sentence(short)
	}
	return i
}

// list takes what block i introduces, as one; each entry with a code is one by
// itself.
func (r *reading) list(intro string, all []block, i int) (next int) {
	if i+1 < len(all) && coded(all[i+1].text) {
		return i
	}
	list, next := listAfter(intro, all, i)
	for _, text := range list {
		r.sentence(text)
	}
	return max(i, next)
}

// commands reports whether a text speaks to a machine that reads it.
func (r *reading) commands(text string) bool {
	return r.orders != nil && r.orders.MatchString(text)
}

func (r *reading) sentence(text string) {
	if r.commands(text) {
		return
	}
	u := unit{text: text, terms: terms(text, r.above())}
	u.lead = r.leadOf(u)
	r.add(u)
}

// leadOf is the heading above a sentence, as it is quoted before it, "" where
// the sentence itself says what the question is about: "at most one month" is
// no answer without "how long probation may be".
func (r *reading) leadOf(u unit) string {
	for t := range u.own() {
		if r.want[t] && !generic(t) {
			return ""
		}
	}
	asked := slices.ContainsFunc(cut.Terms(r.head), func(t cut.Term) bool { return r.want[t.Text] && !generic(t.Text) })
	switch {
	case !asked || utf8.RuneCountInString(r.head) > maxLead:
		return ""
	case strings.ContainsFunc(r.head, cut.Han):
		return strings.TrimRight(r.head, "：:") + "："
	case strings.HasSuffix(r.head, "?"):
		return r.head + " "
	default:
		return strings.TrimRight(r.head, ":") + ": "
	}
}

// maxLead is the length in characters up to which a heading is quoted.
const maxLead = 80

// add completes a unit with what all of its passage have.
func (r *reading) add(u unit) {
	u.place, u.head, u.score, u.coverage = len(r.out), r.head, r.weight, r.passage.Coverage
	u.leads = leadsTo(r.passage.Section) || leadsTo(r.head)
	u.talk = r.talk
	r.out = append(r.out, u)
}

// above is all that stands above a sentence.
func (r *reading) above() string {
	return r.passage.Title + "\n" + r.passage.Section + "\n" + r.head
}

// last is the last heading of a path.
func last(section string) string {
	if i := strings.LastIndex(section, " > "); i >= 0 {
		section = section[i+len(" > "):]
	}
	own, _, _ := strings.Cut(section, " / ") // the first of several in one passage
	return own
}

func introduces(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }

// leastIntroduction is how wide an introduction is that says what its links are:
// "See also:" does not.
const leastIntroduction = 20

// listAfter joins an introduction and the items after block i; next is the
// last block it took. A list that is too long ends with an ellipsis, and an
// introduction without a list gives nothing.
func listAfter(intro string, all []block, i int) (list []string, next int) {
	joined := intro
	items := 0
	next = i
	for n := i + 1; n < len(all) && all[n].kind == item; n++ {
		next = n
		if width(intro) < leastIntroduction && navigates(all[n].text) {
			continue
		}
		text := plainItem(all[n].text)
		if utf8.RuneCountInString(joined)+utf8.RuneCountInString(text) > mostUnit {
			joined = strings.TrimRight(joined, "；;，, ") + " …"
			for next+1 < len(all) && all[next+1].kind == item {
				next++
			}
			break
		}
		joined += " " + text
		items++
	}
	if items == 0 {
		return nil, next
	}
	return []string{joined}, next
}

// plainItem keeps the number of an item, which other rules may refer to.
func plainItem(text string) string {
	mark := text[:marker(text)]
	if strings.ContainsAny(mark, "-*+") {
		text = strings.TrimRight(plain(text), "；;")
		if strings.HasSuffix(text, "。") || strings.HasSuffix(text, ".") {
			return text
		}
		return text + ";"
	}
	return strings.TrimSpace(mark) + " " + plain(text)
}
