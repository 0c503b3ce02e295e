// Package plain reads what is text already: Markdown with its front matter,
// plain text in whatever encoding, and JSON lines.
package plain

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

var (
	errBinary   = errors.New("it is not text: convert it to Markdown or plain text")
	errEncoding = errors.New("its encoding is not known: save it as UTF-8")
)

// Decode returns bytes as UTF-8. They may be UTF-8, UTF-16, GB18030 (of which
// GBK and GB2312 are parts), Big5 or Windows-1252: with a byte order mark, or
// told apart by what text looks like in each. Errors say what to do.
func Decode(raw []byte) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xEF, 0xBB, 0xBF}):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}), bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return transcode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), raw)
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		if e := wide(raw); e != nil {
			return transcode(e, raw)
		}
		return "", errBinary
	}
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	return transcode(guess(raw), raw)
}

// wide is the byte order of UTF-16 without a mark, nil where it is no such
// thing: every other byte of Western text is zero then, and of Chinese text the
// line ends and spaces.
func wide(raw []byte) encoding.Encoding {
	var zeros [2]int
	for i, c := range raw {
		if c == 0 {
			zeros[i%2]++
		}
	}
	const (
		least = 20 // one zero in so many bytes
		sided = 4  // and so many times fewer on the other side: 一 is 4E00
	)
	switch {
	case len(raw)%2 != 0:
		return nil
	case zeros[1]*least > len(raw) && zeros[0]*sided <= zeros[1]:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[0]*least > len(raw) && zeros[1]*sided <= zeros[0]:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// sample is how many bytes are looked at to guess an encoding.
const sample = 64 << 10

// guess is the encoding of bytes that are no UTF-8. Most of a Chinese text is
// written with the most common characters, which lie in one range of each
// encoding: the first level of GB 2312 at B0 to D7, that of Big5 at A4 to C6,
// with second bytes that GB 2312 never has. In Western text the bytes above 7F
// stand alone among letters.
func guess(raw []byte) encoding.Encoding {
	raw = raw[:min(len(raw), sample)]
	var alone, pairs, gb, big int
	for i := 0; i < len(raw); i++ {
		if raw[i] < 0x80 {
			continue
		}
		if i+1 == len(raw) {
			break
		}
		first, second := raw[i], raw[i+1]
		if second < 0x80 && (i == 0 || raw[i-1] < 0x80) {
			alone++
		}
		pairs++
		if first >= 0xB0 && first <= 0xD7 && second >= 0xA1 {
			gb++
		}
		if first >= 0xA4 && first <= 0xC6 && (second >= 0x40 && second <= 0x7E || second >= 0xA1) {
			big++
		}
		i++
	}
	switch {
	case alone*4 > pairs*3:
		return charmap.Windows1252
	case big > gb:
		return traditionalchinese.Big5
	}
	return simplifiedchinese.GB18030
}

// maxOdd is the share of characters, one in this many, that may be control or
// private ones before decoded bytes are taken for something that is not text.
const maxOdd = 200

// transcode decodes bytes and refuses what comes out broken: GB18030 gives some
// character for nearly any bytes, text gives hardly any odd ones.
func transcode(e encoding.Encoding, raw []byte) (string, error) {
	out, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return "", errEncoding
	}
	text := string(out)
	odd, all := 0, 0
	for _, r := range text {
		all++
		switch {
		case r == utf8.RuneError, r == 0:
			return "", errEncoding
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f', r >= 0xE000 && r <= 0xF8FF, r >= 0x80 && r < 0xA0:
			odd++
		}
	}
	if odd*maxOdd > all {
		return "", errBinary
	}
	return text, nil
}
