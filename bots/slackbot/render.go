package slackbot

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

// Sizes in characters, after escaping. Slack takes 12,000 in the markdown
// blocks of a message and 3,000 in a section, and refuses messages of some
// 13,200 in all (slackapi/bolt-js issue 2509); chat.update takes a text of
// 4,000. Body, sources and note together stay below all of that.
const (
	maxBlockBody   = 9_000 // a message's markdown block
	maxLiveBody    = 6_000 // the same while it still grows
	maxSection     = 2_800 // one section of the answer
	maxSections    = 3     // sections a message
	maxTextBody    = 3_500 // a message without blocks, and the text beside blocks
	maxSources     = 2_900 // the section of the sources
	maxSourceTitle = 120
	maxSourceURL   = 500 // a longer address is not linked
	maxNote        = 500
)

// form is one way to write an answer.
type form int

// The forms, in the order in which they are tried: Slack refuses the first
// ones in some workspaces and for some texts.
const (
	asMarkdown form = iota // markdown blocks
	asSections             // section blocks in mrkdwn
	asText                 // no blocks at all
)

func forms() []form { return []form{asMarkdown, asSections, asText} }

// page is one message: what it shows, and the text for notifications and
// readers that know no blocks.
type page struct {
	text   string
	blocks []slack.Block
}

// options are the message's content for a call.
func (p page) options() slack.MsgOption {
	return slack.MsgOptionCompose(slack.MsgOptionText(p.text, false), slack.MsgOptionBlocks(p.blocks...))
}

// plainPage is a message of one line of the bot's own.
func plainPage(text string) page { return page{text: escape(text)} }

// render writes a final answer as one or more messages, the sources and the
// note at the end of the last.
func render(c bots.Content, f form) []page {
	own, linked := wordsIn(languageIn(c)), sourceURLs(c.Sources)
	doc := linked.parse(c.Text)
	var pages []page
	switch f {
	case asMarkdown:
		for _, part := range split(doc, blockStyle{urls: linked}, maxBlockBody) {
			pages = append(pages, page{text: beside(part, linked), blocks: []slack.Block{slack.NewMarkdownBlock("", part)}})
		}
	case asSections:
		pages = sections(split(doc, mrkdwnStyle{urls: linked}, maxSection), linked)
	case asText:
		lines := markdown.Render(doc, mrkdwnStyle{urls: linked})
		trailer := strings.Join(nonEmpty(sourceList(c.Sources, linked, own), noteLine(c.Note)), "\n\n")
		for _, part := range markdown.Split(lines, markdown.Limit{Max: maxTextBody, Trailer: trailer}) {
			pages = append(pages, page{text: part})
		}
	}
	if f != asText {
		pages = closeWith(pages, c, linked, own)
	}
	if len(pages) == 0 { // nothing to say is still an answer
		pages = []page{{text: "…"}}
	}
	return pages
}

func split(doc markdown.Doc, style markdown.Style, limit int) []string {
	return markdown.Split(markdown.Render(doc, style), markdown.Limit{Max: limit})
}

// sections puts some sections into each message.
func sections(parts []string, linked urls) []page {
	var pages []page
	for group := range slices.Chunk(parts, maxSections) {
		p := page{text: withoutAddresses(plain(strings.Join(group, "\n\n"), ""), linked)}
		for _, part := range group {
			p.blocks = append(p.blocks, section(part))
		}
		pages = append(pages, p)
	}
	return pages
}

// closeWith adds sources and note to the last message.
func closeWith(pages []page, c bots.Content, linked urls, own words) []page {
	sources, note := sourceList(c.Sources, linked, own), noteLine(c.Note)
	if len(pages) == 0 && sources+note != "" {
		pages = append(pages, page{text: strings.Join(nonEmpty(sources, note), "\n")})
	}
	if len(pages) == 0 {
		return nil
	}
	last := &pages[len(pages)-1]
	if sources != "" {
		last.blocks = append(last.blocks, section(sources))
	}
	if note != "" {
		last.blocks = append(last.blocks, small(note))
	}
	return pages
}

