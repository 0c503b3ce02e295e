// Package ziptest makes zip files and reads exports, for the tests of the kinds
// of export.
package ziptest

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
)

// Modified is when all entries were changed.
func Modified() time.Time { return time.Date(2024, 5, 20, 8, 0, 0, 0, time.UTC) }

// Make returns a zip file of entries by name.
func Make(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: Modified()})
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// Open returns a zip file of entries, opened.
func Open(tb testing.TB, files map[string]string) *archive.Archive {
	tb.Helper()
	raw := Make(tb, files)
	a, err := archive.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// Write writes a zip file of entries into a folder, and returns its path.
func Write(tb testing.TB, dir, name string, files map[string]string) string {
	tb.Helper()
	at := filepath.Join(dir, name)
	if err := os.WriteFile(at, Make(tb, files), 0o600); err != nil {
		tb.Fatal(err)
	}
	return at
}

// Got is what was read.
type Got struct {
	Docs   []knowledge.Document
	Skips  []string // "name: reason", sorted
	Failed error
}

// Read reads all documents.
func Read(documents iter.Seq2[knowledge.Document, error]) (got Got) {
	for doc, err := range documents {
		skipped, ok := errors.AsType[*knowledge.Skipped](err)
		switch {
		case ok:
			got.Skips = append(got.Skips, skipped.Error())
		case err != nil:
			got.Failed = err
		default:
			got.Docs = append(got.Docs, doc)
		}
	}
	slices.Sort(got.Skips)
	return got
}

// All is all text that was read, with every field: for looking for what must
// not be there.
func (g Got) All() string {
	var b strings.Builder
	for _, d := range g.Docs {
		b.WriteString(strings.Join([]string{d.ID, d.Origin, d.Title, d.Section, d.Text, d.URL}, "\n"))
		for k, v := range d.Metadata {
			b.WriteString(k + v)
		}
	}
	return b.String()
}

// String is what was read, for comparing it with a golden file.
func (g Got) String() string {
	var b strings.Builder
	for _, d := range g.Docs {
		b.WriteString("=== " + d.ID + "\norigin: " + d.Origin + "\ntitle: " + d.Title + "\nsection: " + d.Section + "\nurl: " + d.URL +
			"\nupdated: " + d.UpdatedAt.UTC().Format(time.RFC3339) + "\n" + d.Text + "\n\n")
	}
	for _, s := range g.Skips {
		b.WriteString("--- " + s + "\n")
	}
	return b.String()
}

// Golden compares what was read with a file of testdata. Where the file is
// missing it is written, and the test fails.
func (g Got) Golden(tb testing.TB, name string) {
	tb.Helper()
	at := filepath.Join("testdata", name+".golden")
	want, err := os.ReadFile(at)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(at, []byte(g.String()), 0o600); err != nil {
			tb.Fatal(err)
		}
		tb.Fatalf("%s is written: look at it, and run the test again", at)
	}
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(string(want), g.String()); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", at, diff)
	}
}
