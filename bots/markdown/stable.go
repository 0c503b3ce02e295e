package markdown

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// How far back an unfinished construct is waited for, in bytes. One that is
// longer is taken for what it looks like, so that a stray bracket does not hold
// a stream up.
const (
	maxOpenBracket = 300
	maxOpenCode    = 300
	maxCode        = 4000 // the longest inline code whose end is looked for
	maxOpenMarks   = 8    // bold and struck text inside one another
)

// StableCut returns the longest part of a streamed text, from its start, that
// may be shown while the rest is still being written: it does not end inside a
// link, an address, inline code, a citation mark, an escape or a table row. A
// code fence or bold text that is open at the end is closed, so the result may
// end in a few characters that are not in s. It is for live text only: the
// final text is shown as it is.
func StableCut(s string) string {
	s = wholeRunes(s)
	st := scanLines(s)
	if st.fence != "" {
		return st.closeFence(s)
	}
	end := st.lineCut(s)
	if end < st.paragraph {
		return s[:end]
	}
	return stableInline(s[:end], st.paragraph)
}

// wholeRunes drops the bytes of an incomplete character at the end of s.
func wholeRunes(s string) string {
	for i := len(s) - 1; i >= max(0, len(s)-utf8.UTFMax); i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return s[:i]
			}
			break
		}
	}
	return s
}

// lineState is what is known of a text after looking at its lines.
type lineState struct {
	fence     string // the open code fence's run of characters, or ""
	prefix    string // what stood before that run
	opened    int    // where the opening line starts
	code      int    // where the code starts
	paragraph int    // where the inline content of the last line's paragraph starts
	table     int    // where the last run of lines with a leading | starts, or -1
	rows      int    // complete lines in that run
	last      int    // where the last, unfinished line starts
}

func scanLines(s string) lineState {
	st := lineState{table: -1}
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		if s[end-1] != '\n' {
			st.line(s[at:end], at, end, false)
			st.last = at
			return st
		}
		st.line(s[at:end-1], at, end, true)
		at = end
	}
	st.last = len(s)
	return st
}

// line takes one line into account; whole is false for the unfinished one.
func (st *lineState) line(line string, at, end int, whole bool) {
	prefix, content := splitPrefix(line)
	run := fenceRun(content)
	switch {
	case st.fence != "":
		if whole && closesFence(content, st.fence) {
			st.fence, st.paragraph, st.table = "", end, -1
		}
		return
	case run != "":
		st.fence, st.prefix, st.opened, st.code = run, prefix, at, end
		if !whole {
			st.code = -1
		}
		return
	case strings.HasPrefix(content, "|"):
		if st.table < 0 {
			st.table, st.rows = at, 0
		}
		if whole {
			st.rows++
		}
	default:
		st.table = -1
	}
	if content == "" || prefix != "" || content[0] == '#' || content[0] == '|' {
		st.paragraph = at
	}
	if content == "" && whole {
		st.paragraph = end
	}
}

// splitPrefix separates quotes, bullets and indentation from a line's content.
func splitPrefix(line string) (prefix, content string) {
	rest := strings.TrimLeft(line, " \t>")
	if marker := strings.TrimLeft(rest, "0123456789"); marker != "" {
		bullet := len(marker) == len(rest) && strings.IndexByte("-*+", marker[0]) >= 0
		number := len(marker) < len(rest) && (marker[0] == '.' || marker[0] == ')')
		if (bullet || number) && len(marker) > 1 && marker[1] == ' ' {
			rest = strings.TrimLeft(marker[2:], " ")
		}
	}
	return line[:len(line)-len(rest)], rest
}

// fenceRun returns the run of ` or ~ that opens a fence, or "".
func fenceRun(content string) string {
	if content == "" || content[0] != '`' && content[0] != '~' {
		return ""
	}
	rest := strings.TrimLeft(content, content[:1])
	run := content[:len(content)-len(rest)]
	if len(run) < 3 || run[0] == '`' && strings.Contains(rest, "`") {
		return ""
	}
	return run
}

func closesFence(content, fence string) bool {
	run := strings.TrimRight(content, " \t")
	return len(run) >= len(fence) && strings.Trim(run, fence[:1]) == ""
}

// closeFence ends an open fence, or leaves it out while it has no code.
func (st *lineState) closeFence(s string) string {
	if st.code < 0 || st.code >= len(s) {
		return s[:st.opened]
	}
	end := len(s)
	if _, content := splitPrefix(s[st.last:]); strings.Trim(content, st.fence[:1]) == "" {
		end = st.last // it may become the closing fence
	}
	if end <= st.code {
		return s[:st.opened]
	}
	prefix := strings.Map(func(r rune) rune {
		if r == '>' || r == '\t' {
			return r
		}
		return ' '
	}, st.prefix)
	return strings.TrimRight(s[:end], "\n") + "\n" + prefix + st.fence
}

// lineCut returns where to cut so that no table row is shown in part, no header
// without the line below it that makes it one, and no line that is only markup.
func (st *lineState) lineCut(s string) int {
	switch {
	case st.last < len(s) && strings.Trim(s[st.last:], "-=#+*_> 0123456789.)") == "":
		return st.last // a bullet, number, heading, rule or underline in the making
	case st.table < 0:
		return len(s)
	case st.rows < 2:
		return st.table
	default:
		return st.last
	}
}

