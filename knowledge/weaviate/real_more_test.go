package weaviate_test

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

// send sends one request to a node, past the engine, and returns its answer.
func send(t *testing.T, n *node, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, n.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v", method, path, resp.Status, err)
	}
	return string(text)
}

// realSchema finds a class that somebody else made.
func realSchema(t *testing.T, nodes []*node) {
	t.Helper()
	send(t, nodes[0], http.MethodPost, "/v1/schema",
		`{"class":"DriftPassage","vectorizer":"none","properties":[{"name":"terms","dataType":["text"],"tokenization":"word"}]}`)
	_, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: urls(nodes), Key: testKey, Prefix: "Drift"})
	if !errors.Is(err, weaviate.ErrSchema) || !strings.Contains(err.Error(), "tokenization word, not whitespace") ||
		!strings.Contains(err.Error(), "collection is missing") {
		t.Errorf("got %v", err)
	}
	e := open(t, "Same", nodes, weaviate.Options{})
	again := open(t, "Same", nodes, weaviate.Options{})
	if e.State().String() != "ok" || again.State().String() != "ok" {
		t.Errorf("the second to open: %v, %v", e.State(), again.State())
	}
}

// embedder makes vectors out of characters: texts that share some are near.
type embedder struct{ fail bool }

func (e *embedder) Name() string { return "characters-64" }

func (e *embedder) Embed(_ context.Context, texts []string) ([]knowledge.Vector, error) {
	if e.fail {
		return nil, errors.New("no embeddings today")
	}
	out := make([]knowledge.Vector, len(texts))
	for i, text := range texts {
		out[i] = make(knowledge.Vector, 64)
		for _, r := range text {
			h := fnv.New64()
			h.Write([]byte(string(r)))
			draw := rand.New(rand.NewPCG(h.Sum64(), 1))
			for k := range out[i] {
				out[i][k] += float32(draw.NormFloat64())
			}
		}
	}
	return out, nil
}

// realVectors finds by meaning what the named collections have.
func realVectors(t *testing.T, nodes []*node) {
	t.Helper()
	x := library(t)
	m := &embedder{fail: true}
	e := open(t, "Vectors", nodes, weaviate.Options{Embedder: m})
	follow(t, e, x, knowledgetest.Office)
	m.fail = false
	if n := follow(t, e, x, knowledgetest.Office); n != 6 {
		t.Errorf("%d written after the embedder came back, want 6", n)
	}
	follow(t, e, x, knowledgetest.Secret)
	got, err := e.Nearest(t.Context(), "咖啡机每周五清洗。错误代码", []string{knowledgetest.Office}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].ID != "zh/coffee.md#1" || got[0].Similarity < got[1].Similarity || got[0].Similarity > 1.01 {
		t.Errorf("got %+v", got)
	}
	if slices.ContainsFunc(got, func(n knowledge.Near) bool { return n.Collection != knowledgetest.Office }) {
		t.Errorf("leaked: %+v", got)
	}
	for _, c := range [][]string{nil, {"unheard-of"}} {
		if got, err := e.Nearest(t.Context(), "门卡", c, 3); err != nil || len(got) != 0 {
			t.Errorf("collections %q: %v, %v", c, got, err)
		}
	}
	plain := open(t, "Vectors", nodes, weaviate.Options{})
	if _, err := plain.Nearest(t.Context(), "门卡", []string{knowledgetest.Office}, 3); err == nil {
		t.Error("no error without an embedder")
	}
}

// realFallback asks for collections of which the cluster has one.
func realFallback(t *testing.T, nodes []*node) {
	t.Helper()
	x := library(t)
	e := open(t, "Fallback", nodes, weaviate.Options{Fallback: x})
	follow(t, e, x, knowledgetest.Secret)
	l := lookup(knowledgetest.Office, knowledgetest.Secret, "unheard-of")
	got, err := e.Candidates(t.Context(), l)
	if err != nil || got.Total != 7 {
		t.Fatalf("%d passages, %v", got.Total, err)
	}
	if got, want := find(t, e, l), find(t, x, l); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
