package html

import (
	"fmt"
	"strings"
	"testing"
)

// TestTangledFormatting: a page whose formatting is never closed is refused before
// the parser multiplies it, and one that is merely untidy is read.
func TestTangledFormatting(t *testing.T) {
	t.Parallel()
	page := func(open, paragraphs int) string {
		var b strings.Builder
		b.WriteString("<html><body><p>")
		for i := range open {
			fmt.Fprintf(&b, "<font a=%d>", i)
		}
		return b.String() + strings.Repeat("<p>x", paragraphs)
	}
	if _, err := Read(strings.NewReader(page(480, 4000)), nil, ""); err == nil {
		t.Error("a tangle of 2 million nodes is parsed")
	}
	for _, text := range []string{page(40, 200), strings.Repeat("<p><b><i>word</i></b> and <a href=x>link</a></p>", 50_000)} {
		if _, err := Read(strings.NewReader(text), nil, ""); err != nil {
			t.Errorf("a page of %d bytes: %v", len(text), err)
		}
	}
}
