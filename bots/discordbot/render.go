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

// lines parses an answer's text. Links are kept where they lead to the hosts of
// the answer's own sources.
func lines(c bots.Content, text string) []markdown.Line {
	urls := make([]string, 0, len(c.Sources))
	for _, s := range c.Sources {
		urls = append(urls, s.URL)
	}
	return markdown.Render(markdown.Parser{Links: markdown.Hosts(urls...)}.Parse(text), style{})
}

// live is an answer that is still being written, as far as it fits into its message.
func live(c bots.Content) string {
	const more = "\n…"
	parts := markdown.Split(lines(c, markdown.StableCut(c.Text)), markdown.Limit{Max: maxMessage - len(more), Measure: markdown.UTF16})
	switch len(parts) {
	case 0:
		return say(language(c)).thinking
	case 1:
		return parts[0]
	default:
		return parts[0] + more
	}
}

// full is a complete answer in as many messages as it takes, with the note and
// the sources at its end.
func full(c bots.Content) []string {
	body, tail := lines(c, c.Text), trailer(c)
	parts := markdown.Split(body, markdown.Limit{Max: maxMessage, Measure: markdown.UTF16, Trailer: tail})
	if len(parts) == 0 {
		return []string{say(language(c)).empty}
	}
	return parts
}

// single is a complete answer in one message: what a private reply can hold.
func single(c bots.Content) string {
	if parts := full(c); len(parts) == 1 {
		return parts[0]
	}
	tail := "-# " + say(language(c)).shortened
	if t := trailer(c); t != "" {
		tail += "\n" + t
	}
	if room := maxMessage - markdown.UTF16(tail) - len("\n\n"); room > maxMessage/4 {
		parts := markdown.Split(lines(c, c.Text), markdown.Limit{Max: room, Measure: markdown.UTF16})
		return parts[0] + "\n\n" + tail
	}
	tail = "-# " + say(language(c)).shortened // more sources than the message holds
	parts := markdown.Split(lines(c, c.Text), markdown.Limit{Max: maxMessage - markdown.UTF16(tail) - len("\n\n"), Measure: markdown.UTF16})
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
