package formattest

import (
	"archive/zip"
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
)

// Parts returns the entries of a zip file, in its order.
func Parts(tb testing.TB, content []byte) []Part {
	tb.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]Part, 0, len(z.File))
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, Part{Name: f.Name, Text: string(text)})
	}
	return out
}

// Change returns a zip file with another text in one of its entries, without
// that entry where the text is empty, and with one more where there was none.
func Change(tb testing.TB, content []byte, name, text string) []byte {
	tb.Helper()
	var out []Part
	found := false
	for _, p := range Parts(tb, content) {
		if p.Name == name {
			found = true
			p.Text = text
		}
		if p.Name != name || text != "" {
			out = append(out, p)
		}
	}
	if !found {
		out = append(out, Part{name, text})
	}
	return Zip(out...)
}

// Words is text of about n bytes that does not pack as small as a bomb.
func Words(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString("word ")
		b.WriteString(strconv.Itoa(i * 7919))
		b.WriteByte(' ')
	}
	return b.String()
}
