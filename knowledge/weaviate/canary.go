package weaviate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// errCanary says that a cluster that calls itself ready does not work.
var errCanary = errors.New("weaviate is up, but what is written is not found")

// The canary is looked for this often, a little apart: replicas need not have
// it at once.
const (
	canaryTries = 20
	canaryPause = 250 * time.Millisecond
)

// canary writes a passage, looks for it and deletes it: nodes report ready that
// then find nothing. Its collection is nobody's.
func (e *Engine) canary(ctx context.Context) error {
	id := uuid.New()
	collection := "canary " + id.String()
	word := "canary" + digest(id.String())
	o := object{Class: e.class, ID: id, Properties: map[string]string{
		propTerms: word, propCollection: collectionKey(collection).String(), propPassage: "{}",
		propBucket: bucket(id), propHash: "",
	}}
	if err := e.write(ctx, []object{o}); err != nil {
		return fmt.Errorf("write a first document: %w", err)
	}
	found := e.spot(ctx, collection, word, true)
	gone := e.remove(ctx, where{Path: []string{"id"}, Operator: "ContainsAny", Values: []string{id.String()}})
	if found != nil || gone != nil {
		return errors.Join(found, gone)
	}
	return e.spot(ctx, collection, word, false)
}

// spot searches until the canary is there, or is no longer there.
func (e *Engine) spot(ctx context.Context, collection, word string, there bool) error {
	q := fmt.Sprintf("{Get{canary:%s(limit:1,where:%s,bm25:{query:%q,properties:[%q]}){_additional{id}}}}",
		e.class, within([]string{collection}), word, propTerms)
	for range canaryTries {
		got, err := e.query(ctx, q, e.o.Timeout)
		if err != nil {
			return fmt.Errorf("search for a first document: %w", err)
		}
		if (len(got["canary"]) > 0) == there {
			return nil
		}
		if err := wait(ctx, canaryPause); err != nil {
			return err
		}
	}
	if there {
		return errCanary
	}
	return errors.New("weaviate is up, but what is deleted is still found")
}
