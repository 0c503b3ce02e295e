package vector_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
	"github.com/tribunebot/tribune/knowledge/vector"
)

var (
	_ knowledge.Follower = (*vector.Store)(nil)
	_ knowledge.Nearby   = (*vector.Store)(nil)
)

// meanings are words that the test's model takes for the same.
func meanings() map[string][]string {
	return map[string][]string{
		"dismissal": {"fired", "sacked", "terminated", "dismissed"},
		"pay":       {"salary", "wages", "remuneration"},
		"badge":     {"badge", "access card", "门卡"},
	}
}

func open(t *testing.T, dir string, o vector.Options) *vector.Store {
	t.Helper()
	s, err := vector.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// passages are the passages of texts, with their numbers as ids.
func passages(collection string, texts ...string) []knowledge.Passage {
	out := make([]knowledge.Passage, len(texts))
	for i, text := range texts {
		out[i] = knowledge.Passage{ID: fmt.Sprintf("%d#1", i), Document: strconv.Itoa(i), Collection: collection, Title: "T", Text: text}
	}
	return out
}

func seq(all []knowledge.Passage) iter.Seq2[knowledge.Passage, error] {
	return func(yield func(knowledge.Passage, error) bool) {
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func follow(t *testing.T, s *vector.Store, collection string, texts ...string) {
	t.Helper()
	if err := s.Follow(t.Context(), collection, seq(passages(collection, texts...)), nil); err != nil {
		t.Fatal(err)
	}
}

// ids are what is nearest to a question.
func ids(t *testing.T, s *vector.Store, question string, limit int, collections ...string) []string {
	t.Helper()
	near, err := s.Nearest(t.Context(), question, collections, limit)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range near {
		out = append(out, n.Collection+"/"+n.ID)
	}
	return out
}

func many(n int, word string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s number %d about item%dx and thing%dy", word, i, i, i*7)
	}
	return out
}

func TestNearestByMeaning(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), vector.Options{Embedder: &embedtest.Model{Same: meanings()}})
	follow(t, s, "law", "an employee who is dismissed gets severance", "the printer is on floor two", "wages are due monthly", "a lost access card is reported")
	for question, want := range map[string]string{
		"i was sacked":         "law/0#1",
		"when comes my salary": "law/2#1",
		"门卡丢了":                 "law/3#1",
	} {
		if got := ids(t, s, question, 1, "law"); !cmp.Equal(got, []string{want}) {
			t.Errorf("%q: %v, want %s", question, got, want)
		}
	}
}

// TestCanary holds that only the collections that are named are looked at,
// however near the others are, and though they share vectors.
func TestCanary(t *testing.T) {
	t.Parallel()
	m := &embedtest.Model{}
	s := open(t, t.TempDir(), vector.Options{Embedder: m})
	secret := "the canary sings at midnight"
	follow(t, s, "private", append(many(300, "private"), secret)...)
	follow(t, s, "public", many(300, "public")...)
	follow(t, s, "copy", secret)
	calls := m.Calls()
	for _, none := range [][]string{nil, {}, {""}, {"unheard-of"}} {
		if got := ids(t, s, secret, 10, none...); len(got) != 0 {
			t.Errorf("%q: %v", none, got)
		}
	}
	if m.Calls() != calls {
		t.Error("a question was paid for that looks at nothing")
	}
	for _, id := range ids(t, s, secret, 300, "public", "public") {
		if !strings.HasPrefix(id, "public/") {
			t.Errorf("leaked %s", id)
		}
	}
	if got := ids(t, s, secret, 1, "public", "copy"); !cmp.Equal(got, []string{"copy/0#1"}) {
		t.Errorf("got %v, want the copy alone", got)
	}
	if got := ids(t, s, secret, 1000, "copy", "public"); len(got) != 301 {
		t.Errorf("%d passages, want 301, each once", len(got))
	}
}

