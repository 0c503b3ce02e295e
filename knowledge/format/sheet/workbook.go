// Package sheet reads tables: Excel workbooks, and text parted by commas, tabs
// or semicolons. Each sheet is a heading, its rows are a Markdown table.
package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// Bounds of a table. Beyond them it is a database, whose rows nobody quotes.
const (
	maxRows    = 100_000
	maxColumns = 512
	maxOut     = 8 << 20 // bytes of text: what an index takes of one document
	// maxUnzipped bounds a workbook once it is expanded, all parts together, in
	// bytes. Parts above inMemory are kept in temporary files meanwhile.
	maxUnzipped = 200 << 20
	inMemory    = 16 << 20
)

var (
	errRows    = fmt.Errorf("it has more than %d rows: export the part that people ask for", maxRows)
	errColumns = fmt.Errorf("it has more than %d columns: export the part that people ask for", maxColumns)
	errLong    = fmt.Errorf("it has more than %d MB of text: split it", maxOut>>20)
	errEmpty   = errors.New("it has no text in its cells")
	errBroken  = errors.New("it is damaged: open it in the program that made it and save it again")
)

// Workbook reads an Excel workbook. Errors say what to do.
func Workbook(ctx context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	z, err := unzip.Open(r, size)
	if err != nil {
		return knowledge.Document{}, err
	}
	if !z.Has("xl/workbook.xml") {
		return knowledge.Document{}, ooxml.Missing("XLSX")
	}
	if err := z.Check(ctx, maxUnzipped); err != nil { // before a library believes it
		return knowledge.Document{}, err
	}
	f, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: inMemory})
	if err != nil {
		return knowledge.Document{}, errBroken
	}
	defer release(f)
	var w writer
	for _, name := range f.GetSheetList() {
		if err := w.sheet(ctx, f, name); err != nil {
			return knowledge.Document{}, err
		}
	}
	properties, err := ooxml.ReadProperties(ctx, z)
	if err != nil {
		return knowledge.Document{}, err
	}
	return w.document(strings.TrimSpace(properties.Title))
}

// release closes what was only read from: nothing is lost if that fails.
func release(c io.Closer) { c.Close() }

// sheet writes the rows of one sheet. Those that its author hid are left out:
// they feed others.
func (w *writer) sheet(ctx context.Context, f *excelize.File, name string) error {
	shown, err := f.GetSheetVisible(name)
	if err != nil || !shown {
		return nil
	}
	rows, err := f.Rows(name)
	if err != nil { // no table but a chart
		return nil
	}
	defer release(rows)
	w.heading(name)
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		cells, err := rows.Columns()
		if err != nil {
			return errBroken
		}
		if err := w.row(cells); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return errBroken
	}
	w.end()
	return nil
}
