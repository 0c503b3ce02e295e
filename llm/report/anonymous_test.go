package report

import (
	"context"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

// heard keeps the labels of calls.
type heard struct{ began, ended []map[string]string }

func (h *heard) Observe(_ context.Context, c llm.Call) { h.ended = append(h.ended, c.Labels) }
func (h *heard) Start(_ context.Context, c llm.Call)   { h.began = append(h.began, c.Labels) }

func TestAnonymous(t *testing.T) {
	t.Parallel()
	key := map[string]string{llm.LabelKey: "alice", llm.LabelKeyHash: "abc", LabelOwner: "U1", llm.LabelUser: "U1", llm.LabelTags: "a"}
	for name, test := range map[string]struct{ labels, want map[string]string }{
		"a key with a user": {key, map[string]string{llm.LabelTags: "a"}},
		"a client's user":   {map[string]string{llm.LabelKey: "alice", llm.LabelUser: "U2"}, map[string]string{llm.LabelUser: "U2"}},
		"nobody":            {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := &heard{}
			before := maps.Clone(test.labels)
			c := llm.Call{Request: llm.Request{Labels: test.labels}}
			Anonymous{To: to}.Start(t.Context(), c)
			Anonymous{To: to}.Observe(t.Context(), c)
			want := []map[string]string{test.want}
			if diff := cmp.Diff(want, to.ended); diff != "" {
				t.Errorf("ended (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, to.began); diff != "" {
				t.Errorf("began (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, test.labels); diff != "" {
				t.Errorf("others see it too:\n%s", diff)
			}
		})
	}
	Anonymous{To: observerOnly{}}.Start(t.Context(), llm.Call{}) // one that hears no beginnings
}

type observerOnly struct{}

func (observerOnly) Observe(context.Context, llm.Call) {}