// TestNothingIsPaidTwice holds that a text is embedded once: in other
// collections, after a restart, after it was gone.
func TestNothingIsPaidTwice(t *testing.T) {
	t.Parallel()
	dir, m := t.TempDir(), &embedtest.Model{}
	s := open(t, dir, vector.Options{Embedder: m})
	texts := many(600, "rule")
	follow(t, s, "a", append(texts, texts[:50]...)...) // twice in one collection too
	if m.Texts() != 600 || s.Count("a") != 650 {
		t.Fatalf("%d texts paid, %d passages, want 600 and 650", m.Texts(), s.Count("a"))
	}
	follow(t, s, "b", texts...)
	follow(t, s, "a", texts[:10]...)
	if err := s.Forget(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if s.Count("a") != 10 || s.Count("b") != 0 || len(ids(t, s, texts[300], 5, "b")) != 0 {
		t.Errorf("%d and %d passages, want 10 and none", s.Count("a"), s.Count("b"))
	}
	s.Close()
	paid := m.Texts()
	s = open(t, dir, vector.Options{Embedder: m})
	if s.Count("a") != 10 || s.Count("b") != 0 {
		t.Errorf("after a restart %d and %d passages", s.Count("a"), s.Count("b"))
	}
	follow(t, s, "a", texts...)
	if m.Texts() != paid {
		t.Errorf("%d texts were paid again", m.Texts()-paid)
	}
	if got := ids(t, s, "T\n\n"+texts[300], 1, "a"); !cmp.Equal(got, []string{"a/300#1"}) {
		t.Errorf("got %v", got)
	}
	calls := m.Calls()
	ids(t, s, "T\n\n"+texts[300], 1, "a")
	if m.Calls() != calls {
		t.Error("the same question was paid twice")
	}
}

// TestResumes holds that a run that fails loses no batch that was paid for, and
// that what is there can be searched.
func TestResumes(t *testing.T) {
	t.Parallel()
	dir, broken := t.TempDir(), errors.New("the endpoint is down")
	m := &embedtest.Model{}
	m.Before = func(context.Context, []string) error {
		if m.Calls() == 3 {
			return broken
		}
		return nil
	}
	s := open(t, dir, vector.Options{Embedder: m})
	texts := many(1000, "rule")
	var told []knowledge.Progress
	all := seq(passages("a", texts...))
	err := s.Follow(t.Context(), "a", all, func(p knowledge.Progress) { told = append(told, p) })
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "488 of 1000") {
		t.Fatalf("got %v", err)
	}
	if last := told[len(told)-1]; last.Stage != "embed" || last.Passages != 512 || last.Total != 1000 {
		t.Errorf("told %+v", last)
	}
	if s.Count("a") != 512 || len(ids(t, s, texts[5], 3, "a")) != 3 {
		t.Errorf("%d passages can be searched, want 512", s.Count("a"))
	}
	s.Close()
	s = open(t, dir, vector.Options{Embedder: m})
	if s.Count("a") != 512 {
		t.Errorf("%d passages after a restart, want 512", s.Count("a"))
	}
	follow(t, s, "a", texts...)
	if paid := m.Texts(); s.Count("a") != 1000 || paid != 1000+1 { // and a question
		t.Errorf("%d passages, %d texts paid", s.Count("a"), paid)
	}
}

// TestCancelled holds that a run ends with its context, and what was paid stays.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := &embedtest.Model{}
	m.Before = func(ctx context.Context, _ []string) error {
		if m.Calls() == 2 {
			cancel()
		}
		return ctx.Err()
	}
	s := open(t, t.TempDir(), vector.Options{Embedder: m})
	err := s.Follow(ctx, "a", seq(passages("a", many(600, "x")...)), nil)
	if !errors.Is(err, context.Canceled) || s.Count("a") != 256 {
		t.Errorf("%v, %d passages", err, s.Count("a"))
	}
	if err := s.Follow(ctx, "a", seq(nil), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %v", err)
	}
}

