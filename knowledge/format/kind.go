package format

import (
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format/docx"
	"github.com/tribunebot/tribune/knowledge/format/epub"
	"github.com/tribunebot/tribune/knowledge/format/html"
	"github.com/tribunebot/tribune/knowledge/format/pdf"
	"github.com/tribunebot/tribune/knowledge/format/plain"
	"github.com/tribunebot/tribune/knowledge/format/sheet"
	"github.com/tribunebot/tribune/knowledge/format/slides"
)

// kind is what a file is read as.
type kind string

const (
	unknown  kind = ""
	markdown kind = "Markdown"
	text     kind = "text"
	jsonl    kind = "JSON lines"
	page     kind = "HTML"
	pdfFile  kind = "PDF"
	word     kind = "DOCX"
	workbook kind = "XLSX"
	csv      kind = "CSV"
	deck     kind = "PPTX"
	book     kind = "EPUB"
	// legacy is Office before 2007, whose endings many programs also give to
	// HTML and text.
	legacy kind = "old Office"
)

// readerOf is how a kind is read.
func readerOf(k kind) reader {
	switch k {
	case markdown:
		return one(plain.Markdown)
	case jsonl:
		return lines
	case page:
		return one(html.Document)
	case pdfFile:
		return one(pdf.Read)
	case word:
		return one(docx.Read)
	case workbook:
		return one(sheet.Workbook)
	case csv:
		return one(sheet.CSV)
	case deck:
		return one(slides.Read)
	case book:
		return one(epub.Read)
	default:
		return one(plain.Text)
	}
}

// byEnding is what a file should be by its name, unknown where no reader is for
// such files.
func byEnding(name string) kind {
	switch ending(name) {
	case ".md", ".markdown", ".mdx":
		return markdown
	case ".txt", ".text":
		return text
	case ".jsonl", ".ndjson":
		return jsonl
	case ".html", ".htm", ".xhtml":
		return page
	case ".pdf":
		return pdfFile
	case ".docx", ".docm":
		return word
	case ".xlsx", ".xlsm":
		return workbook
	case ".csv", ".tsv":
		return csv
	case ".pptx", ".pptm":
		return deck
	case ".epub":
		return book
	case ".doc", ".xls", ".ppt":
		return legacy
	}
	return unknown
}

func ending(name string) string { return strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/"))) }

// Refused says why a file is not even opened, by its name; "" when it is read.
func Refused(name string) string {
	if byEnding(name) != unknown {
		return ""
	}
	switch ending(name) {
	case ".odt", ".rtf", ".pages", ".wps":
		return saveAs + ".docx or .pdf"
	case ".ods", ".numbers", ".et":
		return saveAs + ".xlsx or .csv"
	case ".odp", ".key", ".dps":
		return saveAs + ".pptx or .pdf"
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".ico", ".heic":
		return "it is an image: what it says must be in text to be found"
	case ".mp3", ".wav", ".m4a", ".mp4", ".mov", ".avi", ".mkv", ".webm":
		return "it is a recording: what it says must be in text to be found"
	case ".zip":
		return "it is an archive: feed it by its own name, or unpack it"
	case ".gz", ".tgz", ".tar", ".rar", ".7z", ".bz2", ".xz":
		return "it is an archive: unpack it"
	case ".exe", ".dll", ".so", ".bin", ".msi", ".dmg", ".apk", ".class", ".jar":
		return "it is a program, not a document"
	}
	return OtherKind
}

// saveAs begins what to do with a file that another program can convert.
const saveAs = "this format is not read: open it in its program and save it as "

// OtherKind is the reason why a file of an unknown kind is not read.
const OtherKind = "only Markdown, text, HTML, PDF, DOCX, XLSX, CSV, PPTX, EPUB and JSON lines are read, by the ending of the name: convert the file to one of these"

// Several reports whether a file may hold more than one document, by its name.
func Several(name string) bool { return byEnding(name) == jsonl }
