package weaviate_test

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

var growth = flag.String("growth", "", "numbers of documents to measure with, as 1000,10000")

// TestGrowth measures both engines at several sizes, the embedded one alone
// where no server was given.
func TestGrowth(t *testing.T) {
	t.Parallel()
	if *growth == "" {
		t.Skip("measures only with -growth")
	}
	var nodes []*node
	var e *weaviate.Engine
	if *server != "" {
		nodes = startCluster(t, 1, 18300)
		e = open(t, "Growth", nodes, weaviate.Options{})
	}
	for text := range strings.SplitSeq(*growth, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		grow(t, n, e, nodes)
	}
}

// grow measures with n documents. Questions are pieces of documents.
func grow(t *testing.T, n int, e *weaviate.Engine, nodes []*node) {
	t.Helper()
	docs := knowledgetest.Generate(n)
	var asked []string
	for i := range 200 {
		text := []rune(docs[i*n/200].Text)
		asked = append(asked, string(text[len(text)/3:min(len(text)/3+40, len(text))]))
	}
	dir, collection := t.TempDir(), "made"+strconv.Itoa(n)
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	started := time.Now()
	feed(t, x, collection, docs)
	built := time.Since(started)
	embedded := latency(t, x, collection, asked)
	t.Logf("%7d documents, embedded: built in %s, %d MB on disk, %d MB resident, a question %s",
		n, built.Round(100*time.Millisecond), diskMB(t, dir), ownMB(t), embedded)
	if e == nil {
		return
	}
	before := diskMB(t, nodes[0].dir)
	started = time.Now()
	written := follow(t, e, x, collection)
	copied := time.Since(started)
	settle(t)
	started = time.Now()
	if again := follow(t, e, x, collection); again != 0 {
		t.Errorf("%d passages copied again", again)
	}
	unchanged := time.Since(started)
	t.Logf("%7d documents, weaviate: %d passages copied in %s, unchanged in %s, %d MB on disk, %d MB resident, a question %s",
		n, written, copied.Round(100*time.Millisecond), unchanged.Round(10*time.Millisecond), diskMB(t, nodes[0].dir)-before, nodes[0].resident(t),
		latency(t, e, collection, asked))
	if err := e.Forget(t.Context(), collection); err != nil {
		t.Fatal(err)
	}
}

// settle waits until what was written is on disk: the server is slow to search
// what is not. Servers of the tests write after ten seconds.
func settle(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(25 * time.Second)
	defer timer.Stop()
	<-timer.C
}

// latency asks all questions through the ranker.
func latency(t *testing.T, e knowledge.Engine, collection string, asked []string) string {
	t.Helper()
	r, err := rank.New(e, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var (
		took  []time.Duration
		found int
	)
	for _, text := range asked {
		started := time.Now()
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: text, Collections: []string{collection}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 0 {
			found++
		}
		took = append(took, time.Since(started))
	}
	if found < len(asked)*9/10 { // a piece may have nothing but common words
		t.Errorf("%d of %d questions found something", found, len(asked))
	}
	slices.Sort(took)
	return fmt.Sprintf("p50 %s, p99 %s", took[len(took)/2].Round(100*time.Microsecond), took[len(took)*99/100].Round(100*time.Microsecond))
}

// ownMB is the memory of this process, after garbage was given back.
func ownMB(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	return residentMB(t, os.Getpid())
}
