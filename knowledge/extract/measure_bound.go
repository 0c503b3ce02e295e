package extract

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// limit says on which side of a number an amount lies.
type limit uint8

// Strict and loose bounds are one: "more than 3" and "at least 3" differ less
// than what people make of either.
const (
	unbounded limit = iota
	low             // at least
	high            // at most
)

func (l limit) String() string { return [...]string{"", "at least ", "at most "}[l] }

func (l limit) against(o limit) bool { return l != unbounded && o != unbounded && l != o }

func (l limit) turned() limit { return [...]limit{unbounded, high, low}[l] }

// direction says on which side of an event a span lies: 30 days before it.
type direction uint8

const (
	undirected direction = iota
	earlier
	later
)

func (d direction) String() string { return [...]string{"", "before: ", "after: "}[d] }

func (d direction) against(o direction) bool { return d != undirected && o != undirected && d != o }

// bounding is a word that bounds a number.
type bounding struct {
	word  string
	bound limit
	close bool // only right beside the number
}

// boundWords are the words that bound, in front of a number and behind it.
type boundWords struct {
	before, after, english, behind []bounding
}

//nolint:gochecknoglobals // a compiled-in table, built at first use
var boundTable = sync.OnceValue(func() *boundWords {
	list := func(out []bounding, bound limit, near bool, words string) []bounding {
		for w := range strings.SplitSeq(words, "|") {
			out = append(out, bounding{w, bound, near})
		}
		return out
	}
	t := new(boundWords)
	t.before = list(t.before, low, false, "至少|最少|超过|超出|高于|多于|大于|迟于|晚于|长于|起码|最短|最早|不下于")
	t.before = list(t.before, low, true, "满|逾|达|达到|最低|年满|届满|自|从|过")
	t.before = list(t.before, high, false, "至多|最多|最长|最迟|最晚|少于|低于|小于|短于|早于|不足|不到|上限")
	t.before = list(t.before, high, true, "最高|最大|未满|到|截至|截止|截止到")
	t.after = list(t.after, low, false, "以上|及以上|以外|之外|开外|起|以后|之后|后|或更多|或更长|封底")
	t.after = list(t.after, high, false, "以下|及以下|以内|之内|内|为限|为止|止|或更少")
	t.english = list(t.english, low, false, "at least|minimum of|more than|over|above|exceed|exceeds|exceeding|longer than|later than|greater than|higher than|older than|beyond|at the earliest")
	t.english = list(t.english, low, true, "after|from|since|starting|beginning|as of|past|minimum")
	t.english = list(t.english, high, false, "at most|at the most|up to|within|under|below|less than|fewer than|shorter than|younger than|lower than|sooner than|earlier than|maximum of|limited to|limit of|capped at|at the latest")
	t.english = list(t.english, high, true, "by|before|until|till|through|prior to|maximum")
	t.behind = list(t.behind, low, false, "or more|and more|or over|and over|or longer|or older|or above|and above|at least|or later|onward|onwards|at the earliest|or higher|minimum|later")
	t.behind = list(t.behind, high, false, "or less|or fewer|at most|at the most|or under|and under|or below|and below|or younger|or sooner|or earlier|at the latest|or shorter|maximum")
	return t
})

// Where the words of a bound are looked for around a number.
const (
	bytesBefore   = 96 // a clause
	bytesBehind   = 40 // some five words
	runesToBound  = 4  // Han characters between a unit and its bound: 二十名员工以上
	hanToNumber   = 36 // bytes between a bound and its number: 不低于合同约定工资的百分之八十
	wordsToNumber = 2  // "within the next 30 days"
	wordsToNot    = 3  // between a denial and what it turns: "may not be less than"
)

// limits reads the bound of a number, and whether its span lies before or after
// an event. What stands behind the number before it is not its own.
func (r *numberReader) limits(m measure) (limit, direction) {
	head := clauseEnd(r.text[max(r.last, m.at-bytesBefore, 0):max(m.at, r.last, 0)])
	rest := r.text[m.unitEnd:min(len(r.text), m.unitEnd+bytesBehind)]
	tail, dir := behindChinese(rest, r.dated(m))
	if tail == unbounded {
		tail = behindEnglish(rest)
	}
	if dir == undirected {
		dir = directed(head, rest)
	}
	bound := inFront(head, rest)
	if dir == earlier && strings.Contains(head, "late") || dir == earlier && hasAny(head, "最迟", "最晚", "迟于", "晚于") {
		return unbounded, dir // no later than 30 days before: at least 30
	}
	if bound == unbounded {
		bound = tail
	}
	return bound, dir
}

// dated reports whether a number is the day of a date: 3月1日.
func (r *numberReader) dated(m measure) bool {
	return m.unit == days && strings.HasSuffix(strings.TrimRight(r.text[max(0, m.at-nearNumber):m.at], " "), "月") || m.unit == calendarMonth || m.unit == years && m.value > "1000" && len(m.value) == 4
}

// clauseEnd is what stands behind the last stop of a text.
func clauseEnd(head string) string {
	for len(head) > 0 && !utf8.RuneStart(head[0]) {
		head = head[1:]
	}
	return head[strings.LastIndexAny(head, "。！？；;，:：\n、(（")+1:]
}

