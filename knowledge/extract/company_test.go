package extract_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// mostlyRight is the least share of the questions about a company's documents
// whose answer begins with the sentence that answers.
const mostlyRight = .85

// TestCompanyDocuments asks the documents of an invented company what people
// ask, through the same parts as the program.
func TestCompanyDocuments(t *testing.T) {
	t.Parallel()
	r := company(t)
	right, questions := map[string]int{}, map[string]int{}
	for question, want := range asked(t) {
		found, err := r.Retrieve(t.Context(), knowledge.Query{Text: question, Collections: []string{"company"}, Limit: 8})
		if err != nil {
			t.Fatal(err)
		}
		answer, used := extract.Answer(question, found, extract.Limit(question))
		first, _, _ := strings.Cut(answer, "\n")
		language := extract.Language(question)
		questions[language]++
		if strings.Contains(first, want) {
			right[language]++
		} else {
			t.Logf("%s: want %q first, got:\n%s", question, want, answer)
		}
		sound(t, question, answer, used)
	}
	for language, n := range questions {
		t.Logf("%s: %d of %d answers begin with the right sentence", language, right[language], n)
		if float64(right[language]) < mostlyRight*float64(n) {
			t.Errorf("%s: want %.0f%% of the answers to begin with the right sentence", language, 100*mostlyRight)
		}
	}
}

// sound holds what is true of every answer: its length, a citation on each line,
// and no line twice.
func sound(t *testing.T, question, answer string, used []int) {
	t.Helper()
	if n := utf8.RuneCountInString(answer); n > extract.Limit(question) {
		t.Errorf("%s: %d characters", question, n)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(answer) {
		line = strings.TrimSpace(line)
		if seen[line] || !strings.HasPrefix(line, "- ") || !strings.HasSuffix(line, "]") {
			t.Errorf("%s: %q is said twice, or without citation", question, line)
		}
		seen[line] = true
	}
	if answer != "" && len(used) == 0 {
		t.Errorf("%s: no passage is cited", question)
	}
}

// company is the index of testdata/company.
func company(t *testing.T) *rank.Ranker {
	t.Helper()
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	src, err := folder.New([]string{"testdata/company"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Ingest(t.Context(), "company", src, knowledge.IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := rank.New(x, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// asked are the questions of testdata/company.txt, with what answers them.
func asked(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/company.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if question, want, ok := strings.Cut(lines.Text(), " = "); ok {
			out[question] = want
		}
	}
	return out
}
