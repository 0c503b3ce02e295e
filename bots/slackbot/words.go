package slackbot

import (
	"strings"
	"unicode"

	"github.com/tribunebot/tribune/bots"
)

// words are the bot's own in one language.
type words struct {
	thinking string // the answer's message before there is text
	writing  string // below a text that still grows
	sources  string // above the sources
	more     string // below sources that found no room; %d of them
	asked    string // above a posted question; %s asked
	somebody string // whose name is not known
	taken    string // to the person who gave /ask
	usage    string // the same, without a question
	unknown  string // a command that does not exist
	cut      string // instead of what a private answer has no room for
}

func wordsIn(language string) words {
	if language == "zh" {
		return words{
			thinking: "正在思考……", writing: "正在书写……", sources: "来源", more: "另有 %d 个来源",
			asked: "%s 问：", somebody: "有人", taken: "收到，正在查阅资料……",
			usage: "请在 /ask 后面写上问题，例如：/ask 年假有几天？", unknown: "暂不支持这个命令，请使用 /ask。",
			cut: "（回答过长，此处有删节。）",
		}
	}
	return words{
		thinking: "Thinking…", writing: "Writing…", sources: "Sources", more: "%d more sources",
		asked: "%s asked:", somebody: "Somebody", taken: "Got it, looking it up…",
		usage: "Write your question after /ask, for example: /ask How many days of leave do I have?", unknown: "I only know /ask so far.",
		cut: "(The answer is too long: a part of it is left out here.)",
	}
}

// languageOf is "zh" for a text with Chinese characters, else "en".
func languageOf(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "zh"
	}
	return "en"
}

// languageIn is the language in which the bot's own words stand in c.
func languageIn(c bots.Content) string {
	if c.Language != "" {
		return c.Language
	}
	return languageOf(c.Text)
}

// isThinking tells whether text is a placeholder, in any language.
func isThinking(text string) bool {
	return text == wordsIn("zh").thinking || text == wordsIn("en").thinking
}
