package weaviate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

var _ knowledge.SharedFollower = (*weaviate.Engine)(nil)

// copies are passages of one state: more than a batch.
func copies(state string) []knowledge.Document {
	var all []knowledge.Document
	for n := range 600 {
		all = append(all, knowledge.Document{ID: fmt.Sprint("d", n), Title: "t", Text: fmt.Sprint("common ", state, n)})
	}
	return all
}

// stateOf counts the passages of a state that a cluster has.
func (f *fake) stateOf(t *testing.T, state string) (n int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.objects {
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "common "+state) {
			n++
		}
	}
	return n
}

// TestABatchThatCameTooLateDoesNotStay has one worker be stopped in the midst of
// copying an older state, after another has copied the newer one whole. When the
// first follows the newer state, nothing of the older is left.
func TestABatchThatCameTooLateDoesNotStay(t *testing.T) {
	t.Parallel()
	late := newSetup(t, 1)
	prompt, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{late.fakes[0].URL}, Fallback: late.x})
	if err != nil {
		t.Fatal(err)
	}
	older, newer := library(t), library(t)
	feed(t, older, "c", copies("older"))
	feed(t, newer, "c", copies("newer"))
	follow(t, prompt, newer, "c")

	ctx, stop := context.WithCancel(t.Context())
	err = late.Follow(ctx, "c", older.Passages(ctx, "c"), func(knowledge.Progress) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if n := late.fakes[0].stateOf(t, "older"); n == 0 || n == 600 {
		t.Fatalf("%d passages of the older state: the test shows nothing", n)
	}
	follow(t, late.Engine, newer, "c")
	if older, newer := late.fakes[0].stateOf(t, "older"), late.fakes[0].stateOf(t, "newer"); older != 0 || newer != 600 {
		t.Errorf("%d passages of the older state, %d of the newer", older, newer)
	}
}
