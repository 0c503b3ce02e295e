package markdown

import (
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Runes measures s in Unicode characters.
func Runes(s string) int { return utf8.RuneCountInString(s) }

// UTF16 measures s in UTF-16 code units, as JavaScript does.
func UTF16(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// prefix returns the end of the longest prefix of s, in whole characters, that
// measures at most room.
func prefix(s string, room int, measure func(string) int) (end int) {
	for size := 0; end < len(s); {
		_, n := utf8.DecodeRuneInString(s[end:])
		m := measure(s[end : end+n])
		if size+m > room {
			break
		}
		end, size = end+n, size+m
	}
	return end
}

// maxCluster is how far a grapheme cluster is followed, in bytes. Longer ones
// (hundreds of combining marks) are nobody's writing and may be cut.
const maxCluster = 128

// graphemeStart returns the last grapheme boundary in s at or before end, or
// end itself where there is none near.
func graphemeStart(s string, end int) int {
	if end >= len(s) {
		return len(s)
	}
	anchor, sure := clusterAnchor(s, end)
	last, at, state := anchor, anchor, -1
	for rest := s[anchor:min(len(s), end+maxCluster)]; rest != "" && at < end; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if at += len(cluster); at <= end {
			last = at
		}
	}
	if last == 0 || last == anchor && !sure {
		return end
	}
	return last
}

// clusterAnchor returns an offset in s before end from which clusters can be
// counted. It is surely a boundary where an ASCII or Han character starts.
func clusterAnchor(s string, end int) (at int, sure bool) {
	for at = end; at > 0 && end-at < maxCluster; {
		r, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
		if r >= ' ' && r < 0x7f || unicode.Is(unicode.Han, r) {
			return at, true
		}
	}
	return at, false
}
