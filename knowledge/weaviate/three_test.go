package weaviate_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

// TestThree has three nodes, each of which keeps everything, and kills one after
// the other while questions are asked and documents are fed.
func TestThree(t *testing.T) {
	t.Parallel()
	needServer(t)
	started := time.Now()
	nodes := startCluster(t, 3, 18100)
	t.Logf("three nodes ready after %s", time.Since(started).Round(100*time.Millisecond))
	x := library(t)
	docs := knowledgetest.Generate(1000)
	feed(t, x, "made", docs)
	e := open(t, "Three", nodes, weaviate.Options{Replicas: 3})
	for _, c := range []string{knowledgetest.Office, knowledgetest.Secret, "made"} {
		follow(t, e, x, c)
	}
	knowledgetest.TestEngine(t, e)
	r, err := rank.New(e, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	knowledgetest.TestRetriever(t, r)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { e.Run(ctx) })
	for round := range 2 {
		lose(t, e, x, nodes[round], docs)
		healthy(t, nodes)
	}
	same(t, x, nodes)
	stop()
	group.Wait()
	nobody(t, x, nodes)
}

// lose kills a node while reads and writes run, and brings it back.
func lose(t *testing.T, e *weaviate.Engine, x *index.Index, lost *node, docs []knowledge.Document) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var (
		group   sync.WaitGroup
		reads   int
		failed  int
		slowest time.Duration
	)
	group.Go(func() {
		for ctx.Err() == nil {
			started := time.Now()
			got, err := e.Candidates(context.WithoutCancel(ctx), lookup(knowledgetest.Office))
			slowest = max(slowest, time.Since(started))
			reads++
			if err != nil || len(got.Passages) == 0 {
				if failed++; failed > 3 {
					continue
				}
				t.Logf("a read failed: %d passages, %v", len(got.Passages), err)
			}
		}
	})
	for i := range docs {
		docs[i].Text += " again."
	}
	feed(t, x, "made", docs)
	lost.kill()
	started := time.Now()
	written := follow(t, e, x, "made")
	took := time.Since(started)
	stop()
	group.Wait()
	t.Logf("%s killed: %d of %d reads failed, the slowest took %s; %d passages written in %s",
		lost.url, failed, reads, slowest.Round(time.Millisecond), written, took.Round(time.Millisecond))
	if failed > 0 || written == 0 {
		t.Errorf("%d of %d reads failed, %d passages written", failed, reads, written)
	}
	lost.start(t)
	lost.await(t)
}

// healthy waits until each node sees all others. A quorum counts those alone
// that the node which is asked sees: without this a write could be on one.
func healthy(t *testing.T, nodes []*node) {
	t.Helper()
	started := time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for _, n := range nodes {
		seen := ""
		for range 60 {
			if seen = send(t, n, http.MethodGet, "/v1/nodes", ""); strings.Count(seen, `"HEALTHY"`) == len(nodes) {
				break
			}
			<-tick.C
		}
		if strings.Count(seen, `"HEALTHY"`) != len(nodes) {
			t.Errorf("%s sees %s", n.url, seen)
		}
	}
	t.Logf("all see each other again %s after the restart", time.Since(started).Round(time.Second))
}

// same asks each node by itself, until it has what it missed.
func same(t *testing.T, x *index.Index, nodes []*node) {
	t.Helper()
	l := knowledge.Lookup{Terms: []knowledge.Term{{Text: "again", Weight: 1}}, Collections: []string{"made"}, Limit: 5000}
	want := find(t, x, l)
	for _, n := range nodes {
		e := open(t, "Three", []*node{n}, weaviate.Options{Replicas: 3})
		started := time.Now()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		var got []string
		for range 300 {
			if got = find(t, e, l); slices.Equal(got, want) {
				break
			}
			<-tick.C
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %d passages of %d", n.url, len(got), len(want))
			continue
		}
		t.Logf("%s has all after %s", n.url, time.Since(started).Round(time.Second))
	}
}

// nobody is left: the embedded engine answers.
func nobody(t *testing.T, x *index.Index, nodes []*node) {
	t.Helper()
	e := open(t, "Three", nodes, weaviate.Options{Replicas: 3, Fallback: x})
	for _, n := range nodes {
		n.kill()
	}
	l := lookup(knowledgetest.Office)
	started := time.Now()
	if got, want := find(t, e, l), find(t, x, l); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	t.Logf("all nodes killed: answered by the embedded engine after %s", time.Since(started).Round(time.Millisecond))
	if s := e.State(); s.Serving || s.String() == "ok" {
		t.Errorf("state %v", s)
	}
}