// TestSourceFails holds that an index that can't be read costs nothing of what
// is known.
func TestSourceFails(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), vector.Options{Embedder: &embedtest.Model{}})
	follow(t, s, "a", "one", "two")
	bad := errors.New("the index is damaged")
	err := s.Follow(t.Context(), "a", func(yield func(knowledge.Passage, error) bool) {
		if yield(knowledge.Passage{ID: "3", Text: "three"}, nil) {
			yield(knowledge.Passage{}, bad)
		}
	}, nil)
	if !errors.Is(err, bad) || s.Count("a") != 2 {
		t.Errorf("%v, %d passages", err, s.Count("a"))
	}
}

// TestRefused holds that a text without a vector stops no other.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), vector.Options{Embedder: refusing{&embedtest.Model{}}})
	follow(t, s, "a", "one", "forbidden", "three")
	if got := ids(t, s, "three", 10, "a"); len(got) != 2 || got[0] != "a/2#1" {
		t.Errorf("got %v", got)
	}
	if _, err := s.Nearest(t.Context(), "forbidden", []string{"a"}, 1); err == nil {
		t.Error("a question without a vector found something")
	}
}

// refusing gives no vector for what is forbidden.
type refusing struct{ *embedtest.Model }

func (r refusing) Embed(ctx context.Context, texts []string) ([]knowledge.Vector, error) {
	out, err := r.Model.Embed(ctx, texts)
	for i := range out {
		if strings.Contains(texts[i], "forbidden") {
			out[i] = nil
		}
	}
	return out, err
}

// TestOtherModel holds that vectors of two models never meet, and that the old
// ones go when the new ones are whole.
func TestOtherModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := &embedtest.Model{Label: "first"}, &embedtest.Model{Label: "second"}
	s := open(t, dir, vector.Options{Embedder: first})
	follow(t, s, "a", "one", "two")
	follow(t, s, "b", "three")
	s.Close()
	s = open(t, dir, vector.Options{Embedder: second})
	if got := ids(t, s, "one", 5, "a", "b"); len(got) != 0 {
		t.Errorf("found with vectors of another model: %v", got)
	}
	follow(t, s, "a", "one", "two")
	s.Close()
	s = open(t, dir, vector.Options{Embedder: first}) // back again: nothing is lost yet
	if s.Count("a") != 2 || s.Count("b") != 1 {
		t.Errorf("the old vectors are gone: %d, %d", s.Count("a"), s.Count("b"))
	}
	s.Close()
	s = open(t, dir, vector.Options{Embedder: second})
	follow(t, s, "b", "three")
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("the old vectors are still there: %v", left)
	}
}

// TestOtherLength holds that a model that changes under its name is noticed.
func TestOtherLength(t *testing.T) {
	t.Parallel()
	m := &changing{embedtest.Model{Dimensions: 64}, embedtest.Model{Dimensions: 128}, false}
	s := open(t, t.TempDir(), vector.Options{Embedder: m})
	follow(t, s, "a", "one", "two", "three")
	m.changed = true
	if _, err := s.Nearest(t.Context(), "one", []string{"a"}, 1); err == nil || !strings.Contains(err.Error(), "128") {
		t.Errorf("got %v", err)
	}
	follow(t, s, "a", "one", "two", "four")
	if got := ids(t, s, "T\n\nfour", 1, "a"); !cmp.Equal(got, []string{"a/2#1"}) || s.Count("a") != 3 {
		t.Errorf("got %v of %d", got, s.Count("a"))
	}
}

type changing struct {
	before, after embedtest.Model
	changed       bool
}

func (c *changing) Name() string { return "changing/default" }

func (c *changing) Embed(ctx context.Context, texts []string) ([]knowledge.Vector, error) {
	if c.changed {
		return c.after.Embed(ctx, texts)
	}
	return c.before.Embed(ctx, texts)
}

func TestClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, vector.Options{Embedder: &embedtest.Model{}})
	follow(t, s, "a", "one")
	s.Close()
	if err := s.Follow(t.Context(), "a", seq(nil), nil); err == nil {
		t.Error("a closed store was written to")
	}
	if got := ids(t, s, "one", 1, "a"); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	if _, err := vector.Open(dir, vector.Options{}); err == nil {
		t.Error("opened without an embedder")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}
