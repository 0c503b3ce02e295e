package html

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"github.com/tribunebot/tribune/knowledge/format/plain"
)

// decode returns a page in UTF-8. A byte order mark decides, then the header,
// then its meta element; what is no valid UTF-8 after all that is guessed from
// its bytes, as old pages often say nothing and sometimes lie.
func decode(raw []byte, contentType string) ([]byte, error) {
	encoding, name, certain := charset.DetermineEncoding(raw[:min(len(raw), 1024)], contentType)
	if name == "utf-8" || !certain {
		if utf8.Valid(raw) {
			return bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF")), nil
		}
		if declared := metaCharset(raw); declared != "" && declared != name {
			encoding, name = charset.Lookup(declared)
		}
	}
	if encoding == nil || name == "utf-8" || name == "windows-1252" && !certain {
		text, err := plain.Decode(raw)
		return []byte(text), err
	}
	out, err := encoding.NewDecoder().Bytes(raw)
	if err != nil {
		text, err := plain.Decode(raw)
		return []byte(text), err
	}
	return out, nil
}

// metaCharset is the charset that a page names beyond its first kilobyte, where
// a browser no longer looks for it.
func metaCharset(raw []byte) string {
	head := bytes.ToLower(raw[:min(len(raw), 64<<10)])
	_, rest, ok := bytes.Cut(head, []byte("charset="))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, `"' `)
	if end := bytes.IndexAny(rest, `"'/> ;`); end > 0 {
		return string(rest[:end])
	}
	return ""
}
