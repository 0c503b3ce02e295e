package extract

import (
	"strconv"
	"strings"
)

// references adds every reference of "Articles 38, 46 and 47 and item 5" in the
// form that a Chinese counterpart has: 第46条, 第5项.
func (r *numberReader) references() {
	unit := "" // of the list that is being read
	for field := range strings.FieldsSeq(r.text) {
		bare := strings.TrimLeft(field, "(")
		word := strings.ToLower(strings.TrimRight(bare, ".,;:)"))
		n, err := strconv.Atoi(word)
		switch named := referenceUnit(word); {
		case named != "":
			unit = named
		case err == nil && unit != "":
			r.add("第" + strconv.Itoa(n) + unit)
		case word != "and" && word != "to" && word != "or":
			unit = ""
		}
		if strings.ContainsAny(bare, ".;:)") {
			unit = ""
		}
	}
}

// referenceUnit is what Chinese statutes call the part that a word names.
func referenceUnit(word string) string {
	switch word {
	case "article", "articles":
		return "条"
	case "item", "items":
		return "项"
	case "paragraph", "paragraphs":
		return "款"
	case "chapter", "chapters":
		return "章"
	}
	return ""
}
