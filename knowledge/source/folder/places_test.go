package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPathIsReadOnce(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"docs/a.md": "a", "docs/sub/b.md": "b", "docs/.hidden/c.md": "c", "docs/node_modules/x/d.md": "d", "docs2/a.md": "2"})
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	link := at("link")
	if err := os.Symlink(at("docs"), link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	tests := []struct {
		name  string
		paths []string
		want  []string
	}{
		{"twice", []string{at("docs"), at("docs")}, []string{"a.md", "sub/b.md"}},
		{"twice, in other words", []string{at("docs"), dir + "/docs/../docs/"}, []string{"a.md", "sub/b.md"}},
		{"twice, by a link", []string{at("docs"), link}, []string{"a.md", "sub/b.md"}},
		{"a file in it", []string{at("docs"), at("docs/a.md")}, []string{"a.md", "sub/b.md"}},
		{"a file in it, first", []string{at("docs/sub/b.md"), at("docs")}, []string{"a.md", "sub/b.md"}},
		{"a folder in it", []string{at("docs/sub"), at("docs")}, []string{"a.md", "sub/b.md"}},
		{"the same file", []string{at("docs/a.md"), at("docs/a.md")}, []string{"a.md"}},
		{"a hidden folder in it", []string{at("docs"), at("docs/.hidden")}, []string{"a.md", "sub/b.md", "c.md"}},
		{"a tool's folder in it", []string{at("docs"), at("docs/node_modules/x/d.md")}, []string{"a.md", "sub/b.md", "d.md"}},
		{"a name that begins alike", []string{at("docs"), at("docs2")}, []string{"a.md", "sub/b.md", "a.md"}},
		{"two files of a folder", []string{at("docs/sub/b.md"), at("docs/a.md")}, []string{"b.md", "a.md"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			docs, _ := read(t, tt.paths...)
			same(t, "ids", tt.want, ids(docs))
			origins := map[string]bool{}
			for _, d := range docs {
				origins[d.Origin] = true
			}
			same(t, "origins", len(docs), len(origins))
		})
	}
}

// places returns the source of paths, with all that it can tell of them.
func places(t *testing.T, paths ...string) *source {
	t.Helper()
	src, err := New(paths)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := src.(*source)
	if !ok {
		t.Fatalf("New returned %T", src)
	}
	return s
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"docs/a.md": "a", "docs/x.jsonl": "{}", "docs2/a.md": "a", "one.md": "1", "other.md": "2"})
	s := places(t, filepath.Join(dir, "docs"), filepath.Join(dir, "one.md"))
	slash := filepath.ToSlash(dir)
	for origin, want := range map[string]bool{
		slash + "/docs/a.md": true, slash + "/docs/gone/b.md": true, slash + "/docs/x.jsonl\x00../../id": true, slash + "/one.md": true,
		slash + "/docs2/a.md": false, slash + "/other.md": false, slash + "/one.md2": false, "": false, slash: false,
	} {
		if got := s.Covers(origin); got != want {
			t.Errorf("Covers(%q) = %v", origin, got)
		}
	}
	for origin, want := range map[string]bool{
		slash + "/docs/a.md": false, slash + "/docs/x.jsonl\x00id": false, slash + "/docs/b.md": true, slash + "/y.jsonl\x00id": true,
		"https://docs.example.org/a": false, "": false, // not of a folder
	} {
		if got := s.Gone(origin); got != want {
			t.Errorf("Gone(%q) = %v", origin, got)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "docs"), filepath.Join(dir, "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"/docs/a.md", "/docs/a.md", true},
		{"/docs/a.md", "/link/a.md", true},
		{"/docs/a.md", "/docs2/a.md", false},
		{"/docs/gone.md", "/docs/a.md", false},
		{"/docs/a.md", "/docs/gone.md", false},
		{"/docs/x.jsonl\x001", "/link/x.jsonl\x001", true},
		{"/docs/x.jsonl\x001", "/link/x.jsonl\x002", false},
	} {
		if got := s.Same(slash+tt.a, slash+tt.b); got != tt.want {
			t.Errorf("Same(%q, %q) = %v", tt.a, tt.b, got)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"a.md": "a", "sub/b.txt": "b", "c.png": "c", ".hidden": "h",
		"d.jsonl": strings.Repeat(`{"id":"d","text":"d"}`+"\n", 1000), "e.jsonl": `{"id":"e","text":"no line end"}`,
	})
	same(t, "count", 1004, places(t, dir).Count(t.Context()))
	same(t, "overlapping", 1004, places(t, dir, filepath.Join(dir, "sub")).Count(t.Context()))
	s := places(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	same(t, "gone", 0, s.Count(t.Context()))
}
