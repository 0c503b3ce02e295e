package generation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// spoils are ways in which a generation's folder may be damaged.
func spoils() map[string]func(folder string) error {
	flip := func(path string) error {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		raw[len(raw)/2] ^= 0x10
		return os.WriteFile(path, raw, 0o600)
	}
	segments := func(do func(path string) error) func(string) error {
		return func(folder string) error {
			all, err := filepath.Glob(filepath.Join(folder, "*.zap"))
			if len(all) == 0 {
				return errors.New("no segments")
			}
			for _, p := range all { // in place: no other generation has this file
				err = errors.Join(err, do(p))
			}
			return err
		}
	}
	return map[string]func(folder string) error{
		"a bit of a segment":    segments(flip),
		"a segment is cut":      segments(func(p string) error { return os.Truncate(p, 100) }),
		"a segment is gone":     segments(os.Remove),
		"a bit of the root":     func(folder string) error { return flip(filepath.Join(folder, "root.bolt")) },
		"the root is gone":      func(folder string) error { return os.Remove(filepath.Join(folder, "root.bolt")) },
		"a bit of the manifest": func(folder string) error { return flip(filepath.Join(folder, "manifest.json")) },
		"the manifest is empty": func(folder string) error { return os.Truncate(filepath.Join(folder, "manifest.json"), 0) },
		"the folder is gone":    os.RemoveAll,
	}
}

// logged is a logger that keeps what it is told.
func logged() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}

func TestADamagedGenerationIsSetAside(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoils() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, now := t.TempDir(), newClock().now
			s := open(t, dir, generation.Options{Now: now})
			feed(t, s, "kept", doc("k", "kiwi"))
			feed(t, s, "c", doc("a", "apple"))
			feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
			shut(t, s)
			if err := spoil(filepath.Join(dir, "3")); err != nil {
				t.Fatal(err)
			}
			log, lines := logged()
			s = open(t, dir, generation.Options{Now: now, Log: log})
			same(t, "the one before is served", []string{"a"}, short(find(t, s, "apple", "c")))
			same(t, "without what came later", []string{}, find(t, s, "banana", "c"))
			d := s.State().Damage
			if d == nil || d.Number != 3 || d.Reason == "" || !slices.Contains(d.Collections, "c") {
				t.Fatalf("damage %+v", d)
			}
			if !strings.Contains(s.State().Problem(), "damaged") {
				t.Errorf("problem %q", s.State().Problem())
			}
			if n := strings.Count(lines.String(), "level=ERROR"); n != 1 {
				t.Errorf("%d errors were logged:\n%s", n, lines)
			}
			shut(t, s)
			// It is told until it was fed again, but logged once.
			log, lines = logged()
			s = open(t, dir, generation.Options{Now: now, Log: log})
			if s.State().Damage == nil || lines.Len() > 0 {
				t.Errorf("opened again: %+v, logged %q", s.State().Damage, lines)
			}
			if r := feed(t, s, "c", doc("a", "apple"), doc("b", "banana")); r.Added != 1 || r.Unchanged != 1 {
				t.Errorf("report %+v", r)
			}
			for _, c := range d.Collections { // where the manifest could not be read, all of them
				if c != "c" {
					feed(t, s, c, doc("k", "kiwi"))
				}
			}
			if state := s.State(); state.Damage != nil || state.Problem() != "" || state.Number <= 3 {
				t.Errorf("healed: %+v", state)
			}
			same(t, "found", []string{"b"}, short(find(t, s, "banana", "c")))
		})
	}
}

func TestBothGenerationsDamaged(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoils() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir, generation.Options{})
			feed(t, s, "c", doc("a", "apple"))
			feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
			shut(t, s)
			for _, folder := range []string{"1", "2"} {
				if err := spoil(filepath.Join(dir, folder)); err != nil {
					t.Fatal(err)
				}
			}
			s = open(t, dir, generation.Options{})
			same(t, "nothing is found", []string{}, find(t, s, "apple", "c"))
			if d := s.State().Damage; d == nil || !slices.Contains(d.Collections, "c") {
				t.Fatalf("damage %+v", d)
			}
			feed(t, s, "other", doc("a", "apple"))
			if s.State().Damage == nil {
				t.Error("another collection has healed it")
			}
			feed(t, s, "c", doc("a", "apple"))
			if state := s.State(); state.Damage != nil || state.Number <= 2 {
				t.Errorf("state %+v", state)
			}
			if n := len(entries(t, dir)); n > 5 { // two generations, two set aside, current
				t.Errorf("%d entries: %v", n, entries(t, dir))
			}
		})
	}
}

