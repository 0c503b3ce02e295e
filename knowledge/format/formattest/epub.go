package formattest

import (
	"strconv"
	"strings"
)

// EPUB returns a book of chapters, each the content of a body element.
func EPUB(title string, chapters ...string) []byte {
	var items, spine strings.Builder
	parts := []Part{
		{"mimetype", "application/epub+zip"},
		{"META-INF/container.xml", xmlHead + `<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`},
	}
	for i, chapter := range chapters {
		n := strconv.Itoa(i + 1)
		items.WriteString(`<item id="c` + n + `" href="text/chapter%20` + n + `.xhtml" media-type="application/xhtml+xml"/>`)
		spine.WriteString(`<itemref idref="c` + n + `"/>`)
		parts = append(parts, Part{"OEBPS/text/chapter " + n + ".xhtml", xmlHead + `<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>` + escape(title) + `</title></head><body>` + chapter + `</body></html>`})
	}
	return Zip(append(parts, Part{"OEBPS/content.opf", xmlHead + `<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + escape(title) + `</dc:title><dc:creator>Office</dc:creator><dc:language>zh-CN</dc:language></metadata><manifest>` + items.String() + `</manifest><spine>` + spine.String() + `</spine></package>`})...)
}
