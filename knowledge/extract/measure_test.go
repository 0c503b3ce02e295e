package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMeasures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence, passage string
		missing           []string
	}{
		{"25 weeks of leave", "25 days of leave", []string{"25 weeks"}},
		{"3 years", "three months", []string{"3 years"}},
		{"24 months", "two years", nil},
		{"两年", "24 months", nil},
		{"14 days", "两周", nil},
		{"90 minutes", "一个半小时", nil},
		{"200 %", "二倍", nil},
		{"double pay", "百分之二百", nil},
		{"triple pay", "百分之二百", []string{"3 -fold"}},
		{"twice", "两次", nil},
		{"三倍", "three times", nil},
		{"45个工作日", "四十五日", []string{"45 working days"}},
		{"5 working days", "5 business days", nil},
		{"300元", "百分之三百", []string{"300 yuan"}},
		{"RMB 500", "五百元", nil},
		{"$500", "500 yuan", []string{"500 dollars"}},
		{"31 March", "3月31日", nil},
		{"March 31", "31 days", []string{"3 month"}},
		{"3-5 years", "三至五年", nil},
		{"3 to 5 years", "three to five months", []string{"3 years", "5 years"}},
		{"20名员工", "twenty employees", nil},
		{"20 percent", "二十人", []string{"20 percent"}},
		{"1个月", "paid monthly", nil},
		{"一年", "每月支付", []string{"1 years"}},
		{"25", "25 days", nil},
		{"25 days", "25", nil},
		{"五十天", "第五十条", []string{"50 days"}},
		{"50 days", "Articles 46 and 50", []string{"50 days"}},
		{"30天", "提前30个月", []string{"30 days"}},
		{"five additional working days", "五个工作日", nil},
	}
	for _, tt := range tests {
		got := lacking(measures(tt.sentence, strict), measures(tt.passage, lenient))
		if diff := cmp.Diff(tt.missing, got); diff != "" {
			t.Errorf("%q on %q: missing (-want +got):\n%s", tt.sentence, tt.passage, diff)
		}
	}
}
