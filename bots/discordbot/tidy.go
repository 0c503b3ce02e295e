package discordbot

import (
	"regexp"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots/markdown"
)

// names knows what the ids in a text stand for; "" is unknown.
type names struct {
	self    func(kind, id string) bool // kind is "user" or "role"
	user    func(id string) string
	role    func(id string) string
	channel func(id string) string
}

// tidier turns Discord's own notation into plain text (reference, "Message
// Formatting"): <@id>, <@&id>, <#id>, <:name:id>, <t:seconds:style>, </name:id>.
type tidier struct {
	notation *regexp.Regexp
	spaces   *regexp.Regexp
}

func newTidier() tidier {
	return tidier{
		notation: regexp.MustCompile(`<(?:@!?(\d{1,20})|@&(\d{1,20})|#(\d{1,20})|a?:(\w{1,32}):\d{1,20}|t:(-?\d{1,13})(?::[a-zA-Z])?|/([^:<>\n]{1,100}):\d{1,20})>`),
		spaces:   regexp.MustCompile(`[ \t]{2,}`),
	}
}

// maxName is the longest name that is put into a text; Discord's are at most 100.
const maxName = 100

// plain replaces the notation; mentions of the bot itself vanish.
func (t tidier) plain(text string, n names) string {
	var out strings.Builder
	last := 0
	for _, at := range t.notation.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[last:at[0]])
		out.WriteString(t.word(text, at, n))
		last = at[1]
	}
	out.WriteString(text[last:])
	return strings.TrimSpace(t.spaces.ReplaceAllString(out.String(), " "))
}

// question is plain without the punctuation that addressing somebody leaves behind.
func (t tidier) question(text string, n names) string {
	said := strings.TrimSpace(text)
	out := t.plain(said, n)
	if strings.HasPrefix(said, "<@") {
		out = strings.TrimLeft(out, ",，：、 \t\n")
		// A colon may begin an emoji's name.
		if rest, ok := strings.CutPrefix(out, ":"); ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\n")) {
			out = strings.TrimSpace(rest)
		}
	}
	return out
}

func (t tidier) word(text string, at []int, n names) string {
	group := func(i int) string {
		if at[2*i] < 0 {
			return ""
		}
		return text[at[2*i]:at[2*i+1]]
	}
	switch {
	case group(1) != "" && n.self("user", group(1)), group(2) != "" && n.self("role", group(2)):
		return ""
	case group(1) != "":
		return "@" + named(n.user(group(1)), "user")
	case group(2) != "":
		return "@" + named(n.role(group(2)), "role")
	case group(3) != "":
		return "#" + named(n.channel(group(3)), "channel")
	case group(4) != "":
		return ":" + group(4) + ":"
	case group(5) != "":
		return moment(group(5))
	default:
		return "/" + group(6)
	}
}

func named(name, kind string) string {
	if name = strings.TrimPrefix(markdown.OneLine(name, maxName), "@"); name == "" {
		return kind
	}
	return name
}

// moment writes a timestamp of seconds in UTC.
func moment(seconds string) string {
	at := int64(0)
	for _, c := range strings.TrimPrefix(seconds, "-") {
		at = at*10 + int64(c-'0')
	}
	if strings.HasPrefix(seconds, "-") {
		at = -at
	}
	return time.Unix(at, 0).UTC().Format("2006-01-02 15:04 UTC")
}
