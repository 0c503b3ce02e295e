package answer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
)

// mutation corrupts sentences in one way: each word of from, where it stands, is
// replaced by what stands beside it.
type mutation struct {
	kind    string
	replace [][2]string
	least   float64 // the share that is caught, at least
}

// figureKinds are the kinds that corrupt a figure: its value, what it counts, its
// bound, or the number of an article.
func figureKinds() []string { return []string{"number", "unit", "bound", "article"} }

// mutations are the kinds of corruption with the shares that were measured, less
// a little room. Units and bounds that some passage has as well, and denials in
// the midst of a sentence, are the weak ones.
func mutations() []mutation {
	return []mutation{
		{"unit", [][2]string{
			{"个月", "周"},
			{"个月", "年"},
			{"周岁", "个月"},
			{"天", "个月"},
			{"日内", "个月内"},
			{"小时", "天"},
			{"分钟", "小时"},
			{"元", "美元"},
			{"%", "元"},
			{"倍", "成"},
			{" months", " weeks"},
			{" months", " years"},
			{" month", " day"},
			{" days", " months"},
			{" weeks", " days"},
			{" hours", " days"},
			{" minutes", " hours"},
			{" years", " months"},
			{" percent", " yuan"},
			{" yuan", " dollars"},
		}, 0},
		{"bound", [][2]string{
			{"不得超过", "不得少于"},
			{"不超过", "不少于"},
			{"不得低于", "不得高于"},
			{"不低于", "不高于"},
			{"至少", "至多"},
			{"最多", "最少"},
			{"最长", "最短"},
			{"以上", "以下"},
			{"以内", "以后"},
			{"日内", "日后"},
			{"天内", "天后"},
			{"不满", "满"},
			{"at least", "at most"},
			{"at most", "at least"},
			{"no more than", "no less than"},
			{"more than", "less than"},
			{"less than", "more than"},
			{"up to", "at least"},
			{"within", "after"},
		}, 0},
		{"negation", [][2]string{
			{"不得", "可以"},
			{"不能", "可以"},
			{"不可以", "可以"},
			{"应当", "不应当"},
			{"必须", "不必"},
			{"可以", "不可以"},
			{"不用", "要"},
			{"不算", "算"},
			{"没有", "有"},
			{"must not", "must"},
			{"may not", "may"},
			{"cannot", "can"},
			{" is not ", " is "},
			{" does not ", " does "},
			{" must ", " must not "},
			{" may ", " may not "},
			{" can ", " cannot "},
			{" are ", " are not "},
			{" is ", " is not "},
		}, 0},
		{"name", [][2]string{
			{"《劳动合同法》", "《反垄断法》"},
			{"《劳动法》", "《海商法》"},
			{"Labour Contract Law", "Maritime Fisheries Law"},
			{"Human Resources", "Quantum Division"},
			{"人力资源部", "《量子管理办法》"},
		}, 0},
		{"role", [][2]string{
			{"用人单位应", "劳动者应"},
			{"用人单位要", "劳动者要"},
			{"公司应", "员工应"},
			{"公司要", "员工要"},
			{"公司可以", "员工可以"},
			{"员工应", "公司应"},
			{"员工要", "公司要"},
			{"劳动者应", "用人单位应"},
			{"劳动者可以", "用人单位可以"},
			{"he employer must", "he employee must"},
			{"he employee must", "he employer must"},
			{"he employer may", "he employee may"},
			{"he employee may", "he employer may"},
			{"he tenant", "he landlord"},
			{"he landlord", "he tenant"},
		}, 0},
	}
}

// corrupted are a sentence's mutants of each kind.
func corrupted(sentence string) map[string][]string {
	out := map[string][]string{"number": otherNumbers(sentence), "article": otherArticles(sentence)}
	for _, m := range mutations() {
		for _, r := range m.replace {
			if !counts(m.kind, sentence, r[0]) {
				continue
			}
			out[m.kind] = append(out[m.kind], strings.Replace(sentence, r[0], r[1], 1))
		}
	}
	return out
}

