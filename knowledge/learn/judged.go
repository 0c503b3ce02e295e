package learn

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// maxLine is how long a line of judged questions may be, in bytes: a question
// and references at their bounds, escaped.
const maxLine = 256 << 10

// Judged is one line of a file of judged questions.
type Judged struct {
	Line     int      `json:"-"` // from 1
	Question string   `json:"question"`
	Refs     []string `json:"refs"`
}

// ReadJudged reads lines of {"question":"...","refs":["..."]}. Empty lines are
// passed over. A line that cannot be read is a problem and the next is read; at
// most limit lines are taken, 0: 200,000, and an error says that there are more.
// Every other error is of the reader.
func ReadJudged(r io.Reader, limit int) ([]Judged, []Problem, error) {
	if limit <= 0 {
		limit = maxLessons
	}
	var (
		out      []Judged
		problems []Problem
		in       = bufio.NewReaderSize(r, 64<<10)
	)
	for n := 1; ; n++ {
		line, long, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return out, problems, fmt.Errorf("read judged questions, line %d: %w", n, err)
		}
		j, reason := judged(line, long)
		switch {
		case reason != "":
			problems = append(problems, Problem{Line: n, Reason: reason})
		case j.Question == "" && j.Refs == nil: // an empty line
		case len(out) >= limit:
			return out, problems, fmt.Errorf("line %d: more than %d judged questions: part the file", n, limit)
		default:
			j.Line = n
			out = append(out, j)
		}
		if err != nil {
			return out, problems, nil //nolint:nilerr // the end
		}
		if len(problems) > limit {
			return out, problems, fmt.Errorf("line %d: nearly no line is a judged question", n)
		}
	}
}

// readLine reads a line. Of one that is too long nothing is kept.
func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			long, line = true, line[:0]
		}
		if !long {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

// judged reads one line; the reason says what is wrong with it.
func judged(line []byte, long bool) (j Judged, reason string) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	switch {
	case long:
		return j, fmt.Sprintf("the line is longer than %d bytes", maxLine)
	case len(line) == 0:
		return j, ""
	case json.Unmarshal(line, &j) != nil:
		return Judged{}, `the line is not JSON of the form {"question":"...","refs":["..."]}`
	case j.Question == "":
		return Judged{}, "it has no question"
	case len(j.Refs) == 0:
		return Judged{}, "it has no refs"
	}
	return j, ""
}

// Learn adds a file of judged questions to a collection: see ReadJudged and Add.
// The report names the lines of all that was not taken.
func (b *Book) Learn(ctx context.Context, r io.Reader, collection, origin string) (Report, error) {
	all, problems, err := ReadJudged(r, b.o.MaxLessons)
	if err != nil {
		return Report{}, err
	}
	lessons := make([]knowledge.Lesson, len(all))
	for i, j := range all {
		lessons[i] = knowledge.Lesson{Collection: collection, Question: j.Question, Refs: j.Refs, Origin: origin}
	}
	rep, err := b.add(ctx, lessons, func(i int) int { return all[i].Line })
	for _, p := range problems {
		rep.leave(p.Line, p.Reason)
	}
	slices.SortStableFunc(rep.Problems, func(a, b Problem) int { return a.Line - b.Line })
	return rep, err
}
