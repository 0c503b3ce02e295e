package answer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnits(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"chinese": {
			"试用期最长六个月。[1]三年以下不超过两个月。 [2] 其余", []string{"试用期最长六个月。[1]", "三年以下不超过两个月。 [2] ", "其余"},
		},
		"english":        {"It is so. [1] And so [2]. Rest", []string{"It is so. [1] ", "And so [2]. ", "Rest"}},
		"several marks":  {"It is so. [1][2, 3] Rest", []string{"It is so. [1][2, 3] ", "Rest"}},
		"abbreviations":  {"See Art. 39 of the Act, e.g. its No. 2. End", []string{"See Art. 39 of the Act, e.g. its No. 2. ", "End"}},
		"decimals":       {"It costs 3.5 times. End", []string{"It costs 3.5 times. ", "End"}},
		"list":           {"1. First.\n2. Second\n- third", []string{"1. First.\n", "2. Second\n", "- third"}},
		"closing quotes": {"“好。”[1]他说", []string{"“好。”[1]", "他说"}},
		"link":           {"So. [see](http://x.y) more", []string{"So. ", "[see](http://x.y) more"}},
		"fence":          {"a\n```go\nx := 1. y\n\n```\nb", []string{"a\n", "```go\nx := 1. y\n\n```\n", "b"}},
		"open fence":     {"```\nx\ny", []string{"```\nx\ny"}},
		"empty lines":    {"a\n\nb", []string{"a\n", "\n", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, step := range []int{1, 2, 7, len(tc.text)} {
				if diff := cmp.Diff(tc.want, cutAll(tc.text, step)); diff != "" {
					t.Errorf("fed %d bytes at a time (-want +got):\n%s", step, diff)
				}
			}
		})
	}
}

// cutAll feeds text step bytes at a time.
func cutAll(text string, step int) []string {
	var u units
	var got []string
	for len(text) > 0 {
		n := min(step, len(text))
		got = append(got, u.feed(text[:n])...)
		text = text[n:]
	}
	return append(got, u.end()...)
}

func FuzzUnitsLoseNothing(f *testing.F) {
	f.Add("一。[1]二", 2)
	f.Add("```\na\n```\nb. [1] c", 3)
	f.Add("x [", 1)
	f.Fuzz(func(t *testing.T, text string, step int) {
		if step < 1 || len(text) > 4096 {
			t.Skip("no such feed")
		}
		if got := strings.Join(cutAll(text, step), ""); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	})
}

func TestTidy(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"- a\n- \n- b":                "- a\n- b",
		"1. \n\n\n\nx":                "x",
		"a\n\n\n\nb":                  "a\n\nb",
		"```\n-\n\n\n1.\n```\n":       "```\n-\n\n\n1.\n```",
		"| a | b |\n| --- | --- |\nx": "| a | b |\n| --- | --- |\nx",
	} {
		if got := tidy(text); got != want {
			t.Errorf("tidy(%q) = %q, want %q", text, got, want)
		}
	}
}
