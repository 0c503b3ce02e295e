// Package formattest makes files of the formats that package format reads, for
// tests: small, valid, in Chinese and English; and files that mean harm.
package formattest

import (
	"archive/zip"
	"bytes"
	"html"
	"io"
	"strings"
)

// Part is one entry of a zip file.
type Part struct{ Name, Text string }

// Zip returns a zip file of parts, in their order.
func Zip(parts ...Part) []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, p := range parts {
		method := zip.Deflate
		if p.Name == "mimetype" { // as EPUB wants it
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.Name, Method: method})
		if err != nil {
			panic(err) // into memory: a mistake of the test's
		}
		if _, err := io.WriteString(w, p.Text); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// escape is text as it stands in XML.
func escape(text string) string { return html.EscapeString(text) }

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// contentTypes is the part that says what the others are.
func contentTypes(overrides ...string) Part {
	var b strings.Builder
	b.WriteString(xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`)
	for i := 0; i+1 < len(overrides); i += 2 {
		b.WriteString(`<Override PartName="/` + overrides[i] + `" ContentType="application/vnd.openxmlformats-officedocument.` + overrides[i+1] + `+xml"/>`)
	}
	return Part{"[Content_Types].xml", b.String() + `</Types>`}
}

// relations is the part that names the parts that another one uses: id, type,
// target, and so on.
func relations(name string, entries ...string) Part {
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i+2 < len(entries); i += 3 {
		b.WriteString(`<Relationship Id="` + entries[i] + `" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + entries[i+1] + `" Target="` + entries[i+2] + `"/>`)
	}
	return Part{name, b.String() + `</Relationships>`}
}

// properties is what a file says of itself.
func properties(title string) Part {
	return Part{"docProps/core.xml", xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` + escape(title) + `</dc:title><dc:creator>Office 管理部</dc:creator><dcterms:modified xsi:type="dcterms:W3CDTF">2025-03-01T08:00:00Z</dcterms:modified></cp:coreProperties>`}
}
