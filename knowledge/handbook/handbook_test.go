package handbook

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

func all(t *testing.T) map[string]knowledge.Document {
	t.Helper()
	docs := map[string]knowledge.Document{}
	for d, err := range Source().Documents(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		docs[d.ID] = d
	}
	return docs
}

func TestEveryGuideIsInBothLanguages(t *testing.T) {
	t.Parallel()

	docs := all(t)
	if len(docs) < 30 {
		t.Errorf("%d guides", len(docs))
	}
	for id := range docs {
		other := map[string]string{"zh": "en", "en": "zh"}[path.Dir(id)]
		if _, ok := docs[other+"/"+path.Base(id)]; !ok {
			t.Errorf("%s has no counterpart in %s", id, other)
		}
	}
}

// TestEverySectionNamesItsArticle holds that no rule stands without its source,
// but in sections that only give an example or practical advice.
func TestEverySectionNamesItsArticle(t *testing.T) {
	t.Parallel()

	article := regexp.MustCompile(`第[一二三四五六七八九十百]+条|Articles? \d+`)
	for id, d := range all(t) {
		if d.Title == "" || strings.Contains(d.Title, "#") {
			t.Errorf("%s has the title %q", id, d.Title)
		}
		for section := range strings.SplitSeq(d.Text, "\n## ") {
			head, body, _ := strings.Cut(section, "\n")
			if strings.TrimSpace(body) == "" || head == "例子" || head == "Example" {
				continue
			}
			if !article.MatchString(body) {
				t.Errorf("%s: %q names no article", id, head)
			}
		}
	}
}

// TestBothLanguagesNameTheSameArticles compares what the two
// languages of a guide name as articles.
func TestBothLanguagesNameTheSameArticles(t *testing.T) {
	t.Parallel()

	zh := regexp.MustCompile(`第[一二三四五六七八九十百]+条`)
	en := regexp.MustCompile(`\b(?:Articles? )?(\d+)\b`)
	docs := all(t)
	for id, d := range docs {
		if path.Dir(id) != "zh" {
			continue
		}
		english := map[string]bool{}
		for _, m := range en.FindAllStringSubmatch(docs["en/"+path.Base(id)].Text, -1) {
			english[m[1]] = true
		}
		for _, m := range zh.FindAllString(d.Text, -1) {
			n := digits(strings.TrimSuffix(strings.TrimPrefix(m, "第"), "条"))
			if !english[n] {
				t.Errorf("%s names article %s, its English counterpart does not", id, n)
			}
		}
	}
}

// digits spells a Chinese numeral under one hundred in digits.
func digits(numeral string) string {
	ones := map[rune]int{'一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	total, current := 0, 0
	for _, r := range numeral {
		if r == '十' {
			total += max(current, 1) * 10
			current = 0
			continue
		}
		current = ones[r]
	}
	total += current
	return strconv.Itoa(total)
}
