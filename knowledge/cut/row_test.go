package cut

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCells(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line string
		want []string
	}{
		{"| City | Fee |", []string{"City", "Fee"}},
		{"City | Fee", []string{"City", "Fee"}},
		{"| City | |", []string{"City", ""}},
		{"| | 12 |", []string{"", "12"}},
		{`| a \| b | c |`, []string{"a | b", "c"}},
		{"|", nil},
		{"||", []string{""}},
		{"City |", []string{"City"}},
		{"no bars", nil},
		{"", nil},
		{`a \| b`, nil},
		{`a\`, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Cells(tt.line)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.line, diff)
		}
	}
}

func TestHeaded(t *testing.T) {
	t.Parallel()
	for below, want := range map[string]bool{
		"| --- | --- |": true, "---|---": true, ":-- | --:": true, "| --- |": false, "| : | - |": false, "| a | b |": false, "---": false, "": false,
	} {
		if got := Headed("City | Fee", below); got != want {
			t.Errorf("%q: %t", below, got)
		}
	}
}
