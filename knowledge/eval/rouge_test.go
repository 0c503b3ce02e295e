package eval

import (
	"math"
	"strings"
	"testing"
)

func TestRougeL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, reference string
		want                  float64
	}{
		{"the same", "工资应当按月支付。", "工资应当按月支付", 1},
		{"nothing in common", "年假五天", "overtime pay", 0},
		{"empty text", "", "年假五天", 0},
		{"empty reference", "年假五天", "", 0},
		{"only marks", "。，！", "年假", 0},
		// Lin's own example: police kill the gunman, against police killed the
		// gunman: three words of four.
		{"words", "police kill the gunman", "police killed the gunman", .75},
		// The order counts: of four only "the gunman" is in order.
		{"another order", "the gunman kill police", "police killed the gunman", .5},
		{"characters", "年假五天", "年休假十天", 2 * (.75 * .6) / (.75 + .6)},
		{"case, width and traditional forms", "ＡＷＳ 勞動法", "aws 劳动法", 1},
		{"mixed", "用 S3 存储", "用 s3 备份", .5},
	}
	for _, tt := range tests {
		if got := RougeL(tt.text, tt.reference); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %.4f, want %.4f", tt.name, got, tt.want)
		}
		if a, b := RougeL(tt.text, tt.reference), RougeL(tt.reference, tt.text); math.Abs(a-b) > 1e-9 {
			t.Errorf("%s: F1 depends on the side: %f and %f", tt.name, a, b)
		}
	}
}

func TestLongestCommonAgainstTheDefinition(t *testing.T) {
	t.Parallel()
	var slow func(a, b []string) int
	slow = func(a, b []string) int {
		switch {
		case len(a) == 0 || len(b) == 0:
			return 0
		case a[0] == b[0]:
			return 1 + slow(a[1:], b[1:])
		}
		return max(slow(a[1:], b), slow(a, b[1:]))
	}
	words := []string{"a", "b", "c"}
	for n := range 600 {
		var a, b []string
		for i := range 7 {
			a = append(a, words[(n*(i+3)+i*i)%3])
			b = append(b, words[(n/(i+1)+i)%3])
		}
		if got, want := longestCommon(a, b), slow(a, b); got != want {
			t.Fatalf("%s and %s: %d, want %d", strings.Join(a, ""), strings.Join(b, ""), got, want)
		}
	}
}
