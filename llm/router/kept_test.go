package router

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
)

// long streams n chunks of one word each, and tells nothing of usage. Each chunk
// lies in a block of its own, as those do that hostile servers send.
type long struct {
	n     int
	block int // bytes
	size  int // of a chunk; 0: as usual
}

func (l long) Complete(context.Context, llm.Request) (llm.Response, error) {
	return llm.Response{}, errors.New("not asked for")
}

func (l long) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for i := range l.n {
			if !yield(llm.Chunk{Body: l.chunk(i)}, nil) {
				return
			}
		}
		yield(llm.Chunk{Served: &llm.Served{}}, nil)
	}
}

func (l long) chunk(i int) json.RawMessage {
	word := " hello"
	if l.size > 0 {
		word = strings.Repeat(word, l.size/len(word))
	}
	text := fmt.Sprintf(`{"id":"chatcmpl-%08d","object":"chat.completion.chunk","created":1700000000,"model":"m",`+
		`"choices":[{"index":0,"delta":{"content":%q},"logprobs":null,"finish_reason":null}]}`, i, word)
	block := make([]byte, max(l.block, len(text)))
	return block[:copy(block, text)]
}

// budgeted is a router over one deployment of which each token of an answer
// costs a dollar, and a request with a budget that is large enough.
func budgeted(t *testing.T, m llm.Model) (*Router, llm.Request) {
	t.Helper()
	d := deployment("a", "g", m)
	d.Price = price.Price{Known: true, Out: 1}
	req := ask(t, "g")
	req.Quotas = []llm.Quota{{ID: "key/x", Name: "the key x", TPM: 1 << 40, BudgetUSD: new(1e6)}}
	return newRouter(t, Options{Deployments: []Deployment{d}}), req
}

func charged(t *testing.T, r *Router, req llm.Request) quota.State {
	t.Helper()
	s, err := r.book.State(t.Context(), req.Quotas[0])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLongStreamsArePaidFor holds that a stream without usage costs about what
// was said, however long it was and wherever its reader left.
func TestLongStreamsArePaidFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		model long
		read  int // chunks; 0: all
		want  float64
	}{
		"short":                   {long{n: 10}, 0, 10},
		"to its end":              {long{n: 30_000}, 0, 30_000},
		"left before its end":     {long{n: 30_000}, 29_999, 29_999},
		"chunks of two megabytes": {long{n: 3, size: 2 << 20}, 0, 3 * (2 << 20) / 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, req := budgeted(t, test.model)
			read := 0
			for _, err := range r.Stream(t.Context(), req) {
				if err != nil {
					t.Fatal(err)
				}
				if read++; read == test.read {
					break
				}
			}
			s := charged(t, r, req)
			if math.Abs(s.Budget.Used-test.want) > 0.05*test.want {
				t.Errorf("$%.0f for %.0f tokens", s.Budget.Used, test.want)
			}
			if tokens := float64(s.Tokens.Used); math.Abs(tokens-test.want) > 0.05*test.want+20 {
				t.Errorf("%.0f tokens for %.0f", tokens, test.want)
			}
		})
	}
}

// TestKeptChunksAreCopies holds that what is kept of a stream takes as much
// memory as it is large, whatever it was read into.
func TestKeptChunksAreCopies(t *testing.T) { //nolint:paralleltest // it measures the heap
	var k kept
	before := heap()
	for i := range 3000 {
		k.add(long{block: 64 << 10}.chunk(i))
	}
	if grown := heap() - before; grown > 2*maxKept {
		t.Errorf("%d bytes are kept, and take %d", k.size, grown)
	}
	runtime.KeepAlive(k.bodies)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestHeldChunksAreCopies holds that what is held back is what came, whatever
// became of the buffer that it came in.
func TestHeldChunksAreCopies(t *testing.T) {
	t.Parallel()
	shared := make([]byte, 0, 1<<10)
	r := newRouter(t, Options{Deployments: []Deployment{deployment("a", "g", overwriting{shared})}})
	chunks, err := llmtest.Read(t.Context(), r, ask(t, "g"))
	if err != nil || len(chunks) != 3 {
		t.Fatalf("%d chunks, %v", len(chunks), err)
	}
	if got := string(chunks[0].Body); !strings.Contains(got, `"role"`) {
		t.Errorf("the chunk that was held back is %s", got)
	}
}

// overwriting sends chunks in one buffer, so that whoever holds one without a
// copy sees the next in its place.
type overwriting struct{ buffer []byte }

func (o overwriting) Complete(context.Context, llm.Request) (llm.Response, error) {
	return llm.Response{}, errors.New("not asked for")
}

func (o overwriting) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for _, delta := range []string{`{"role":"assistant"}`, `{"content":"a word"}`} {
			if !yield(llm.Chunk{Body: append(o.buffer[:0], `{"choices":[{"delta":`+delta+`}]}`...)}, nil) {
				return
			}
		}
		yield(llm.Chunk{Served: &llm.Served{}}, nil)
	}
}

// TestKeptBodies holds that bodies of all sizes are kept as they were, up to the
// bound, and that nothing is kept after the first that did not fit.
func TestKeptBodies(t *testing.T) {
	t.Parallel()
	var k kept
	var want []string
	for i := 1; ; i++ {
		body := strings.Repeat(string(rune('a'+i%26)), i*i%20_000+1)
		k.add(json.RawMessage(body))
		if k.full {
			break
		}
		want = append(want, body)
	}
	k.add(json.RawMessage(`{}`))
	if len(k.bodies) != len(want) || k.size > maxKept || k.size < maxKept-30_000 {
		t.Fatalf("%d bodies of %d, %d bytes", len(k.bodies), len(want), k.size)
	}
	for i, body := range k.bodies {
		if string(body) != want[i] || cap(body) != len(body) {
			t.Fatalf("body %d is %.20q of %d, room %d", i, body, len(body), cap(body))
		}
	}
}
