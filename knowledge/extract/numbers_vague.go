package extract

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// Vague quantities are written as what they say: 几10 is some tens (20 to 100),
// 10几 is ten and some, 10来 is ten or so, 多 is more than once.
const (
	several = "几1" // three to nine
	many    = "多"
	some    = "几"
	orSo    = "来"
)

// Bounds of what a vague word may stand for, as parts of its number.
const (
	fewest = 2   // some tens are twenty at least
	repeat = 3   // several, and more than once or twice, are three
	order  = 10  // and less than ten, or a hundred
	soLow  = .9  // ten or so: from nine
	soHigh = 1.3 // to twelve
)

// vague reports whether a measure says no more than an order.
func (m measure) vague() bool { return strings.ContainsAny(m.value, many+some+orSo) }

// holds reports whether what a passage measures lies within a vague amount. An
// exact amount is never borne out by a vague one.
func (m measure) holds(p measure) bool {
	low, high, ok := m.span()
	from, to, also := p.span()
	if !m.vague() || !ok || !also {
		return false
	}
	a, by := m.unit.smallest(low)
	b, with := p.unit.smallest(from)
	if a != b && a != noUnit && b != noUnit && !alikeUnits(a, b) {
		return false
	}
	if a == noUnit || b == noUnit {
		by, with = 1, 1
	}
	return from*with >= low*by && to*with <= high*by
}

// span is what an amount can be: from low to below high.
func (m measure) span() (low, high float64, ok bool) {
	number := strings.Trim(m.value, many+some+orSo+"倍")
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case m.value == many:
		return repeat, math.Inf(1), true
	case m.value == several, m.value == "几倍":
		return repeat, order, true
	case err != nil:
		return 0, 0, false
	case strings.HasPrefix(m.value, some):
		return fewest * v, order * v, true
	case strings.HasSuffix(m.value, some):
		return math.Nextafter(v, math.Inf(1)), v + lastPlace(v), true
	case strings.HasSuffix(m.value, orSo):
		return soLow * v, soHigh * v, true
	}
	return v, v, true
}

// lastPlace is the power of ten of the last digit of a number that is no zero.
func lastPlace(v float64) float64 {
	step := 1.0
	for v >= order && math.Mod(v, order) == 0 && step < 1e15 {
		v /= order
		step *= order
	}
	return step
}

// andSome reads the 几 of 十几, the 多 of 三十多天, the 余 of 百余人 and the 来 of
// 十来天 behind a number.
func (r *numberReader) andSome(v float64, rest string) bool {
	next, size := utf8.DecodeRuneInString(rest)
	after := rest[size:]
	mark := some
	switch {
	case next == '几', next == '数' && tallied(after):
	case (next == '多' || next == '余') && v >= order && counted(after):
	case next == '来' && v >= order && counted(after):
		mark = orSo
	default:
		return r.unitAndSome(v, rest)
	}
	r.at += size
	times, more := scaled(v, r.text[r.at:])
	r.at += more
	r.add(figure(times) + mark)
	return true
}

// unitAndSome reads 三年多: more than three years and less than four.
func (r *numberReader) unitAndSome(v float64, rest string) bool {
	for _, unit := range [...]string{"年", "个月", "天", "周", "个星期", "小时", "个小时", "个"} {
		after, ok := strings.CutPrefix(rest, unit+"多")
		if ok && v < order && !startsWith(after, "次", "人", "数", "少", "于", "种", "家") {
			r.add(figure(v) + some)
			return true
		}
	}
	return false
}

// perMille reads "5 per mille", which is .5 percent.
func (r *numberReader) perMille(v float64, rest string) bool {
	for _, words := range [...]string{" per mille", " per mil", " permille", " per thousand"} {
		if n := len(words); len(rest) >= n && strings.EqualFold(rest[:n], words) {
			r.also(v)
			r.at += n
			r.spelled = percents
			r.add(figure(v / order))
			return true
		}
	}
	return false
}

// few reports whether 几 before this counts time or occasions: 几天. Of anything
// else it says too little to be a claim.
func few(after string) bool {
	return startsWith(after, "天", "日", "年", "个月", "周", "个星期", "小时", "个小时", "分钟", "次", "遍", "个工作日")
}

// asking reports whether a clause asks for the number that 几 stands for.
func asking(rest string) bool {
	return hasAny(rest[:min(len(rest), nearNumber)], "?", "？", "怎么", "吗", "呢", "多久", "多少")
}

// approximate reads 两三天, which claims both, 多次 and 好几次.
func (r *numberReader) approximate(rest string) bool {
	for _, w := range [...]string{"多次", "数次", "反复多次", "好几次", "好几回", "多倍"} {
		if strings.HasPrefix(rest, w) && r.aside("最至么许更较") {
			r.spelled = occasions
			if w == "多倍" {
				r.spelled = ratio
			}
			r.add(many)
			r.at += len(w)
			return true
		}
	}
	low, high, size := neighbours(rest)
	if size == 0 {
		return false
	}
	after := rest[size:]
	times, more := scaled(1, after)
	if !counted(after[more:]) || low == 1 && r.mode == strict && more == 0 && !few(after) {
		return false
	}
	r.at += size + more
	r.add(figure(low * times))
	r.add(figure(high * times))
	return true
}

// neighbours reads two digits that follow each other: 两三, 七八, 十五六, and 三五.
func neighbours(rest string) (low, high float64, size int) {
	base := 0.0
	if after, ok := strings.CutPrefix(rest, "十"); ok {
		base, size, rest = order, len("十"), after
	}
	a, n := utf8.DecodeRuneInString(rest)
	b, k := utf8.DecodeRuneInString(rest[n:])
	x, y := digitOf(a), digitOf(b)
	if x < 1 || y < 1 || y != x+1 && (x != 3 || y != 5) {
		return 0, 0, 0
	}
	if _, more := cut.Numeral(rest[n+k:]); more > 0 && !startsWith(rest[n+k:], "十", "百", "千", "万") {
		return 0, 0, 0
	}
	return base + float64(x), base + float64(y), size + n + k
}

func digitOf(c rune) int {
	if c == '两' {
		return 2
	}
	for i, d := range [...]rune{'一', '二', '三', '四', '五', '六', '七', '八', '九'} {
		if c == d {
			return i + 1
		}
	}
	return 0
}

// loosely reads "several days", "a few hours", "several hundred" and "a couple
// of"; rest follows the word, next is the first of it.
func (r *numberReader) loosely(word, rest, next string) bool {
	switch word {
	case "several", "few":
		if v, size := scaled(1, rest); size > 0 {
			r.at += size
			r.add(some + figure(v))
			return true
		}
		if englishUnit(next) == noUnit {
			return false
		}
		r.add(several)
		return true
	case "repeatedly":
		r.spelled = occasions
		r.add(many)
		return true
	case "couple":
		if next == "of" {
			r.at += len(" of")
		}
		r.add("2")
		return true
	}
	return false
}
