package docx

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format/grid"
	"github.com/tribunebot/tribune/knowledge/format/ooxml"
)

// maxSpan bounds how many columns one cell may cover: Word has 63.
const maxSpan = 63

// table reads a table to its end. A cell that covers several rows is repeated
// in each: a row is quoted without those above it.
func (p *parser) table() (string, error) {
	var rows grid.Table
	for {
		token, err := p.in.Next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case nil:
			return "", ooxml.Missing("DOCX")
		case xml.EndElement:
			switch t.Name.Local {
			case "tbl":
				return rows.String(), nil
			}
		case xml.StartElement:
			switch t.Name.Local {
			case "tr":
				rows = append(rows, nil)
			case "tc":
				if rows, err = p.cell(rows); err != nil {
					return "", err
				}
			case "Fallback", "tblPr", "del", "moveFrom":
				if err := p.in.Skip(); err != nil {
					return "", err
				}
			}
		}
	}
}

// cell reads a cell into the last row.
func (p *parser) cell(rows grid.Table) (grid.Table, error) {
	if len(rows) == 0 {
		rows = append(rows, nil)
	}
	row := &rows[len(rows)-1]
	var text strings.Builder
	span, merged := 1, false
	for {
		token, err := p.in.Next()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case nil:
			return nil, ooxml.Missing("DOCX")
		case xml.EndElement:
			if t.Name.Local == "tc" {
				return rows, endCell(rows, row, text.String(), span, merged)
			}
		case xml.StartElement:
			val := ooxml.Attr(t, "val")
			switch t.Name.Local {
			case "gridSpan":
				n, _ := strconv.Atoi(val)
				span = min(max(n, 1), maxSpan)
			case "vMerge":
				merged = val == "" || val == "continue"
			case "tcPrChange":
				err = p.in.Skip()
			default:
				err = p.block(&text, t)
			}
			if err != nil {
				return nil, err
			}
		}
	}
}

// endCell puts a cell into its row, and the cell above it where they are one.
func endCell(rows grid.Table, row *[]string, text string, span int, merged bool) error {
	if column := len(*row); merged && len(rows) > 1 && column < len(rows[len(rows)-2]) {
		text = rows[len(rows)-2][column]
	}
	*row = append(append(*row, text), make([]string, span-1)...)
	if len(*row) > maxSpan*maxSpan {
		return errLong
	}
	return nil
}
