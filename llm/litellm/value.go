package litellm

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm/quota"
)

// envPrefix marks a value that a variable holds, as LiteLLM has it.
const envPrefix = "os.environ/"

// value returns a node as an any, with variables put in: map[string]any, []any,
// string, bool, int64, uint64, float64 or nil. It returns false where a variable
// is not set.
func (r *reader) value(n *node, path string) (any, bool) {
	all := true
	switch n.shape {
	case isMap:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			v, ok := r.value(f.value, path+"."+named(f.key))
			m[f.key], all = v, all && ok
		}
		return m, all
	case isList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			v, ok := r.value(item, fmt.Sprintf("%s[%d]", path, i))
			list[i], all = v, all && ok
		}
		return list, all
	case isText:
		return r.expand(n, path)
	default:
		return n.value, true
	}
}

// expand returns a text, or the variable that it names. It returns false where
// that is not set, which r.missing has then been told.
func (r *reader) expand(n *node, path string) (string, bool) {
	name, isVariable := strings.CutPrefix(n.text, envPrefix)
	if !isVariable {
		return n.text, true
	}
	if name = strings.TrimSpace(name); !variableName(name) {
		r.mistake(n.at, path+": "+quoted(n.text)+" names no variable", "write os.environ/NAME")
		return "", false
	}
	if value := r.variable(name); value != "" {
		return value, true
	}
	r.missing(n.at, path, name)
	return "", false
}

// variableName tells whether an environment could hold a variable of this name.
func variableName(name string) bool {
	const longest = 256
	return name != "" && len(name) <= longest && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c == '=' || c == '/' || c > '~'
	})
}

// notThere is what r.missing does outside of model_list.
func (r *reader) notThere(at place, path, name string) {
	r.warn(at, fmt.Sprintf("%s: the variable %s is not set, so this line counts for nothing", path, name), "set "+name+", or remove the line")
}

// wrongShape notes a value that is not what is expected.
func (r *reader) wrongShape(f field, wanted, fix string) {
	r.mistake(f.value.at, fmt.Sprintf("%s must be %s, and is %s", f.path, wanted, f.value.shape), fix)
}

// text reads a single value as text; numbers are text too.
func (r *reader) text(f field) (string, bool) {
	n := f.value
	if !n.scalar() {
		r.wrongShape(f, "a text", "write one value, in quotes where it has special characters")
		return "", false
	}
	if n.shape != isText {
		return n.text, true
	}
	text, ok := r.expand(n, f.path)
	if ok && strings.TrimSpace(text) == "" {
		r.mistake(n.at, f.path+" is empty", "write a value, or remove the line")
		return "", false
	}
	return strings.TrimSpace(text), ok
}

// texts reads a list of texts; a single one is a list of one.
func (r *reader) texts(f field) ([]string, bool) {
	list := []string{}
	ok := r.eachText(f, func(_ field, text string) { list = append(list, text) })
	return list, ok
}

// eachText calls each for the texts of a list; a single one is a list of one.
// It returns false for anything else.
func (r *reader) eachText(f field, each func(item field, text string)) bool {
	if f.value.scalar() {
		if text, ok := r.text(f); ok {
			each(f, text)
		}
		return true
	}
	if f.value.shape != isList {
		r.wrongShape(f, "a list", "put it into brackets, as in [one, two]")
		return false
	}
	for i, item := range f.value.items {
		one := field{key: f.key, at: item.at, value: item, path: fmt.Sprintf("%s[%d]", f.path, i)}
		if text, ok := r.text(one); ok {
			each(one, text)
		}
	}
	return true
}

// flag reads true or false; yes, no, on and off are YAML's older words for them,
// which LiteLLM's parser knows.
func (r *reader) flag(f field) (value, ok bool) {
	if on, isFlag := f.value.value.(bool); isFlag {
		return on, true
	}
	if f.value.shape == isText {
		text, set := r.expand(f.value, f.path)
		if !set {
			return false, false
		}
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true", "yes", "on":
			return true, true
		case "false", "no", "off":
			return false, true
		}
	}
	r.wrongShape(f, "true or false", "write true or false")
	return false, false
}

