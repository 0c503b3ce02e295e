package weaviate

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// A collection is listed in pages, each some of the buckets that ids fall into:
// the server has a cursor over a whole class only, and ends other searches at
// maxLimit.
const (
	buckets  = 4096
	pageSize = 2500 // passages that a page has on the average
)

// bucket is the property that an id is listed by: its first three digits.
func bucket(id uuid.UUID) string { return id.String()[:3] }

// sum is the hash of what was written for a passage.
type sum [12]byte

func parseSum(text string) (s sum) {
	if b, err := hex.DecodeString(text); err == nil {
		copy(s[:], b)
	}
	return s
}

// list returns what the cluster has of a collection in some groups of ids.
func (e *Engine) list(ctx context.Context, collection string, groups []int) (map[uuid.UUID]sum, error) {
	var n int
	err := patiently(ctx, func() (err error) {
		n, err = e.count(ctx, collection)
		return err
	})
	if err != nil {
		return nil, err
	}
	have := map[uuid.UUID]sum{}
	if n == 0 {
		return have, nil
	}
	var all []string
	for _, g := range groups {
		for b := range buckets / 256 {
			all = append(all, fmt.Sprintf("%02x%x", g, b))
		}
	}
	for some := range slices.Chunk(all, min(max(buckets*pageSize/n, 1), buckets)) {
		if err := e.page(ctx, collection, some, have); err != nil {
			return nil, err
		}
	}
	return have, nil
}

// page reads the passages of some buckets; of fewer at once where they are too
// many.
func (e *Engine) page(ctx context.Context, collection string, names []string, have map[uuid.UUID]sum) error {
	filter := within([]string{collection})
	if len(names) < buckets {
		filter = fmt.Sprintf(`{operator:And,operands:[%s,{path:["%s"],operator:ContainsAny,valueText:%s}]}`,
			filter, propBucket, quoteAll(names))
	}
	var got map[string][]hit
	q := fmt.Sprintf("{Get{page:%s(limit:%d,where:%s){%s _additional{id}}}}", e.class, maxLimit, filter, propHash)
	err := patiently(ctx, func() (err error) {
		got, err = e.query(ctx, q, writeWait)
		return err
	})
	if err != nil {
		return err
	}
	if len(got["page"]) >= maxLimit && len(names) > 1 {
		if err := e.page(ctx, collection, names[:len(names)/2], have); err != nil {
			return err
		}
		return e.page(ctx, collection, names[len(names)/2:], have)
	}
	for _, h := range got["page"] {
		have[h.Additional.ID] = parseSum(h.Hash)
	}
	return nil
}

// count asks how many passages the cluster has of a collection.
func (e *Engine) count(ctx context.Context, collection string) (int, error) {
	var a struct {
		Data struct {
			Aggregate map[string][]struct {
				Meta struct {
					Count int `json:"count"`
				} `json:"meta"`
			} `json:"Aggregate"`
		} `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	q := fmt.Sprintf("{Aggregate{%s(where:%s){meta{count}}}}", e.class, within([]string{collection}))
	r := request{method: http.MethodPost, path: "/v1/graphql", body: map[string]string{"query": q}, timeout: writeWait}
	if err := e.cluster.do(ctx, r, &a); err != nil {
		return 0, err
	}
	if len(a.Errors) > 0 {
		return 0, fmt.Errorf("%w: %s", errQuery, line(strings.ReplaceAll(a.Errors[0].Message, q, "")))
	}
	for _, c := range a.Data.Aggregate[e.class] {
		return c.Meta.Count, nil
	}
	return 0, nil
}