func TestThePointerIsLost(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"gone":           os.Remove,
		"empty":          func(path string) error { return os.Truncate(path, 0) },
		"garbage":        func(path string) error { return os.WriteFile(path, []byte("garbage"), 0o600) },
		"points outside": func(path string) error { return os.WriteFile(path, []byte(`{"current":{"folder":"../x"}}`), 0o600) },
		"points nowhere": func(path string) error { return os.WriteFile(path, []byte(`{"current":{}}`), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir, generation.Options{})
			feed(t, s, "c", doc("a", "apple"))
			feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
			id := s.State().ID
			shut(t, s)
			if err := spoil(filepath.Join(dir, "current")); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, generation.Options{})
			same(t, "the newest is served", id, s.State().ID)
			feed(t, s, "c", doc("a", "apple"))
			same(t, "and goes on", uint64(3), s.State().Number)
		})
	}
}

// TestAManifestOfAnotherVersion has the index made by a newer program, and by an
// older one.
func TestAManifestOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]int{"newer": index.Format + 1, "older": index.Format - 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "index")
			s := open(t, dir, generation.Options{})
			feed(t, s, "c", doc("a", "apple"))
			shut(t, s)
			for _, folder := range []string{"0", "1"} {
				edit(t, filepath.Join(dir, folder, "manifest.json"), func(m map[string]any) { m["format"] = made })
			}
			edit(t, filepath.Join(dir, "current"), func(m map[string]any) {
				delete(m["current"].(map[string]any), "sum")
				delete(m["previous"].(map[string]any), "sum")
			})
			s = open(t, dir, generation.Options{})
			same(t, "nothing is found", []string{}, find(t, s, "apple", "c"))
			_, err := os.Stat(dir + "-format-2")
			if moved := err == nil; moved != (name == "older") {
				t.Errorf("moved aside: %t", moved)
			}
			if d := s.State().Damage; (d != nil) != (name == "newer") {
				t.Errorf("damage %+v", d)
			}
		})
	}
}

// edit changes a JSON file.
func edit(t *testing.T, path string, change func(map[string]any)) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	if raw, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// flat makes an index of the older layout: bleve's files in the folder itself.
func flat(t *testing.T, dir string) {
	t.Helper()
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.Ingest(t.Context(), "c", &knowledgetest.Source{Docs: []knowledge.Document{doc("a", "apple"), doc("b", "banana")}}, knowledge.IngestOptions{})
	if err := errors.Join(err, x.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestTheOlderLayoutIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flat(t, dir)
	s := open(t, dir, generation.Options{})
	same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
	same(t, "files", []string{"1", "current"}, entries(t, dir))
	if r := feed(t, s, "c", doc("a", "apple"), doc("b", "banana")); r.Unchanged != 2 {
		t.Errorf("report %+v", r)
	}
	feed(t, s, "c", doc("a", "apricot"))
	same(t, "number", uint64(2), s.State().Number)
}

// TestATakeOverIsGoneOnWith has it broken off after some of the files.
func TestATakeOverIsGoneOnWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flat(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1", "build.json"), []byte(`{"number":1,"taken_over":true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "*.zap"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("%v, %v", segments, err)
	}
	for _, p := range segments {
		if err := os.Rename(p, filepath.Join(dir, "1", filepath.Base(p))); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, generation.Options{})
	same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
}

func TestADamagedOlderLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flat(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "root.bolt"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, generation.Options{})
	if d := s.State().Damage; d == nil {
		t.Error("no damage")
	}
	feed(t, s, "c", doc("a", "apple"))
	same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
}

func TestAnOlderLayoutOfAnEarlierFormatIsMovedAside(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	flat(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "format.json"), []byte(`{"format":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	log, lines := logged()
	s := open(t, dir, generation.Options{Log: log})
	if s.State().Damage != nil || !strings.Contains(lines.String(), "collections=c") {
		t.Errorf("damage %+v, logged %s", s.State().Damage, lines)
	}
	if _, err := os.Stat(filepath.Join(dir+"-format-1", "root.bolt")); err != nil {
		t.Error(err)
	}
	feed(t, s, "c", doc("a", "apple"))
}

func TestAnOlderLayoutInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flat(t, dir)
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	before := entries(t, dir)
	if _, err := generation.Open(dir, generation.Options{}); !errors.Is(err, index.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	same(t, "nothing was touched", before, entries(t, dir))
}
