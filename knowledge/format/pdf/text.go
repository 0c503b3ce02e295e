package pdf

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Headings are lines in larger letters than most.
const (
	larger     = 1.12 // times the size of the text: 12 points in a text of 10.5
	maxHeading = 60   // characters; a notice in large letters is longer
	maxLevels  = 3
)

// text is all pages as Markdown, parted by form feeds.
func (b *book) text() string {
	b.headings()
	var out strings.Builder
	for i, p := range b.all {
		if i > 0 {
			out.WriteString("\f\n")
		}
		p.write(&out)
	}
	if strings.Trim(out.String(), "\f\n ") == "" {
		return ""
	}
	return out.String()
}

// write writes the paragraphs of a page.
func (p page) write(out *strings.Builder) {
	broken := false // the line before ended within a word
	for i, l := range p.lines {
		text := l.text
		goesOn := i > 0 && !l.block && l.heading == p.lines[i-1].heading
		cut := l.heading == 0 && i+1 < len(p.lines) && !p.lines[i+1].block && p.lines[i+1].heading == 0 && hyphen(text, p.lines[i+1].text)
		if cut {
			text = strings.TrimSuffix(text, "-")
		}
		switch {
		case goesOn && broken:
			out.WriteString(text)
		case goesOn:
			join(out, p.lines[i-1].text, text)
		case l.heading > 0:
			out.WriteString("\n\n" + strings.Repeat("#", l.heading) + " " + text)
		default:
			out.WriteString("\n\n" + escape(text))
		}
		broken = cut
	}
	out.WriteString("\n")
}

// hyphen reports whether a line ends within a word.
func hyphen(before, next string) bool {
	trimmed, cut := strings.CutSuffix(before, "-")
	if !cut {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(trimmed)
	first, _ := utf8.DecodeRuneInString(next)
	return last >= 'a' && last <= 'z' && first >= 'a' && first <= 'z'
}

// escape keeps text from being taken for Markdown.
func escape(text string) string {
	if strings.HasPrefix(text, "#") || strings.HasPrefix(text, "```") || strings.HasPrefix(text, "~~~") || strings.HasPrefix(text, "|") {
		return `\` + text
	}
	return text
}

// headings finds the lines in larger letters, and gives their sizes levels: the
// largest is the first.
func (b *book) headings() {
	body := b.bodySize()
	var sizes []int
	for _, p := range b.all {
		for i := range p.lines {
			if l := &p.lines[i]; isHeading(*l, body) {
				l.heading = 1
				sizes = append(sizes, key(l.size))
			}
		}
	}
	slices.Sort(sizes)
	sizes = slices.Compact(sizes)
	slices.Reverse(sizes)
	for _, p := range b.all {
		for i := range p.lines {
			if l := &p.lines[i]; l.heading > 0 {
				l.heading = min(slices.Index(sizes, key(l.size))+1, maxLevels)
			}
		}
	}
}

func isHeading(l line, body float64) bool {
	n := utf8.RuneCountInString(l.text)
	return body > 0 && l.size > larger*body && n > 1 && n <= maxHeading && !strings.ContainsAny(l.text[len(l.text)-1:], ".;,") && !strings.HasSuffix(l.text, "。")
}

// key is a size in half points: smaller differences are none.
func key(size float64) int { return int(math.Round(size * 2)) }

// bodySize is the size that most of the text has, in points.
func (b *book) bodySize() float64 {
	count := map[int]int{}
	best := 0
	for _, p := range b.all {
		for _, l := range p.lines {
			k := key(l.size)
			if count[k] += len(l.text); count[k] > count[best] {
				best = k
			}
		}
	}
	return float64(best) / 2
}

// title is the first and largest heading of the first page, "" for none.
func (b *book) title() string {
	best := line{heading: maxLevels + 1}
	for _, p := range b.all[:min(len(b.all), 1)] {
		for _, l := range p.lines {
			if l.heading > 0 && l.heading < best.heading {
				best = l
			}
		}
	}
	return best.text
}

const (
	leastPages = 3 // before a line that repeats is one that runs over all pages
	edge       = 2 // lines at the top and the bottom of a page that may do so
)

// dropRunning takes out what stands at the edge of most pages, such as the
// title of the book, and page numbers.
func (b *book) dropRunning() {
	number := regexp.MustCompile(`^([-–— ]*[0-9]{1,4}[-–— ]*|第? ?[0-9]{1,4} ?页?([ ,，/共]*[0-9]{1,4} ?页?)?|(?i:page) [0-9]{1,4}( of [0-9]{1,4})?|[0-9]{1,4} ?/ ?[0-9]{1,4})$`)
	leader := regexp.MustCompile(`([.·…:‥] ?){4,}[0-9ivx]*$`) // of a table of contents
	digits := regexp.MustCompile(`[0-9]+`)
	form := func(l line) string { return digits.ReplaceAllString(l.text, "#") }
	seen := map[string]int{}
	for _, p := range b.all {
		for i, l := range p.lines {
			if i < edge || i >= len(p.lines)-edge {
				seen[form(l)]++
			}
		}
	}
	for n := range b.all {
		p := &b.all[n]
		kept := make([]line, 0, len(p.lines))
		for i, l := range p.lines {
			atEdge := i < edge || i >= len(p.lines)-edge
			repeated := len(b.all) >= leastPages && seen[form(l)]*2 > len(b.all)
			if atEdge && (repeated || len(p.lines) > 1 && number.MatchString(l.text)) || leader.MatchString(l.text) {
				continue
			}
			kept = append(kept, l)
		}
		p.lines = kept
	}
}
