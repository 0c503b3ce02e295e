package pdf

import (
	"unicode/utf16"

	"github.com/ledongthuc/pdf"
)

// maxCodes bounds a ToUnicode table: there are 65,536 codes of two bytes.
const maxCodes = 1 << 16

// readCMap reads the ToUnicode table of a font (ISO 32000-1, 9.10.3) into a map
// from codes to text. What is broken in it is left out.
func readCMap(font pdf.Value) map[string]string {
	table := map[string]string{}
	defer func() { _ = recover() }() // what was read up to here is used
	pdf.Interpret(font.Key("ToUnicode"), func(stack *pdf.Stack, op string) {
		switch op {
		case "findresource", "defineresource":
			clean(stack)
			stack.Push(font) // the interpreter wants some dictionary to begin
		case "dup":
			top := stack.Pop()
			stack.Push(top)
			stack.Push(top)
		case "beginbfchar", "beginbfrange", "begincodespacerange", "endcodespacerange", "usecmap":
			clean(stack)
		case "endbfchar":
			for stack.Len() >= 2 {
				to, from := stack.Pop(), stack.Pop()
				put(table, from.RawString(), text16(to.RawString()))
			}
		case "endbfrange":
			for stack.Len() >= 3 {
				to, last, first := stack.Pop(), stack.Pop(), stack.Pop()
				span(table, first.RawString(), last.RawString(), to)
			}
		}
	})
	return table
}

func clean(stack *pdf.Stack) {
	for stack.Len() > 0 {
		stack.Pop()
	}
}

func put(table map[string]string, code, text string) {
	if len(table) < maxCodes && code != "" && len(code) <= 4 {
		table[code] = text
	}
}

// span fills a range of codes: with texts one by one, or that count on from one.
func span(table map[string]string, first, last string, to pdf.Value) {
	from, until := number(first), number(last)
	if len(first) != len(last) || until < from || until-from >= maxCodes {
		return
	}
	base := utf16.Decode(units(to.RawString()))
	for i := 0; i <= until-from; i++ {
		text := ""
		if to.Kind() == pdf.Array {
			text = text16(to.Index(i).RawString())
		} else if len(base) > 0 {
			text = string(base[:len(base)-1]) + string(base[len(base)-1]+rune(i))
		}
		code := make([]byte, len(first))
		for j, n := len(code)-1, from+i; j >= 0; j-- {
			code[j] = byte(n)
			n >>= 8
		}
		put(table, string(code), text)
	}
}

func number(code string) int {
	n := 0
	for i := range min(len(code), 4) {
		n = n<<8 | int(code[i])
	}
	return n
}

func units(raw string) []uint16 {
	out := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		out = append(out, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return out
}

func text16(raw string) string { return string(utf16.Decode(units(raw))) }
