package edge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText is how much of a provider's words an error repeats, in bytes.
	maxText = 300
	// minSecret is the shortest part of a secret that is hidden: shorter runs
	// are too likely to be ordinary words.
	minSecret = 8
)

// Plain makes one line of text out of a body of unknown kind. Of a web page it
// keeps the title, or else what is left without tags, scripts and styles.
func Plain(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), 16<<10)]), "")
	if !strings.Contains(text, "<") || !strings.Contains(text, ">") {
		return text
	}
	if title := element(text, "<title", "</title"); title != "" {
		return title
	}
	for _, tag := range []string{"script", "style", "head"} {
		text = cutElement(text, tag)
	}
	return stripTags(text)
}

// element returns the content of the first element that opens with open, which
// may carry attributes.
func element(text, open, end string) string {
	lower := lowerASCII(text)
	i := strings.Index(lower, open)
	if i < 0 {
		return ""
	}
	start := strings.IndexByte(lower[i:], '>')
	if start < 0 {
		return ""
	}
	start += i + 1
	stop := strings.Index(lower[start:], end)
	if stop < 0 {
		return ""
	}
	return strings.TrimSpace(text[start : start+stop])
}

// cutElement leaves out every element of a kind; one that is not closed goes on
// to the end.
func cutElement(text, tag string) string {
	var b strings.Builder
	lower := lowerASCII(text)
	for {
		start := strings.Index(lower, "<"+tag)
		if start < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:start])
		b.WriteByte(' ')
		end := strings.Index(lower[start:], "</"+tag)
		if end < 0 {
			return b.String()
		}
		// The closing tag is left to stripTags.
		text, lower = text[start+end:], lower[start+end:]
	}
}

// lowerASCII keeps every byte in its place, which strings.ToLower does not.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func stripTags(text string) string {
	var b strings.Builder
	inTag := false
	for _, r := range text {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>':
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// scrub makes a text safe to log: one line of printable characters, without
// secrets, without what was asked, and short.
func (e Edge) scrub(text string, request []byte) string {
	text = strings.Join(strings.Fields(strings.Map(printable, text)), " ")
	// What is hidden takes less room than before, hence a margin.
	text = cut(text, 2*maxText)
	text = hideEcho(text, request)
	for _, s := range e.Secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[key]")
		}
	}
	text = e.hideKeys(text)
	if short := cut(text, maxText); short != text {
		return short + "…"
	}
	return text
}

// cut returns at most n bytes of a text, and no half characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func printable(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case !unicode.IsPrint(r):
		return -1
	}
	return r
}

// hideKeys hides words that look like a key, that hold a part of a secret, or
// that are a part of one.
func (e Edge) hideKeys(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		end := strings.IndexFunc(text, notKeyRune)
		switch end {
		case -1:
			end = len(text)
		case 0:
			_, size := utf8.DecodeRuneInString(text)
			b.WriteString(text[:size])
			text = text[size:]
			continue
		}
		word := text[:end]
		if e.isKey(word) {
			word = "[key]"
		}
		b.WriteString(word)
		text = text[end:]
	}
	return b.String()
}

func notKeyRune(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_*.+/=", r)
}

func (e Edge) isKey(word string) bool {
	if len(word) < minSecret {
		return false
	}
	if strings.HasPrefix(word, "sk-") || strings.HasPrefix(word, "Bearer") {
		return true
	}
	for _, s := range e.Secrets {
		for i := 0; i+minSecret <= len(s); i++ {
			if strings.Contains(word, s[i:i+minSecret]) {
				return true
			}
		}
	}
	return false
}
