package vector_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
	"github.com/tribunebot/tribune/knowledge/vector"
)

// gone is an embedder that says whether it is there.
type gone struct {
	*embedtest.Model

	away  error
	calls int
}

func (g *gone) Probe(context.Context) error { return g.away }

func (g *gone) Embed(ctx context.Context, texts []string) ([]knowledge.Vector, error) {
	g.calls++
	return g.Model.Embed(ctx, texts)
}

// TestAway holds that texts are not given to an endpoint that is away, that this
// is said with how many wait, and that they are made up for when it is back.
func TestAway(t *testing.T) {
	t.Parallel()
	g := &gone{Model: &embedtest.Model{Dimensions: 64}}
	s := open(t, t.TempDir(), vector.Options{Embedder: g})
	follow(t, s, "a", "one", "two")
	g.away, g.calls = errors.New("nobody there"), 0
	all := seq(passages("a", "one", "two", "three"))
	err := s.Follow(t.Context(), "a", all, nil)
	if err == nil || !strings.Contains(err.Error(), "1 of 3 passages") || !strings.Contains(err.Error(), "nobody there") || g.calls != 0 {
		t.Errorf("got %v after %d calls", err, g.calls)
	}
	follow(t, s, "a", "one", "two") // nothing is missing, so nothing is asked
	g.away = nil
	if err := s.Follow(t.Context(), "a", all, nil); err != nil || s.Count("a") != 3 {
		t.Errorf("then %v, %d vectors", err, s.Count("a"))
	}
}
