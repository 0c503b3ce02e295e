package answer

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
)

// chineseNames finds names in Chinese, which has no capitals: titles in their
// brackets, offices by their endings, people by a family name before a form of
// address. Whatever else is a name is not seen.
type chineseNames struct {
	known string   // lower-case: all passages and all that people said
	heads []string // titles of the passages
}

// chinesePatterns find names in Chinese.
type chinesePatterns struct{ titles, laws, offices, people *regexp.Regexp }

//nolint:gochecknoglobals // compiled-in patterns, built at first use
var chinesePattern = sync.OnceValue(func() chinesePatterns {
	families := slices.Sorted(maps.Keys(familyNames()))
	return chinesePatterns{
		titles:  regexp.MustCompile(`《([^《》]{2,60})》`),
		laws:    regexp.MustCompile(`《[^《》]{1,58}(?:法|法典|条例|规定|办法|解释)》`),
		offices: regexp.MustCompile(`\p{Han}{2}(?:局|派出所|检察院|协会|集团)`),
		people:  regexp.MustCompile(`([` + string(families) + `])\p{Han}{1,2}(?:律师|医生|先生|女士|经理|主任|老师|法官|同事)`),
	}
})

// familyNames are the commonest family names that are rarely the first half of a
// word, as English spells them.
func familyNames() map[rune]string {
	return map[rune]string{
		'王': "wang", '李': "li", '张': "zhang", '刘': "liu", '陈': "chen", '杨': "yang", '赵': "zhao", '黄': "huang", '吴': "wu", '徐': "xu",
		'孙': "sun", '胡': "hu", '朱': "zhu", '林': "lin", '郭': "guo", '罗': "luo", '梁': "liang", '宋': "song", '郑': "zheng", '谢': "xie",
		'韩': "han", '唐': "tang", '冯': "feng", '董': "dong", '曹': "cao", '袁': "yuan", '邓': "deng", '许': "xu", '傅': "fu", '沈': "shen",
		'曾': "zeng", '彭': "peng", '吕': "lu", '苏': "su", '卢': "lu", '蒋': "jiang", '蔡': "cai", '贾': "jia", '丁': "ding", '魏': "wei",
		'薛': "xue", '叶': "ye", '潘': "pan", '杜': "du", '姚': "yao", '汪': "wang", '姜': "jiang", '范': "fan",
	}
}

func newChineseNames(passages []knowledge.Passage, known string) chineseNames {
	n := chineseNames{known: known}
	for _, p := range passages {
		n.heads = append(n.heads, strings.TrimPrefix(p.Title, republic))
	}
	return n
}

// republic begins the full titles of Chinese laws, which are quoted without it.
const republic = "中华人民共和国"

// strange tells whether a unit has a name that nothing known has.
func (n chineseNames) strange(unit string) bool {
	find := chinesePattern()
	for _, m := range find.titles.FindAllStringSubmatch(unit, -1) {
		if !n.titled(strings.TrimPrefix(m[1], republic)) {
			return true
		}
	}
	unknown := func(name string) bool { return !strings.Contains(n.known, name) }
	return slices.ContainsFunc(find.offices.FindAllString(unit, -1), func(name string) bool { return !figurative(name) && unknown(name) }) ||
		slices.ContainsFunc(find.people.FindAllString(unit, -1), unknown)
}

// untranslated tells whether a unit has a name that cannot be a translation of one
// that the passages have, which are in English: a person whose family name is not
// spelled there, or a law where none names one.
func (n chineseNames) untranslated(unit string) bool {
	find := chinesePattern()
	for _, m := range find.people.FindAllStringSubmatch(unit, -1) {
		family, _ := utf8.DecodeRuneInString(m[1])
		if !strings.Contains(n.known, m[0]) && !spelled(n.known, familyNames()[family]) {
			return true
		}
	}
	return find.laws.MatchString(unit) && !slices.ContainsFunc([]string{"law", "act", "code", "regulation", "provision", "measures", "rules", "interpretation"}, func(w string) bool {
		return strings.Contains(n.known, w)
	})
}

// spelled tells whether a lower-case text has a word.
func spelled(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) }), word)
}

// titled tells whether a document goes by this title, or a passage names it.
func (n chineseNames) titled(title string) bool {
	title = strings.ToLower(title)
	return strings.Contains(n.known, "《"+title+"》") || strings.Contains(n.known, "《"+republic+title+"》") ||
		slices.ContainsFunc(n.heads, func(head string) bool { return strings.HasPrefix(strings.ToLower(head), title) })
}

// figurative tells whether a word ends like an office and is none.
func figurative(word string) bool {
	for _, w := range [...]string{"结局", "布局", "当局", "大局", "格局", "僵局", "全局"} {
		if strings.HasSuffix(word, w) {
			return true
		}
	}
	return false
}
