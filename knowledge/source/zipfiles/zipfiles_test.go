package zipfiles_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

// entry is one entry of a zip file, in the order that it is written.
type entry struct {
	name, text string
	change     func(*zip.FileHeader)
}

func pack(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.change != nil {
			e.change(h)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, e.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// read reads an archive as a folder.
func read(ctx context.Context, t *testing.T, l archive.Limits, raw []byte) ziptest.Got {
	t.Helper()
	a, err := l.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return ziptest.Got{Failed: err}
	}
	return ziptest.Read(documents(ctx, a))
}

func documents(ctx context.Context, a *archive.Archive) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		zipfiles.Folder{Place: func(name string) (string, string, string) {
			return name, "test://" + name, ""
		}}.Documents(ctx, a, "", yield)
	}
}

func ids(got ziptest.Got) (out []string) {
	for _, d := range got.Docs {
		out = append(out, d.ID)
	}
	return out
}

// TestNamesThatLeadOut are named as left out, each with why, and can't move a
// terminal's cursor or fake a line.
func TestNamesThatLeadOut(t *testing.T) {
	t.Parallel()
	link := func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }
	for name, why := range map[string]string{
		"../../x":           "leads out of the archive",
		"../../x.md":        "leads out of the archive",
		"a/../../x.md":      "leads out of the archive",
		"..":                "leads out of the archive",
		`..\..\x.md`:        "leads out of the archive",
		"../.ssh/id_rsa.md": "leads out of the archive",
		"/etc/passwd.md":    "path from the root",
		`C:\x.md`:           "path from the root",
		"c:/y.md":           "path from the root",
		`\\host\share\x.md`: "path from the root",
		"a\x1b[31m\nb.md":   "characters that no name has",
		".hidden/a.md":      "",
		"__MACOSX/a.md":     "",
	} {
		got := read(t.Context(), t, archive.Limits{}, pack(t, entry{name: name, text: "# canary-51"}, entry{name: "ok.md", text: "# Fine\n\ntext"}))
		if !slices.Equal(ids(got), []string{"ok.md"}) || got.Failed != nil || strings.Contains(got.All(), "canary-51") {
			t.Errorf("%q: %v %v", name, ids(got), got.Failed)
		}
		if said := strings.Join(got.Skips, ";"); (said == "") != (why == "") || !strings.Contains(said, why) || strings.ContainsAny(said, "\x1b\n") {
			t.Errorf("%q: left out with %q, want %q", name, said, why)
		}
	}
	got := read(t.Context(), t, archive.Limits{}, pack(t, entry{"link.md", "/etc/passwd", link}, entry{name: "ok.md", text: "text"}))
	if diff := cmp.Diff([]string{"link.md: it is a link or a device, not a file"}, got.Skips); diff != "" || len(got.Docs) != 1 {
		t.Error(diff)
	}
}

// TestNamesOfOthers: names in another encoding are read, of two that capitals
// alone tell apart one is.
func TestNamesOfOthers(t *testing.T) {
	t.Parallel()
	old := func(h *zip.FileHeader) { h.NonUTF8 = true }
	got := read(t.Context(), t, archive.Limits{}, pack(t,
		entry{"\xb9\xa4\xd7\xca\xd6\xc6\xb6\xc8.txt", "年假", old}, // 工资制度.txt in GBK
		entry{name: "Leave.md", text: "one"}, entry{name: "leave.MD", text: "two"},
	))
	if diff := cmp.Diff([]string{"Leave.md", "工资制度.txt"}, ids(got)); diff != "" {
		t.Error(diff)
	}
	if len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "leave.MD: another file of the archive has the same name") {
		t.Errorf("left out: %q", got.Skips)
	}
}

// TestProtected: an entry with a password is left out, the others are read.
func TestProtected(t *testing.T) {
	t.Parallel()
	got := read(t.Context(), t, archive.Limits{}, pack(t,
		entry{"salary.md", "secret", func(h *zip.FileHeader) { h.Flags |= 1 }}, entry{name: "ok.md", text: "text"}))
	if len(got.Docs) != 1 || len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "salary.md: it is protected by a password") {
		t.Errorf("%v, left out %q", ids(got), got.Skips)
	}
}

