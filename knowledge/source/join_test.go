package source_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/source"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// places is a source at an address.
type places struct {
	knowledgetest.Source
	at   string
	gone map[string]bool
	n    int
	fail error // of Watch
}

func (p *places) Name() string              { return p.at }
func (p *places) Covers(origin string) bool { return strings.HasPrefix(origin, p.at) }
func (p *places) Gone(origin string) bool   { return p.gone[origin] }
func (p *places) Same(a, b string) bool     { return strings.EqualFold(a, b) }
func (p *places) Count(context.Context) int { return p.n }

// watching is one that notices changes.
type watching struct{ places }

func (w *watching) Watch(ctx context.Context, changed func()) error {
	changed()
	if w.fail != nil {
		return w.fail
	}
	<-ctx.Done()
	return ctx.Err()
}

func docs(at string, ids ...string) []knowledge.Document {
	var out []knowledge.Document
	for _, id := range ids {
		out = append(out, knowledge.Document{ID: id, Origin: at + id, Title: id, Text: "A text about " + id + " of " + at})
	}
	return out
}

func names(t *testing.T, s knowledge.Source) (ids []string, failed error) {
	t.Helper()
	for doc, err := range s.Documents(t.Context()) {
		if skipped, ok := errors.AsType[*knowledge.Skipped](err); ok {
			ids = append(ids, "-"+skipped.Document)
			continue
		}
		if err != nil {
			return ids, err
		}
		ids = append(ids, doc.ID)
	}
	return ids, nil
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestOneSourceOfSeveral(t *testing.T) {
	t.Parallel()
	a := &places{at: "https://a/", n: 2, Source: knowledgetest.Source{Docs: docs("https://a/", "one", "two")}, gone: map[string]bool{"https://a/old": true}}
	b := &places{at: "https://b/", n: 1, Source: knowledgetest.Source{Docs: docs("https://b/", "three"), Before: func(int) error {
		return &knowledge.Skipped{Document: "three", Reason: "not today"}
	}}}
	s := source.Join(a, b)
	ids, err := names(t, s)
	same(t, "documents", []string{"one", "two", "-three"}, ids)
	same(t, "error", error(nil), err)
	same(t, "name", "https://a/, https://b/", s.Name())
	p := s.(knowledge.Places)
	same(t, "covers", []bool{true, true, false}, []bool{p.Covers("https://a/x"), p.Covers("https://b/x"), p.Covers("https://c/x")})
	same(t, "gone", []bool{true, false, false}, []bool{p.Gone("https://a/old"), p.Gone("https://a/one"), p.Gone("https://b/old")})
	same(t, "same", []bool{true, true, false}, []bool{p.Same("https://a/", "HTTPS://A/"), p.Same("x", "x"), p.Same("x", "y")})
	same(t, "count", 3, s.(knowledge.Counted).Count(t.Context()))
	b.n = 0
	same(t, "count where one can't tell", 0, s.(knowledge.Counted).Count(t.Context()))
	if _, ok := s.(knowledge.Watched); ok {
		t.Error("none of them notices changes")
	}
	if got := source.Join(a); got != knowledge.Source(a) {
		t.Errorf("one alone is %v", got)
	}
	plain := source.Join(a, &knowledgetest.Source{})
	same(t, "count with one that does not count", 0, plain.(knowledge.Counted).Count(t.Context()))
	same(t, "covers with one that has no places", true, plain.(knowledge.Places).Covers("anything"))
	for range s.Documents(t.Context()) {
		break // nothing more is given
	}
}

func TestASourceThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	broken := errors.New("it is down")
	a := &places{at: "https://a/", Source: knowledgetest.Source{Docs: docs("https://a/", "one"), Before: func(int) error { return broken }}}
	b := &places{at: "https://b/", Source: knowledgetest.Source{Docs: docs("https://b/", "two")}}
	ids, err := names(t, source.Join(a, b))
	if len(ids) > 0 || !errors.Is(err, broken) || err.Error() != "https://a/: it is down" {
		t.Errorf("got %v, %v", ids, err)
	}
}

// TestAFolderKnowsNothingOfAddresses: it would say that each is gone.
func TestAFolderKnowsNothingOfAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("# A\ntext"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := folder.New([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	p := source.Join(files, &places{at: "https://a/"}).(knowledge.Places)
	for origin, want := range map[string]bool{
		filepath.ToSlash(dir) + "/a.md": false, filepath.ToSlash(dir) + "/b.md": true, filepath.ToSlash(dir) + "-moved/b.md": true,
		"https://a/one": false, "https://c/one": false,
	} {
		same(t, origin, want, p.Gone(origin))
	}
}

// TestNothingIsLostWhileASourceIsDown feeds an index: documents of a source
// that fails stay, and those of the others are removed only after a whole run.
func TestNothingIsLostWhileASourceIsDown(t *testing.T) {
	t.Parallel()
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	var down error
	a := &places{at: "https://a/", Source: knowledgetest.Source{Docs: docs("https://a/", "one", "two")}}
	b := &places{at: "https://b/", Source: knowledgetest.Source{Docs: docs("https://b/", "three"), Before: func(int) error { return down }}}
	ingest := func() (knowledge.Report, error) {
		return x.Ingest(t.Context(), "docs", source.Join(a, b), knowledge.IngestOptions{Prune: true, Whole: true})
	}
	if _, err := ingest(); err != nil {
		t.Fatal(err)
	}
	down, a.Docs = errors.New("no answer"), a.Docs[:1]
	if _, err := ingest(); err == nil || !strings.Contains(err.Error(), "https://b/") {
		t.Errorf("a source that is down: %v", err)
	}
	count := func() int {
		all, err := x.Collections(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0].Documents
	}
	same(t, "documents while one is down", 3, count())
	down = nil
	report, err := ingest()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "removed after a whole run", 1, report.Removed)
	same(t, "documents", 2, count())
}

func TestWatch(t *testing.T) {
	t.Parallel()
	one, two := &watching{places{at: "one"}}, &watching{places{at: "two"}}
	s := source.Join(one, &places{at: "still"}, two)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := s.(knowledge.Watched).Watch(ctx, func() {
		if calls++; calls == 2 {
			cancel()
		}
	})
	same(t, "calls", 2, calls)
	if err != nil {
		t.Errorf("after cancel: %v", err)
	}
	two.fail = errors.New("too many files")
	err = s.(knowledge.Watched).Watch(t.Context(), func() {})
	if !errors.Is(err, two.fail) || !strings.Contains(err.Error(), "two") {
		t.Errorf("a watch that fails: %v", err)
	}
}

// distant is a source behind a network.
type distant struct{ places }

func (*distant) Distant() bool { return true }

func TestOneDistantSourceMakesAllSo(t *testing.T) {
	t.Parallel()
	near, far := &places{at: "/near/"}, &distant{places{at: "https://far.example.com/"}}
	for want, joined := range map[bool]knowledge.Source{false: source.Join(near, near), true: source.Join(near, far)} {
		if d, ok := joined.(knowledge.Distant); !ok || d.Distant() != want {
			t.Errorf("%s: distant is not %t", joined.Name(), want)
		}
	}
}
