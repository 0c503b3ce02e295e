package folder

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var (
	errBinary   = errors.New("it is not text: convert it to Markdown or plain text")
	errMatter   = errors.New("its front matter is not YAML: mend the lines between the two ---")
	errEncoding = errors.New("its encoding is not known: save it as UTF-8")
)

// decode returns the text of a file in UTF-8, UTF-16 with a byte order mark, or
// GB18030 (of which GBK and GB2312 are parts).
func decode(raw []byte) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xEF, 0xBB, 0xBF}):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}), bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return transcode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), raw)
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		return "", errBinary
	}
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	return transcode(simplifiedchinese.GB18030, raw)
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
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r >= 0xE000 && r <= 0xF8FF, r >= 0x80 && r < 0xA0:
			odd++
		}
	}
	if odd*maxOdd > all {
		return "", errBinary
	}
	return text, nil
}

// matter is what stands at the top of a Markdown file between two lines of ---.
type matter struct {
	title, url, text string
	metadata         map[string]string
}

// maxMatter bounds the size of front matter, in bytes.
const maxMatter = 64 << 10

// frontMatter parts the front matter from the text. Its lines become empty
// ones, so that line numbers stay true.
func frontMatter(text string) (matter, error) {
	head, body, ok := cutMatter(text)
	if !ok {
		return matter{text: text}, nil
	}
	var fields map[string]any
	if err := yaml.Unmarshal([]byte(head), &fields); err != nil {
		return matter{}, errMatter
	}
	m := matter{text: strings.Repeat("\n", strings.Count(head, "\n")+3) + body, metadata: map[string]string{}}
	for k, v := range fields {
		switch s := fmt.Sprint(v); k {
		case "title":
			m.title = strings.TrimSpace(s)
		case "url":
			m.url = s
		default:
			m.metadata[k] = s
		}
	}
	return m, nil
}

func cutMatter(text string) (head, body string, ok bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", "", false
	}
	end := strings.Index(rest, "\n---\n")
	if end < 0 || end > maxMatter {
		return "", "", false
	}
	return rest[:end], rest[end+len("\n---\n"):], true
}

// firstHeading is the text of the first heading of the first level.
func firstHeading(text string) string {
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if title, ok := strings.CutPrefix(line, "# "); ok && !fenced {
			return strings.TrimSpace(strings.Trim(title, "# "))
		}
	}
	return ""
}
