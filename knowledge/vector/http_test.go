package vector_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge/embed"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
	"github.com/tribunebot/tribune/knowledge/vector"
)

// TestOverHTTP holds the whole way, over an endpoint that takes ten texts at a
// time, fails now and then, and then for good.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	server := embedtest.NewServer(&embedtest.Model{Dimensions: 128, Same: meanings()})
	t.Cleanup(server.Close)
	var down atomic.Bool
	server.MostTexts = 10
	server.Fault = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if !down.Load() && n%7 != 0 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	client, err := embed.New(embed.Options{
		Base: server.Base(), Key: embedtest.Key, Model: "m", Dimensions: 128,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, t.TempDir(), vector.Options{Embedder: client})
	texts := append(many(400, "note"), "whoever is dismissed gets severance")
	follow(t, s, "a", texts...)
	if got := ids(t, s, "i was sacked", 1, "a"); !cmp.Equal(got, []string{"a/400#1"}) || s.Count("a") != 401 {
		t.Errorf("got %v of %d", got, s.Count("a"))
	}
	down.Store(true)
	if _, err := s.Nearest(t.Context(), "another question", []string{"a"}, 1); err == nil || !strings.Contains(err.Error(), "the endpoint fails") {
		t.Errorf("got %v", err)
	}
	if got := ids(t, s, "i was sacked", 1, "a"); len(got) != 1 {
		t.Error("a question that was asked before needs no endpoint")
	}
	if err := s.Follow(t.Context(), "a", seq(passages("a", append(texts, "new")...)), nil); err == nil || s.Count("a") != 401 {
		t.Errorf("%v, %d passages", err, s.Count("a"))
	}
}
