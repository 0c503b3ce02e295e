package extract

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// linkShare is the share of a line's characters, of ten, from which it is a list
// of links and says nothing itself.
const linkShare = 8

// navigates reports whether a paragraph or an item is there to lead elsewhere:
// nearly all of it are links and it is no sentence, or it is a path of pages
// with signs between them.
func navigates(text string) bool {
	shown := plain(text)
	if defines(text) {
		return true
	}
	if closed(shown) {
		return false
	}
	if linked := linkedCharacters(text); linked > 0 && linked*10 >= linkShare*letters(shown) {
		return true
	}
	for _, sign := range [...]string{" > ", " » ", " › ", " · ", " | "} {
		if strings.Count(shown, sign) > 1 {
			return true
		}
	}
	return false
}

// defines reports whether a line says where the links of others lead:
// "[fees]: https://example.com/fees".
func defines(text string) bool {
	name, address, ok := strings.Cut(text, "]: ")
	return ok && strings.HasPrefix(name, "[") && (strings.Contains(address, "://") || strings.HasPrefix(address, "/"))
}

// linkedCharacters counts the letters of a text that are a link.
func linkedCharacters(text string) int {
	n := 0
	for i := 0; i < len(text); {
		size, shows := markup(text, i)
		if size > 0 && text[i] == '[' {
			n += letters(shows)
		}
		i += max(size, 1)
	}
	return n
}

func letters(text string) int {
	return utf8.RuneCountInString(strings.Join(strings.Fields(text), ""))
}

// orders finds text that speaks to a machine that reads it: "ignore all previous
// instructions", "SYSTEM: you are now". What follows it in
// its paragraph is part of it. Nothing in a document is followed, and what is quoted
// has to share words with the question; this short list only keeps such a
// sentence out where it does. A document about such sentences is quoted where
// the question has one itself.
func orders() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules|guidelines|above)\b` +
		`|\bSYSTEM\s*(?:PROMPT|MESSAGE)?\s*:\s*you\b|\byou are now (?:in|an?|the)\b.{0,30}\b(?:mode|model|assistant|bot|ai)\b` +
		`|从现在(?:起|开始)，?你(?:就)?(?:是|要|必须).{0,20}(?:模式|助手|模型|机器人|AI)` +
		`|(?:忽略|无视|忘记|忘掉|不要理会|抛开).{0,20}(?:指示|指令|提示|要求|规则|命令|上文|内容)`)
}
