package answer

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// TestNamesAreWholeWords: letters inside of another word are no name, and the
// beginning of an address is no address.
func TestNamesAreWholeWords(t *testing.T) {
	t.Parallel()
	passages := []knowledge.Passage{{Text: "The quality of the annual report is checked by Maria Lopez in the Lisbon office, see https://wiki.example.com/badge. Kandji-based laptops."}}
	for sentence, want := range map[string]bool{
		"The report is checked by Maria Lopez.":                               false,
		"The report is checked in Lisbon's office.":                           false,
		"All laptops of Kandji are fine, see https://wiki.example.com/badge.": false,
		"The report is checked by Ali.":                                       true,
		"The report is checked by Ann in the office.":                         true,
		"It is kept in the Ice office.":                                       true,
		"See https://wiki.example.com/b for it.":                              true,
		"See wiki.example.com for it.":                                        false,
	} {
		g := newGate(passages, "", "en")
		if got := g.foreign.names(sentence); got != want {
			t.Errorf("%q: %t, want %t", sentence, got, want)
		}
	}
}
