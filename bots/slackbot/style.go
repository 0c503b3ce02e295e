package slackbot

import (
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/bots/markdown"
)

// zeroWidth is a zero-width space.
const zeroWidth = "\u200b"

// urls are the addresses of an answer's sources, by their number, fit to be
// shown.
type urls map[int]string

// blockStyle writes what a markdown block takes: CommonMark with tables, in
// which & < > are escaped as everywhere at Slack, so that <!channel> is text.
type blockStyle struct {
	markdown.CommonMark

	urls urls
}

// Text implements markdown.Style. The escapes of Markdown come first, then
// those of Slack take the place of the ones for the same characters.
func (s blockStyle) Text(text string) string {
	return strings.NewReplacer(
		`\\`, `\\`, `\<`, "&lt;", `\>`, "&gt;", `\&`, "&amp;", "<", "&lt;", ">", "&gt;", "&", "&amp;",
	).Replace(s.CommonMark.Text(text))
}

// CodeSpan implements markdown.Style.
func (s blockStyle) CodeSpan(code string) string { return escape(s.CommonMark.CodeSpan(code)) }

// FenceLine implements markdown.Style.
func (s blockStyle) FenceLine(line string) string { return escape(s.CommonMark.FenceLine(line)) }

// Link implements markdown.Style.
func (blockStyle) Link(text, url string) string { return "[" + text + "](" + escape(url) + ")" }

// Cite implements markdown.Style: a mark links to its source.
func (s blockStyle) Cite(n int) string {
	mark := s.CommonMark.Cite(n)
	if url := s.urls[n]; url != "" {
		return s.Link(mark, url)
	}
	return mark
}

// mrkdwnStyle writes Slack's older markup, which sections and plain texts take.
// It has no escape for * _ ~ and `, which do no harm there.
type mrkdwnStyle struct {
	urls urls
}

// Text implements markdown.Style.
func (mrkdwnStyle) Text(text string) string { return escape(markdown.Defuse(text)) }

// CodeSpan implements markdown.Style.
func (mrkdwnStyle) CodeSpan(code string) string {
	return "`" + escape(strings.ReplaceAll(code, "`", "'")) + "`"
}

// Link implements markdown.Style.
func (mrkdwnStyle) Link(text, url string) string { return "<" + escape(url) + "|" + text + ">" }

// Cite implements markdown.Style.
func (s mrkdwnStyle) Cite(n int) string {
	mark := "[" + strconv.Itoa(n) + "]"
	if url := s.urls[n]; url != "" {
		return s.Link(mark, url)
	}
	return mark
}

// Mark implements markdown.Style. Beside Chinese characters a mark is only seen
// as one with a space around it, and a zero-width one will do.
func (mrkdwnStyle) Mark(m markdown.Mark) markdown.Wrap {
	sign := "~"
	switch m {
	case markdown.Strong:
		sign = "*"
	case markdown.Emphasis:
		sign = "_"
	case markdown.Strike:
	}
	return markdown.Wrap{Open: zeroWidth + sign, Close: sign + zeroWidth}
}

// Heading implements markdown.Style: mrkdwn has none, bold stands in.
func (s mrkdwnStyle) Heading(int) markdown.Wrap { return s.Mark(markdown.Strong) }

// Bullet implements markdown.Style.
func (mrkdwnStyle) Bullet(depth, number int) string {
	switch {
	case number > 0:
		return strconv.Itoa(number) + ". "
	case depth > 0:
		return "◦ "
	default:
		return "• "
	}
}

// Quote implements markdown.Style.
func (mrkdwnStyle) Quote() string { return "> " }

// Fence implements markdown.Style. A language would be shown as code.
func (mrkdwnStyle) Fence(string) markdown.Wrap { return markdown.Wrap{Open: "```", Close: "```"} }

// FenceLine implements markdown.Style.
func (mrkdwnStyle) FenceLine(line string) string {
	return escape(markdown.CommonMark{}.FenceLine(line))
}

// Rule implements markdown.Style.
func (mrkdwnStyle) Rule() string { return "———" }

// Tables implements markdown.Style.
func (mrkdwnStyle) Tables() markdown.TableForm { return markdown.TableText }
