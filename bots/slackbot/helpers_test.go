package slackbot_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func diff(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("unexpected (-want +got):\n%s", d)
	}
}
