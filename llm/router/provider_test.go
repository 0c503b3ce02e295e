package router

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/price"
)

// What the calls of the property tests use. The prompt is what a provider counts:
// less than is estimated for it.
const (
	callPrompt  = 5
	callShort   = 400  // tokens of an answer at most, where the request says so
	callLongest = 6000 // and where it does not: more tokens than are reserved then
	callWords   = 200  // that a stream begins with
)

// prices are those of the property tests: a dollar a token, so that money is
// counted in tokens too.
func prices() price.Price {
	return price.Price{Known: true, In: 1, Out: 1, MaxOutput: callLongest}
}

// ledger is what one provider, or one caller, sees of the calls.
type ledger struct {
	mu       sync.Mutex
	inFlight int
	most     int
	minutes  map[int64]*minute
	seen     map[string]bool // requests, by their ID
	spent    float64         // dollars
}

// minute is what began in one clock minute.
type minute struct {
	calls, requests int
	tokens          int // that these calls used in the end
	excess          int // of them more than was reserved
}

func newLedger() *ledger { return &ledger{minutes: map[int64]*minute{}, seen: map[string]bool{}} }

// begin counts a call; what it returns is called with what it used.
func (l *ledger) begin(r llm.Request) (end func(tokens int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight++
	l.most = max(l.most, l.inFlight)
	at := time.Now().Unix() / 60
	if l.minutes[at] == nil {
		l.minutes[at] = &minute{}
	}
	m := l.minutes[at]
	m.calls++
	if !l.seen[r.ID] {
		l.seen[r.ID] = true
		m.requests++
	}
	return func(tokens int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.inFlight--
		l.spent += float64(tokens)
		m.tokens += tokens
		m.excess += max(tokens-reserved(r), 0)
	}
}

// reserved is how many tokens are reserved for a request at least.
func reserved(r llm.Request) int {
	if each, _ := price.Answers(r.Body); each > 0 {
		return int(price.Estimate(r.Body) + each)
	}
	return int(price.Estimate(r.Body)) + assumedOutput
}

// check holds that a quota was kept. Tokens may pass it by what answers had more
// than was reserved for them.
func (l *ledger) check(t *testing.T, name string, q llm.Quota) {
	t.Helper()
	if l.inFlight != 0 || q.Parallel > 0 && l.most > int(q.Parallel) {
		t.Errorf("%s: %d calls at once of %d, and %d are left", name, l.most, q.Parallel, l.inFlight)
	}
	for at, m := range l.minutes {
		requests := m.requests
		if q.ID == "" { // for a deployment each call is a request
			requests = m.calls
		}
		if q.RPM > 0 && requests > int(q.RPM) {
			t.Errorf("%s: %d requests of %d in the minute %d", name, requests, q.RPM, at)
		}
		if q.TPM > 0 && m.tokens > int(q.TPM)+m.excess {
			t.Errorf("%s: %d tokens of %d in the minute %d, and %d more than was reserved", name, m.tokens, q.TPM, at, m.excess)
		}
	}
}

// provider is one deployment as its provider sees it, whichever process calls.
// It fails at random.
type provider struct {
	*ledger

	caller  *ledger // of all calls
	random  *rand.Rand
	failing float64 // share of calls that fail
}

func newProvider(seed uint64, failing float64, caller *ledger) *provider {
	return &provider{newLedger(), caller, rand.New(rand.NewPCG(seed, 1)), failing}
}

// kinds are what providers fail with.
func kinds() []llm.Kind {
	return []llm.Kind{
		llm.Overloaded, llm.Unreachable, llm.RateLimited, llm.Timeout, llm.Unauthorised, llm.BadResponse, llm.NoFunds,
	}
}

// plan decides what becomes of a call, and when.
func (p *provider) plan(r llm.Request) (took time.Duration, answer int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took = time.Duration(p.random.IntN(3000)) * time.Millisecond
	if p.random.Float64() < p.failing {
		k := kinds()[p.random.IntN(len(kinds()))]
		return took, 0, &llm.Error{Kind: k, Status: statusOf(k), Err: errors.New("at random")}
	}
	longest := callLongest
	if each, _ := price.Answers(r.Body); each > 0 {
		longest = int(each)
	}
	return took, callWords + p.random.IntN(longest-callWords), nil
}

// begin counts a call on both sides.
func (p *provider) begin(r llm.Request) (end func(tokens int)) {
	mine, theirs := p.ledger.begin(r), p.caller.begin(r)
	return func(tokens int) { mine(tokens); theirs(tokens) }
}

// Complete bills the prompt of a call whose caller left.
func (p *provider) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	end, used := p.begin(r), 0
	defer func() { end(used) }()
	took, answer, err := p.plan(r)
	if pause(ctx, took, nil) != nil {
		used = callPrompt
		return llm.Response{}, ctx.Err()
	}
	if err != nil {
		return llm.Response{}, err
	}
	used = callPrompt + answer
	return llm.Response{Served: llm.Served{Usage: usageOf(answer)}, Body: []byte(`{"choices":[]}`)}, nil
}

func usageOf(answer int) *llm.Usage { return &llm.Usage{Prompt: callPrompt, Completion: answer} }

// Stream bills a reader who left for the words that were said until then.
func (p *provider) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		end, used := p.begin(r), 0
		defer func() { end(used) }()
		took, answer, err := p.plan(r)
		said := yield(llm.Chunk{Body: []byte(`{"choices":[{"delta":{"role":"assistant"}}]}`)}, nil)
		switch {
		case !said || pause(ctx, took, nil) != nil:
			used = callPrompt
			return
		case err != nil:
			yield(llm.Chunk{}, err)
			return
		}
		used = callPrompt + callWords
		words := strings.Repeat(" hello", callWords)
		if yield(llm.Chunk{Body: []byte(`{"choices":[{"delta":{"content":"` + words + `"}}]}`)}, nil) && pause(ctx, took, nil) == nil {
			used = callPrompt + answer
			yield(llm.Chunk{Served: &llm.Served{Usage: usageOf(answer)}}, nil)
		}
	}
}
