package markdown

import "strings"

// maxMarks is what the marks around a text may measure together: a heading with
// struck bold italics in it.
const maxMarks = 30

// fit adapts lines to the limit: what could never fit beside its own prefixes
// and repeated headers is made shorter.
func (s *splitter) fit(lines []Line) []Line {
	out := make([]Line, len(lines))
	for i, l := range lines {
		l.First, l.Rest, l.Lead = s.short(l.First), s.short(l.Rest), s.short(l.Lead)
		room := s.max - s.max/8 - maxMarks
		if s.measure(l.Repeat) > s.max/4 {
			l.Repeat = ""
		}
		if l.Repeat != "" {
			room -= s.max / 4
		}
		l.Spans = s.fitSpans(l.Spans, room)
		out[i] = l
	}
	return out
}

// short drops the outer part of a prefix that is longer than an eighth of a part.
func (s *splitter) short(prefix string) string {
	if s.measure(prefix) <= s.max/8 {
		return prefix
	}
	return strings.TrimLeft(prefix, " >")
}

// fitSpans replaces what can not be shown whole in room by what stands for it.
func (s *splitter) fitSpans(spans []Span, room int) []Span {
	for i, sp := range spans {
		if sp.Whole && s.measure(sp.Text) > room {
			out := append([]Span(nil), spans[:i]...)
			for _, sp := range spans[i:] {
				out = append(out, s.fitSpan(sp, room)...)
			}
			return out
		}
	}
	return spans
}

func (s *splitter) fitSpan(sp Span, room int) []Span {
	if !sp.Whole || s.measure(sp.Text) <= room {
		return []Span{sp}
	}
	if len(sp.Long) == 0 {
		sp.Whole = false
		return []Span{sp}
	}
	return s.fitSpans(sp.Long, room)
}
