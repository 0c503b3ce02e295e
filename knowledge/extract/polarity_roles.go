package extract

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Actors are written as marks, two for every pair of opposite roles.
const firstRole = '\uE000' // of the private use area, which no text of a document means anything by

// roleWords are the words of each role; the roles of a pair stand beside each
// other.
func roleWords() [][]string {
	return [][]string{
		{"用人单位", "雇主", "单位", "公司", "企业", "employers", "employer", "company", "firm"},
		{"劳动者", "员工", "职工", "雇员", "employees", "employee", "workers", "worker"},
		{"买受人", "购买者", "买方", "买家", "客户", "顾客", "消费者", "customers", "customer", "buyers", "buyer", "purchaser"},
		{"出卖人", "销售者", "卖方", "卖家", "商家", "经营者", "供应商", "suppliers", "supplier", "sellers", "seller", "vendor"},
		{"出租人", "出租方", "房东", "landlords", "landlord", "lessor"},
		{"承租人", "承租方", "租客", "租户", "房客", "tenants", "tenant", "lessee"},
		{"贷款人", "出借人", "债权人", "lender", "creditor"},
		{"借款人", "债务人", "borrower", "debtor"},
		{"保险人", "保险公司", "insurer"},
		{"被保险人", "投保人", "policyholder", "insured"},
		{"甲方", "委托人", "发包人", "client"},
		{"乙方", "受托人", "承包人", "contractor"},
		{"个人", "本人"},
	}
}

//nolint:gochecknoglobals // a compiled-in table, built at first use
var roles = sync.OnceValue(func() *strings.Replacer {
	words := roleWords()
	var pairs []string
	longest := 0
	for _, role := range words {
		for _, w := range role {
			longest = max(longest, len(w))
		}
	}
	for n := longest; n > 0; n-- { // the replacer takes the first that fits
		for i, role := range words {
			for _, w := range role {
				switch {
				case len(w) != n:
				case w[0] < utf8.RuneSelf:
					for _, after := range [...]string{" ", ".", ",", "'", "’", ";", ":", ")"} {
						pairs = append(pairs, " "+w+after, " "+string(firstRole+rune(i))+after)
					}
				default:
					pairs = append(pairs, w, string(firstRole+rune(i)))
				}
			}
		}
	}
	return strings.NewReplacer(pairs...)
})

// markRoles writes the actors of a text as marks.
func markRoles(text string) string {
	text = strings.Map(func(c rune) rune {
		if role(c) {
			return ' '
		}
		return c
	}, text)
	text = roles().Replace(" " + text + " ")
	return strings.TrimSpace(roles().Replace(text)) // "employer employee" shares a blank
}

func role(c rune) bool { return c >= firstRole && c < firstRole+100 }

// castRoles writes the actors as words of one spelling each.
func castRoles(text string) string {
	var b strings.Builder
	for _, c := range markRoles(text) {
		if role(c) {
			b.WriteString(" roleof" + string('a'+c-firstRole) + " ")
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// opposite is the other role of a pair.
func opposite(c rune) rune { return firstRole + ((c - firstRole) ^ 1) }

// act is who does something in a clause, and what.
type act struct {
	agent  rune // a role's mark, 0 for none that is clear
	terms  []string
	denies bool
}

// actorTurned reports whether a sentence has done by one actor what the passage
// has done by the opposite one.
func actorTurned(mine, theirs []act) bool {
	return slices.ContainsFunc(mine, func(a act) bool { return a.agent != 0 && a.turnsRole(theirs) })
}

// turnsRole reports whether of the clauses that say most of what this one says
// all have the opposite agent.
func (a act) turnsRole(theirs []act) bool {
	best, other := 0, false
	for _, o := range theirs {
		n := common(a.terms, o.terms)
		if n == 0 || float64(n) < sameClaim*float64(min(len(a.terms), len(o.terms))) || n < best || a.denies != o.denies {
			continue
		}
		if n > best {
			best, other = n, true
		}
		other = other && o.agent == opposite(a.agent)
	}
	return best > 0 && other
}

// acts are the clauses of a text with their agents.
func acts(text string) []act {
	var out []act
	for _, sentence := range parts(plainLines(text)) {
		for _, part := range strings.FieldsFunc(markRoles(sentence), func(r rune) bool { return strings.ContainsRune("。！？；;，,:：\n", r) }) {
			bare := strings.Map(func(c rune) rune {
				if role(c) {
					return ' '
				}
				return c
			}, part)
			terms := about(bare)
			if len(terms) > 0 {
				out = append(out, act{agentOf(part), terms, strings.Count(spell(bare), negation)%2 == 1})
			}
		}
	}
	return out
}

// agentOf is the role that acts in a clause with marks: the first that is no
// object, or the one behind 由 or "by". Where one gets or claims what the other
// gives there is none that is clear.
func agentOf(clause string) rune {
	if hasAny(clause, "得到", "收到", "获得", "领取", "享有", "享受", "要求", "请求", "可向", "receive", " gets ", " get ", "entitled", "claim", "demand", "request", " ask", " owed", "given") {
		return 0
	}
	first := rune(0)
	for i, c := range clause {
		if !role(c) {
			continue
		}
		head := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(clause[:i], " "), " the"), "该"), " ")
		rest := strings.TrimLeft(clause[i+utf8.RuneLen(c):], " ")
		switch {
		case strings.HasSuffix(head, "由"), strings.HasSuffix(head, "被"), lastWord(head) == "by":
			return c
		case first != 0, startsWith(rest, "的", "'s", "’s", "' ", "被"), objectOf(head), passive(rest):
		default:
			first = c
		}
	}
	return first
}

// objectOf reports whether what follows a text is no subject.
func objectOf(head string) bool {
	for _, w := range [...]string{"向", "给", "对", "与", "和", "为", "替", "代", "将", "把", "跟", "同", "在", "到", "经", "通知", "告知", "赔偿", "补偿", "支付", "付给", "提供", "发给", "退还", "交给", "归还", "报告", "告诉", "起诉", "投诉", "保护", "要", "找", "让", "请"} {
		if strings.HasSuffix(head, w) {
			return true
		}
	}
	switch lastWord(head) {
	case "to", "from", "for", "of", "with", "against", "between", "and", "or", "than", "a", "an", "s":
		return true
	}
	return false
}

// passive reports whether a subject is done something to: "is paid".
func passive(rest string) bool {
	words := strings.Fields(rest)
	for i, w := range words[:min(len(words), wordsToUnit)] {
		switch w {
		case "is", "are", "was", "were", "be", "been":
			return i+1 < len(words) && (strings.HasSuffix(words[i+1], "ed") || words[i+1] == "paid" || words[i+1] == "given")
		}
	}
	return false
}
