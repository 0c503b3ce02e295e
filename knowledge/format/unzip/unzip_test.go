package unzip

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

func open2(t *testing.T, raw []byte) *Archive {
	t.Helper()
	z, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestNamesStayInTheArchive(t *testing.T) {
	t.Parallel()
	raw := formattest.Zip(
		formattest.Part{Name: "../../etc/x", Text: "1"}, formattest.Part{Name: "/root/y", Text: "2"}, formattest.Part{Name: `..\..\z`, Text: "3"},
		formattest.Part{Name: "a/./b/../c", Text: "4"}, formattest.Part{Name: "folder/", Text: ""}, formattest.Part{Name: "中文.md", Text: "5"},
	)
	z := open2(t, raw)
	for i, name := range []string{"etc/x", "root/y", "z", "a/c", "中文.md"} {
		if content, err := z.Read(name); err != nil || string(content) != strconv.Itoa(i+1) || !z.Has(name) {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
	if got, err := z.Read("../a/c"); err != nil || string(got) != "4" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := z.Read("none"); err != nil || got != nil || z.Has("none") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("0", 2<<20)
	z := open2(t, formattest.Zip(formattest.Part{Name: "bomb", Text: zeros}, formattest.Part{Name: "small", Text: zeros[:free]}))
	if _, err := z.Read("bomb"); err == nil || !strings.Contains(err.Error(), "zip bomb") {
		t.Errorf("a bomb: %v", err)
	}
	if got, err := z.Read("small"); err != nil || len(got) != free {
		t.Errorf("what can't hurt: %d bytes, %v", len(got), err)
	}
	if err := z.Check(t.Context(), 1<<30); err == nil || !strings.Contains(err.Error(), "zip bomb") {
		t.Errorf("a check of all: %v", err)
	}
	z = open2(t, formattest.Zip(formattest.Part{Name: "a", Text: zeros[:free]}, formattest.Part{Name: "b", Text: zeros[:free]}))
	if err := z.Check(t.Context(), free+1); err == nil || !strings.Contains(err.Error(), "split it") {
		t.Errorf("too much together: %v", err)
	}
	if err := z.Check(t.Context(), 2*free); err != nil {
		t.Errorf("just enough: %v", err)
	}
	for _, bad := range []string{"", "PK", "PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxx"} {
		if _, err := Open(strings.NewReader(bad), int64(len(bad))); err == nil {
			t.Errorf("%q was opened", bad)
		}
	}
}

func TestAPasswordIsNamed(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "a.xml", Flags: encrypted, Method: zip.Deflate})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "<a/>"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := Open(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Read("a.xml"); !errors.Is(err, errLocked) {
		t.Errorf("read: %v", err)
	}
	if err := a.Check(t.Context(), 1<<20); !errors.Is(err, errLocked) {
		t.Errorf("check: %v", err)
	}
}
