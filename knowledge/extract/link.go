package extract

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// maxLink bounds how far the end of a link is looked for, in bytes: an address
// may be 2 KB long.
const maxLink = 4096

// bracket reads what begins with a bracket, after some character: a link, a
// citation, a footnote's mark.
func bracket(rest string, before rune) (n int, shows string) {
	joined := before < 0x2E80 && (unicode.IsLetter(before) || unicode.IsDigit(before))
	end := closing(rest, '[', ']')
	if end < 1 {
		return 0, ""
	}
	inner, after := rest[1:end], rest[end+1:]
	to := target(after)
	switch {
	case to > 0 && strings.Trim(inner, `[]\0123456789, `) == "" && (!unicode.IsSpace(before) || strings.Contains(inner, "[")): // word[1](#note-1)
		return end + 1 + to, ""
	case to > 0:
		return end + 1 + to, inline(inner)
	case strings.Trim(inner, "0123456789, ") == "":
		return end + 1, "" // a citation of the document's own
	case footnote().MatchString(inner):
		return end + 1 + len(after) - len(strings.TrimPrefix(after, ":")), ""
	case !joined && strings.HasPrefix(inner, "[") && strings.HasSuffix(inner, "]"):
		return wiki(inner[1:len(inner)-1], end+1)
	case !joined:
		return reference(inner, after, end+1)
	}
	return 0, ""
}

// footnote is the name of a footnote as Markdown's processors number them.
// Others, such as [^a-z], may be a pattern.
var footnote = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // a table, made when it is first needed
	return regexp.MustCompile(`^\^(\d+|fn\w*|note\w*)$`)
})

// wiki reads the inner part of [[page]] and [[page|label]]; n is the length of all.
func wiki(inner string, n int) (int, string) {
	page, label, named := strings.Cut(inner, "|")
	if named {
		page = label
	}
	if page != strings.TrimSpace(page) || !strings.ContainsFunc(page, unicode.IsLetter) || strings.ContainsAny(page, "[]") {
		return 0, "" // [[ -f file ]] of a shell
	}
	return n, page
}

// reference reads [text][name], a link whose address stands elsewhere; n is the
// length of the first part.
func reference(inner, after string, n int) (int, string) {
	if !strings.HasPrefix(after, "[") {
		return 0, ""
	}
	to := strings.IndexByte(after, ']')
	if to < 0 || strings.ContainsAny(after[1:to], "[\n") {
		return 0, ""
	}
	return n + to + 1, inline(inner)
}

// target is the length of the part of a link that says where it leads: an
// address, in angle brackets or with brackets in pairs, a title in quotes, and
// what some programs write about its looks. It is 0 where there is none.
func target(text string) int {
	if !strings.HasPrefix(text, "(") {
		return 0
	}
	n := destination().FindString(text[:min(len(text), maxLink)])
	end := len(n)
	if end == 0 {
		end = closing(text, '(', ')') + 1
	}
	if end > 0 {
		end += len(looks().FindString(text[end:min(len(text), end+maxLink)]))
	}
	return end
}

// destination is the part with a title: what is in quotes may have brackets.
var destination = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // a table, made when it is first needed
	return regexp.MustCompile(`^\(\s*(<[^<>\n]*>|(?:[^\s<>"()]|\([^\s()]*\))+)(\s+("[^"]*"|'[^']*'))?\s*\)`)
})

// looks is what kramdown and Pandoc put after a link: {:target="_blank"}.
var looks = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // a table, made when it is first needed
	return regexp.MustCompile(`^\{[:.#][^{}\n]*\}`)
})

// closing is where the bracket closes that text begins with, -1 where it does
// not. One behind a backslash is none.
func closing(text string, open, end byte) int {
	depth := 0
	for i := 0; i < min(len(text), maxLink); i++ {
		switch text[i] {
		case '\\':
			i++
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// angle reads a tag, a comment, and an address that stands between angle
// brackets.
func angle(rest string) (n int, shows string) {
	if strings.HasPrefix(rest, "<!--") {
		if end := strings.Index(rest, "-->"); end > 0 {
			return end + len("-->"), ""
		}
	}
	if found := address().FindStringSubmatch(rest[:min(len(rest), maxLink)]); found != nil {
		return len(found[0]), found[1]
	}
	found := element().FindString(rest[:min(len(rest), maxLink)])
	if strings.TrimRight(strings.ToLower(found), " />") == "<br" {
		shows = " "
	}
	return len(found), shows
}

// address is an address in angle brackets.
var address = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // a table, made when it is first needed
	return regexp.MustCompile(`^<(?:mailto:)?([A-Za-z][A-Za-z0-9+.-]*://[^\s<>]*|[^\s<>=/"]+@[^\s<>=/"]+)>`)
})

// element is a tag: what stands in quotes may have an angle bracket.
var element = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // a table, made when it is first needed
	return regexp.MustCompile(`^<[/!]?[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*>`)
})