// stableInline cuts s, whose last paragraph starts at from, before the first
// inline construct that is not finished.
func stableInline(s string, from int) string {
	in := inlineScan{s: s, at: from}
	for in.at < len(s) && !in.stop {
		in.next()
	}
	if in.stop {
		s = s[:in.at]
	}
	return in.closeMarks(s)
}

// inlineScan walks over inline content. It stops at what is not finished.
type inlineScan struct {
	s     string
	at    int
	stop  bool
	marks []openMark // ** and ~~ that are open
}

type openMark struct {
	run string
	at  int
}

// next advances over one construct.
func (in *inlineScan) next() {
	rest := in.s[in.at:]
	switch rest[0] {
	case '\\':
		in.advance(2, len(rest) < 2)
	case '`':
		in.code(rest)
	case '!':
		in.advance(1, rest == "!" || strings.HasPrefix(rest, "![") && in.unfinished(rest[1:]))
	case '[':
		in.advance(1, in.unfinished(rest))
	case '<':
		in.advance(1, len(rest) < maxURL && !strings.ContainsAny(rest, "> \n"))
	case '&':
		in.advance(1, len(rest) < maxReference && strings.IndexFunc(rest[1:], notReference) < 0)
	case '*', '~', '_':
		in.mark(rest)
	case 'h', 'H':
		in.advance(1, unfinishedURL(in.s[:in.at], rest))
	default:
		in.at++
	}
}

// advance goes n bytes on, or stops where the construct is not finished.
func (in *inlineScan) advance(n int, unfinished bool) {
	if unfinished {
		in.stop = true
		return
	}
	in.at += n
}

func (in *inlineScan) code(rest string) {
	run := rest[:len(rest)-len(strings.TrimLeft(rest, "`"))]
	for at := len(run); ; {
		i := strings.Index(rest[at:min(len(rest), max(at, maxCode))], run)
		if i < 0 {
			in.advance(len(run), len(rest) < maxOpenCode)
			return
		}
		at += i
		end := at + len(rest[at:]) - len(strings.TrimLeft(rest[at:], "`"))
		if end-at == len(run) {
			in.at += end
			return
		}
		at = end
	}
}

// unfinished reports whether the link or citation mark at the start of rest may
// still go on behind the end of the text.
func (in *inlineScan) unfinished(rest string) bool {
	shut := closingBracket(rest)
	if shut < 0 {
		return len(rest) < maxOpenBracket
	}
	behind := rest[shut+1:]
	if behind == "" {
		_, cite := citeMark([]byte(rest))
		return cite == 0
	}
	return behind[0] == '(' && len(behind) < maxURL && !targetEnds(behind)
}

// closingBracket returns where the bracket that opens rest is closed, or -1.
func closingBracket(rest string) int {
	depth := 0
	for i := 0; i < min(len(rest), maxOpenBracket); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// targetEnds reports whether the link target that opens rest is closed, or can
// not be one any more.
func targetEnds(rest string) bool {
	depth := 0
	for i := range len(rest) {
		switch rest[i] {
		case '\n':
			return true
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return true
			}
		}
	}
	return false
}

func notReference(r rune) bool { return r != '#' && (r > 0x7f || !isWord(r)) }

// unfinishedURL reports whether rest is the start of an address that may go on.
func unfinishedURL(before, rest string) bool {
	if previous, _ := utf8.DecodeLastRuneInString(before); previous < 0x80 && isWord(previous) {
		return false
	}
	for _, scheme := range []string{"http://", "https://"} {
		if len(rest) < len(scheme) && len(rest) >= len("http") && strings.EqualFold(rest, scheme[:len(rest)]) {
			return true
		}
		if len(rest) >= len(scheme) && strings.EqualFold(rest[:len(scheme)], scheme) {
			return len(rest) < maxURL && strings.IndexFunc(rest, endsURL) < 0
		}
	}
	return false
}

func endsURL(r rune) bool { return r <= ' ' || r > 0x7e || strings.ContainsRune("<>\"'`()[]", r) }

// mark opens or closes bold and struck text. A run at the very end may be half.
func (in *inlineScan) mark(rest string) {
	run := rest[:len(rest)-len(strings.TrimLeft(rest, rest[:1]))]
	if len(run) == len(rest) {
		in.stop = len(in.marks) == 0 || in.marks[len(in.marks)-1].run != run
		if !in.stop {
			in.marks = in.marks[:len(in.marks)-1]
			in.at += len(run)
		}
		return
	}
	if len(run) == 2 && run != "__" {
		if last := len(in.marks) - 1; last >= 0 && in.marks[last].run == run {
			in.marks = in.marks[:last]
		} else if len(in.marks) < maxOpenMarks && !strings.ContainsAny(rest[2:3], " \t\n") {
			in.marks = append(in.marks, openMark{run, in.at})
		}
	}
	in.at += len(run)
}

// closeMarks closes what is open at the end of s.
func (in *inlineScan) closeMarks(s string) string {
	for _, m := range slices.Backward(in.marks) {
		text := strings.TrimRight(s, " \t\n")
		if len(text) <= m.at+len(m.run) {
			s = s[:m.at]
			continue
		}
		s = text + m.run
	}
	return s
}
