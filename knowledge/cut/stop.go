package cut

import "strings"

// isStop reports whether a lower-cased English word says nothing about what a
// text is about. The list is short on purpose: "not", "no" and "without" carry
// meaning in rules.
func isStop(word string) bool {
	switch word {
	case "a", "an", "the", "and", "or", "but", "if", "then", "than", "so", "as",
		"of", "at", "by", "for", "with", "about", "into", "to", "from", "in", "on", "onto", "upon",
		"is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "doing", "done",
		"has", "have", "had", "having", "will", "would", "shall", "should", "can", "could", "may", "might", "must",
		"i", "me", "my", "we", "us", "our", "you", "your", "he", "him", "his", "she", "her", "it", "its", "they", "them", "their",
		"this", "that", "these", "those", "there", "here", "who", "whom", "whose", "which", "what", "when", "where", "why", "how",
		"also", "just", "very", "such", "some", "any", "each", "other", "s", "t", "m", "re", "ve", "ll", "d", "don", "doesn", "didn", "isn", "aren", "haven", "hasn", "hadn", "wasn", "weren", "won", "wouldn", "couldn", "shouldn", "please":
		return true
	}
	return false
}

// Particle reports whether a Chinese character alone carries grammar only.
func Particle(r rune) bool { return strings.ContainsRune(particles, r) }

const particles = "的了是在和与有被把就也都要会吗而之于其这那个对为以从到给让由及或但没不"

// Counts reports whether a term is a number word or a unit of time: it says how
// much, not what about.
func (t Term) Counts() bool {
	switch t.Kind {
	case Number:
		return true
	case Gram:
		return strings.Contains("一二三四五六七八九十两百千万年月日天周几", t.Text)
	case Word:
		switch t.Text {
		case "on", "one", "two", "three", "four", "five", "six", "ten", "twelv", "dai", "week", "month", "year", "hour", "long", "much", "mani":
			return true
		}
	default:
	}
	return false
}
