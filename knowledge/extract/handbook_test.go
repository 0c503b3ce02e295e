package extract_test

import (
	"path"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
	"github.com/tribunebot/tribune/knowledge/handbook"
	"github.com/tribunebot/tribune/knowledge/split"
)

// TestHandbookSupportsItself holds that no sentence of a guide is refused for a
// figure against the very passage that it stands in.
func TestHandbookSupportsItself(t *testing.T) {
	t.Parallel()
	sentences, figures := 0, 0
	for _, d := range guides(t) {
		for _, p := range split.Document(d) {
			for _, s := range extract.Sentences(p.Text) {
				b := extract.Support(s, p)
				sentences++
				figures += len(b.Numbers)
				if len(b.MissingNumbers) > 0 {
					t.Errorf("%s: %q lacks %v", p.ID, s, b.MissingNumbers)
				}
				if b.Turned {
					t.Errorf("%s: %q is said to turn its own passage round", p.ID, s)
				}
			}
		}
	}
	if sentences < 250 || figures < 500 {
		t.Errorf("read %d sentences with %d figures", sentences, figures)
	}
}

// tolerated is how many sentences of a language may state what the other leaves
// out. There is none now; a new rule may be written in one language first.
const tolerated = 3

// TestHandbookAcrossLanguages bounds how many sentences have a figure that the
// guide of the other language spells in a way that is not understood.
func TestHandbookAcrossLanguages(t *testing.T) {
	t.Parallel()
	docs := guides(t)
	missing := map[string]int{}
	for id, d := range docs {
		from := path.Dir(id)
		other := docs[strings.NewReplacer("zh/", "en/", "en/", "zh/").Replace(id)]
		for _, s := range extract.Sentences(d.Text) {
			b := extract.Support(s, knowledge.Passage{Title: other.Title, Text: other.Text})
			if len(b.MissingNumbers) > 0 {
				missing[from]++
				t.Logf("%s: %q: %v", id, s, b.MissingNumbers)
			}
		}
	}
	for from, n := range missing {
		if n > tolerated {
			t.Errorf("%d sentences of %s have figures that the other language lacks", n, from)
		}
	}
}

func guides(t *testing.T) map[string]knowledge.Document {
	t.Helper()
	docs := map[string]knowledge.Document{}
	for d, err := range handbook.Source().Documents(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		docs[d.ID] = d
	}
	return docs
}
