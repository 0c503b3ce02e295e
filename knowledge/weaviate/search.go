package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tribunebot/tribune/knowledge"
)

// defaultLimit is the number of candidates where a lookup names none.
const defaultLimit = 1000

// maxLimit is what the server returns at most in one search, unless its
// QUERY_MAXIMUM_RESULTS says otherwise.
const maxLimit = 10000

// hit is one object of an answer.
type hit struct {
	Passage    string `json:"passage"`
	Hash       string `json:"hash"`
	Additional struct {
		ID       uuid.UUID `json:"id"`
		Score    string    `json:"score"`
		Distance float64   `json:"distance"`
	} `json:"_additional"`
}

// answer is the body of a GraphQL answer.
type answer struct {
	Data struct {
		Get map[string][]hit `json:"Get"`
	} `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// errQuery says that a host answered a query with an error.
var errQuery = errors.New("weaviate could not search")

// query sends a GraphQL query. Texts in it must have gone through quote. What
// the server says about a query may repeat it, and is left out.
func (e *Engine) query(ctx context.Context, q string, timeout time.Duration) (map[string][]hit, error) {
	var (
		a    answer
		last error
	)
	// An error inside an answer may be of one replica: the next host is asked too.
	for range e.cluster.hosts {
		a = answer{}
		r := request{method: http.MethodPost, path: "/v1/graphql", body: map[string]string{"query": q}, timeout: timeout}
		if err := e.cluster.do(ctx, r, &a); err != nil {
			return nil, err
		}
		if len(a.Errors) == 0 {
			return a.Data.Get, nil
		}
		last = fmt.Errorf("%w: %s", errQuery, unquoting(a.Errors[0].Message, q))
	}
	return nil, last
}

// unquoting is a server's message without a question: empty where it repeats
// some part of the query in quotes.
func unquoting(message, query string) string {
	message = line(message)
	for _, part := range strings.FieldsFunc(query, func(r rune) bool { return strings.ContainsRune("\" \t,:{}()[]", r) }) {
		if len(part) > 3 && strings.Contains(message, part) {
			return "the reason repeats the query and is left out"
		}
	}
	return message
}

// quote makes a text into a string of GraphQL, whose escapes are those of JSON.
func quote(text string) string {
	b, _ := json.Marshal(text) //nolint:errchkjson // a string is always written
	return string(b)
}

func quoteAll(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = quote(t)
	}
	return "[" + strings.Join(out, ",") + "]"
}

// within is the filter by collection.
func within(collections []string) string {
	keys := make([]string, len(collections))
	for i, c := range collections {
		keys[i] = collectionKey(c).String()
	}
	return `{path:["` + propCollection + `"],operator:ContainsAny,valueText:` + quoteAll(keys) + `}`
}

// get is one part of a GraphQL query, under a name of its own.
func (e *Engine) get(name, arguments string) string {
	return name + ":" + e.class + "(" + arguments + "){" + propPassage + " _additional{id score}}"
}

// Candidates implements knowledge.Engine. Passages come in the cluster's order,
// by its BM25 score; Frequencies are estimated (see words.go).
func (e *Engine) Candidates(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	if l.Limit <= 0 {
		l.Limit = defaultLimit
	}
	l.Collections = slices.Compact(slices.Sorted(slices.Values(l.Collections)))
	there, elsewhere, err := e.split(ctx, l.Collections)
	var got knowledge.Candidates
	if err == nil {
		here := l
		here.Collections = there
		got, err = e.search(ctx, here)
	}
	if err != nil {
		return e.fallBack(ctx, l, err)
	}
	if len(elsewhere) == 0 {
		return got, nil
	}
	l.Collections = elsewhere
	rest, err := e.o.Fallback.Candidates(ctx, l)
	if err != nil {
		return knowledge.Candidates{}, fmt.Errorf("collections that weaviate does not have whole: %w", err)
	}
	return join(got, rest, len(there) == 0), nil
}

// split parts the collections into those that the cluster has whole and those
// that the fallback has to answer for.
func (e *Engine) split(ctx context.Context, collections []string) (there, elsewhere []string, err error) {
	if !e.isVerified() {
		return nil, nil, fmt.Errorf("%w: not verified yet", ErrUnavailable)
	}
	for _, c := range collections {
		s, err := e.readState(ctx, c)
		switch {
		case err != nil:
			return nil, nil, err
		case s.whole || e.o.Fallback == nil:
			there = append(there, c)
		default:
			elsewhere = append(elsewhere, c)
		}
	}
	return there, elsewhere, nil
}

func (e *Engine) isVerified() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.verified
}

// join puts the candidates of both engines together. What only one of them can
// tell is left to the ranker.
func join(got, rest knowledge.Candidates, alone bool) knowledge.Candidates {
	if alone {
		return rest
	}
	if len(rest.Passages) == 0 && rest.Total == 0 {
		return got
	}
	got.Passages = append(got.Passages, rest.Passages...)
	got.Total += rest.Total
	got.Frequencies = nil
	return got
}

// fallBack answers from the embedded engine.
func (e *Engine) fallBack(ctx context.Context, l knowledge.Lookup, err error) (knowledge.Candidates, error) {
	if ctx.Err() != nil {
		return knowledge.Candidates{}, fmt.Errorf("weaviate: %w", context.Cause(ctx))
	}
	e.down(ctx, err)
	if e.o.Fallback == nil {
		return knowledge.Candidates{}, err
	}
	return e.o.Fallback.Candidates(ctx, l)
}

// search asks the cluster, in one request.
func (e *Engine) search(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	var out knowledge.Candidates
	if len(l.Collections) == 0 {
		return out, nil
	}
	states := make([]collectionState, len(l.Collections))
	for i, c := range l.Collections {
		s, err := e.readState(ctx, c)
		if err != nil {
			return out, err
		}
		states[i] = s
		out.Total += s.passages
	}
	out.Frequencies = e.frequencies(ctx, l, states)
	parts := e.parts(l, useful(l.Terms, out.Frequencies, out.Total))
	if len(parts) == 0 {
		return out, nil
	}
	got, err := e.query(ctx, "{Get{"+strings.Join(parts, " ")+"}}", e.o.Timeout)
	if err != nil {
		return out, err
	}
	e.answered(ctx)
	out.Passages = e.passages(ctx, l, slices.Concat(got["found"], got["named"]))
	if out.Frequencies != nil {
		complete(out.Frequencies, l.Terms, out.Passages)
	}
	return out, nil
}

// answered notes that the cluster serves.
func (e *Engine) answered(ctx context.Context) {
	if !e.serving() {
		e.up(ctx)
	}
}

// parts are the searches that a lookup needs: by words, and by name.
func (e *Engine) parts(l knowledge.Lookup, terms []knowledge.Term) []string {
	var parts []string
	if words := bag(terms); words != "" {
		parts = append(parts, e.get("found", fmt.Sprintf("limit:%d,where:%s,bm25:{query:%s,properties:[%q]}",
			min(l.Limit, maxLimit), within(l.Collections), quote(words), propTerms)))
	}
	var passages, documents []string
	for _, ref := range l.Also {
		if slices.Contains(l.Collections, ref.Collection) {
			passages = append(passages, passageKey(ref.Collection, ref.ID).String())
			documents = append(documents, documentKey(ref.Collection, ref.ID).String())
		}
	}
	if len(passages) > 0 {
		where := fmt.Sprintf(`{operator:And,operands:[%s,{operator:Or,operands:[{path:["id"],operator:ContainsAny,valueText:%s},`+
			`{path:["%s"],operator:ContainsAny,valueText:%s}]}]}`,
			within(l.Collections), quoteAll(passages), propDocument, quoteAll(documents))
		parts = append(parts, e.get("named", fmt.Sprintf("limit:%d,where:%s", min(namedParts*len(passages), maxLimit), where)))
	}
	return parts
}

// heavy is the weight from which a term is said more than once: the server has
// no weights, but a word that a question repeats counts as often as it stands
// there.
const timesPerWeight = 3

// bag is the text that the server looks for: each term as often as it weighs.
func bag(terms []knowledge.Term) string {
	var b strings.Builder
	for _, t := range terms {
		w := word(t.Text)
		if w == "" {
			continue
		}
		for range min(max(int(t.Weight*timesPerWeight+.5), 1), 2*timesPerWeight) {
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

// passages reads the passages of hits, each once. The filter is the cluster's;
// that it was kept is looked at again, since a passage that leaks can't be taken
// back.
func (e *Engine) passages(ctx context.Context, l knowledge.Lookup, hits []hit) []knowledge.Passage {
	var (
		out  = make([]knowledge.Passage, 0, len(hits))
		seen = make(map[uuid.UUID]bool, len(hits))
	)
	for _, h := range hits {
		if seen[h.Additional.ID] {
			continue
		}
		seen[h.Additional.ID] = true
		var p knowledge.Passage
		if err := json.Unmarshal([]byte(h.Passage), &p); err != nil || !slices.Contains(l.Collections, p.Collection) {
			e.log.ErrorContext(ctx, "weaviate returned what was not asked for: it is left out", "id", h.Additional.ID)
			continue
		}
		p.Score, _ = strconv.ParseFloat(h.Additional.Score, 64)
		out = append(out, p)
	}
	return out
}
