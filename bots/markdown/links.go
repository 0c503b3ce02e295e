package markdown

import (
	"fmt"
	"net/url"
	"strings"
)

// maxURL is the longest address that is kept as a link: browsers and proxies
// agree on about 2,000 characters (RFC 9110, section 4.1 asks for 8,000 octets,
// which no message of a chat platform could hold).
const maxURL = 2000

// Hosts returns an allow-list for Parser.Links that lets through only addresses
// on the hosts of the given ones, such as the sources of an answer.
func Hosts(urls ...string) func(string) bool {
	hosts := make(map[string]bool, len(urls))
	for _, u := range urls {
		if parsed, err := url.Parse(u); err == nil && parsed.Host != "" {
			hosts[strings.ToLower(parsed.Host)] = true
		}
	}
	return func(u string) bool {
		parsed, err := url.Parse(u)
		return err == nil && hosts[strings.ToLower(parsed.Host)]
	}
}

// SafeURL returns an address in the form in which it may be shown as a link of
// any platform, or "" where it may not: another scheme than http, https and mailto, no host, a user name
// in front of the host (which is there to deceive), or too long.
func SafeURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxURL || strings.ContainsAny(raw, "\\\n\t") {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
	case "mailto":
		if !strings.Contains(u.Opaque, "@") {
			return ""
		}
	default:
		return ""
	}
	return escapeURL(raw)
}

// escapeURL percent-encodes what could end a link early in any of the forms
// that platforms use: [text](url), <url> and <url|text>.
func escapeURL(raw string) string {
	const unsafe = " ()<>|[]`*\"'"
	if !strings.ContainsAny(raw, unsafe) {
		return raw
	}
	var b strings.Builder
	for i := range len(raw) {
		if strings.IndexByte(unsafe, raw[i]) >= 0 {
			fmt.Fprintf(&b, "%%%02X", raw[i])
		} else {
			b.WriteByte(raw[i])
		}
	}
	return b.String()
}

// bareURL finds the next address that a platform would turn into a link by
// itself. It returns its start and end in s, or -1.
func bareURL(s string) (start, end int) {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return -1, -1
		}
		i += from
		if scheme := schemeBefore(s[:i]); scheme > 0 {
			return i - scheme, i + urlLength(s[i:])
		}
		from = i + len("://")
	}
}

// schemeBefore returns the length of "http" or "https" at the end of s, or 0.
func schemeBefore(s string) int {
	for _, scheme := range []string{"https", "http"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[len(s)-len(scheme):], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// urlLength returns how much of s belongs to an address: up to white space, a
// quote, a bracket or anything outside ASCII (Chinese text follows addresses
// without a space), without punctuation at its end.
func urlLength(s string) int {
	end := len("://")
	for end < len(s) && s[end] > ' ' && s[end] < 0x7f && !strings.ContainsRune("<>\"'`{}|\\^[]()", rune(s[end])) {
		end++
	}
	for end > len("://") && strings.IndexByte(".,;:!?*_~", s[end-1]) >= 0 {
		end--
	}
	return end
}
