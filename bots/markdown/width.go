package markdown

import (
	"strings"

	"github.com/rivo/uniseg"
)

// Width returns how many columns s takes in a fixed-width font, where Chinese,
// Japanese and Korean characters and emoji take two (UAX #11).
func Width(s string) int {
	if plainASCII(s) {
		return len(s)
	}
	return uniseg.StringWidth(s)
}

// pad fills s with spaces to width columns.
func pad(s string, width int, a Align) string {
	missing := max(0, width-Width(s))
	left := 0
	switch a {
	case AlignRight:
		left = missing
	case AlignCenter:
		left = missing / 2
	default: // to the left
	}
	return strings.Repeat(" ", left) + s + strings.Repeat(" ", missing-left)
}
