package edge

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerged(t *testing.T) {
	t.Parallel()
	own := http.Header{"Authorization": {"Bearer own"}, "X-Own": {"1"}}
	if diff := cmp.Diff(own, Merged(own, nil)); diff != "" {
		t.Error(diff)
	}
	extra := http.Header{"X-Own": {"theirs"}, "X-More": {"2", "3"}}
	want := http.Header{"Authorization": {"Bearer own"}, "X-Own": {"1"}, "X-More": {"2", "3"}}
	if diff := cmp.Diff(want, Merged(own, extra)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(own) != 2 || extra.Get("X-Own") != "theirs" {
		t.Errorf("changed: %v, %v", own, extra)
	}
}
