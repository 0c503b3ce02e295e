package answer

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/extract"
)

// mutation corrupts sentences in one way: each first word, where it stands, is
// replaced by the second.
type mutation struct {
	kind    string
	replace [][2]string
}

// leastCaught are the shares of each kind that have to be caught, within a language
// and across: what was measured, less a little room. Denials, who does what, and
// bounds are the weak ones: the words that turn them are many, and across
// languages only figures say what a denial is about.
func leastCaught() map[string]float64 {
	return map[string]float64{
		"number": .97, "number, across": .97,
		"unit": .95, "unit, across": .92,
		"article": .97, "article, across": .97,
		"name": .97, "name, across": .85,
		"bound": .80, "bound, across": .80,
		"negation": .60, "negation, across": .60,
		"role": .60,
	}
}

// mutations are the kinds of corruption that replace words. Each word is the right
// one in some sentences only; a mutant that still says the truth counts against
// the check.
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
		}},
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
		}},
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
		}},
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
		}},
	}
}

// corrupted are a sentence's mutants of each kind.
func corrupted(sentence string) map[string][]string {
	out := map[string][]string{"number": otherNumbers(sentence), "article": otherArticles(sentence), "name": otherNames(sentence)}
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

// numberBefore finds a number at the end of a text.
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
	for _, at := range regexp.MustCompile(`([一二两三四五六七八九十百]+)(?:个月|周|天|日|年|小时|倍|元|次)`).FindAllStringSubmatchIndex(sentence, -1) {
		if !strings.HasSuffix(sentence[:at[0]], "第") && !strings.HasSuffix(sentence[:at[0]], "星期") {
			put(at[2:4], "四十七")
		}
	}
	for _, at := range regexp.MustCompile(`\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)\b`).FindAllStringIndex(sentence, -1) {
		put(at, "forty-seven")
	}
	return out
}

// otherArticles refers to an article that no passage has, and puts another number
// to each that a sentence refers to.
func otherArticles(sentence string) []string {
	bare := strings.TrimRight(sentence, "。.")
	out := []string{bare + " (Article 1207)."}
	if extract.Language(sentence) == "zh" {
		out = []string{bare + "（第一千二百零七条）。"}
	}
	for _, at := range regexp.MustCompile(`第[一二三四五六七八九十百\d]+条|Articles? \d+`).FindAllStringIndex(sentence, -1) {
		with := "第一千二百零七条"
		if strings.HasPrefix(sentence[at[0]:], "Article") {
			with = "Article 1207"
		}
		out = append(out, sentence[:at[0]]+with+sentence[at[1]:])
	}
	return out
}

// otherNames adds a name that no passage has, and puts it in the place of others.
func otherNames(sentence string) []string {
	bare := strings.TrimRight(sentence, "。.")
	if extract.Language(sentence) == "zh" {
		out := []string{bare + "，见《渔业捕捞法》。", bare + "，请联系王建国律师。"}
		if title := regexp.MustCompile(`《[^》]+》`); title.MatchString(sentence) {
			out = append(out, title.ReplaceAllString(sentence, "《渔业捕捞法》"))
		}
		return out
	}
	return []string{bare + ", as Peter Harrington says.", bare + ", see https://wiki.example.net/harrington."}
}

// TestMutations corrupts every true sentence that passes, one thing at a time, and
// holds each kind to its share.
func TestMutations(t *testing.T) {
	t.Parallel()

	guides := passagesOf(t)
	all, caught := map[string]int{}, map[string]int{}
	for _, c := range readClaims(t, "testdata/grounding.jsonl") {
		p := about(t, guides, c)
		if c.Kind != "true" || dropped(c.Text, p) {
			continue
		}
		for kind, mutants := range corrupted(c.Text) {
			if spoken(c) == "across" {
				kind += ", across"
			}
			for _, m := range mutants {
				all[kind]++
				if dropped(m, p) {
					caught[kind]++
				} else if !c.Held {
					t.Logf("passes with another %s: %s", kind, m)
				}
			}
		}
	}
	for kind, least := range leastCaught() {
		share := float64(caught[kind]) / float64(all[kind])
		t.Logf("%-16s %3d of %3d caught (%.1f%%)", kind, caught[kind], all[kind], 100*share)
		if all[kind] == 0 || share < least {
			t.Errorf("%s: %d of %d are caught, want %.2f of them", kind, caught[kind], all[kind], least)
		}
	}
}
