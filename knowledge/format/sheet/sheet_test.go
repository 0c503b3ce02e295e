package sheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

func workbook(t *testing.T, content []byte) (knowledge.Document, error) {
	t.Helper()
	return Workbook(t.Context(), bytes.NewReader(content), int64(len(content)))
}

func csvOf(t *testing.T, text string) (knowledge.Document, error) {
	t.Helper()
	return CSV(t.Context(), strings.NewReader(text), int64(len(text)))
}

// book writes a workbook of one sheet.
func book(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestAWorkbook(t *testing.T) {
	t.Parallel()
	doc, err := workbook(t, book(t, []any{"Fees"}, nil, []any{"City", "Fee"}, []any{"Lyon", "12 EUR", "from May"}, nil, []any{"Desk", 3}))
	if err != nil {
		t.Fatal(err)
	}
	want := "## Sheet1\n\nFees\n\n| City | Fee | |\n| --- | --- | --- |\n| Lyon | 12 EUR | from May |\n\n| Desk | 3 |\n| --- | --- |"
	if doc.Text != want || !doc.Markdown {
		t.Errorf("got:\n%s\nwant:\n%s", doc.Text, want)
	}
}

func TestABrokenWorkbook(t *testing.T) {
	t.Parallel()
	whole := book(t, []any{"City", "Fee"}, []any{"Lyon", 12})
	huge := formattest.Words(maxOut / 2)
	tests := map[string]struct {
		content []byte
		reason  string
	}{
		"nothing":           {nil, "damaged"},
		"half of it":        {whole[:len(whole)/2], "damaged"},
		"its middle zeroed": {append(append(bytes.Clone(whole[:200]), make([]byte, len(whole)-400)...), whole[len(whole)-200:]...), "damaged"},
		"no workbook":       {formattest.Change(t, whole, "xl/workbook.xml", ""), "called XLSX but is none"},
		"a broken sheet":    {formattest.Change(t, whole, "xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1"), "no text"},
		"no sheet":          {formattest.Change(t, whole, "xl/worksheets/sheet1.xml", ""), "no text"},
		"empty":             {book(t), "no text"},
		"a column too many": {book(t, make([]any, 0), wide(maxColumns+1)), "512 columns"},
		"huge cells":        {formattest.Change(t, whole, "xl/worksheets/sheet1.xml", inline(huge, huge, huge)), "MB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := workbook(t, tt.content)
			if err == nil || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("got %v and %.60q, want %q", err, doc.Text, tt.reason)
			}
		})
	}
}

func wide(n int) []any {
	row := make([]any, n)
	for i := range row {
		row[i] = i
	}
	return row
}

// inline is a sheet of one row of inline texts.
func inline(cells ...string) string {
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`)
	for i, c := range cells {
		fmt.Fprintf(&b, `<c r="%c1" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, c)
	}
	return b.String() + `</row></sheetData></worksheet>`
}

// TestALargeCellIsKept holds that a cell as large as Excel allows is text.
func TestALargeCellIsKept(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("long text ", 3000)
	doc, err := workbook(t, book(t, []any{"Rule", "Text"}, []any{"one", large}))
	if err != nil || !strings.Contains(doc.Text, strings.TrimSpace(large)) {
		t.Errorf("%v, %d bytes", err, len(doc.Text))
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want, reason string }{
		"commas":              {"City,Fee\nLyon,12 EUR\n", "| City | Fee |\n| --- | --- |\n| Lyon | 12 EUR |", ""},
		"semicolons":          {"City;Fee\nLyon;12,50\n", "| City | Fee |\n| --- | --- |\n| Lyon | 12,50 |", ""},
		"bars and bars":       {"City|Fee\nLyon|12\n", "| City | Fee |\n| --- | --- |\n| Lyon | 12 |", ""},
		"lines in a cell":     {"City,Fee\nLyon,\"12\nEUR\"\n", "| City | Fee |\n| --- | --- |\n| Lyon | 12 EUR |", ""},
		"ragged":              {"City,Fee\nLyon\nNice,9,from May\n", "| City | Fee | |\n| --- | --- | --- |\n| Lyon | | |\n| Nice | 9 | from May |", ""},
		"empty rows":          {"City,Fee\n,\n\nLyon,12\n", "| City | Fee |\n| --- | --- |\n| Lyon | 12 |", ""},
		"one cell":            {"only this\n", "only this", ""},
		"nothing":             {"", "", "no text"},
		"marks alone":         {",,\n,,\n", "", "no text"},
		"an endless row":      {strings.Repeat("x,", maxRecord), "", "line end"},
		"a quote left open":   {"a,b\n\"" + strings.Repeat("x\n", maxRecord), "", "closing quote"},
		"too many columns":    {strings.Repeat("x,", maxColumns+1) + "\n", "", "columns"},
		"too much text":       {strings.Repeat(strings.Repeat("x", 1<<19)+",y\n", 17), "", "8 MB"},
		"bytes of no charset": {"a,b\n\x00\x01\x02\xff\xfe\x00\n", "", "not text"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := csvOf(t, tt.text)
			if tt.reason != "" {
				if err == nil || !strings.Contains(err.Error(), tt.reason) {
					t.Errorf("got %v, want %q", err, tt.reason)
				}
				return
			}
			if err != nil || doc.Text != tt.want {
				t.Errorf("got %q (%v), want %q", doc.Text, err, tt.want)
			}
		})
	}
}

func TestTooManyRows(t *testing.T) {
	t.Parallel()
	if _, err := csvOf(t, strings.Repeat("a,b\n", maxRows+1)); !errors.Is(err, errRows) {
		t.Errorf("got %v", err)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	content := book(t, []any{"a", "b"})
	if _, err := Workbook(ctx, bytes.NewReader(content), int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("workbook: %v", err)
	}
	if _, err := CSV(ctx, strings.NewReader("a,b"), 3); !errors.Is(err, context.Canceled) {
		t.Errorf("CSV: %v", err)
	}
}
