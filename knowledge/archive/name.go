package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/tribunebot/tribune/knowledge/format/plain"
)

// Bounds of names: an id has 1,024 bytes, and file systems allow 255 for each
// part.
const (
	maxName  = 900
	maxParts = 64
	maxShown = 200
)

// nameOf is the name of an entry, and why it is left out for it. A backslash
// parts folders, as in archives that old programs on Windows make; composed
// characters are one, as everywhere but in archives of macOS.
func nameOf(e *zip.File, decode func(string) string) (name, reason string) {
	name = e.Name
	if unicodeName, ok := extraName(e); ok {
		name = unicodeName
	} else if !utf8.ValidString(name) {
		name = decode(name)
	}
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./")
	return norm.NFC.String(name), badName(name)
}

// badName says why a name can't be one, "" when it can.
func badName(name string) string {
	switch {
	case name == "":
		return "it has no name"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable):
		return "its name has characters that no name has"
	case len(name) > maxName || strings.Count(name, "/") >= maxParts:
		return fmt.Sprintf("its name has more than %d bytes or %d folders", maxName, maxParts)
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':':
		return "its name is a path from the root of a machine, as no honest archive has"
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." || part == "." || part == "" {
			return "its name leads out of the archive or nowhere"
		}
	}
	return ""
}

// unprintable holds for control characters, and for those that turn the
// direction of what is shown.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

// shown is a name as it can stand in a report.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	return strings.ToValidUTF8(name[:min(len(name), maxShown)], "")
}

// extraName is the name in UTF-8 that Info-ZIP and 7-Zip put beside one in
// another encoding (APPNOTE.TXT, 4.6.9: id 0x7075, version 1, the checksum of
// the other name).
func extraName(e *zip.File) (string, bool) {
	for extra := e.Extra; len(extra) >= 4; {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			break
		}
		field := extra[:size]
		extra = extra[size:]
		if id == 0x7075 && size > 5 && field[0] == 1 && binary.LittleEndian.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(e.Name)) {
			return string(field[5:]), utf8.Valid(field[5:])
		}
	}
	return "", false
}

// maxSample is how much of the names is looked at to guess their encoding, in
// bytes.
const maxSample = 64 << 10

// decoderOf decodes the names of an archive that are no UTF-8 and do not say
// what they are: all alike, as one program wrote them. What looks Western is in
// the character set of DOS, as the format says (APPNOTE.TXT, D.1).
func decoderOf(entries []*zip.File) func(string) string {
	var sample bytes.Buffer
	for _, e := range entries {
		if !utf8.ValidString(e.Name) && sample.Len() < maxSample {
			sample.WriteString(e.Name + "\n")
		}
	}
	if sample.Len() == 0 {
		return func(name string) string { return name }
	}
	var from encoding.Encoding = charmap.CodePage437
	if guess := plain.Guess(sample.Bytes()); guess != charmap.Windows1252 {
		from = guess
	}
	return func(name string) string {
		out, err := from.NewDecoder().String(name)
		if err != nil {
			return name
		}
		return out
	}
}
