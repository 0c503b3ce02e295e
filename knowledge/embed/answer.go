package embed

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/tribunebot/tribune/knowledge"
)

// errLength says that vectors are not as long as they should be.
var errLength = errors.New("vectors of another length")

// answer is an answer in OpenAI's shape. Some servers leave the index out, some
// report an error with status 200.
type answer struct {
	Data []struct {
		Index     *int   `json:"index"`
		Embedding values `json:"embedding"`
	} `json:"data"`
	Error json.RawMessage `json:"error"`
}

// values is a vector as a list of numbers or, as some send whatever was asked
// for, as base64 of little-endian float32.
type values knowledge.Vector

// UnmarshalJSON implements json.Unmarshaler.
func (v *values) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		return json.Unmarshal(data, (*[]float32)(v))
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw)%4 != 0 {
		return errors.New("a vector is neither a list of numbers nor base64 of them")
	}
	*v = make(values, len(raw)/4)
	for i := range *v {
		(*v)[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}

// read puts the vectors of an answer where they belong, or says what is wrong
// with them. All of them are checked before the first is used.
func (c *Client) read(body []byte, out []knowledge.Vector) error {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return &Error{Reason: "the answer is not in OpenAI's shape: check EMBEDDING_API_BASE", err: err}
	}
	if len(a.Data) == 0 && len(a.Error) > 0 && string(a.Error) != "null" {
		return c.said(200, body)
	}
	if len(a.Data) != len(out) {
		return &Error{Reason: fmt.Sprintf("%d vectors for %d texts", len(a.Data), len(out))}
	}
	got := make([]knowledge.Vector, len(out))
	for i, d := range a.Data {
		at := i
		if d.Index != nil {
			at = *d.Index
		}
		if at < 0 || at >= len(got) || got[at] != nil {
			return &Error{Reason: fmt.Sprintf("the vectors' numbers are not those of the %d texts", len(out))}
		}
		if err := c.check(d.Embedding); err != nil {
			return err
		}
		got[at] = knowledge.Vector(d.Embedding)
	}
	copy(out, got)
	return nil
}

// check holds a vector against those that came before, and against what was
// asked for.
func (c *Client) check(v values) error {
	if len(v) == 0 || len(v) > maxDimensions {
		return &Error{Reason: fmt.Sprintf("a vector has %d numbers", len(v)), err: errLength, final: true}
	}
	want := c.o.Dimensions
	if want == 0 {
		c.length.CompareAndSwap(0, int64(len(v)))
		want = int(c.length.Load())
	}
	if len(v) != want {
		return &Error{
			Reason: fmt.Sprintf("the model's vectors have %d numbers, not %d: set EMBEDDING_DIMENSIONS=%d", len(v), want, len(v)),
			err:    errLength, final: true,
		}
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) || sum == 0 {
		return &Error{Reason: "a vector has no direction: it has numbers that are none, or only zeros"}
	}
	return nil
}
