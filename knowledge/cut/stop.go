package cut

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
		"also", "just", "very", "such", "some", "any", "each", "other", "s", "t", "m", "re", "ve", "ll", "d", "don", "doesn", "didn", "isn", "aren", "please":
		return true
	}
	return false
}
