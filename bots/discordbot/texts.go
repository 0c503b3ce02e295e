package discordbot

import (
	"strings"
	"unicode"
)

// words are the bot's own words in one language.
type words struct {
	thinking  string // stands where the answer will be
	busy      string // the question could not be taken
	empty     string // an answer without content
	sources   string // above the sources
	shortened string // below an answer that had to fit into one message
	unknown   string // a command that this version does not know
}

// say returns the words of a language; anything but Chinese reads English.
func say(language string) words {
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return words{
			thinking:  "正在查找资料……",
			busy:      "现在太忙，没能收下这个问题，请过一会儿再问一次。",
			empty:     "这次没有得出答案，请换一种说法再问。",
			sources:   "来源",
			shortened: "回答太长，这里只显示了一部分；请私信我再问，可以看到全文。",
			unknown:   "这个命令在当前版本里不可用，请使用 /ask。",
		}
	}
	return words{
		thinking:  "Looking it up…",
		busy:      "Too busy right now: this question could not be taken. Please ask again in a moment.",
		empty:     "No answer came of this. Please try other words.",
		sources:   "Sources",
		shortened: "The answer is too long to show here in full. Ask me in a direct message to read all of it.",
		unknown:   "This version does not know that command. Please use /ask.",
	}
}

// languageOf guesses the language of a text: Chinese if there is a Chinese
// character in it.
func languageOf(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}
