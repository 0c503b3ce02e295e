package markdown

import "strings"

// minLimit is the least limit that Split works with: below it the fences,
// prefixes and repeated headers would leave no room for text.
const minLimit = 100

// Limit is how much one part may hold.
type Limit struct {
	// Max is the most that a part measures; less than 100 counts as 100.
	Max int
	// Measure is the platform's unit. The measure of two strings one after the
	// other must be the sum of theirs. nil: Runes.
	Measure func(string) int
	// Trailer stands at the end of the last part (sources, a note), whole,
	// behind a blank line. It is in the platform's form already. One that is
	// longer than a part is cut too.
	Trailer string
}

// Split puts lines into parts. No text is lost and its order is kept; white
// space at a cut may go. It cuts at the best place (see Cut) in the last two
// thirds of a part, and on the boundary of a grapheme where there is none. Code
// fences and marks are closed before a cut and opened again behind it. Without
// lines and trailer there are no parts.
func Split(lines []Line, limit Limit) []string {
	s := splitter{max: max(limit.Max, minLimit), measure: limit.Measure}
	if s.measure == nil {
		s.measure = Runes
	}
	s.lines = s.fit(lines)
	for s.at.line < len(s.lines) {
		s.fill()
	}
	s.trailer(limit.Trailer)
	return s.parts
}

// cursor is a place in the lines. off counts bytes in a span's text.
type cursor struct {
	line, span, off int
}

// splitter fills one part after the other.
type splitter struct {
	lines   []Line
	max     int
	measure func(string) int
	parts   []string
	at      cursor
	p       part
}

// part is the part that is being filled.
type part struct {
	buf     []byte
	size    int    // the measure of buf
	closing int    // the measure of what must still be closed
	wraps   []Wrap // open
	fence   *Fence // open
	text    bool   // something of the text is in it
	behind  Cut    // how good a cut is where the part now ends
	marks   [cutNone]mark
}

// mark is a place seen while filling where the part could end.
type mark struct {
	ok    bool
	at    cursor
	len   int
	size  int
	wraps []Wrap
	fence *Fence
}

// fill fills one part and advances s.at behind it.
func (s *splitter) fill() {
	s.p = part{behind: cutNone}
	start := s.at
	for s.at.line < len(s.lines) {
		if room, ok := s.step(); !ok {
			s.cut(start, room)
			return
		}
	}
	s.emit(len(s.p.buf), s.p.wraps, s.p.fence)
}

// step adds the next piece. Where it does not fit, ok is false and room is what
// is left for it.
func (s *splitter) step() (room int, ok bool) {
	l := &s.lines[s.at.line]
	if s.at.span == 0 && s.at.off == 0 && !s.lineStart(l) {
		return 0, false
	}
	if s.at.span == len(l.Spans) {
		s.write(transition(s.p.wraps, nil))
		s.p.wraps = nil
		s.p.closing = s.closingSize(nil, s.p.fence)
		s.at = cursor{line: s.at.line + 1}
		s.p.behind = cutNone
		return 0, true
	}
	return s.span(l, &l.Spans[s.at.span])
}

// lineStart begins a line: what ends before it, the line break, a blank line,
// a fence, the prefix. It does nothing where that was done already.
func (s *splitter) lineStart(l *Line) bool {
	if s.p.behind == cutLineStart {
		return true
	}
	if s.p.text {
		s.remember(l.Cut)
	}
	intro := s.intro(l)
	closing := s.closingSize(nil, l.Fence)
	if s.p.size+s.measure(intro)+closing > s.max && s.p.text {
		return false
	}
	s.write(intro)
	s.p.fence, s.p.closing = l.Fence, closing
	s.p.text = true
	s.p.behind = cutLineStart
	return true
}

// cutLineStart is the state directly behind a line's prefix, where no cut makes
// sense.
const cutLineStart = cutNone + 1

// intro is all that stands between the last line and the text of l.
func (s *splitter) intro(l *Line) string {
	var b strings.Builder
	if s.p.fence != nil && s.p.fence != l.Fence {
		b.WriteString("\n" + s.p.fence.Rest + s.p.fence.Close)
	}
	if s.p.text {
		b.WriteByte('\n')
		if l.Gap {
			b.WriteString(strings.TrimRight(l.Lead, " ") + "\n")
		}
	}
	if l.Fence != nil && s.p.fence != l.Fence {
		b.WriteString(s.fenceLine(l))
	}
	if !s.p.text && l.Repeat != "" {
		b.WriteString(l.Repeat + "\n")
	}
	b.WriteString(l.First)
	return b.String()
}

// fenceLine is the opening line of l's fence: the full one before the fence's
// first line.
func (s *splitter) fenceLine(l *Line) string {
	if s.at.off == 0 && s.at.span == 0 && (s.at.line == 0 || s.lines[s.at.line-1].Fence != l.Fence) {
		return l.Fence.First + l.Fence.Open + "\n"
	}
	return l.Fence.Rest + l.Fence.Again + "\n"
}

// resume begins a part in the middle of a line.
func (s *splitter) resume(l *Line) {
	if s.p.text {
		return
	}
	if l.Fence != nil {
		s.write(s.fenceLine(l))
	}
	s.write(l.Rest)
	s.p.fence, s.p.closing = l.Fence, s.closingSize(nil, l.Fence)
	s.p.text = true
	s.p.behind = cutLineStart
}

