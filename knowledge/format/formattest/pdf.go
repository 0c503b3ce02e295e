package formattest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// Text is one line of a page.
type Text struct {
	X, Y, Size float64 // in points, from the lower left
	Text       string
}

// PDF returns a file of pages. All text is in one composite font whose codes
// are those of no standard: its ToUnicode table tells the characters, as in
// files that Word and browsers print.
func PDF(title string, pages ...[]Text) []byte {
	f := newPDF()
	codes := map[rune]int{}
	for _, page := range pages {
		for _, line := range page {
			for _, r := range line.Text {
				if _, ok := codes[r]; !ok {
					codes[r] = len(codes) + 1
				}
			}
		}
	}
	font := f.font(codes)
	var kids []string
	parent := f.reserve()
	for _, page := range pages {
		var b strings.Builder
		for _, line := range page {
			fmt.Fprintf(&b, "BT /F1 %g Tf 1 0 0 1 %g %g Tm <%s> Tj ET\n", line.Size, line.X, line.Y, hex(line.Text, codes))
		}
		content := f.stream("", b.String(), true)
		kids = append(kids, f.object(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 %d 0 R >> >> /Contents %d 0 R >>", parent, font, content)))
	}
	f.set(parent, fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(pages)))
	info := f.add(fmt.Sprintf("<< /Title <%s> >>", "FEFF"+hex16(title)))
	return f.end(parent, info)
}

// EmptyPDF returns a file of n pages without anything on them, which are all
// the same object.
func EmptyPDF(n int) []byte {
	f := newPDF()
	parent := f.reserve()
	page := f.object(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] >>", parent))
	f.set(parent, fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Repeat(page+" ", n), n))
	return f.end(parent, 0)
}

// BombPDF returns a small file whose one page expands to size bytes.
func BombPDF(size int) []byte {
	f := newPDF()
	parent := f.reserve()
	content := f.stream("", strings.Repeat(" ", size), true)
	page := f.object(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R >>", parent, content))
	f.set(parent, fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count 1 >>", page))
	return f.end(parent, 0)
}

// pdfFile is a file that is being written.
type pdfFile struct {
	buf     bytes.Buffer
	offsets []int
}

func newPDF() *pdfFile {
	f := &pdfFile{}
	f.buf.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	return f
}

// reserve gives the number of an object that set writes later.
func (f *pdfFile) reserve() int {
	f.offsets = append(f.offsets, 0)
	return len(f.offsets)
}

func (f *pdfFile) set(n int, body string) {
	f.offsets[n-1] = f.buf.Len()
	fmt.Fprintf(&f.buf, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (f *pdfFile) add(body string) int {
	n := f.reserve()
	f.set(n, body)
	return n
}

// object adds one and returns how it is referred to.
func (f *pdfFile) object(body string) string { return fmt.Sprintf("%d 0 R", f.add(body)) }

func (f *pdfFile) stream(dict, data string, deflate bool) int {
	if deflate {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		fmt.Fprint(w, data)
		if err := w.Close(); err != nil {
			panic(err) // into memory: a mistake of the test's
		}
		data, dict = z.String(), dict+" /Filter /FlateDecode"
	}
	return f.add(fmt.Sprintf("<< /Length %d%s >>\nstream\n%s\nendstream", len(data), dict, data))
}

// font adds a composite font of codes, and its ToUnicode table.
func (f *pdfFile) font(codes map[rune]int) int {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	var widths strings.Builder
	for _, r := range slices.Sorted(maps.Keys(codes)) {
		code := codes[r]
		fmt.Fprintf(&b, "1 beginbfchar\n<%04X> <%s>\nendbfchar\n", code, hex16(string(r)))
		if r < 0x2E80 {
			fmt.Fprintf(&widths, "%d [500] ", code)
		}
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\n" + strings.Repeat("end\n", 2))
	unicode := f.stream("", b.String(), true)
	descendant := f.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Song /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 /W [" + widths.String() + "] >>")
	return f.add(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Song /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", descendant, unicode))
}

// end writes the table of objects.
func (f *pdfFile) end(pages, info int) []byte {
	root := f.add(fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R >>", pages))
	at := f.buf.Len()
	fmt.Fprintf(&f.buf, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, offset := range f.offsets {
		fmt.Fprintf(&f.buf, "%010d 00000 n \n", offset)
	}
	more := ""
	if info > 0 {
		more = fmt.Sprintf(" /Info %d 0 R", info)
	}
	fmt.Fprintf(&f.buf, "trailer\n<< /Size %d /Root %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", len(f.offsets)+1, root, more, at)
	return f.buf.Bytes()
}

func hex(text string, codes map[rune]int) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, "%04X", codes[r])
	}
	return b.String()
}

func hex16(text string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}
