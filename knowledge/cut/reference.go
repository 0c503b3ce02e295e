package cut

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// article reads a reference such as 第八十七条, 第87条, 87条 or 第三章 from the
// start of folded text and returns its one form (第87条) and its length in
// bytes, 0 for none.
func article(text string) (ref string, size int) {
	rest, named := strings.CutPrefix(text, "第")
	if named {
		rest = strings.TrimLeft(rest, " ") // 第 八十七 条, as tables of contents and PDF files have it
	}
	n, width := articleNumber(rest)
	if width == 0 {
		return "", 0
	}
	behind := rest[width:]
	if named {
		behind = strings.TrimLeft(behind, " ")
	}
	unit, w := utf8.DecodeRuneInString(behind)
	if !isUnit(unit, named) {
		return "", 0
	}
	if !named && (n < 2 || utf8.RuneCountInString(rest[:width]) < 2) {
		return "", 0 // 一条, 3条: a count
	}
	size = len(text) - len(behind) + w
	ref = "第" + strconv.Itoa(n) + string(unit)
	if sub, more := articleSub(text[size:]); more > 0 {
		return ref + "之" + strconv.Itoa(sub), size + more
	}
	return ref, size
}

// isUnit reports whether a rune names a part of a statute. Without 第 only
// articles are taken for references.
func isUnit(r rune, named bool) bool {
	return r == '条' || named && strings.ContainsRune("章节款项编", r)
}

// articleNumber reads digits or a Chinese numeral.
func articleNumber(text string) (n, size int) {
	for size < len(text) && size < 6 && text[size] >= '0' && text[size] <= '9' {
		n = n*10 + int(text[size]-'0')
		size++
	}
	if size > 0 {
		return n, size
	}
	return Numeral(text)
}

// articleSub reads the 之一 of an inserted article.
func articleSub(text string) (n, size int) {
	rest, ok := strings.CutPrefix(text, "之")
	if !ok {
		return 0, 0
	}
	n, size = Numeral(rest)
	if size == 0 {
		return 0, 0
	}
	return n, size + len("之")
}

// sectionWord says what an English word before a number makes of it: "Section
// 5.2" is §5.2, and "Article 87" is the same as 第87条.
func sectionWord(word string) (prefix, suffix string, ok bool) {
	switch word {
	case "section", "sec", "clause", "chapter", "paragraph", "§":
		return "§", "", true
	case "article", "art":
		return "第", "条", true
	}
	return "", "", false
}