// number reads a number that is not negative; one in quotes, or out of a
// variable, will do.
func (r *reader) number(f field) (float64, bool) {
	var x float64
	switch v := f.value.value.(type) {
	case int64:
		x = float64(v)
	case uint64:
		x = float64(v)
	case float64:
		x = v
	case string:
		text, ok := r.expand(f.value, f.path)
		if !ok {
			return 0, false
		}
		parsed, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			r.wrongShape(f, "a number", "write digits alone")
			return 0, false
		}
		x = parsed
	default:
		r.wrongShape(f, "a number", "write digits alone")
		return 0, false
	}
	if x < 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		r.mistake(f.value.at, f.path+" is negative or endless", "write a number from 0, or remove the line")
		return 0, false
	}
	return x, true
}

// maxCount is the highest count: more than any limit of requests, tokens or
// tries, and exact as a float64.
const maxCount = 1e15

// count reads a whole number that is not negative.
func (r *reader) count(f field) (int64, bool) {
	x, ok := r.number(f)
	if !ok {
		return 0, false
	}
	if x != math.Trunc(x) || x > maxCount {
		r.mistake(f.value.at, f.path+" must be a whole number below 10^15", "write digits alone")
		return 0, false
	}
	return int64(x), true
}

// maxDuration is a century: longer than anything here lasts, and far below what
// a time.Duration can hold.
const maxDuration = 36525 * 24 * time.Hour

// seconds reads a number of seconds, or a text with a unit: 60, 0.5, "30s", "5m".
func (r *reader) seconds(f field) (time.Duration, bool) {
	if f.value.shape == isText {
		text, ok := r.expand(f.value, f.path)
		if !ok {
			return 0, false
		}
		if d, known := parseDuration(text); known {
			return d, true
		}
	}
	x, ok := r.number(f)
	if !ok {
		return 0, false
	}
	if x > maxDuration.Seconds() {
		r.mistake(f.value.at, f.path+" is more than a century", "write seconds, or a text like 30s or 5m")
		return 0, false
	}
	return time.Duration(x * float64(time.Second)), true
}

// duration reads how long a budget lasts.
func (r *reader) duration(f field) (time.Duration, bool) {
	if f.value.shape == isText {
		text, ok := r.expand(f.value, f.path)
		if !ok {
			return 0, false
		}
		if d, known := parseDuration(text); known && d > 0 {
			return d, true
		}
	}
	r.mistake(f.value.at, f.path+" is no duration", "write it as 30s, 5m, 24h, 7d or 1mo (a calendar month)")
	return 0, false
}

// parseDuration reads LiteLLM's durations.
func parseDuration(text string) (time.Duration, bool) {
	d, known := quota.ParseDuration(text)
	return d, known && d <= maxDuration
}

// webAddress tells whether a text is an http or https address, and notes it
// where it is not. The text is not shown: it may hold a password.
func (r *reader) webAddress(f field, text string) bool {
	if isWeb(text) {
		return true
	}
	r.mistake(f.value.at, f.path+" is not an address", "write it with its scheme and host, as in https://example.org/v1")
	return false
}

// isWeb tells whether a text is an http or https address.
func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// header reads names and values of HTTP headers.
func (r *reader) header(f field) (http.Header, bool) {
	if f.value.shape != isMap {
		r.wrongShape(f, "names with values", "write Name: value, one a line")
		return nil, false
	}
	header := http.Header{}
	for _, h := range f.value.fields {
		h.path = f.path + "." + named(h.key)
		value, ok := r.text(h)
		switch {
		case !ok:
		case !headerName(h.key) || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
			r.mistake(h.at, h.path+" is no HTTP header", "use letters, digits and dashes for the name, and one line for the value")
		default:
			header.Set(h.key, value)
		}
	}
	return header, true
}

// headerName tells whether a text is a token of RFC 9110.
func headerName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
	})
}
