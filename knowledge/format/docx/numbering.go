package docx

import (
	"context"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// numbering is how lists count. What a reader sees as 第三条 is often no text
// but the number of a list item.
type numbering struct {
	abstract map[string]*[9]level // by the id of the abstract list
	lists    map[string]string    // abstract lists by the id of the list
	counters map[string]*[9]int   // by the id of the abstract list
}

// level is how one level of a list counts.
type level struct {
	format string // decimal, chineseCounting, bullet ...
	text   string // "第%1条"
	start  int
}

// readNumbering reads the lists of a document.
func readNumbering(ctx context.Context, z *unzip.Archive) (*numbering, error) {
	n := &numbering{map[string]*[9]level{}, map[string]string{}, map[string]*[9]int{}}
	var current *[9]level
	at, num := 0, ""
	err := ooxml.Each(ctx, z, "word/numbering.xml", func(d *ooxml.Decoder, e xml.StartElement) error {
		val := ooxml.Attr(e, "val")
		switch e.Name.Local {
		case "abstractNum":
			current = &[9]level{}
			n.abstract[ooxml.Attr(e, "abstractNumId")] = current
		case "num":
			num, current = ooxml.Attr(e, "numId"), nil
		case "abstractNumId":
			n.lists[num] = val
		case "lvlOverride":
			return d.Skip()
		case "lvl":
			at = index(ooxml.Attr(e, "ilvl"))
			if current != nil {
				current[at].start = 1
			}
		}
		if current == nil {
			return nil
		}
		switch e.Name.Local {
		case "start":
			current[at].start, _ = strconv.Atoi(val)
		case "numFmt":
			current[at].format = val
		case "lvlText":
			current[at].text = val
		}
		return nil
	})
	return n, err
}

// next is what stands before the next item of a list: "- ", "3. ", "第三条 ".
// Items of one abstract list go on counting.
func (n *numbering) next(l list) (mark string, bullet bool) {
	id := n.lists[l.num]
	levels := n.abstract[id]
	if levels == nil || levels[l.level].format == "" || levels[l.level].format == "bullet" {
		return "- ", true
	}
	c := n.counters[id]
	if c == nil {
		c = &[9]int{}
		n.counters[id] = c
	}
	if c[l.level] == 0 {
		c[l.level] = levels[l.level].start
	} else {
		c[l.level]++
	}
	for i := l.level + 1; i < len(c); i++ {
		c[i] = 0
	}
	mark = levels[l.level].text
	for i := range levels {
		if sign := "%" + strconv.Itoa(i+1); strings.Contains(mark, sign) {
			mark = strings.ReplaceAll(mark, sign, count(max(c[i], levels[i].start), levels[i].format))
		}
	}
	if mark == "" || strings.HasSuffix(mark, "）") || strings.HasSuffix(mark, "、") {
		return mark, false
	}
	return mark + " ", false
}

// count writes a number as a list does (ECMA-376, 17.18.59).
func count(n int, format string) string {
	switch format {
	case "lowerLetter":
		return letters(n)
	case "upperLetter":
		return strings.ToUpper(letters(n))
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperRoman":
		return roman(n)
	case "none":
		return ""
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string('①' + rune(n-1))
		}
	}
	if strings.HasPrefix(format, "chinese") || strings.HasPrefix(format, "ideograph") ||
		strings.HasPrefix(format, "japanese") || strings.HasPrefix(format, "taiwanese") {
		return chinese(n)
	}
	return strconv.Itoa(n)
}

// letters is a, b ... z, aa, bb ...
func letters(n int) string {
	if n < 1 || n > 780 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), (n-1)/26+1)
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, step := range [...]struct {
		value int
		text  string
	}{
		{1000, "M"},
		{900, "CM"},
		{500, "D"},
		{400, "CD"},
		{100, "C"},
		{90, "XC"},
		{50, "L"},
		{40, "XL"},
		{10, "X"},
		{9, "IX"},
		{5, "V"},
		{4, "IV"},
		{1, "I"},
	} {
		for n >= step.value {
			b.WriteString(step.text)
			n -= step.value
		}
	}
	return b.String()
}

// chinese writes a number below ten thousand: 一百零三.
func chinese(n int) string {
	if n < 1 || n > 9999 {
		return strconv.Itoa(n)
	}
	digits, units := []rune("零一二三四五六七八九"), []string{"", "十", "百", "千"}
	var b strings.Builder
	written, gap := false, false
	for place := 3; place >= 0; place-- {
		digit := n
		for range place {
			digit /= 10
		}
		digit %= 10
		if digit == 0 {
			gap = written
			continue
		}
		if gap {
			b.WriteRune('零')
			gap = false
		}
		if digit != 1 || place != 1 || written { // 十一, but 一百一十
			b.WriteRune(digits[digit])
		}
		b.WriteString(units[place])
		written = true
	}
	return b.String()
}
