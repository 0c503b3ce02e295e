package extract

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// quoted is what an answer quotes of one passage, without marks.
func quoted(question, title, text string) []string {
	answer, _ := Answer(question, []knowledge.Passage{{Title: title, Text: text, Score: 1}}, 700)
	var out []string
	for line := range strings.Lines(answer) {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "- "), " [1]"))
	}
	return out
}

func TestARowIsQuotedWithItsHeader(t *testing.T) {
	t.Parallel()
	const fees = "| City | Fee | Contact |\n| --- | --- | --- |\n| Paris | 15 EUR | Anne Petit |\n| Lyon | 12 EUR | Luc Moreau |\n| Nice | 9 EUR | |"
	const people = "| 姓名 | 部门 | 分机号 |\n| --- | --- | --- |\n| 李娜 | 行政部 | 8012 |\n| 张伟 | 财务部 | 8021 |"
	lyon := []string{"City: Lyon; Fee: 12 EUR; Contact: Luc Moreau"}
	tests := []struct {
		name, question, text string
		want                 []string
	}{
		{"the row that is asked for", "What is the parking fee in Lyon?", fees, lyon},
		{"by another of its cells", "For which city is Luc Moreau the contact?", fees, lyon},
		{"two rows", "What are the fees in Lyon and Nice?", fees, append(lyon[:1:1], "City: Nice; Fee: 9 EUR")},
		{"all rows", "What are the parking fees?", fees, []string{"City: Paris; Fee: 15 EUR; Contact: Anne Petit", lyon[0], "City: Nice; Fee: 9 EUR"}},
		{"another column", "What is the cheapest train ticket to Lyon?", fees, nil},
		{"an extension is no year", "Who is at the help line?", "| Help line | 8077 |\n| --- | --- |\n| Opening hours | 8 to 18 |", []string{"Help line: 8077"}},
		{"what is not in it", "Which visa does Berlin want?", fees, nil},
		{"Chinese", "张伟的分机号是多少", people, []string{"姓名：张伟；部门：财务部；分机号：8021"}},
		{"no bars at the ends", "parking fee in Lyon", "City | Fee\n--- | ---\nParis | 15 EUR\nLyon | 12 EUR\n\nText.", []string{"City: Lyon; Fee: 12 EUR"}},
		{"no line below the header", "parking fee in Lyon", "City | Fee\nParis | 15 EUR\nLyon | 12 EUR", []string{"City: Lyon; Fee: 12 EUR"}},
		{"tabs", "parking fee in Lyon", "City\tFee\nParis\t15 EUR\nLyon\t12 EUR", []string{"City: Lyon; Fee: 12 EUR"}},
		{"no header", "parking fee in Lyon", "| Paris | 15 EUR |\n| --- | --- |\n| Lyon | 12 EUR |", []string{"Lyon: 12 EUR"}},
		{"years are a header", "parking fee Lyon", "| City | 2024 | 2025 |\n| --- | --- | --- |\n| Lyon | 12 EUR | 13 EUR |", []string{"City: Lyon; 2024: 12 EUR; 2025: 13 EUR"}},
		{"markup and lines in cells", "Lyon", "| City | Fee |\n| --- | --- |\n| **Lyon** | [12 EUR](https://example.com)<br>a day \\| night |", []string{"City: Lyon; Fee: 12 EUR a day | night"}},
		{"two tables", "Who is the contact in Lyon?", "| City | Fee |\n| --- | --- |\n| Lyon | 12 EUR |\n\n| Site | Contact |\n| --- | --- |\n| Lyon | Luc Moreau |", []string{"Site: Lyon; Contact: Luc Moreau"}},
		{"pipes of a command", "How are logs counted?", "Logs are counted by cat log | wc -l on the host.", []string{"Logs are counted by cat log | wc -l on the host."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, quoted(tt.question, "Parking", tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestALongRowKeepsWhatIsAskedFor holds that the columns of a wide table do not
// crowd the one that is asked for out.
func TestALongRowKeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	var header, rule, row strings.Builder
	for i := range 30 {
		fmt.Fprintf(&header, "| Column %c ", 'a'+i%26)
		rule.WriteString("| --- ")
		fmt.Fprintf(&row, "| some long content of cell %d ", i)
	}
	got := quoted("What is the warranty of the printer?", "Prices", "| Device "+header.String()+"| Warranty |\n| --- "+rule.String()+"| --- |\n| Printer "+row.String()+"| 3 years |")
	if len(got) != 1 || !strings.HasPrefix(got[0], "Device: Printer; ") || !strings.HasSuffix(got[0], "; Warranty: 3 years") || utf8.RuneCountInString(got[0]) > mostUnit {
		t.Errorf("got %q", got)
	}
}
