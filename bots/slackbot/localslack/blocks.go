package localslack

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Block Kit's limits, in characters where not said otherwise
// (docs.slack.dev/reference/block-kit). maxAllBlocks is not documented: it is
// where others saw whole messages refused (slackapi/bolt-js issue 2509).
const (
	maxBlocks       = 50 // blocks a message
	maxSection      = 3_000
	maxContextItems = 10 // elements a context block
	maxHeader       = 150
	maxMarkdown     = 12_000 // all markdown blocks of a message together
	maxAllBlocks    = 13_200
)

// block is what the server reads of a block; "text" is an object everywhere
// but in a markdown block.
type block struct {
	Type     string          `json:"type"`
	BlockID  string          `json:"block_id"`
	Text     json.RawMessage `json:"text"`
	Elements []textObject    `json:"elements"`
}

type textObject struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// texts returns the block's texts; plain_text is never interpreted.
func (b block) texts() []textObject {
	if b.Type == "markdown" {
		var text string
		if json.Unmarshal(b.Text, &text) != nil {
			return nil
		}
		return []textObject{{Type: "markdown", Text: text}}
	}
	if b.Text == nil {
		return b.Elements
	}
	var text textObject
	if json.Unmarshal(b.Text, &text) != nil {
		return nil
	}
	return []textObject{text}
}

// parseBlocks reads and checks the blocks of a message.
func parseBlocks(raw []byte) ([]block, error) {
	var blocks []block
	if json.Unmarshal(raw, &blocks) != nil {
		return nil, apiError("invalid_blocks_format")
	}
	if len(blocks) > maxBlocks {
		return nil, apiError("invalid_blocks")
	}
	markdown, all := 0, 0
	for _, b := range blocks {
		if !b.valid() {
			return nil, apiError("invalid_blocks")
		}
		for _, text := range b.texts() {
			n := utf8.RuneCountInString(text.Text)
			all += n
			if b.Type == "markdown" {
				markdown += n
			}
		}
	}
	if markdown > maxMarkdown || all > maxAllBlocks {
		return nil, apiError("msg_blocks_too_long")
	}
	return blocks, nil
}

func (b block) valid() bool {
	texts := b.texts()
	longest := 0
	for _, text := range texts {
		if text.Text == "" {
			return false
		}
		longest = max(longest, utf8.RuneCountInString(text.Text))
	}
	switch b.Type {
	case "divider":
		return true
	case "section":
		return len(texts) == 1 && longest <= maxSection
	case "context":
		return len(texts) >= 1 && len(texts) <= maxContextItems && longest <= maxSection
	case "header":
		return len(texts) == 1 && longest <= maxHeader && texts[0].Type == "plain_text"
	case "markdown":
		return len(texts) == 1
	default:
		return false
	}
}

// shownTexts are the message's texts as a client shows them: the blocks where
// there are any, else the text.
func (m *Message) shownTexts() []textObject {
	if m.Blocks == nil {
		return []textObject{{Type: "mrkdwn", Text: m.Text}}
	}
	blocks, err := parseBlocks(m.Blocks)
	if err != nil {
		return nil
	}
	var texts []textObject
	for _, b := range blocks {
		texts = append(texts, b.texts()...)
	}
	return texts
}

// Readable is all that a person can read of the message: links as their label
// and address, mentions as '@' and a name, escapes undone.
func (m *Message) Readable() string {
	var parts []string
	for _, text := range m.shownTexts() {
		if text.Type == "plain_text" {
			parts = append(parts, text.Text)
			continue
		}
		parts = append(parts, resolve(text.Text))
	}
	return strings.Join(parts, "\n")
}

// The angle-bracket forms of Slack's text (docs.slack.dev, formatting text).
const anglePattern = `<([@#!]?)([^<>|\n]+)(?:\|([^<>\n]*))?>`

func resolve(text string) string {
	angle := regexp.MustCompile(anglePattern)
	text = angle.ReplaceAllStringFunc(text, func(found string) string {
		part := angle.FindStringSubmatch(found)
		switch {
		case part[1] == "" && part[3] != "":
			return part[3] + " (" + part[2] + ")"
		case part[1] == "":
			return part[2]
		case part[1] == "!":
			return "@" + part[2]
		default:
			return part[1] + part[2]
		}
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// pings lists whom the message would notify: in its blocks and in its text,
// because Slack reads both.
func (m *Message) pings() []string {
	angle := regexp.MustCompile(anglePattern)
	var pinged []string
	for _, text := range append(m.shownTexts(), textObject{Text: m.Text}) {
		if text.Type == "plain_text" {
			continue
		}
		for _, part := range angle.FindAllStringSubmatch(text.Text, -1) {
			if who, ok := whom(part[1], part[2]); ok {
				pinged = append(pinged, who)
			}
		}
	}
	return pinged
}

func whom(sigil, name string) (string, bool) {
	if sigil == "@" {
		return name, true
	}
	if sigil != "!" {
		return "", false
	}
	if group, ok := strings.CutPrefix(name, "subteam^"); ok {
		return group, true
	}
	switch name {
	case "channel", "here", "everyone":
		return "@" + name, true
	default:
		return "", false
	}
}
