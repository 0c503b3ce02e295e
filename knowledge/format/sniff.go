package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// peek is how much of a file is looked at to know what it is: readers of PDF
// allow for 1,024 bytes before its mark.
const peek = 1024

// Marks at the start of files.
const (
	markPDF = "%PDF-"
	markZip = "PK\x03\x04"
	markOLE = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" // a compound file: Office before 2007, or encrypted
	markRTF = `{\rtf`
)

var (
	errOld       = errors.New("it is in the format of Office before 2007, which is not read: open it and save it as .docx, .xlsx or .pptx")
	errEncrypted = errors.New("it is protected by a password: save it without one")
	errRTF       = errors.New(saveAs + ".docx or .pdf")
	errZip       = errors.New("it is an archive: unpack it")
)

// kindOf is what a file is: by its first bytes where they are plain, by the
// ending of its name otherwise.
func kindOf(f File) (kind, error) {
	head := make([]byte, min(peek, max(f.Size, 0)))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return unknown, fmt.Errorf("it can't be read (%w): check who may read it", err)
	}
	head = head[:n]
	named := byEnding(f.Name)
	switch {
	case bytes.HasPrefix(head, []byte(markZip)):
		return zipped(f, named)
	case bytes.HasPrefix(head, []byte(markOLE)):
		return unknown, old(named)
	case named == jsonl || named == markdown:
		// Text that may quote anything, but for what only another kind starts with.
		if bytes.HasPrefix(head, []byte(markPDF)) {
			return pdfFile, nil
		}
	case bytes.Contains(head, []byte(markPDF)):
		return pdfFile, nil
	case bytes.HasPrefix(head, []byte(markRTF)):
		return unknown, errRTF
	case looksLikeHTML(head):
		return page, nil
	}
	return mustBe(named)
}

// mustBe is what a file is that shows nothing but text: whoever called it a
// binary kind was mistaken.
func mustBe(named kind) (kind, error) {
	switch named {
	case pdfFile, word, workbook, deck, book:
		return unknown, fmt.Errorf("it is called %s but is none: open it in the program that made it and save it again", named)
	case legacy:
		return text, nil
	default:
		return named, nil
	}
}

// old says what a compound file is.
func old(named kind) error {
	if named == word || named == workbook || named == deck {
		return errEncrypted
	}
	return errOld
}

// zipped is what a zip file is, by the entries that only one kind has.
func zipped(f File, named kind) (kind, error) {
	z, err := unzip.Open(f, f.Size)
	if err != nil {
		return unknown, err
	}
	for _, has := range [...]struct {
		entry string
		kind  kind
	}{
		{"word/document.xml", word}, {"xl/workbook.xml", workbook}, {"ppt/presentation.xml", deck}, {"META-INF/container.xml", book},
	} {
		if z.Has(has.entry) {
			return has.kind, nil
		}
	}
	switch {
	case z.Has("content.xml"): // OpenDocument
		return unknown, errors.New(saveAs + ".docx, .xlsx or .pptx")
	case named == word || named == workbook || named == deck || named == book:
		return named, nil // its reader says what is missing
	}
	return unknown, errZip
}

// looksLikeHTML reports whether bytes start a web page.
func looksLikeHTML(head []byte) bool {
	head = bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n\f"))
	for _, mark := range [...]string{"<!doctype html", "<html", "<head>", "<body"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<html"))
}
