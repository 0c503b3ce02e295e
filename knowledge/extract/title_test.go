package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATitleIsNoPartOfASentence(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"above its sentence", "Travel policy\nFlights are booked by the desk.", []string{"Travel policy", "Flights are booked by the desk."}},
		{"above an empty line", "Travel policy\n\nFlights are booked by the desk.", []string{"Travel policy", "Flights are booked by the desk."}},
		{"Chinese", "差旅制度\n机票由行政部统一预订。", []string{"差旅制度", "机票由行政部统一预订。"}},
		{"after a sentence", "Flights are booked by the desk.\nHotels\nA night may cost up to 140 EUR.", []string{"Flights are booked by the desk.", "Hotels", "A night may cost up to 140 EUR."}},
		{"above a list", "Opening hours\n- Monday", []string{"Opening hours", "- Monday"}},
		{
			"wrapped by hand", "Flights are booked by the travel desk\nof the Frankfurt office, at least two\nweeks ahead.",
			[]string{"Flights are booked by the travel desk\nof the Frankfurt office, at least two\nweeks ahead."},
		},
		{
			"wrapped before a name", "Flights are booked by the travel desk in\nFrankfurt, two weeks ahead.",
			[]string{"Flights are booked by the travel desk in\nFrankfurt, two weeks ahead."},
		},
		{"wrapped Chinese", "机票由行政部统一预订，须提前\n两周提出申请并由主管批准\n方可出票。", []string{"机票由行政部统一预订，须提前\n两周提出申请并由主管批准\n方可出票。"}},
		{"wrapped Chinese without marks", "出差期间的住宿标准为每晚\n四百元以内。", []string{"出差期间的住宿标准为每晚\n四百元以内。"}},
		{"paragraphs without marks", "lunch is at noon\n\nthe desk opens at nine", []string{"lunch is at noon", "the desk opens at nine"}},
		{"goes on in small letters", "Flights\nare booked by the travel desk.", []string{"Flights\nare booked by the travel desk."}},
		{"nothing below", "Travel policy", []string{"Travel policy"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Sentences(tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	want := []string{"Flights are booked by the desk."}
	if diff := cmp.Diff(want, quoted("How are flights booked under the travel policy?", "", "Travel policy\nFlights are booked by the desk.")); diff != "" {
		t.Errorf("a title was quoted (-want +got):\n%s", diff)
	}
	want = []string{"Hotels: A night may cost up to 140 EUR."}
	if diff := cmp.Diff(want, quoted("How much is a hotel?", "", "Flights\nThey are booked by the desk.\n\nHotels\nA night may cost up to 140 EUR.")); diff != "" {
		t.Errorf("a title is above what follows (-want +got):\n%s", diff)
	}
}
