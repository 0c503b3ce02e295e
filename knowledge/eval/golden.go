package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Golden is one question whose right outcome is known: which documents an
// answer rests on, or that there is no answer.
type Golden struct {
	ID         string `json:"id"`                   // empty in a file: the number of its line
	Question   string `json:"question"`             //
	Collection string `json:"collection,omitempty"` // empty: all that may be seen
	Refs       Texts  `json:"refs,omitempty"`       // ids of documents or passages a right answer rests on
	Refuse     bool   `json:"refuse,omitempty"`     // nothing answers it: the right reply is a refusal
	Contains   Texts  `json:"contains,omitempty"`   // texts that a right answer has
}

// Texts is a list of texts, of which a single one may stand for itself in JSON.
type Texts []string

// UnmarshalJSON reads a list of texts, or one.
func (t *Texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = Texts{one}
		return nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("want a text or a list of texts, got %s", raw[:min(len(raw), maxShownText)])
	}
	*t = list
	return nil
}

// maxShownText bounds what an error shows of a golden line, in bytes.
const maxShownText = 40

// maxGoldenLine bounds one line of a golden file, in bytes.
const maxGoldenLine = 256 << 10

// ReadGolden reads golden questions, one JSON object a line. All mistakes are
// told together, each with its line.
func ReadGolden(r io.Reader) ([]Golden, error) {
	var (
		out   []Golden
		wrong []error
		seen  = map[string]int{}
		lines = bufio.NewScanner(r)
	)
	lines.Buffer(make([]byte, 64<<10), maxGoldenLine)
	for n := 1; lines.Scan(); n++ {
		raw := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(raw) == 0 {
			continue
		}
		g, err := parseGolden(raw, n)
		if err == nil && seen[g.ID] > 0 {
			err = fmt.Errorf("its id %q is that of line %d", g.ID, seen[g.ID])
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		seen[g.ID] = n
		out = append(out, g)
	}
	if err := lines.Err(); err != nil {
		wrong = append(wrong, err)
	}
	if len(out) == 0 && len(wrong) == 0 {
		wrong = append(wrong, errNoGolden)
	}
	return out, errors.Join(wrong...)
}

var (
	errNoGolden = errors.New(`no question in it: write one {"question","refs":[...]} a line, or {"question","refuse":true}`)
	errNoWish   = errors.New(`say what is right: "refs" (documents that an answer rests on), "contains", or "refuse": true`)
	errBoth     = errors.New(`it has "refuse" and "refs" or "contains": a question is refused or answered`)
)

func parseGolden(raw []byte, line int) (Golden, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var g Golden
	if err := dec.Decode(&g); err != nil {
		return g, fmt.Errorf("not a golden question: %w", err)
	}
	if g.ID == "" {
		g.ID = strconv.Itoa(line)
	}
	switch wishes := len(g.Refs) + len(g.Contains); {
	case strings.TrimSpace(g.Question) == "":
		return g, errors.New(`it has no "question"`)
	case g.Refuse && wishes > 0:
		return g, errBoth
	case !g.Refuse && wishes == 0:
		return g, errNoWish
	}
	return g, nil
}

// Outcome is what became of a golden question.
type Outcome struct {
	Hits     []Hit    // documents, best first; names of passages are taken for their documents' too
	Asked    bool     // whether an answer was asked for: the fields below are empty otherwise
	Refused  bool     //
	Cited    []string // what the answer names as its sources
	Answer   string   //
	MilliSec float64  // how long it took
}

// right reports whether an id of a passage or document is one of the right ones:
// a passage stands for its document where the document is asked for.
func (g Golden) right(id string) bool {
	for _, ref := range g.Refs {
		if id == ref || documentOf(id) == ref {
			return true
		}
	}
	return false
}

// documentOf is the id of the document that a passage's id begins with.
func documentOf(id string) string {
	if i := strings.LastIndexByte(id, '#'); i > 0 {
		return id[:i]
	}
	return id
}
