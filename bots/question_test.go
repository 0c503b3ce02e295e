package bots

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaces(t *testing.T) {
	t.Parallel()

	channel := Thread{Platform: "slack", Team: "T1", Channel: "C1"}
	for name, tc := range map[string]struct {
		q    Question
		want []string
	}{
		"public":   {Question{Thread: channel, Visibility: Public}, []string{"slack:T1:C1", "slack:T1:public"}},
		"private":  {Question{Thread: channel, Visibility: Private}, []string{"slack:T1:C1"}},
		"unknown":  {Question{Thread: channel}, []string{"slack:T1:C1"}},
		"shared":   {Question{Thread: channel, Visibility: Shared}, []string{"slack:T1:C1"}},
		"direct":   {Question{Thread: channel, Visibility: Direct}, []string{"slack:T1:C1", "slack:T1:dm"}},
		"web":      {Question{Thread: Thread{Platform: "web", Team: "local", Channel: "chat"}, Visibility: Direct}, []string{"web:local:chat", "web:local:dm", "web"}},
		"as other": {Question{Thread: channel, Visibility: Public, As: "slack:T1:C9"}, []string{"slack:T1:C9"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(tc.want, tc.q.Places()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClipKeepsCharactersWhole(t *testing.T) {
	t.Parallel()

	long := make([]rune, MaxText)
	for i := range long {
		long[i] = '字'
	}
	q := Question{Text: string(long)}.Clip()
	if len(q.Text) > MaxText || len(q.Text) < MaxText-3 || !q.Clipped || []rune(q.Text)[len([]rune(q.Text))-1] != '字' {
		t.Errorf("%d bytes, clipped %t", len(q.Text), q.Clipped)
	}
	if q := (Question{Text: "a\xffb"}).Clip(); q.Text != "a\ufffdb" || q.Clipped {
		t.Errorf("%+v", q)
	}
}
