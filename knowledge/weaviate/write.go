package weaviate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// writeWait is how long one host has for one batch. With a quorum of replicas
// to agree, seconds are normal while a node is away.
const writeWait = 30 * time.Second

// removeWait is how long one host has for one step of a removal. Of a million
// passages a step takes longer than writeWait, before anything is deleted: the
// server looks all of them up first.
const removeWait = 5 * time.Minute

// What fails is tried again after firstPause, then after twice as long each time:
// some 15 s in all, in which a cluster finds a new leader.
const (
	tries      = 6
	firstPause = 500 * time.Millisecond
)

// errObject says that the cluster did not take an object.
var errObject = errors.New("weaviate did not take a passage")

// written is what the server says about one object of a batch.
type written struct {
	ID     uuid.UUID `json:"id"`
	Result struct {
		Status string `json:"status"`
		Errors struct {
			Error []struct {
				Message string `json:"message"`
			} `json:"error"`
		} `json:"errors"`
	} `json:"result"`
}

// failed is why an object was not taken, "" if it was.
func (w written) failed() string {
	if len(w.Result.Errors.Error) > 0 {
		return line(w.Result.Errors.Error[0].Message)
	}
	if w.Result.Status == "FAILED" {
		return "no reason given"
	}
	return ""
}

// patiently does something until it succeeds, or fails for good. It must bear
// being done twice.
func patiently(ctx context.Context, do func() error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == tries || !worthRepeating(err) {
			return err
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

// write stores objects, those that fail again and again. A batch that did not
// answer may have been stored: objects are sent whole and by their own ids, so
// that storing them twice is storing them once.
func (e *Engine) write(ctx context.Context, objects []object) error {
	left := objects
	return patiently(ctx, func() (err error) {
		left, err = e.writeOnce(ctx, left)
		return err
	})
}

// worthRepeating reports whether an error may pass by itself.
func worthRepeating(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, errObject) || errors.Is(err, errQuery)
}

// wait pauses.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("weaviate: %w", context.Cause(ctx))
	case <-t.C:
		return nil
	}
}

// writeOnce sends a batch and returns the objects that were not taken, with the
// reason of the first. The answer to a batch is one answer for each object.
func (e *Engine) writeOnce(ctx context.Context, objects []object) ([]object, error) {
	r := request{
		method: http.MethodPost, path: "/v1/batch/objects?consistency_level=QUORUM",
		body: map[string]any{"objects": objects}, timeout: writeWait,
	}
	var answers []written
	if err := e.cluster.do(ctx, r, &answers); err != nil {
		return objects, err
	}
	taken := make(map[uuid.UUID]bool, len(answers))
	why := "no answer about it"
	for _, a := range answers {
		if f := a.failed(); f != "" {
			why = f
			continue
		}
		taken[a.ID] = true
	}
	var left []object
	for _, o := range objects {
		if !taken[o.ID] {
			left = append(left, o)
		}
	}
	if len(left) > 0 {
		return left, fmt.Errorf("%w: %d of %d: %s", errObject, len(left), len(objects), why)
	}
	return nil, nil
}

// where is a filter of the REST API.
type where struct {
	Path     []string `json:"path"`
	Operator string   `json:"operator"`
	Values   []string `json:"valueTextArray"`
}

// deleted is what the server says about a delete.
type deleted struct {
	Results struct {
		Matches    int `json:"matches"`
		Failed     int `json:"failed"`
		Successful int `json:"successful"`
	} `json:"results"`
}

// remove deletes what a filter matches, in as many steps as the server needs.
func (e *Engine) remove(ctx context.Context, w where) error {
	for {
		var n int
		err := patiently(ctx, func() (err error) {
			n, err = e.removeOnce(ctx, w)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// removeOnce deletes once and returns how many were deleted: more may match than
// the server takes at once.
func (e *Engine) removeOnce(ctx context.Context, w where) (int, error) {
	r := request{
		method: http.MethodDelete, path: "/v1/batch/objects?consistency_level=QUORUM",
		body:    map[string]any{"match": map[string]any{"class": e.class, "where": w}, "output": "minimal"},
		timeout: removeWait,
	}
	var d deleted
	if err := e.cluster.do(ctx, r, &d); err != nil {
		return 0, err
	}
	if d.Results.Failed > 0 {
		return 0, fmt.Errorf("%w: %d of %d could not be deleted", errObject, d.Results.Failed, d.Results.Matches)
	}
	return d.Results.Successful, nil
}
