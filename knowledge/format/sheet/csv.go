package sheet

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/plain"
)

// maxRecord bounds one row of a CSV file, in bytes: a line without an end, or a
// quote that is never closed, is no table.
const maxRecord = 1 << 20

var (
	errRecord = fmt.Errorf("one of its rows has more than %d MB: a line end or a closing quote is missing", maxRecord>>20)
	errCSV    = errors.New("its rows can't be told apart: save it again as CSV in UTF-8")
)

// CSV reads rows of text that are parted by commas, semicolons, tabs or bars,
// whichever fits. Errors say what to do.
func CSV(ctx context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return knowledge.Document{}, fmt.Errorf("it can't be read (%w): check who may read it", err)
	}
	text, err := plain.Decode(raw)
	if err != nil {
		return knowledge.Document{}, err
	}
	delimiter, text := delimiterOf(text)
	bounded := &allowance{r: strings.NewReader(text)}
	in := csv.NewReader(bounded)
	in.Comma, in.LazyQuotes, in.FieldsPerRecord, in.ReuseRecord = delimiter, true, -1, false
	w := writer{whole: true}
	for ctx.Err() == nil {
		bounded.left = maxRecord
		cells, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return w.document("")
		case errors.Is(err, errRecord):
			return knowledge.Document{}, errRecord
		case err != nil:
			return knowledge.Document{}, errCSV
		}
		if err := w.row(cells); err != nil {
			return knowledge.Document{}, err
		}
	}
	return knowledge.Document{}, ctx.Err()
}

// allowance is a reader that gives only so much until it is allowed more.
type allowance struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errRecord
	}
	n, err := a.r.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}

// looked is how many lines are looked at to find the delimiter.
const looked = 20

// delimiterOf is what parts the cells: the mark that most lines have as often
// as the first does. Excel may name it in a first line of its own, "sep=;".
func delimiterOf(text string) (rune, string) {
	if line, rest, ok := strings.Cut(text, "\n"); ok {
		if mark, ok := strings.CutPrefix(strings.TrimRight(line, "\r"), "sep="); ok && len(mark) == 1 && strings.Contains(",;\t|", mark) {
			return rune(mark[0]), rest
		}
	}
	lines := strings.SplitN(text[:min(len(text), maxRecord)], "\n", looked+1)
	best, most := ',', 0
	for _, mark := range ",\t;|" {
		want, score := strings.Count(lines[0], string(mark)), 0
		for _, line := range lines[:min(len(lines), looked)] {
			if strings.Count(line, string(mark)) == want {
				score++
			}
		}
		if want > 0 && score > most {
			best, most = mark, score
		}
	}
	return best, text
}