// counts tells whether a sentence has a word that a mutation may replace: a unit
// stands behind a number, and a bound or a denial is not within another.
func counts(kind, sentence, word string) bool {
	at := strings.Index(sentence, word)
	switch {
	case at < 0:
		return false
	case kind == "unit":
		return numberBefore().MatchString(sentence[:at])
	case kind == "negation", kind == "bound":
		rest := sentence[at+len(word):]
		return !strings.HasSuffix(sentence[:at], "不") && !strings.HasPrefix(rest, "not ") && (kind == "bound" || !strings.HasPrefix(rest, "超过") && !strings.HasPrefix(rest, "低于") && !strings.HasPrefix(rest, "少于"))
	}
	return true
}

func numberBefore() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:\d|[一二两三四五六七八九十百]|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)$`)
}

// otherNumbers puts another value to each number of a sentence in turn.
func otherNumbers(sentence string) []string {
	var out []string
	put := func(at []int, with string) { out = append(out, sentence[:at[0]]+with+sentence[at[1]:]) }
	for _, at := range regexp.MustCompile(`\d+`).FindAllStringIndex(sentence, -1) {
		v, err := strconv.Atoi(sentence[at[0]:at[1]])
		if err == nil && !strings.HasSuffix(sentence[:at[0]], "第") && !strings.HasSuffix(sentence[:at[0]], "Article ") {
			put(at, strconv.Itoa(v*7+3))
		}
	}
	for _, at := range regexp.MustCompile(`[一二两三四五六七八九十百]+(?:个月|周|天|日|年|小时|倍|元|次)`).FindAllStringIndex(sentence, -1) {
		if numeral := at[:]; !strings.HasSuffix(sentence[:at[0]], "第") && !strings.HasSuffix(sentence[:at[0]], "星期") {
			digits := regexp.MustCompile(`^[一二两三四五六七八九十百]+`).FindString(sentence[numeral[0]:])
			put([]int{at[0], at[0] + len(digits)}, "四十七")
		}
	}
	for _, at := range regexp.MustCompile(`\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)\b`).FindAllStringIndex(sentence, -1) {
		put(at, "forty-seven")
	}
	return out
}

// otherArticles puts another number to each article that a sentence refers to.
func otherArticles(sentence string) []string {
	var out []string
	for _, at := range regexp.MustCompile(`第[一二三四五六七八九十百\d]+条|Articles? \d+`).FindAllStringIndex(sentence, -1) {
		with := "第一千二百零七条"
		if strings.HasPrefix(sentence[at[0]:], "Article") {
			with = "Article 1207"
		}
		out = append(out, sentence[:at[0]]+with+sentence[at[1]:])
	}
	return out
}

// TestMutations corrupts every true sentence that passes, one thing at a time.
func TestMutations(t *testing.T) {
	t.Parallel()

	guides := passagesOf(t)
	for _, held := range []bool{false, true} {
		all, caught := map[string]int{}, map[string]int{}
		for _, c := range readClaims(t, "testdata/grounding.jsonl") {
			p := about(t, guides, c)
			if c.Kind != "true" || c.Held != held || dropped(c.Text, p) {
				continue
			}
			for kind, mutants := range corrupted(c.Text) {
				if extract.Language(c.Text) != extract.Language(p.Text) {
					kind += ", across"
				}
				for _, m := range mutants {
					all[kind]++
					if dropped(m, p) {
						caught[kind]++
					} else if !held {
						t.Logf("passes with another %s: %s", kind, m)
					}
				}
			}
		}
		reportMutations(t, held, all, caught)
	}
}

func reportMutations(t *testing.T, held bool, all, caught map[string]int) {
	t.Helper()
	var figures, found int
	for kind, n := range all {
		t.Logf("held %t: %-16s %3d of %3d caught (%.1f%%)", held, kind, caught[kind], n, 100*float64(caught[kind])/float64(n))
		if of, _, _ := strings.Cut(kind, ","); slices.Contains(figureKinds(), of) {
			figures += n
			found += caught[kind]
		}
	}
	t.Logf("held %t: %d of %d corrupted figures are caught (%.1f%%)", held, found, figures, 100*float64(found)/float64(figures))
}

var _ = knowledge.Passage{}
