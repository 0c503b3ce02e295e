package pdf

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lines puts runs together that stand on one line, in the order in which they
// were drawn: that of reading in nearly all files, columns too.
func (s *sheet) lines() []line {
	var out []line
	for _, r := range s.runs {
		n := len(out) - 1
		if n < 0 || !out[n].goesOn(r) {
			out = append(out, line{text: r.text, size: r.size, y: r.y, x: r.x, end: r.end})
			continue
		}
		l := &out[n]
		apart := r.x - l.end
		if apart > wordGap*r.size && !wide(l.text, r.text) || apart > cellGap*r.size {
			l.text += " "
		}
		l.cells = l.cells || apart > cellGap*r.size
		l.text += r.text
		l.end = max(l.end, r.end)
		l.size = max(l.size, r.size)
	}
	kept := out[:0]
	for _, l := range out {
		if l.text = strings.Join(strings.FieldsFunc(l.text, unicode.IsSpace), " "); l.text != "" {
			kept = append(kept, l)
		}
	}
	paragraphs(kept)
	return kept
}

// Distances on a page, in sizes of the letters beside them.
const (
	sameLine = 0.5  // up or down: a raised note stays on its line
	wordGap  = 0.15 // a space that was not drawn; a quarter is common
	cellGap  = 1.0  // between cells, even of Chinese text
	backward = 2.0  // to the left: a line that starts over
	nextGap  = 1.9  // between the base lines of one paragraph
	indent   = 1.5  // of a first line
	ragged   = 4.0  // that a last line is shorter than others
)

// goesOn reports whether a run stands on a line.
func (l line) goesOn(r run) bool {
	return math.Abs(l.y-r.y) < sameLine*max(l.size, r.size) && r.x > l.end-backward*r.size
}

// wide reports whether two texts meet in characters that have no spaces between
// words.
func wide(a, b string) bool {
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	return han(last) && han(first)
}

// han reports whether a character stands without spaces: Chinese, Japanese, and
// their marks.
func han(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF || strings.ContainsRune("“”‘’—…", r)
}

// marks are how lines begin that begin a paragraph whatever stands above them:
// articles, list items, numbered sections.
const marks = `^(第[0-9零〇一二三四五六七八九十百千]+[编章节条]|[（(][0-9一二三四五六七八九十]+[）)]|[0-9]{1,2}(\.[0-9]{1,2})*([.)]? |[、)])\S|[一二三四五六七八九十]+、|[•●○■▪◆–·-] ?\S|\(?[a-z]\) )`

// paragraphs says which lines begin a new one.
func paragraphs(lines []line) {
	starts := regexp.MustCompile(marks)
	right := rightEdge(lines)
	for i := range lines {
		if i == 0 {
			lines[i].block = true
			continue
		}
		above, l := lines[i-1], lines[i]
		down := above.y - l.y
		lines[i].block = l.cells || above.cells || down <= 0 || down > nextGap*max(above.size, l.size) ||
			math.Abs(above.size-l.size) > 0.1*max(above.size, l.size) ||
			l.x > above.x+indent*l.size && l.x < above.x+10*l.size ||
			above.end < right-ragged*above.size && ended(above.text) ||
			starts.MatchString(l.text) && (above.end < right-ragged*above.size || ended(above.text))
	}
}

// ended reports whether a line ends as a paragraph may.
func ended(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune("。！？；：.!?;:”」』)）", last) || !unicode.IsLetter(last) && last != ',' && last != '，'
}

// rightEdge is where the lines of a page end that are full: most do.
func rightEdge(lines []line) float64 {
	if len(lines) == 0 {
		return 0
	}
	ends := make([]float64, len(lines))
	for i, l := range lines {
		ends[i] = l.end
	}
	slices.Sort(ends)
	return ends[len(ends)*3/4]
}

// join puts the lines of a paragraph together.
func join(b *strings.Builder, before, next string) {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(next)
	if !han(last) || !han(first) {
		b.WriteByte(' ')
	}
	b.WriteString(next)
}
