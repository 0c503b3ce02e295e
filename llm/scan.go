package llm

import (
	"encoding/binary"
	"encoding/json"
	"iter"
	"math/bits"
)

// The scanner below reads JSON where it lies, without making values of it: a
// gateway has to know a few fields of each body and hands the rest on as it came.

// maxDepth is how deep values may nest; encoding/json has the same bound.
const maxDepth = 10_000

// Valid tells whether raw is one JSON value, as json.Valid does, but in a
// fraction of the time.
func Valid(raw []byte) bool {
	end := skipSpace(raw, checkValue(raw, skipSpace(raw, 0), 0))
	return end == len(raw)
}

// RawFields yields the names and values of an object that is known to be Valid.
// A name that was written with escapes comes as it was written; of a value that
// is no object nothing comes.
func RawFields(object json.RawMessage) iter.Seq2[[]byte, json.RawMessage] {
	return func(yield func([]byte, json.RawMessage) bool) {
		i := skipSpace(object, 0)
		if i >= len(object) || object[i] != '{' {
			return
		}
		for i = nextItem(object, i+1); i < len(object) && object[i] == '"'; i = nextItem(object, i) {
			nameEnd := skipString(object, i)
			start := skipSpace(object, skipSpace(object, nameEnd)+1)
			if start >= len(object) {
				return
			}
			end := skipValue(object, start)
			if !yield(object[i+1:nameEnd-1], object[start:end]) {
				return
			}
			i = end
		}
	}
}

// CheckedFields is RawFields of a text that may be anything: of one that is not
// Valid nothing comes. It looks at every byte once.
func CheckedFields(object json.RawMessage) iter.Seq2[[]byte, json.RawMessage] {
	return func(yield func([]byte, json.RawMessage) bool) {
		const usual = 24 // fields of a request, for whose places no memory is asked
		var array [usual][4]int
		found := array[:0]
		i := skipSpace(object, 0)
		if i >= len(object) || object[i] != '{' {
			return
		}
		end := eachField(object, i, 1, func(name, nameEnd, start, end int) {
			found = append(found, [4]int{name + 1, nameEnd - 1, start, end})
		})
		if skipSpace(object, end) != len(object) {
			return
		}
		for _, f := range found {
			if !yield(object[f[0]:f[1]], object[f[2]:f[3]]) {
				return
			}
		}
	}
}

// RawItems yields the values in a list that is known to be Valid; nothing of
// any other value.
func RawItems(list json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		i := skipSpace(list, 0)
		if i >= len(list) || list[i] != '[' {
			return
		}
		for i = nextItem(list, i+1); i < len(list) && list[i] != ']'; i = nextItem(list, i) {
			end := skipValue(list, i)
			if end == i || !yield(list[i:end]) {
				return
			}
			i = end
		}
	}
}

// nextItem passes over what stands between two values of a list or object.
func nextItem(b []byte, i int) int {
	i = skipSpace(b, i)
	if i < len(b) && b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue returns the index after the value at i of a text that is known to
// be valid; of any other text, some index from i to the end of it.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i = skipScalar(b, i)
		}
		if depth <= 0 {
			return i
		}
	}
	return len(b)
}

// skipScalar passes over a number or a word.
func skipScalar(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case ',', ':', '}', ']', ' ', '\n', '\r', '\t':
			return i
		}
	}
	return i
}

// skipString returns the index after the string that opens at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		i = plain(b, i)
		if i >= len(b) {
			break
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(b)
}

// bad is what the check functions return where the text is no JSON. It is far
// out of every text's range, and stays there when a little is added.
const bad = int(^uint(0)>>1) - 64

// checkValue returns the index after the value at i, or bad.
func checkValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return bad
	}
	switch c := b[i]; {
	case c == '"':
		return checkString(b, i)
	case c == '{':
		return checkObject(b, i, depth+1)
	case c == '[':
		return checkList(b, i, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		return checkNumber(b, i)
	case c == 't':
		return checkWord(b, i, "true")
	case c == 'f':
		return checkWord(b, i, "false")
	case c == 'n':
		return checkWord(b, i, "null")
	}
	return bad
}

func checkObject(b []byte, i, depth int) int { return eachField(b, i, depth, nil) }

// eachField checks the object at i and returns the index after it, or bad. It
// tells of every field where its name and its value begin and end.
func eachField(b []byte, i, depth int, found func(name, nameEnd, start, end int)) int {
	if depth > maxDepth {
		return bad
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for i < len(b) && b[i] == '"' {
		name, nameEnd := i, checkString(b, i)
		if i = skipSpace(b, nameEnd); i >= len(b) || b[i] != ':' {
			return bad
		}
		start := skipSpace(b, i+1)
		end := checkValue(b, start, depth)
		if i = skipSpace(b, end); i >= len(b) {
			return bad
		}
		if found != nil {
			found(name, nameEnd, start, end)
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i = skipSpace(b, i+1)
		default:
			return bad
		}
	}
	return bad
}

func checkList(b []byte, i, depth int) int {
	if depth > maxDepth {
		return bad
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = skipSpace(b, checkValue(b, i, depth)); i >= len(b) {
			return bad
		}
		switch b[i] {
		case ']':
			return i + 1
		case ',':
			i = skipSpace(b, i+1)
		default:
			return bad
		}
	}
}

func checkWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return bad
	}
	return i + len(word)
}

// checkNumber follows the grammar of RFC 8259, section 6.
func checkNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = checkDigits(b, i); i == bad {
		return bad
	}
	if i < len(b) && b[i] == '.' {
		if i = checkDigits(b, i+1); i == bad {
			return bad
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return checkDigits(b, i)
	}
	return i
}

// checkDigits passes over one digit or more.
func checkDigits(b []byte, i int) int {
	start := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	if i == start {
		return bad
	}
	return i
}

// checkString returns the index after the string that opens at i, or bad.
func checkString(b []byte, i int) int {
	for i++; ; {
		if i = plain(b, i); i >= len(b) || b[i] < ' ' {
			return bad
		}
		if b[i] == '"' {
			return i + 1
		}
		if i = checkEscape(b, i); i == bad {
			return bad
		}
	}
}

func checkEscape(b []byte, i int) int {
	if i+1 >= len(b) {
		return bad
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(b) {
			return bad
		}
		for _, c := range b[i+2 : i+6] {
			if ('0' > c || c > '9') && ('a' > c|0x20 || c|0x20 > 'f') {
				return bad
			}
		}
		return i + 6
	}
	return bad
}

// plain returns the index of the next byte from i on that a string cannot hold
// as it is: a quote, a backslash or a control character. It looks at eight
// bytes at a time; the arithmetic is that of "determine if a word has a byte
// less than n" in Bit Twiddling Hacks (graphics.stanford.edu/~seander).
func plain(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		hit := (w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash
		if hit &= highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}