// renderLive writes a text that still grows as one message. ok is false while
// there is nothing to show.
func renderLive(c bots.Content) (p page, ok bool) {
	linked := sourceURLs(c.Sources)
	doc := linked.parse(markdown.StableCut(c.Text))
	parts := split(doc, blockStyle{urls: linked}, maxLiveBody)
	if len(parts) == 0 {
		return page{}, false
	}
	return page{text: beside(parts[0], linked), blocks: []slack.Block{
		slack.NewMarkdownBlock("", parts[0]), small(wordsIn(languageIn(c)).writing),
	}}, true
}

// section is a block of mrkdwn. Verbatim keeps Slack from making links and
// mentions of what only looks like them.
func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true), nil, nil)
}

// small is a block of small grey text.
func small(mrkdwn string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true))
}

// beside is the text that goes with a markdown block: its words without markup.
func beside(part string, linked urls) string {
	return withoutAddresses(markdown.Plain(unescape(part)), linked)
}

// withoutAddresses leaves of a linked citation mark only the mark. The result
// is what readers without blocks get, and what is read back as an earlier turn.
func withoutAddresses(text string, linked urls) string {
	text = strings.ReplaceAll(text, zeroWidth, "")
	for n, url := range linked {
		mark := fmt.Sprintf("[%d]", n)
		text = strings.ReplaceAll(text, mark+" ("+url+")", mark)
	}
	return escapeWithin(text, maxTextBody)
}

// sourceURLs picks the addresses that may be shown.
func sourceURLs(sources []bots.Source) urls {
	linked := urls{}
	for _, s := range sources {
		if url := safeURL(s.URL); url != "" {
			linked[s.N] = url
		}
	}
	return linked
}

// parse reads an answer's text. Only links to the sources' own hosts stay links:
// whatever else a model links to may carry away what it read.
func (u urls) parse(text string) markdown.Doc {
	known := make([]string, 0, len(u))
	for _, source := range u {
		known = append(known, source)
	}
	return markdown.Parser{Links: markdown.Hosts(known...)}.Parse(text)
}

// safeURL returns an http or https address in the form in which package
// markdown would link to it, or "".
func safeURL(raw string) string {
	if raw == "" || len(raw) > maxSourceURL || strings.ContainsAny(raw, "<>\\ \n\r\t") {
		return ""
	}
	doc := markdown.Parse("[source](<" + raw + ">)")
	if len(doc.Blocks) != 1 {
		return ""
	}
	paragraph, ok := doc.Blocks[0].(markdown.Paragraph)
	if !ok || len(paragraph.Text) != 1 {
		return ""
	}
	link, ok := paragraph.Text[0].(markdown.Link)
	if !ok || !strings.HasPrefix(strings.ToLower(link.URL), "http") {
		return ""
	}
	return link.URL
}

// sourceList is the numbered list below an answer, in mrkdwn.
func sourceList(sources []bots.Source, linked urls, own words) string {
	if len(sources) == 0 {
		return ""
	}
	list := "*" + own.sources + "*"
	for i, s := range sources {
		line := "\n" + sourceLine(s, linked[s.N])
		left := fmt.Sprintf("\n"+own.more, len(sources)-i)
		if utf8.RuneCountInString(list+line+left) > maxSources {
			return list + left
		}
		list += line
	}
	return list
}

func sourceLine(s bots.Source, url string) string {
	title := s.Title
	if strings.TrimSpace(title) == "" {
		title = s.Ref
	}
	title = escape(markdown.Defuse(markdown.OneLine(title, maxSourceTitle)))
	if url != "" {
		title = mrkdwnStyle{}.Link(title, url)
	}
	return fmt.Sprintf("%d. %s", s.N, title)
}

func noteLine(note string) string {
	return escape(markdown.Defuse(markdown.OneLine(note, maxNote)))
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}
