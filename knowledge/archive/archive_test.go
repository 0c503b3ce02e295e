package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/tribunebot/tribune/knowledge/archive"
)

// entry is one file of a zip that a test makes.
type entry struct {
	name, text string
	change     func(*zip.FileHeader)
	method     uint16 // 0: stored
}

func packed(name, text string) entry { return entry{name: name, text: text, method: zip.Deflate} }

func zipOf(tb testing.TB, entries ...entry) []byte {
	tb.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: e.method}
		if e.change != nil {
			e.change(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func open(t *testing.T, raw []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func names(a *archive.Archive) (out []string) {
	for _, f := range a.Files() {
		out = append(out, f.Name)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	a := open(t, zipOf(t, packed("b/two.md", "zwei"), entry{name: "a.txt", text: "one"}, entry{name: "b/"}))
	same(t, "names", []string{"a.txt", "b/two.md"}, names(a))
	for name, want := range map[string]string{"a.txt": "one", "b/two.md": "zwei"} {
		got, err := a.File(name).Read(t.Context())
		if string(got) != want || err != nil {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	head, err := a.File("b/two.md").Head(2)
	if string(head) != "zw" || err != nil {
		t.Errorf("head is %q, %v", head, err)
	}
	if a.File("c") != nil || a.File("b/two.md").Size() != 4 || a.File("a.txt").IsZip() {
		t.Error("there is no c, two.md has four bytes, and a.txt is no archive")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.File("a.txt").Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}

// TestNames: what could be taken for a path to somewhere else is left out, and
// nothing of it stands in a reason.
func TestNames(t *testing.T) {
	t.Parallel()
	link := func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }
	a := open(t, zipOf(
		t,
		packed("../../etc/passwd", "x"), packed("a/../../b", "x"), packed("/etc/passwd", "x"), packed(`C:\Windows\x.txt`, "x"), packed("c:x.txt", "x"),
		packed(`..\..\x.txt`, "x"), packed("nul\x00.txt", "x"), packed("line\nbreak.txt", "x"), packed("escape\x1b[31m.txt", "x"), packed("turned\u202Etxt.md", "x"),
		packed(strings.Repeat("long/", 300)+"x", "x"), packed(strings.Repeat("d/", 70)+"x", "x"), packed("a//b", "x"), packed("", "x"),
		packed("README.md", "one"), packed("readme.MD", "two"), packed("README.md", "three"),
		entry{name: "link", text: "/etc/passwd", change: link},
		packed(`folder\old windows.txt`, "fine"), packed("./here.txt", "fine"), packed("cafe\u0301.md", "fine"), packed("劳动合同.md", "fine"),
	))
	same(t, "names", []string{"README.md", "café.md", "folder/old windows.txt", "here.txt", "劳动合同.md"}, names(a))
	if len(a.Left()) != 17 {
		t.Errorf("left out: %d, %v", len(a.Left()), a.Left())
	}
	for _, l := range a.Left() {
		if strings.ContainsAny(l.Name+l.Reason, "\n\x00\x1b\u202E") || l.Reason == "" || len(l.Name) > 200 {
			t.Errorf("left out as %q: %q", l.Name, l.Reason)
		}
	}
	got, err := a.File("README.md").Read(t.Context())
	if string(got) != "one" || err != nil {
		t.Errorf("the first of two names is %q, %v", got, err)
	}
}

func TestNamesInOldEncodings(t *testing.T) {
	t.Parallel()
	encode := func(e encoding.Encoding, s string) entry {
		raw, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return entry{name: raw, text: "x", method: zip.Deflate, change: func(h *zip.FileHeader) { h.NonUTF8 = true }}
	}
	chinese := []string{"员工手册/第一章 总则.docx", "员工手册/考勤与休假管理制度.pdf"}
	for name, test := range map[string]struct {
		in   encoding.Encoding
		want []string
	}{
		"GBK":   {simplifiedchinese.GBK, chinese},
		"Big5":  {traditionalchinese.Big5, []string{"員工手冊/勞動契約範本.docx", "員工手冊/請假規則說明.pdf"}},
		"CP437": {charmap.CodePage437, []string{"Café/Menü für Gäste.docx", "Übersicht größe.pdf"}},
	} {
		var entries []entry
		for _, n := range test.want {
			entries = append(entries, encode(test.in, n))
		}
		got := names(open(t, zipOf(t, append(entries, packed("plain.md", "x"))...)))
		same(t, name, slices.Sorted(slices.Values(append(test.want, "plain.md"))), got)
	}
	// A name in UTF-8 beside it is the better one, if it is that of this name.
	raw, _ := simplifiedchinese.GBK.NewEncoder().String("手册.md")
	extra := func(sum uint32) func(*zip.FileHeader) {
		return func(h *zip.FileHeader) {
			field := binary.LittleEndian.AppendUint32([]byte{1}, sum)
			field = append(field, "手册！.md"...)
			h.Extra = append(binary.LittleEndian.AppendUint16([]byte{0x75, 0x70}, uint16(len(field))), field...)
			h.NonUTF8 = true
		}
	}
	for _, test := range []struct {
		sum  uint32
		want string
	}{{crc32.ChecksumIEEE([]byte(raw)), "手册！.md"}, {7, "手册.md"}} {
		same(t, "extra", []string{test.want}, names(open(t, zipOf(t, entry{name: raw, text: "x", change: extra(test.sum)}))))
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	good := zipOf(t, packed("a.txt", strings.Repeat("text ", 100)))
	encrypted := bytes.Clone(good)
	for i := range encrypted { // the flags of both headers
		switch {
		case bytes.HasPrefix(encrypted[i:], []byte("PK\x03\x04")):
			encrypted[i+6] |= 1
		case bytes.HasPrefix(encrypted[i:], []byte("PK\x01\x02")):
			encrypted[i+8] |= 1
		}
	}
	if left := open(t, encrypted).Left(); len(left) != 1 || !strings.Contains(left[0].Reason, "password") {
		t.Errorf("encrypted: %v", left)
	}
	other := bytes.Clone(good)
	other[bytes.Index(other, []byte("PK\x01\x02"))+10] = 12 // bzip2
	if left := open(t, other).Left(); len(left) != 1 || !strings.Contains(left[0].Reason, "packed in a way") {
		t.Errorf("another method: %v", left)
	}
	flipped := bytes.Clone(good)
	flipped[40] ^= 0xff
	if _, err := open(t, flipped).File("a.txt").Read(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a flipped byte: %v", err)
	}
	for name, raw := range map[string][]byte{"cut": good[:len(good)/2], "empty": nil, "text": []byte("# no zip at all"), "tail": good[60:]} {
		if _, err := archive.Open(bytes.NewReader(raw), int64(len(raw))); err == nil || !strings.Contains(err.Error(), "get ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNested(t *testing.T) {
	t.Parallel()
	inner := string(zipOf(t, packed("page.md", "# Page")))
	for name, method := range map[string]uint16{"stored": zip.Store, "packed": zip.Deflate} {
		a := open(t, zipOf(t, entry{name: "Part-1.ZIP", text: inner, method: method}))
		if !a.Files()[0].IsZip() {
			t.Fatal("it is an archive")
		}
		in, err := a.Files()[0].Open(t.Context())
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := in.File("page.md").Read(t.Context())
		if string(got) != "# Page" || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	deep := inner
	for range 4 {
		deep = string(zipOf(t, entry{name: "in.zip", text: deep}))
	}
	a := open(t, []byte(deep))
	var err error
	for range 2 {
		if a, err = a.File("in.zip").Open(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = a.File("in.zip").Open(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 3 deep") {
		t.Errorf("the fourth: %v", err)
	}
	if _, err = open(t, zipOf(t, packed("no.zip", "text"))).File("no.zip").Open(t.Context()); err == nil {
		t.Error("text is no archive")
	}
}

func TestManyFilesOfALargeArchive(t *testing.T) {
	t.Parallel()
	var many []entry
	for i := range 70_000 { // more than the format has without its 64-bit part
		many = append(many, entry{name: fmt.Sprintf("d/%05d.md", i), text: "x"})
	}
	raw := zipOf(t, many...)
	a := open(t, raw)
	if len(a.Files()) != 70_000 || a.File("d/69999.md") == nil {
		t.Errorf("it has %d", len(a.Files()))
	}
	if _, err := (archive.Limits{Entries: 60_000}).Open(bytes.NewReader(raw), int64(len(raw))); err == nil || !strings.Contains(err.Error(), "more than 60000") {
		t.Errorf("too many: %v", err)
	}
}

// checkNames makes sure that no name leads anywhere.
func checkNames(t *testing.T, a *archive.Archive) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range a.Files() {
		if !fs.ValidPath(f.Name) || strings.ContainsAny(f.Name, "\\\n\r\x00") || seen[strings.ToLower(f.Name)] || len(f.Name) > 900 {
			t.Errorf("a name is %q", f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
	}
	for _, l := range a.Left() {
		if strings.ContainsAny(l.Name, "\n\r\x00") || len(l.Name) > 200 {
			t.Errorf("left out as %q", l.Name)
		}
	}
}
