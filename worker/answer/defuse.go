package answer

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/tribunebot/tribune/bots"
)

// defuser takes out of an answer what acts on its reader instead of telling
// something: calls for attention, images, and links to hosts that no cited
// source is on. Such an address stays as text, in code, where no platform makes
// a link of it.
type defuser struct {
	links     *regexp.Regexp
	addresses *regexp.Regexp
	pings     *regexp.Regexp
	hosts     map[string]bool
}

func newDefuser(cited []bots.Source) defuser {
	d := defuser{
		links:     regexp.MustCompile(`!?\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)`),
		addresses: regexp.MustCompile(`(?i)<?\b(?:[a-z][a-z0-9+.-]{1,20}://|mailto:|javascript:|data:|www\.)[^\s<>()\[\]` + "`" + `"'，。；、！？（）《》“”]+>?`),
		// Slack's and Discord's marks for people, groups and channels, and the
		// words that call everybody.
		pings: regexp.MustCompile(`<(?:@[!&]?|#|!)[^<>\s]{1,80}>|(?i:@(everyone|here|channel|all\b)|@(所有人|全体成员))`),
		hosts: map[string]bool{},
	}
	for _, s := range cited {
		if u, err := url.Parse(s.URL); err == nil && u.Host != "" {
			d.hosts[strings.ToLower(u.Host)] = true
		}
	}
	return d
}

// text defuses Markdown; code is left as it is.
func (d defuser) text(markdown string) string {
	lines := strings.SplitAfter(markdown, "\n")
	fence := ""
	for i, line := range lines {
		bare := strings.TrimRight(line, "\n")
		switch marker := fenceOf(bare); {
		case fence != "":
			if strings.TrimSpace(bare) == fence {
				fence = ""
			}
		case marker != "":
			fence = marker
		default:
			lines[i] = d.line(line)
		}
	}
	return strings.Join(lines, "")
}

// line defuses what stands outside of code spans.
func (d defuser) line(line string) string {
	parts := strings.Split(line, "`")
	for i := range parts {
		if i%2 == 0 || i == len(parts)-1 { // an odd last one is no span
			parts[i] = d.prose(parts[i])
		}
	}
	return strings.Join(parts, "`")
}

func (d defuser) prose(s string) string {
	s = d.links.ReplaceAllStringFunc(s, func(link string) string {
		m := d.links.FindStringSubmatch(link)
		if !strings.HasPrefix(link, "!") && d.cited(m[2]) {
			return link
		}
		return m[1]
	})
	s = d.addresses.ReplaceAllStringFunc(s, func(address string) string {
		bare := strings.Trim(address, "<>")
		if d.cited(bare) {
			return address
		}
		end := strings.TrimRight(bare, ".,;:!?*_")
		_, shown, found := strings.Cut(end, "://")
		if !found {
			shown = strings.TrimPrefix(end, "mailto:")
		}
		return "`" + shown + "`" + bare[len(end):]
	})
	return d.pings.ReplaceAllString(s, "$1$2")
}

// cited tells whether an address is on the host of a cited source.
func (d defuser) cited(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && d.hosts[strings.ToLower(u.Host)]
}
