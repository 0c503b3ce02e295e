package discordbot

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

const (
	// maxMessage is how much a message holds (resources/message), counted in
	// UTF-16 units: clients and libraries disagree about the unit, and this is
	// the strictest.
	maxMessage = 2000
	// maxTitle and maxURL keep the list of sources within one message.
	maxTitle = 120
	maxURL   = 500
)

// style writes Discord's Markdown: CommonMark without tables, small headings,
// rules and nothing that notifies anybody.
type style struct{ markdown.CommonMark }

// CodeSpan implements markdown.Style.
func (s style) CodeSpan(code string) string { return s.CommonMark.CodeSpan(hush(code)) }

// FenceLine implements markdown.Style.
func (s style) FenceLine(line string) string { return s.CommonMark.FenceLine(hush(line)) }

// Link implements markdown.Style. The brackets keep the client from a preview.
func (s style) Link(text, address string) string {
	if text == s.Text(address) {
		return "<" + address + ">"
	}
	return "[" + text + "](<" + address + ">)"
}

// Heading implements markdown.Style: a message is no page, so the largest
// heading is the third size, and small ones are bold lines.
func (style) Heading(level int) markdown.Wrap {
	if level <= 2 {
		return markdown.Wrap{Open: "### "}
	}
	return markdown.Wrap{Open: "**", Close: "**"}
}

// Rule implements markdown.Style.
func (style) Rule() string { return "──────────" }

// Tables implements markdown.Style.
func (style) Tables() markdown.TableForm { return markdown.TableText }

// hush keeps code from looking like a call to everybody; the rest of code stays
// as it is, because people copy it.
func hush(code string) string {
	return strings.NewReplacer("@everyone", "@\u200beveryone", "@here", "@\u200bhere").Replace(code)
}

// quoteMark begins the line that quotes a command's question; History knows it
// again by that.
const quoteMark = "> ❓ "

// maxQuote is how much of a question its answer quotes.
const maxQuote = 300

// quote is a question as one quoted line, without the mark.
func quote(question string) string { return style{}.Text(markdown.OneLine(question, maxQuote)) }

// placeholder is what an answer shows before there is any text of it.
func placeholder(q bots.Question) string {
	thinking := say(languageOf(q.Text)).thinking
	if asked := quoted(q); asked != "" {
		return quoteMark + asked + "\n" + thinking
	}
	return thinking
}

// lines parses an answer's text, below the question if that is to be quoted.
// Links are kept where they lead to the hosts of the answer's own sources.
func lines(c bots.Content, text, asked string) []markdown.Line {
	urls := make([]string, 0, len(c.Sources))
	for _, s := range c.Sources {
		urls = append(urls, s.URL)
	}
	body := markdown.Render(markdown.Parser{Links: markdown.Hosts(urls...)}.Parse(text), style{})
	if asked == "" {
		return body
	}
	head := markdown.Line{First: quoteMark, Rest: style{}.Quote(), Spans: []markdown.Span{{Text: asked, Whole: true}}}
	return append([]markdown.Line{head}, body...)
}

// live is an answer that is still being written, as far as it fits into its message.
func live(c bots.Content, asked string) string {
	const more = "\n…"
	body := lines(c, markdown.StableCut(c.Text), "")
	if len(body) == 0 {
		body = []markdown.Line{{Spans: []markdown.Span{{Text: say(language(c)).thinking}}}}
	}
	if asked != "" {
		body = append(lines(c, "", asked), body...)
	}
	parts := markdown.Split(body, markdown.Limit{Max: maxMessage - len(more), Measure: markdown.UTF16})
	if len(parts) == 1 {
		return parts[0]
	}
	return parts[0] + more
}

// full is a complete answer in as many messages as it takes, with the note and
// the sources at its end.
func full(c bots.Content, asked string) []string {
	tail := trailer(c)
	if tail == "" && len(lines(c, c.Text, "")) == 0 {
		tail = say(language(c)).empty
	}
	return markdown.Split(lines(c, c.Text, asked), markdown.Limit{Max: maxMessage, Measure: markdown.UTF16, Trailer: tail})
}

// single is a complete answer in one message: what a private reply can hold.
func single(c bots.Content, asked string) string {
	if parts := full(c, asked); len(parts) == 1 {
		return parts[0]
	}
	tail := "-# " + say(language(c)).shortened
	if t := trailer(c); t != "" {
		tail += "\n" + t
	}
	if room := maxMessage - markdown.UTF16(tail) - len("\n\n"); room > maxMessage/4 {
		parts := markdown.Split(lines(c, c.Text, asked), markdown.Limit{Max: room, Measure: markdown.UTF16})
		return parts[0] + "\n\n" + tail
	}
	tail = "-# " + say(language(c)).shortened // more sources than the message holds
	parts := markdown.Split(lines(c, c.Text, asked), markdown.Limit{Max: maxMessage - markdown.UTF16(tail) - len("\n\n"), Measure: markdown.UTF16})
	return strings.Join(append(parts[:min(1, len(parts))], tail), "\n\n")
}

// language is the language of the bot's own words in an answer.
func language(c bots.Content) string {
	if c.Language != "" {
		return c.Language
	}
	return languageOf(c.Text)
}

// trailer is what stands below an answer: the note, in small print, and the sources.
func trailer(c bots.Content) string {
	var b strings.Builder
	if note := markdown.OneLine(c.Note, maxMessage/4); note != "" {
		b.WriteString("-# " + style{}.Text(note))
	}
	if len(c.Sources) == 0 {
		return b.String()
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	b.WriteString(sourcesHead(say(language(c))))
	for _, s := range c.Sources {
		b.WriteString("\n" + source(s))
	}
	return b.String()
}

// sourcesHead is the line above the sources; History ends an own message there.
func sourcesHead(w words) string { return "**" + w.sources + "**" }

func source(s bots.Source) string {
	title := markdown.OneLine(s.Title, maxTitle)
	if title == "" {
		title = markdown.OneLine(s.Ref, maxTitle)
	}
	line := fmt.Sprintf("[%d] %s", s.N, style{}.Text(title))
	if address := webAddress(s.URL); address != "" {
		line += " — <" + address + ">"
	}
	return line
}

// webAddress is an address that may be shown as a link: http or https, with a
// host, without a user name, and short enough.
func webAddress(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return ""
	}
	address := strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "`", "%60", "@", "%40").Replace(u.String())
	if len(address) > maxURL {
		return ""
	}
	return address
}
