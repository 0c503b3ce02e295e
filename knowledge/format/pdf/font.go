package pdf

import (
	"strings"

	"github.com/ledongthuc/pdf"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// font turns the codes of a text operator into characters.
type font struct {
	bytes   int               // of a code: 2 in composite fonts
	unicode map[string]string // from its ToUnicode table
	charset encoding.Encoding // of a predefined CMap, decoded as a whole
	plain   pdf.TextEncoding  // of a simple font
	seen    map[string]string // what plain made of a code
	widths  map[int]float64   // in thousandths of the size
	width   float64           // of all others
}

// newFont reads a font.
func newFont(v pdf.Value) *font {
	f := &font{bytes: 1, seen: map[string]string{}, widths: map[int]float64{}, width: 500}
	if v.Key("ToUnicode").Kind() == pdf.Stream {
		f.unicode = readCMap(v)
	}
	if v.Key("Subtype").Name() == "Type0" {
		f.bytes, f.width = 2, 1000
		f.charset = predefined(v.Key("Encoding").Name())
		f.wide(v.Key("DescendantFonts").Index(0))
		return f
	}
	simple := &pdf.Font{V: v}
	f.plain = simple.Encoder()
	first := simple.FirstChar()
	for i, w := range simple.Widths() {
		f.widths[first+i] = w
	}
	return f
}

// predefined is the encoding of a predefined CMap (ISO 32000-1, table 118), nil
// for Identity and unknown ones.
func predefined(name string) encoding.Encoding {
	switch {
	case strings.Contains(name, "UCS2"), strings.Contains(name, "UTF16"):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case strings.HasPrefix(name, "GB"):
		return simplifiedchinese.GB18030
	case strings.HasPrefix(name, "ETen"), strings.HasPrefix(name, "B5"), strings.HasPrefix(name, "HKscs"):
		return traditionalchinese.Big5
	case strings.Contains(name, "RKSJ"):
		return japanese.ShiftJIS
	case strings.HasPrefix(name, "KSC"):
		return korean.EUCKR
	}
	return nil
}

// maxWidths bounds the widths that are kept of one font: there are 65,536 codes.
const maxWidths = 65_536

// wide reads the widths of a composite font (ISO 32000-1, 9.7.4.3): "first
// [w w w]" or "first last w".
func (f *font) wide(v pdf.Value) {
	if dw := v.Key("DW"); !dw.IsNull() {
		f.width = dw.Float64()
	}
	w := v.Key("W")
	for i := 0; i+1 < w.Len() && len(f.widths) < maxWidths; {
		first := int(w.Index(i).Int64())
		if list := w.Index(i + 1); list.Kind() == pdf.Array {
			for j := range list.Len() {
				f.widths[first+j] = list.Index(j).Float64()
			}
			i += 2
			continue
		}
		last := int(w.Index(i + 1).Int64())
		for code := first; code <= last && len(f.widths) < maxWidths; code++ {
			f.widths[code] = w.Index(i + 2).Float64()
		}
		i += 3
	}
}

// show turns codes into text. It also says how wide that is, in thousandths of
// the size, and how many codes mean nothing that is known.
func (f *font) show(raw string) (text string, width float64, lost int) {
	if f.charset != nil && f.unicode == nil {
		text, err := f.charset.NewDecoder().String(raw)
		if err != nil {
			return "", 0, 1
		}
		return text, float64(len(raw)/2) * f.width, 0
	}
	var b strings.Builder
	for len(raw) > 0 {
		n := min(f.bytes, len(raw))
		code := raw[:n]
		raw = raw[n:]
		s := f.character(code)
		if s == "" {
			lost++
		}
		b.WriteString(s)
		width += f.widthOf(code)
	}
	return b.String(), width, lost
}

// character is what a code means, "" where nobody says.
func (f *font) character(code string) string {
	if s, ok := f.unicode[code]; ok {
		return s
	}
	if f.plain == nil {
		return ""
	}
	s, ok := f.seen[code]
	if !ok {
		s = strings.Map(func(r rune) rune {
			if r == '\ufffd' || r < ' ' {
				return -1
			}
			return r
		}, f.plain.Decode(code))
		f.seen[code] = s
	}
	return s
}

func (f *font) widthOf(code string) float64 {
	n := 0
	for i := range len(code) {
		n = n<<8 | int(code[i])
	}
	if w, ok := f.widths[n]; ok {
		return w
	}
	return f.width
}
