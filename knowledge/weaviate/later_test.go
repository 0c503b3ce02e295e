package weaviate_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

// moody is an embedder that may be away.
type moody struct {
	asked, away bool
	refuses     string
}

func (*moody) Name() string { return "moody/2" }

func (m *moody) Embed(_ context.Context, texts []string) ([]knowledge.Vector, error) {
	m.asked = true
	if m.away {
		return nil, errors.New("the endpoint is away")
	}
	out := make([]knowledge.Vector, len(texts))
	for i, text := range texts {
		if m.refuses == "" || !strings.Contains(text, m.refuses) {
			out[i] = knowledge.Vector{1, float32(len(text))}
		}
	}
	return out, nil
}

// TestVectorsComeLater: what was copied while the embedder was away answers by
// words, and gets its vectors from the next run, without another ingest.
func TestVectorsComeLater(t *testing.T) {
	t.Parallel()
	f, x, m := newFake(t), library(t), &moody{away: true, refuses: "badge"}
	e, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: []string{f.URL}, Fallback: x, Embedder: m})
	if err != nil {
		t.Fatal(err)
	}
	follow := func() error {
		m.asked = false
		return e.Follow(t.Context(), knowledgetest.Office, x.Passages(t.Context(), knowledgetest.Office), nil)
	}
	if err := follow(); err == nil || !strings.Contains(err.Error(), "6 of 6 passages of office are found by words alone for now: the endpoint is away") {
		t.Errorf("while it is away: %v", err)
	}
	if with, without := f.vectors(); with != 0 || without != 6 {
		t.Errorf("%d passages have vectors, %d have none", with, without)
	}
	if got := find(t, e, lookup(knowledgetest.Office)); len(got) != 6 {
		t.Errorf("words find %v: the fallback answers", got)
	}
	writes := 0
	f.breaks(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/batch/objects" {
			writes++
		}
		return false
	})
	if err := follow(); err == nil || writes > 0 {
		t.Errorf("away still: %v, %d writes", err, writes)
	}
	m.away = false
	if err := follow(); err != nil || writes == 0 {
		t.Errorf("it is back: %v, %d writes", err, writes)
	}
	if with, without := f.vectors(); with+without != 6 || with == 0 || without == 0 {
		t.Errorf("%d passages have vectors, %d were refused", with, without)
	}
	if err := follow(); err != nil || m.asked {
		t.Errorf("what was refused is asked for again: %v", err)
	}
}
