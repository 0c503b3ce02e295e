package answer

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// BenchmarkGate measures one sentence against eight passages of the handbook: one
// that cites the right passage, and one that is wrong and is compared with all.
func BenchmarkGate(b *testing.B) {
	passages := eight(b)
	for name, unit := range map[string]string{
		"borne out": "合同期限一年以上不满三年的，试用期不得超过两个月，同一单位与同一劳动者只能约定一次试用期。[1]",
		"made up":   "合同期限一年以上不满三年的，试用期不得超过九个月，而且每六个月可以再约定一次试用期。[1]",
		"no mark":   "试用期的工资不得低于约定工资的百分之八十，也不得低于当地最低工资标准。",
	} {
		b.Run(name, func(b *testing.B) {
			g := newGate(passages, "试用期最长多久？", "zh")
			for b.Loop() {
				g.pass(unit)
				g.text.Reset()
			}
		})
	}
}

// BenchmarkNewGate measures what is read once for an answer.
func BenchmarkNewGate(b *testing.B) {
	passages := eight(b)
	for b.Loop() {
		newGate(passages, "试用期最长多久？", "zh")
	}
}

// eight are as many passages as an answer rests on.
func eight(tb testing.TB) []knowledge.Passage {
	tb.Helper()
	all := passagesOf(tb)
	out := append(all["zh/probation.md"], all["zh/overtime.md"]...)
	out = append(out, all["zh/severance.md"]...)
	if len(out) < 8 {
		tb.Fatalf("only %d passages", len(out))
	}
	return out[:8]
}
