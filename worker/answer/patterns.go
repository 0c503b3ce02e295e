package answer

import (
	"regexp"
	"sync"
)

// pattern are the regular expressions that the gate looks for.
type pattern struct{ marks, links, addresses, capitals, laws *regexp.Regexp }

//nolint:gochecknoglobals // compiled-in patterns, built at first use
var patterns = sync.OnceValue(func() pattern {
	return pattern{
		marks: regexp.MustCompile(`[ \t]*\[(\d+(?:\s*,\s*\d+)*)\]`),
		links: regexp.MustCompile(`!?\[([^\]]*)\]\(([^)]*)\)`),
		// With a scheme, a mail address, or a host name with a dot in it.
		addresses: regexp.MustCompile(`(?i)(?:https?|ftp|file|data|javascript|mailto):[^\s)>\]，。；、*]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b(?:/[^\s)>\]，。；、*]*)?`),
		capitals:  regexp.MustCompile(`\p{Lu}[\p{Ll}\p{Lu}'’-]{2,}`),
		laws:      regexp.MustCompile(`(?:\p{Lu}[\p{L}'’-]+\s+(?:(?:of|on|for|and|the|to)\s+)*)*(?:Law|Laws|Act|Code|Regulations?|Provisions|Measures|Rules|Interpretation|Constitution|Articles?|Sections?|Items?|Chapters?)\b`),
	}
})