// span adds a whole span, or the next words of a text.
func (s *splitter) span(l *Line, sp *Span) (room int, ok bool) {
	s.resume(l)
	if !sp.Mark && s.p.behind < cutNone {
		s.remember(s.p.behind)
	}
	change := transition(s.p.wraps, sp.Wraps)
	closing := s.closingSize(sp.Wraps, s.p.fence)
	room = s.max - s.p.size - s.measure(change) - closing
	end, behind := len(sp.Text), s.p.behind
	if sp.Whole {
		if s.measure(sp.Text) > room {
			return 0, false
		}
		if !sp.Mark {
			behind = cutNone
		}
	} else {
		end, behind, ok = s.words(sp.Text, s.at.off, room, l.Fence != nil)
		if !ok {
			return room, false
		}
	}
	s.put(sp, change, closing, end)
	s.p.behind = behind
	return 0, true
}

// put writes a span's text up to end and advances.
func (s *splitter) put(sp *Span, change string, closing, end int) {
	s.write(change + sp.Text[s.at.off:end])
	s.p.wraps, s.p.closing = sp.Wraps, closing
	if s.at.off = end; end == len(sp.Text) {
		s.at = cursor{line: s.at.line, span: s.at.span + 1}
	}
}

func (s *splitter) write(text string) {
	s.p.buf = append(s.p.buf, text...)
	s.p.size += s.measure(text)
}

func (s *splitter) closingSize(wraps []Wrap, f *Fence) int {
	size := 0
	for _, w := range wraps {
		size += s.measure(w.Close)
	}
	if f != nil {
		size += s.measure("\n" + f.Rest + f.Close)
	}
	return size
}

// remember notes that the part could end here.
func (s *splitter) remember(c Cut) {
	if c >= cutNone {
		return
	}
	s.p.marks[c] = mark{
		ok: true, at: s.at, len: len(s.p.buf), size: s.p.size,
		wraps: s.p.wraps, fence: s.p.fence,
	}
}

// cut ends the part at the best place.
func (s *splitter) cut(start cursor, room int) {
	for _, m := range s.p.marks {
		if m.ok && m.size >= s.max/3 {
			s.back(m)
			return
		}
	}
	if s.hard(room) {
		return
	}
	best := mark{}
	for _, m := range s.p.marks {
		if m.ok && m.size > best.size {
			best = m
		}
	}
	switch {
	case best.ok:
		s.back(best)
	case s.at != start:
		s.emit(len(s.p.buf), s.p.wraps, s.p.fence)
	default:
		s.force()
	}
}

// back ends the part at a mark.
func (s *splitter) back(m mark) {
	s.at = m.at
	s.emit(m.len, m.wraps, m.fence)
}

// hard cuts the text at the cursor on a grapheme boundary within room.
func (s *splitter) hard(room int) bool {
	l := &s.lines[s.at.line]
	if room <= 0 || s.at.span >= len(l.Spans) || l.Spans[s.at.span].Whole {
		return false
	}
	sp := &l.Spans[s.at.span]
	rest := sp.Text[s.at.off:]
	end := prefix(rest, room, s.measure)
	end = escapeStart(rest, graphemeStart(rest, end))
	if end == 0 {
		return false
	}
	s.put(sp, transition(s.p.wraps, sp.Wraps), 0, s.at.off+end)
	s.emit(len(s.p.buf), s.p.wraps, s.p.fence)
	return true
}

// force puts the next piece into the part although it is too long. With a
// Style whose delimiters are short this never happens.
func (s *splitter) force() {
	l := &s.lines[s.at.line]
	if s.at.span < len(l.Spans) {
		sp := &l.Spans[s.at.span]
		end := len(sp.Text)
		if !sp.Whole {
			end = s.at.off + len(firstCluster(sp.Text[s.at.off:]))
		}
		s.put(sp, transition(s.p.wraps, sp.Wraps), 0, end)
	} else {
		s.at = cursor{line: s.at.line + 1}
	}
	s.emit(len(s.p.buf), s.p.wraps, s.p.fence)
}

// emit ends the part behind length bytes and closes what is open there.
func (s *splitter) emit(length int, wraps []Wrap, f *Fence) {
	text := string(s.p.buf[:length])
	if f == nil {
		text = strings.TrimRight(text, " \t\n")
	}
	text += transition(wraps, nil)
	if f != nil {
		text += "\n" + f.Rest + f.Close
	}
	if strings.TrimSpace(text) != "" {
		s.parts = append(s.parts, text)
	}
}

// trailer adds the trailer to the last part, or as parts of its own.
func (s *splitter) trailer(t string) {
	if t == "" {
		return
	}
	const gap = "\n\n"
	if last := len(s.parts) - 1; last >= 0 && s.measure(s.parts[last]+gap+t) <= s.max {
		s.parts[last] += gap + t
		return
	}
	if s.measure(t) <= s.max {
		s.parts = append(s.parts, t)
		return
	}
	var lines []Line
	for text := range strings.SplitSeq(t, "\n") {
		lines = append(lines, Line{Cut: CutLine, Spans: []Span{{Text: text}}})
	}
	s.parts = append(s.parts, Split(lines, Limit{Max: s.max, Measure: s.measure})...)
}
