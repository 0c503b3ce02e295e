package split

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// TestLongHeadings: a heading of a megabyte is text, which stands once, and not
// above each passage again.
func TestLongHeadings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("plum fig ", 20_000)
	text := "# " + long + "\n\n" + strings.Repeat("Some words stand here and say little. ", 5_000)
	got := Document(knowledge.Document{ID: "a", Title: long, Section: long, URL: "https://example.com/" + long, Text: text, Markdown: true})
	all, around := 0, 0
	for _, p := range got {
		all += strings.Count(p.Text, "plum")
		around += len(p.Title) + len(p.Section) + len(p.URL)
	}
	if all < 20_000 {
		t.Errorf("%d of 20000 words of the heading are there", all)
	}
	if most := len(got) * 4 * maxHeading * 4; around > most {
		t.Errorf("%d passages have %d bytes of headings and addresses, want at most %d", len(got), around, most)
	}
}
