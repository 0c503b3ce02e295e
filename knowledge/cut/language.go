package cut

import "unicode"

// Languages that texts are told apart by.
const (
	Chinese = "zh"
	English = "en" // and everything else
)

// Language says what a text is written in. A Chinese character weighs as much
// as three letters, so an identifier in a Chinese sentence, or the Chinese name
// of a law in an English one, does not decide.
func Language(text string) string {
	han, latin := 0, 0
	for _, r := range text {
		switch {
		case r < '0':
		case Han(r):
			han++
		case unicode.IsLetter(r):
			latin++
		}
	}
	if han > 0 && han*3 >= latin {
		return Chinese
	}
	return English
}
