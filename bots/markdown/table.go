package markdown

import (
	"strings"
)

// maxTableWidth is how many columns an aligned table may take. About as many
// fixed-width characters fit on a line of a chat window on a laptop; on a phone
// even these wrap.
const maxTableWidth = 60

// maxRow is the longest row that is shown as a row: a table cell that holds
// paragraphs is read better as a card.
const maxRow = 1000

func (r *renderer) table(t Table, in indent) {
	if r.style.Tables() == TablePipes {
		if rows, ok := r.pipes(t); ok {
			r.pipeTable(rows, in)
			return
		}
	} else if rows, ok := TableRows(t, maxTableWidth); ok {
		from := len(r.lines)
		r.fenced("", rows, in, CutRow)
		head := r.lines[from].Spans[0].Text + "\n" + in.rest + r.lines[from+1].Spans[0].Text
		r.repeatHead(from, in.rest+head)
		return
	}
	r.cards(t, in)
}

// repeatHead makes the rows behind a header of two lines show it again.
func (r *renderer) repeatHead(from int, head string) {
	r.lines[from+1].Cut = cutNone
	if from+2 < len(r.lines) {
		r.lines[from+2].Cut = cutNone
	}
	for i := from + 3; i < len(r.lines); i++ {
		r.lines[i].Repeat = head
	}
}

// pipes writes a table's rows as Markdown; false where one is too long.
func (r *renderer) pipes(t Table) ([][]Span, bool) {
	rows := [][]Span{r.pipeRow(t.Header), {{Text: delimiterRow(t.Align), Whole: true}}}
	for _, cells := range t.Rows {
		rows = append(rows, r.pipeRow(cells))
	}
	for _, row := range rows {
		if len(join(row)) > maxRow {
			return nil, false
		}
	}
	return rows, true
}

func (r *renderer) pipeRow(cells []Cell) []Span {
	row := []Span{{Text: "|", Whole: true}}
	for _, c := range cells {
		row = append(row, Span{Text: " ", Whole: true})
		for _, s := range r.spans(c, nil) {
			switch {
			case s.Text == "\n":
				s.Text = " "
			case s.Whole: // text is escaped by the style
				s.Text = strings.ReplaceAll(s.Text, "|", "\\|")
			}
			row = append(row, s)
		}
		row = append(row, Span{Text: " |", Whole: true})
	}
	return row
}

func delimiterRow(align []Align) string {
	var b strings.Builder
	b.WriteString("|")
	for _, a := range align {
		switch a {
		case AlignLeft:
			b.WriteString(" :--- |")
		case AlignRight:
			b.WriteString(" ---: |")
		case AlignCenter:
			b.WriteString(" :---: |")
		default:
			b.WriteString(" --- |")
		}
	}
	return b.String()
}

func (r *renderer) pipeTable(rows [][]Span, in indent) {
	from := len(r.lines)
	for i, row := range rows {
		l := Line{First: in.rest, Rest: in.rest, Spans: row}
		if i == 0 {
			l.First = in.first
		} else {
			l.Cut = CutRow
		}
		r.add(l)
	}
	r.repeatHead(from, in.rest+join(rows[0])+"\n"+in.rest+join(rows[1]))
}

// TableRows lays t out in aligned columns of plain text: the header, a line
// below it, the rows. It returns false where that takes more than width columns.
func TableRows(t Table, width int) (rows []string, ok bool) {
	cells := [][]string{plainCells(t.Header)}
	for _, row := range t.Rows {
		cells = append(cells, plainCells(row))
	}
	columns, total := make([]int, len(t.Header)), 0
	for i := range columns {
		for _, row := range cells {
			columns[i] = max(columns[i], Width(row[i]))
		}
		total += columns[i] + len(" | ")
	}
	if total-len(" | ") > width {
		return nil, false
	}
	for i, row := range cells {
		rows = append(rows, alignedRow(row, columns, t.Align))
		if i == 0 {
			rows = append(rows, ruler(columns))
		}
	}
	return rows, true
}

func alignedRow(cells []string, columns []int, align []Align) string {
	padded := make([]string, len(cells))
	for i, c := range cells {
		padded[i] = pad(c, columns[i], align[i])
	}
	return strings.TrimRight(strings.Join(padded, " | "), " ")
}

func ruler(columns []int) string {
	dashes := make([]string, len(columns))
	for i, n := range columns {
		dashes[i] = strings.Repeat("-", n)
	}
	return strings.Join(dashes, "-+-")
}

func plainCells(cells []Cell) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.TrimSpace(PlainInline(c))
	}
	return out
}

// cards writes a table as one block a row: "header: value", line by line.
func (r *renderer) cards(t Table, in indent) {
	for i, row := range t.Rows {
		for j, c := range row {
			l := Line{First: in.first, Rest: in.rest, Cut: CutLine}
			if j == 0 && i > 0 {
				l.Gap, l.Lead, l.Cut = true, in.lead, CutRow
			}
			l.Spans = r.cardLine(t.Header[j], c)
			r.add(l)
			in = in.next()
		}
	}
	if len(t.Rows) == 0 {
		for _, c := range t.Header {
			r.paragraph(c, in, nil)
			in = in.next()
		}
	}
}

func (r *renderer) cardLine(header, value Cell) []Span {
	var spans []Span
	for _, s := range r.spans(header, []Wrap{r.style.Mark(Strong)}) {
		if s.Text == "\n" {
			s.Text = " "
		}
		spans = append(spans, s)
	}
	if len(spans) > 0 {
		spans = append(spans, Span{Text: ": "})
	}
	for _, s := range r.spans(value, nil) {
		if s.Text == "\n" {
			s.Text = " "
		}
		spans = append(spans, s)
	}
	return spans
}