// inFront reads the last bound in front of a number.
func inFront(head, rest string) limit {
	head = strings.TrimRight(strings.ToLower(head), " ")
	bare := strings.TrimRight(strings.TrimSuffix(head, " the"), " ")
	for _, month := range monthNames() {
		bare = strings.TrimRight(strings.TrimSuffix(bare, month), " ")
	}
	t := boundTable()
	best, end := unbounded, -1
	for _, w := range t.before {
		at := strings.LastIndex(head, w.word)
		gap := len(head) - at - len(w.word)
		if at < 0 || at+len(w.word) <= end || gap > hanToNumber || w.close && gap > 0 && strings.Trim(head[at+len(w.word):], "约可为是了于近") != "" {
			continue
		}
		best, end = turnedBy(w.bound, head[:at]), at+len(w.word)
	}
	for _, w := range t.english {
		at := lastWords(bare, w.word)
		if at < 0 || at+len(w.word) <= end || len(strings.Fields(bare[at+len(w.word):])) > wordsToNumber || w.close && at+len(w.word) < len(bare) {
			continue
		}
		if w.word == "from" && startsWith(strings.TrimLeft(rest, " "), "to ", "until ") {
			continue
		}
		best, end = turnedByWord(w.bound, bare[:at]), at+len(w.word)
	}
	return best
}

// lastWords is where whole words stand last in a text, -1 for nowhere.
func lastWords(text, words string) int {
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], words)
		if at < 0 {
			return -1
		}
		if (at == 0 || !letter(text[at-1])) && (at+len(words) == len(text) || !letter(text[at+len(words)])) {
			return at
		}
		end = at
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// turnedBy is a bound behind what denies it: 不超过.
func turnedBy(bound limit, head string) limit {
	for _, d := range [...]string{"不", "不得", "不能", "不可", "不可以", "不应", "不准", "不许", "未", "没", "没有", "不会", "不宜", "禁止"} {
		if strings.HasSuffix(head, d) {
			return bound.turned()
		}
	}
	return bound
}

func turnedByWord(bound limit, head string) limit {
	words := strings.Fields(head)
	for _, w := range words[max(0, len(words)-wordsToNot):] {
		switch strings.Trim(w, "\"'(") {
		case "no", "not", "never", "nor", "cannot", "neither", "without":
			return bound.turned()
		}
		if strings.HasSuffix(w, "n't") {
			return bound.turned()
		}
	}
	return bound
}

// behindChinese reads the bound behind a unit. Before a date 前 bounds it; before
// a span it says on which side of an event that lies.
func behindChinese(rest string, dated bool) (limit, direction) {
	rest = strings.TrimLeft(rest, " ")
	for i := range runesToBound {
		if startsWith(rest, "起诉", "起来", "后续", "后果", "内部", "内容", "前往", "前来", "前述", "止损", "内退") {
			break
		}
		if startsWith(rest, "前", "之前", "以前") {
			if dated {
				return high, undirected
			}
			return unbounded, earlier
		}
		if bound := boundAfter(rest, i == 0); bound != unbounded {
			if !dated && startsWith(rest, "后", "之后", "以后") {
				return bound, later
			}
			return bound, undirected
		}
		c, size := utf8.DecodeRuneInString(rest)
		if _, n := cut.Numeral(rest); !cut.Han(c) || n > 0 {
			break
		}
		rest = rest[size:]
	}
	return unbounded, undirected
}

// boundAfter is the bound that a text begins with. One of a single character
// counts only right beside the unit: 后 and 起 begin many other words.
func boundAfter(text string, beside bool) limit {
	bound := unbounded
	for _, w := range boundTable().after {
		if strings.HasPrefix(text, w.word) && (beside || utf8.RuneCountInString(w.word) > 1) {
			bound = w.bound
		}
	}
	return bound
}

// behindEnglish reads the bound behind a unit: "20 people or more".
func behindEnglish(rest string) limit {
	rest = strings.ToLower(clauseStart(rest))
	first, end := unbounded, len(rest)
	for _, w := range boundTable().behind {
		if at := strings.Index(rest, " "+w.word); at >= 0 && at < end && at <= len(" additional") {
			after := rest[at+1+len(w.word):]
			if after == "" || !letter(after[0]) {
				first, end = w.bound, at
			}
		}
	}
	return first
}

// clauseStart is what stands before the first stop of a text or a number in it.
func clauseStart(rest string) string {
	if i := strings.IndexAny(rest, "。！？；;，,.:：\n、()（）0123456789"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// directed reads on which side of an event a span lies.
func directed(head, rest string) direction {
	rest = strings.ToLower(strings.TrimLeft(clauseStart(rest), " '’s"))
	switch {
	case startsWith(rest, "before", "prior", "in advance", "ahead", "earlier", "beforehand"), strings.HasSuffix(strings.TrimRight(head, " "), "提前"):
		return earlier
	case startsWith(rest, "after", "later", "following"):
		return later
	}
	return undirected
}

// withoutBounds are measures with their bounds left open.
func withoutBounds(found []measure) []measure {
	out := slices.Clone(found)
	for i := range out {
		out[i].bound = unbounded
	}
	return out
}
