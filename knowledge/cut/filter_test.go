package cut

import (
	"slices"
	"testing"
)

// TestFilterLosesNothing compares what a filter lets through with all terms.
func TestFilterLosesNothing(t *testing.T) {
	t.Parallel()
	texts := []string{
		"用人单位违法解除劳动合同的，依照第八十七条支付赔偿金。Employers' dismissals, ERR_1234 and getUserById cost 5,000 yuan; Section 5.2.",
		"Über die Kündigung. 勞動合同 iPhone15 手機 d2.xlarge runs the ruling policy, policies and flies.",
	}
	for _, question := range texts {
		var f Filter
		wanted := map[string]bool{}
		for _, term := range Terms(question) {
			f.Add(term.Text)
			wanted[term.Text] = true
		}
		for _, text := range texts {
			var all, through []Term
			var plain, filtered Cutter
			filtered.Filter = &f
			a := plain.Each(text, func(t Term) {
				if wanted[t.Text] {
					all = append(all, t)
				}
			})
			b := filtered.Each(text, func(t Term) {
				if wanted[t.Text] {
					through = append(through, t)
				}
			})
			if a != b || !slices.Equal(all, through) {
				t.Errorf("%d and %d positions; all\n%v\nfiltered\n%v", a, b, all, through)
			}
		}
	}
}

func BenchmarkEach(b *testing.B) {
	const text = "用人单位违法解除劳动合同的，依照第八十七条支付赔偿金。Employers who dismiss a worker unlawfully pay damages. "
	var c Cutter
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c.Each(text, func(Term) {})
	}
}

// BenchmarkEachFiltered is what a ranker does with a Chinese candidate.
func BenchmarkEachFiltered(b *testing.B) {
	const text = "用人单位违反本法规定解除或者终止劳动合同的，应当依照本法第四十七条规定的经济补偿标准的二倍向劳动者支付赔偿金。"
	c := Cutter{Filter: new(Filter)}
	for _, t := range Terms("公司不给赔偿就辞退员工合法吗") {
		c.Filter.Add(t.Text)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c.Each(text, func(Term) {})
	}
}
