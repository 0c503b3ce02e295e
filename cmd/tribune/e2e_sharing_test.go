package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// slowSite has three pages. The last but one is not answered before it is let go.
type slowSite struct {
	*httptest.Server

	reached chan struct{} // closed when the slow page is asked for
	let     chan struct{} // closed to answer it
}

func newSlowSite(t *testing.T) *slowSite {
	t.Helper()
	s := &slowSite{reached: make(chan struct{}), let: make(chan struct{})}
	var once sync.Once
	page := func(title, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if title == "Slow" {
				once.Do(func() { close(s.reached) })
				select {
				case <-s.let:
				case <-r.Context().Done():
				}
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><html><head><title>%s</title></head><body><main><h1>%s</h1><p>%s</p>
<p><a href="/a">First</a> <a href="/slow">Slow</a> <a href="/z">Last</a></p></main></body></html>`, title, title, text)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page("Start", "Here the canteen tells what it serves, on three pages that are linked below."))
	mux.HandleFunc("GET /a", page("First", "On Monday the canteen serves pumpkin soup with bread from its own oven."))
	mux.HandleFunc("GET /slow", page("Slow", "On Tuesday the canteen serves dumplings in a broth that took all night."))
	mux.HandleFunc("GET /z", page("Last", "On Wednesday the canteen serves noodles with a sauce of walnuts and basil."))
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.release()
		s.Close()
	})
	return s
}

func (s *slowSite) release() {
	select {
	case <-s.let:
	default:
		close(s.let)
	}
}

// holdings are the documents of each collection that a program has.
func holdings(t *testing.T, r *running) map[string]int {
	t.Helper()
	all, err := r.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, c := range all.Collections {
		out[c.Name] = c.Documents
	}
	return out
}

// seesSoon is within how long a worker must see what another has published,
// whatever it is doing itself.
const seesSoon = 15 * time.Second

// soon waits for what must not take long, on a machine that is busy.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	began := time.Now()
	eventually(t, what, ok)
	if took := time.Since(began); took > seesSoon {
		t.Errorf("it took %s until %s", took, what)
	}
}

// TestEndToEndWorkersFeedAtOnce has two programs on one NATS: one crawls a site
// that takes its time, both feed folders meanwhile, and the other drops a
// collection. The first sees the drop while it crawls, and both end with the
// same.
func TestEndToEndWorkersFeedAtOnce(t *testing.T) {
	t.Parallel()

	site, s := newSlowSite(t), natsServer(t)
	one, two := t.TempDir(), t.TempDir()
	first, second := start(t, one, s, Parts{}), start(t, two, s, Parts{})
	write(t, one, "old/plum.md", "# Plum\n\nThe plum tree behind the house was cut down last year.\n")
	for n := range 5 {
		write(t, one, fmt.Sprintf("mine/%d.md", n), fmt.Sprintf("# Mine %d\n\nThe first office keeps key number %d in the safe.\n", n, n))
		write(t, two, fmt.Sprintf("theirs/%d.md", n), fmt.Sprintf("# Theirs %d\n\nThe second office keeps key number %d in a drawer.\n", n, n))
	}
	ingest := func(r *running, collection, path string) error {
		// Without a bound of its own it would wait for the crawl, if it waited.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		_, err := r.Ingest(ctx, ingestRequest{Paths: []string{path}, Collection: collection, Private: true}, nil)
		return err
	}
	if err := ingest(first, "old", one+"/old"); err != nil {
		t.Fatal(err)
	}
	soon(t, "the second program has what the first fed", func() bool { return holdings(t, second)["old"] == 1 })

	crawled := make(chan error, 1)
	go func() {
		_, err := first.Ingest(context.WithoutCancel(t.Context()), ingestRequest{Paths: []string{site.URL + "/"}, Collection: "site", Private: true}, nil)
		crawled <- err
	}()
	<-site.reached
	var group sync.WaitGroup
	for n := range 5 { // a document at a time, so that they meet
		group.Go(func() {
			if err := ingest(first, "mine", fmt.Sprintf("%s/mine/%d.md", one, n)); err != nil {
				t.Errorf("the first program feeds: %v", err)
			}
		})
		group.Go(func() {
			if err := ingest(second, "theirs", fmt.Sprintf("%s/theirs/%d.md", two, n)); err != nil {
				t.Errorf("the second program feeds: %v", err)
			}
		})
	}
	group.Go(func() {
		if err := second.Drop(t.Context(), dropRequest{Collection: "old"}); err != nil {
			t.Errorf("the second program drops: %v", err)
		}
	})
	group.Wait()
	soon(t, "the first program sees the drop", func() bool { _, there := holdings(t, first)["old"]; return !there })
	soon(t, "the first program has what the second fed", func() bool { return holdings(t, first)["theirs"] == 5 })
	select {
	case err := <-crawled:
		t.Fatalf("the site was not being read any more: %v", err)
	default:
	}
	site.release()
	if err := <-crawled; err != nil {
		t.Fatal(err)
	}
	soon(t, "both have the same", func() bool { return first.Library.State().ID == second.Library.State().ID })
	for name, r := range map[string]*running{"first": first, "second": second} {
		got := holdings(t, r)
		delete(got, knowledge.Handbook)
		if got["site"] != 4 || got["mine"] != 5 || got["theirs"] != 5 || len(got) != 3 {
			t.Errorf("the %s program has %v", name, got)
		}
		for collection, text := range map[string]string{"site": "dumplings on Tuesday", "mine": "key number 3 in the safe", "theirs": "key number 4 in a drawer"} {
			found, err := r.Search(t.Context(), searchRequest{Text: text, Collection: collection, Limit: 3})
			if err != nil || !slices.ContainsFunc(found, func(p knowledge.Passage) bool { return p.Collection == collection }) {
				t.Errorf("the %s program does not find %q: %v, %v", name, text, found, err)
			}
		}
	}
}
