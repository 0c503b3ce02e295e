package generation_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// site is a source that is far away.
type site struct {
	knowledgetest.Source

	reads atomic.Int64
}

func (*site) Distant() bool { return true }

func (s *site) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	s.reads.Add(1)
	return s.Source.Documents(ctx)
}

func siteOf(docs ...knowledge.Document) *site {
	return &site{Source: knowledgetest.Source{Docs: docs}}
}

// slow makes a site that waits before its second document until it is let go.
func slow(docs ...knowledge.Document) (s *site, reached <-chan struct{}, let func()) {
	there, on := make(chan struct{}), make(chan struct{})
	s = siteOf(docs...)
	s.Before = func(n int) error {
		if n == 1 {
			close(there)
			<-on
		}
		return nil
	}
	return s, there, func() { close(on) }
}

// ingesting feeds a source and gives how that ended.
func ingesting(s *generation.Store, src knowledge.Source, o knowledge.IngestOptions) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := s.Ingest(context.Background(), "site", src, o)
		done <- err
	}()
	return done
}

// soon bounds the context of what must not wait for a slow source.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func noSpool(t *testing.T, dir string) {
	t.Helper()
	same(t, "nothing is left of the reading", false, slices.ContainsFunc(entries(t, dir), func(name string) bool { return strings.HasPrefix(name, "spool-") }))
}

// TestASlowSourceHoldsNothingUp feeds, drops and adopts while a site is read.
func TestASlowSourceHoldsNothingUp(t *testing.T) {
	t.Parallel()
	p := newPair(t, &knowledgetest.Blobs{})
	running(t, p.a)
	feed(t, p.a, "old", doc("o", "orange"))
	src, reached, let := slow(doc("a", "apple"), doc("b", "banana"))
	done := ingesting(p.a, src, knowledge.IngestOptions{Prune: true})
	<-reached
	if _, err := p.a.Ingest(soon(t), "other", source(doc("x", "xylophone")), knowledge.IngestOptions{}); err != nil {
		t.Fatalf("feeding meanwhile: %v", err)
	}
	if err := p.a.Drop(soon(t), "old"); err != nil {
		t.Fatalf("dropping meanwhile: %v", err)
	}
	feed(t, p.b, "theirs", doc("t", "tulip"))
	eventually(t, "what another publishes is adopted meanwhile", func() bool { return len(find(t, p.a, "tulip", "theirs")) == 1 })
	let()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	same(t, "the site", []string{"a"}, short(find(t, p.a, "apple", "site")))
	same(t, "what was fed meanwhile", []string{"x"}, short(find(t, p.a, "xylophone", "other")))
	same(t, "what another fed", []string{"t"}, short(find(t, p.a, "tulip", "theirs")))
	same(t, "what was dropped", []string{}, find(t, p.a, "orange", "old"))
	noSpool(t, p.dirA)
}

// TestAConflictReadsTheSpoolAgain has another worker publish just before.
func TestAConflictReadsTheSpoolAgain(t *testing.T) {
	t.Parallel()
	var p *pair
	var armed atomic.Bool
	p = newPair(t, &knowledgetest.Blobs{Fail: func(method, _ string) error {
		if method == "Publish" && armed.CompareAndSwap(true, false) {
			feed(t, p.b, "theirs", doc("t", "tulip"))
		}
		return nil
	}})
	src := siteOf(doc("a", "apple"), doc("b", "banana"))
	armed.Store(true)
	report, err := p.a.Ingest(t.Context(), "site", src, knowledge.IngestOptions{})
	if err != nil || report.Added != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	same(t, "the site is read", int64(1), src.reads.Load())
	same(t, "found", []string{"a"}, short(find(t, p.a, "apple", "site")))
	same(t, "beside what another fed", []string{"t"}, short(find(t, p.a, "tulip", "theirs")))
}

// TestADistantSourceThatBreaksOff is indexed as far as it came; nothing is pruned.
func TestADistantSourceThatBreaksOff(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		before func(stop func()) func(n int) error
		limit  int64
		want   string
	}{
		"by itself": {func(func()) func(int) error {
			return func(n int) error { return map[int]error{2: boom}[n] }
		}, 0, "boom"},
		"stopped": {func(stop func()) func(int) error {
			return func(n int) error {
				if n == 2 {
					stop()
				}
				return nil
			}
		}, 0, "context canceled"},
		"too much of it": {nil, 3000, "several parts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir, generation.Options{}.SpoolAtMost(c.limit))
			feed(t, s, "site", doc("old", "orange"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			src := siteOf(doc("a", "apple"), doc("b", "banana"), doc("c", "cherry "+strings.Repeat("pie ", 1000)))
			if c.before != nil {
				src.Before = c.before(cancel)
			}
			report, err := s.Ingest(ctx, "site", src, knowledge.IngestOptions{Prune: true, Force: true})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "ingest memory into site") {
				t.Errorf("got %v", err)
			}
			same(t, "the report", 2, report.Added)
			same(t, "what was read", []string{"a"}, short(find(t, s, "apple", "site")))
			same(t, "the last of it", []string{"b"}, short(find(t, s, "banana", "site")))
			same(t, "nothing is pruned", []string{"old"}, short(find(t, s, "orange", "site")))
			same(t, "what was not read", []string{}, find(t, s, "cherry", "site"))
			noSpool(t, dir)
		})
	}
}

func TestADistantSourceThatGivesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	src := siteOf(doc("a", "apple"))
	src.Before = func(int) error { return errors.New("boom") }
	if _, err := s.Ingest(t.Context(), "site", src, knowledge.IngestOptions{Prune: true}); err == nil {
		t.Error("no error")
	}
	if all, err := s.Collections(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("collections %v, %v: an empty one was made", all, err)
	}
}

// TestADropIsNotUndoneByWhatIsBeingRead drops the very collection.
func TestADropIsNotUndoneByWhatIsBeingRead(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	feed(t, s, "site", doc("a", "apple"))
	src, reached, let := slow(doc("a", "apple"), doc("b", "banana"))
	done := ingesting(s, src, knowledge.IngestOptions{})
	<-reached
	if err := s.Drop(soon(t), "site"); err != nil {
		t.Fatal(err)
	}
	let()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "dropped") {
		t.Errorf("got %v", err)
	}
	same(t, "it stays dropped", []string{}, find(t, s, "apple", "site"))
}

// TestWhatIsSpooledIsWhatWasRead: bytes that are no text, times, marks and skips
// come back as they were, so that nothing counts as changed.
func TestWhatIsSpooledIsWhatWasRead(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	docs := []knowledge.Document{
		{
			ID: "a", Origin: "/x/a.zip\x00a", Title: "A", Section: "S", Text: "page one\fpage \xff two", URL: "https://x/a", Markdown: true,
			Anchor: knowledge.AnchorPage, Metadata: map[string]string{"k": "v"}, UpdatedAt: time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC),
		},
		doc("left out", ""), doc("foreign", ""),
	}
	before := func(n int) error {
		if n == 0 {
			return nil
		}
		return &knowledge.Skipped{Document: strconv.Itoa(n), Reason: "why", Foreign: n == 2}
	}
	near := &knowledgetest.Source{Docs: docs, Before: before}
	want, err := s.Ingest(t.Context(), "c", near, knowledge.IngestOptions{})
	if err != nil || want.Added != 1 {
		t.Fatalf("%+v, %v", want, err)
	}
	var stages []string
	far := &site{Source: *near}
	got, err := s.Ingest(t.Context(), "c", far, knowledge.IngestOptions{Progress: func(p knowledge.Progress) {
		stages = append(stages, fmt.Sprint(p.Stage, p.Total))
	}})
	if err != nil || got.Unchanged != 1 || got.Skips != 2 || got.Foreign != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	same(t, "skips", want.Skipped, got.Skipped)
	same(t, "progress of the second half", []string{"index3"}, stages)
}

// TestProgressOfADistantSource is told while it is read.
func TestProgressOfADistantSource(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	var read []knowledge.Progress
	_, err := s.Ingest(t.Context(), "c", siteOf(knowledgetest.Generate(40)...), knowledge.IngestOptions{Progress: func(p knowledge.Progress) {
		if p.Stage == "" {
			read = append(read, p)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "while it is read", []knowledge.Progress{{Documents: 16, Current: "made/15"}, {Documents: 32, Current: "made/31"}}, read)
}

// placed is a site that knows its places, after it was read.
type placed struct{ *site }

func (p placed) Covers(origin string) bool {
	return p.reads.Load() > 0 && strings.HasPrefix(origin, "https://x/")
}
func (p placed) Gone(origin string) bool { return p.Covers(origin) }
func (placed) Same(a, b string) bool     { return a == b }

// TestADistantSourceIsAskedForItsPlaces prunes what it covers and nothing else.
func TestADistantSourceIsAskedForItsPlaces(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	at := func(id, origin string) knowledge.Document {
		return knowledge.Document{ID: id, Origin: origin, Title: id, Text: "common " + id}
	}
	feed(t, s, "c", at("a", "https://x/a"), at("b", "https://x/b"), at("f", "/files/f"))
	report, err := s.Ingest(t.Context(), "c", placed{siteOf(at("a", "https://x/a"))}, knowledge.IngestOptions{Prune: true})
	if err != nil || report.Removed != 1 || report.Unchanged != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	same(t, "what it covers and another's", []string{"a", "f"}, short(find(t, s, "common", "c")))
}

func TestASpoolThatWasLeftBehindGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "spool-123"), []byte("half a page"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir, generation.Options{})
	noSpool(t, dir)
}
