package plain

import (
	"testing"
	"time"
)

// TestFrontMatterTellsTheDate: a copy of a file is not a newer document.
func TestFrontMatterTellsTheDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"---\ndate: 2024-01-15\n---\nx":                      "2024-01-15",
		"---\ndate: 2024-01-15\nupdated: 2025-02-03\n---\nx": "2025-02-03",
		"---\nlastmod: 2025-02-03T10:00:00+08:00\n---\nx":    "2025-02-03",
		"---\ndate: 2024/01/15\n---\nx":                      "2024-01-15",
		"---\ndate: yesterday\n---\nx":                       "0001-01-01",
		"---\ntitle: x\n---\nx":                              "0001-01-01",
		"x":                                                  "0001-01-01",
	} {
		m, err := frontMatter(text)
		if got := m.updated.Format(time.DateOnly); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
}
