package folder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
)

// tree writes files below a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read returns a source's documents and what it left out.
func read(t *testing.T, paths ...string) (docs []knowledge.Document, skipped []knowledge.Skipped) {
	t.Helper()
	src, err := New(paths)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for doc, err := range src.Documents(t.Context()) {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok {
			skipped = append(skipped, *s)
			continue
		}
		if err != nil {
			t.Fatalf("Documents: %v", err)
		}
		docs = append(docs, doc)
	}
	return docs, skipped
}

func ids(docs []knowledge.Document) []string {
	out := []string{}
	for _, d := range docs {
		out = append(out, d.ID)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestOrderAndWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"b.md": "# B\ntext", "a/z.txt": "text", "a/中文.md": "文", "c.MARKDOWN": "x", "d.png": "x", "e": "x",
		".hidden.md": "x", ".git/x.md": "x", "node_modules/x.md": "x", "a/.secret/x.md": "x", "f.pdf": "x",
	})
	docs, skipped := read(t, dir)
	same(t, "ids", []string{"a/z.txt", "a/中文.md", "b.md", "c.MARKDOWN"}, ids(docs))
	same(t, "skipped", []knowledge.Skipped{
		{Document: "d.png", Reason: format.Refused("d.png"), Foreign: true},
		{Document: "e", Reason: format.OtherKind, Foreign: true},
		{Document: "f.pdf", Reason: "it is called PDF but is none: open it in the program that made it and save it again"},
	}, skipped)
	for _, d := range docs {
		if d.Origin != filepath.ToSlash(dir)+"/"+d.ID || d.Named {
			t.Errorf("document %s has the origin %s", d.ID, d.Origin)
		}
		if d.UpdatedAt.IsZero() || strings.Contains(d.ID, `\`) {
			t.Errorf("document %+v", d)
		}
	}
}

func TestLinksOutOfTheRootAreNotFollowed(t *testing.T) {
	t.Parallel()
	outside := tree(t, map[string]string{"secret.md": "secret"})
	dir := tree(t, map[string]string{"in.md": "inside", "sub/x.md": "x"})
	for link, to := range map[string]string{
		"out.md": filepath.Join(outside, "secret.md"), "outdir": outside, "again.md": "in.md", "loop": ".", "dead.md": "nowhere.md",
		"sub/up.md": "../../" + filepath.Base(outside) + "/secret.md",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	docs, skipped := read(t, dir)
	same(t, "ids", []string{"again.md", "in.md", "sub/x.md"}, ids(docs))
	var links []string
	for _, s := range skipped {
		same(t, s.Document, otherLink, s.Reason)
		links = append(links, s.Document)
	}
	same(t, "links that lead nowhere", []string{"dead.md", "loop", "out.md", "outdir", "sub/up.md"}, links)
}

func TestTitles(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"front.md":   "---\ntitle: From the front\nurl: https://example.com/a\nowner: hr\n---\n# Heading\ntext",
		"heading.md": "intro\n\n```\n# code\n```\n\n# Heading #\n",
		"name.md":    "no heading",
		"plain.txt":  "# not a heading in text",
		"dashes.md":  "---\nno end of it",
		"crlf.md":    "---\r\ntitle: Windows\r\n---\r\ntext",
		"broken.md":  "---\ntitle: [\n---\ntext",
	})
	docs, skipped := read(t, dir)
	got := map[string]string{}
	for _, d := range docs {
		got[d.ID] = d.Title
		if d.ID == "front.md" {
			same(t, "front matter", knowledge.Document{
				ID: "front.md", Title: "From the front", URL: "https://example.com/a", Markdown: true, Anchor: knowledge.AnchorHeading,
				Origin: filepath.ToSlash(dir) + "/front.md",
				Text:   "\n\n\n\n\n# Heading\ntext", Metadata: map[string]string{"owner": "hr"}, UpdatedAt: d.UpdatedAt,
			}, d)
		}
	}
	same(t, "titles", map[string]string{
		"front.md": "From the front", "heading.md": "Heading", "name.md": "name", "plain.txt": "plain", "dashes.md": "dashes", "crlf.md": "Windows",
	}, got)
	if len(skipped) != 1 || skipped[0].Document != "broken.md" || !strings.Contains(skipped[0].Reason, "front matter") {
		t.Errorf("skipped %+v", skipped)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "用人单位应当按月支付劳动报酬。"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	utf16bytes := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		utf16bytes = append(utf16bytes, byte(u), byte(u>>8))
	}
	dir := tree(t, map[string]string{
		"bom.txt": "\ufeff" + text, "gb.txt": gb, "utf8.txt": text, "utf16.txt": string(utf16bytes),
		"nul.txt": "a\x00b", "picture.txt": "\x89PNG\r\n\x1a\n\x00\x00", "noise.txt": "\xff\xff\xff\xfe\xff\x01\x02\x80\x80", "odd.txt": "\x81\x02\x03\x04\x05\xff",
	})
	docs, skipped := read(t, dir)
	same(t, "ids", []string{"bom.txt", "gb.txt", "utf16.txt", "utf8.txt"}, ids(docs))
	for _, d := range docs {
		same(t, d.ID, text, d.Text)
	}
	same(t, "left out", 4, len(skipped))
	for _, s := range skipped {
		if !strings.Contains(s.Reason, "convert") && !strings.Contains(s.Reason, "save") {
			t.Errorf("%s: the reason says nothing to do: %s", s.Document, s.Reason)
		}
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"sub/docs.jsonl": strings.Join([]string{
		"\ufeff" + `{"id":"law/1","title":"A law","text":"words","section":"Part one","url":"https://example.com","metadata":{"year":2024,"ok":true}}`,
		``,
		`{"id":"law/2","text":"# Head\nwords","unknown":1}`,
		`{"id":"law/3"`,
		`{"title":"no id","text":"x"}`,
		`{"id":"law/4","text":"  "}`,
		`["an array"]`,
		"{\"id\":\"law/5\",\"text\":\"a\x00b\"}",
		`{"id":"a\tb","text":"x"}`,
		`{"id":"a\nb","text":"x"}`,
		`{"id":"a\u0085b","text":"x"}`,
		`{"id":" ","text":"x"}`,
		`{"id":"` + strings.Repeat("x", 1025) + `","text":"x"}`,
		`{"id":"last","text":"no line end"}`,
	}, "\n")})
	docs, skipped := read(t, dir)
	same(t, "ids", []string{"law/1", "law/2", "last"}, ids(docs))
	first := docs[0]
	first.UpdatedAt = docs[1].UpdatedAt
	same(t, "first", knowledge.Document{
		ID: "law/1", Title: "A law", Text: "words", Section: "Part one", URL: "https://example.com",
		Origin: filepath.ToSlash(dir) + "/sub/docs.jsonl\x00law/1", Named: true,
		Metadata: map[string]string{"year": "2024", "ok": "true"}, UpdatedAt: first.UpdatedAt,
	}, first)
	if !docs[1].Markdown || docs[1].Title != "law/2" {
		t.Errorf("second %+v", docs[1])
	}
	var where []string
	for _, s := range skipped {
		where = append(where, s.Document)
	}
	same(t, "left out", []string{
		"sub/docs.jsonl:4", "sub/docs.jsonl:5", "sub/docs.jsonl:6", "sub/docs.jsonl:7", "sub/docs.jsonl:8",
		"sub/docs.jsonl:9", "sub/docs.jsonl:10", "sub/docs.jsonl:11", "sub/docs.jsonl:12", "sub/docs.jsonl:13",
	}, where)
	for i, want := range []string{"control characters", "control characters", "control characters", `no "id"`, "1025 bytes"} {
		if got := skipped[5+i].Reason; !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want it to say %q", skipped[5+i].Document, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	one := tree(t, map[string]string{"docs/a.md": "a", "docs/b.txt": "b"})
	two := tree(t, map[string]string{"docs/a.md": "other"})
	docs, _ := read(t, filepath.Join(one, "docs", "a.md"))
	same(t, "one file", []string{"a.md"}, ids(docs))
	docs, _ = read(t, filepath.Join(one, "docs"), filepath.Join(two, "docs"))
	same(t, "several", []string{"a.md", "b.txt", "a.md"}, ids(docs))
	for _, bad := range [][]string{nil, {filepath.Join(one, "nowhere")}, {one, filepath.Join(one, "docs", "c.md")}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	if _, err := New([]string{filepath.Join(one, "nowhere")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing path: %v", err)
	}
	odd := tree(t, map[string]string{"x.go": "x"})
	if _, err := New([]string{filepath.Join(odd, "x.go")}); err == nil || !strings.Contains(err.Error(), "convert") {
		t.Errorf("a file of another kind: %v", err)
	}
}

func TestSizeAndRights(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.md": "a", "big.txt": "", "locked.md": "x"})
	if err := os.Truncate(filepath.Join(dir, "big.txt"), format.MaxFile+1); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "locked.md"), 0); err != nil {
		t.Fatal(err)
	}
	docs, skipped := read(t, dir)
	if docs[0].ID != "a.md" || skipped[0].Document != "big.txt" || !strings.Contains(skipped[0].Reason, "split it") {
		t.Errorf("docs %v, skipped %+v", ids(docs), skipped)
	}
	if len(docs)+len(skipped) != 3 { // root may read what is locked
		t.Errorf("docs %v, skipped %+v", ids(docs), skipped)
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.md": "a", "b.jsonl": `{"id":"b","text":"b"}` + "\n" + `{"id":"c","text":"c"}`, "d.md": "d"})
	other := tree(t, map[string]string{"a.md": "a", "b.jsonl": `{"id":"b","text":"b"}` + "\n" + `{"id":"c","text":"c"}`, "d.png": "left out"})
	src, err := New([]string{dir, other})
	if err != nil {
		t.Fatal(err)
	}
	for stopAt := range 9 {
		n := 0
		for _, err := range src.Documents(t.Context()) {
			if _, ok := errors.AsType[*knowledge.Skipped](err); err != nil && !ok {
				t.Fatal(err)
			}
			if n++; n > stopAt {
				break
			}
		}
		if want := min(stopAt+1, 8); n != want {
			t.Errorf("read %d documents, want %d", n, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range src.Documents(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}
