package extract

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

func TestTurned(t *testing.T) {
	t.Parallel()
	leave := knowledge.Passage{Text: "Unused days expire on 31 March. Days may not be sold. Guests without a badge are accompanied. At most ten days are carried over. Trips need no approval."}
	rules := knowledge.Passage{Text: "员工不得转借门卡。遗失门卡的，应当在三十日内报告。补办门卡不收费。访客最多停留八小时。擅自改装的，属于违法行为。"}
	tests := []struct {
		sentence string
		passage  knowledge.Passage
		want     bool
	}{
		{"Unused days never expire.", leave, true},
		{"Unused days expire on 31 March.", leave, false},
		{"Days that are not used expire on 31 March.", leave, false},
		{"Days may be sold.", leave, true},
		{"You can't sell days.", leave, false},
		{"At least ten days are carried over.", leave, true},
		{"No more than ten days are carried over.", leave, false},
		{"Trips need approval.", leave, true},
		{"No approval is needed for trips.", leave, false},
		{"Guests are accompanied unless they have a badge.", leave, false},
		{"员工可以转借门卡。", rules, true},
		{"门卡不能转借给别人。", rules, false},
		{"遗失门卡的，不用在三十日内报告。", rules, true},
		{"遗失门卡要在三十日内报告。", rules, false},
		{"补办门卡要收费。", rules, true},
		{"补办门卡是免费的。", rules, false},
		{"访客至少停留八小时。", rules, true},
		{"访客停留不超过八小时。", rules, false},
		{"擅自改装的，属于合法行为。", rules, true},
		{"除非经批准，员工可以转借门卡。", rules, false}, // an exception is not judged
		{"", rules, false},
		{"不。", knowledge.Passage{}, false},
	}
	for _, tt := range tests {
		if got := claimed(tt.sentence).turned(stated(tt.passage)); got != tt.want {
			t.Errorf("%q: turned %t, want %t", tt.sentence, got, tt.want)
		}
	}
}

func TestReadClause(t *testing.T) {
	t.Parallel()
	all := clauses("Without a badge, you must not enter (see Article 5).")
	if len(all) != 2 || len(all[0].denied) != 1 || len(all[1].denied) != 1 || !all[1].follows {
		t.Errorf("got %+v", all)
	}
	if c := clauses("如果没有门卡的"); len(c) != 1 || !c[0].condition {
		t.Errorf("got %+v", c)
	}
}