// TestBombs: one entry that grows too much is left out; an archive that does ends
// with an error, before its end.
func TestBombs(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 4<<20)
	got := read(t.Context(), t, archive.Limits{}, pack(t, entry{name: "a.txt", text: zeros}, entry{name: "ok.md", text: "text"}))
	if len(got.Docs) != 1 || len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "a.txt: it looks like a zip bomb") {
		t.Errorf("one entry: %v %q", ids(got), got.Skips)
	}
	inner := string(pack(t, entry{name: "b.txt", text: zeros}))
	got = read(t.Context(), t, archive.Limits{}, pack(t, entry{name: "in.zip", text: inner}, entry{name: "ok.md", text: "text"}))
	if len(got.Docs) != 1 || len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "in.zip/b.txt: it looks like a zip bomb") {
		t.Errorf("one entry in an archive in it: %v %q", ids(got), got.Skips)
	}
	var many []entry
	for i := range 30 {
		many = append(many, entry{name: fmt.Sprintf("%02d.txt", i), text: strings.Repeat("a line that repeats\n", 5000)})
	}
	got = read(t.Context(), t, archive.Limits{Entry: 1 << 20, Total: 1 << 20}, pack(t, many...))
	if !errors.Is(got.Failed, archive.ErrTotal) || len(got.Docs) == 0 || len(got.Docs) > 11 {
		t.Errorf("all together: %d documents, %v", len(got.Docs), got.Failed)
	}
	deep := pack(t, entry{name: "a.md", text: "text"})
	for range 4 {
		deep = pack(t, entry{name: "in.zip", text: string(deep)})
	}
	got = read(t.Context(), t, archive.Limits{}, deep)
	if len(got.Docs) != 0 || len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "deep in each other") {
		t.Errorf("archives in archives: %v %q %v", ids(got), got.Skips, got.Failed)
	}
}

// TestOrder: documents come by their names, whatever the order in the archive,
// also thousands of them.
func TestOrder(t *testing.T) {
	t.Parallel()
	var entries []entry
	want := make([]string, 0, 5000)
	for i := range 5000 {
		name := fmt.Sprintf("%04d/a.txt", i)
		want = append(want, name)
		entries = append([]entry{{name: name, text: "text"}}, entries...)
	}
	got := read(t.Context(), t, archive.Limits{}, pack(t, entries...))
	if diff := cmp.Diff(want, ids(got)); diff != "" || got.Failed != nil {
		t.Errorf("%v %s", got.Failed, diff)
	}
	got = read(t.Context(), t, archive.Limits{Entries: 4999}, pack(t, entries...))
	if got.Failed == nil || !strings.Contains(got.Failed.Error(), "too many files, more than 4999") {
		t.Errorf("got %v", got.Failed)
	}
}

// TestBroken: an archive inside that is none is left out, a call that is called
// off ends with its reason, and who stops reading gets no more.
func TestBroken(t *testing.T) {
	t.Parallel()
	raw := pack(t, entry{name: "a.zip", text: "no archive"}, entry{name: "b.md", text: "text"}, entry{name: "c.exe", text: "MZ"})
	got := read(t.Context(), t, archive.Limits{}, raw)
	if diff := cmp.Diff([]string{"b.md"}, ids(got)); diff != "" || len(got.Skips) != 2 || !strings.Contains(got.Skips[0], "a.zip: it is not a zip file") {
		t.Errorf("%s, left out %q", diff, got.Skips)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := read(ctx, t, archive.Limits{}, pack(t, entry{name: "b.md", text: "text"})); !errors.Is(got.Failed, context.Canceled) {
		t.Errorf("called off: %v", got.Failed)
	}
	if got := read(ctx, t, archive.Limits{}, pack(t, entry{name: "b.zip", text: string(raw)})); !errors.Is(got.Failed, context.Canceled) {
		t.Errorf("called off in an archive inside: %v", got.Failed)
	}
	for range documents(t.Context(), ziptest.Open(t, map[string]string{"../x": "x", "a.exe": "x", "b.md": "x"})) {
		break
	}
}
