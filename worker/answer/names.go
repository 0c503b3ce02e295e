package answer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// chineseNames finds names in Chinese, which has no capitals: titles in their
// brackets, offices by their endings, people by a family name before a form of
// address. Whatever else is a name is not seen.
type chineseNames struct {
	titles  *regexp.Regexp
	offices *regexp.Regexp
	people  *regexp.Regexp
	known   string
	heads   []string // titles of the passages
}

func newChineseNames(passages []knowledge.Passage, known string) chineseNames {
	n := chineseNames{
		titles:  regexp.MustCompile(`《([^《》]{2,60})》`),
		offices: regexp.MustCompile(`\p{Han}{2}(?:局|派出所|检察院|协会|集团)`),
		// The commonest family names that are rarely the first half of a word.
		people: regexp.MustCompile(`[王李张刘陈杨赵黄吴徐孙胡朱林郭罗梁宋郑谢韩唐冯董曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶潘杜姚汪姜范]\p{Han}{1,2}(?:律师|医生|先生|女士|经理|主任|老师|法官|同事)`),
		known:  known,
	}
	for _, p := range passages {
		n.heads = append(n.heads, strings.TrimPrefix(p.Title, republic))
	}
	return n
}

// republic begins the full titles of Chinese laws, which are quoted without it.
const republic = "中华人民共和国"

// strange tells whether a unit has a name that nothing known has.
func (n chineseNames) strange(unit string) bool {
	for _, m := range n.titles.FindAllStringSubmatch(unit, -1) {
		if !n.titled(strings.TrimPrefix(m[1], republic)) {
			return true
		}
	}
	unknown := func(name string) bool { return !strings.Contains(n.known, name) }
	return slices.ContainsFunc(n.offices.FindAllString(unit, -1), func(name string) bool { return !figurative(name) && unknown(name) }) ||
		slices.ContainsFunc(n.people.FindAllString(unit, -1), unknown)
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
