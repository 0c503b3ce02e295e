package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/llm/report"
	"github.com/tribunebot/tribune/worker/queue"
)

// remote is the service of a server that runs on the same data directory,
// reached through its admin API (admin.go) with the data directory's key.
type remote struct {
	base string // http://127.0.0.1:4000
	key  string
	http *http.Client
}

// event is one line of an admin answer: something on the way, the result, or
// why there is none. Exactly one of Result and Error ends the answer.
type event struct {
	Live   json.RawMessage `json:"live,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// call calls one admin path and decodes its result into out, which may be nil.
func (r *remote) call(ctx context.Context, path string, request any, live func(json.RawMessage), out any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/admin/"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call the server: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	if err != nil {
		return fmt.Errorf("the running server does not answer at %s (is it starting or stopping?): %w", r.base, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return fmt.Errorf("the running server refused with HTTP %d: %s", resp.StatusCode, oneLine(string(said)))
	}
	return events(ctx, resp.Body, live, out)
}

// events reads an answer to its end.
func events(ctx context.Context, body io.Reader, live func(json.RawMessage), out any) error {
	dec := json.NewDecoder(body)
	for {
		var e event
		switch err := dec.Decode(&e); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return errors.New("the server stopped in mid-answer: start it again, or run the command without it")
		case e.Error != "":
			return errors.New(e.Error)
		case e.Live != nil && live != nil:
			live(e.Live)
		case e.Result != nil:
			return decodeResult(e.Result, out)
		}
	}
}

func decodeResult(result json.RawMessage, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(result, out); err != nil {
		return fmt.Errorf("the server's answer is of another version than this command: %w", err)
	}
	return nil
}

func (r *remote) Ask(ctx context.Context, q askRequest, live func(bots.Content)) (bots.Answer, error) {
	var a bots.Answer
	return a, r.call(ctx, "ask", q, passOn(live), &a)
}

func (r *remote) Ingest(ctx context.Context, q ingestRequest, progress func(knowledge.Progress)) (knowledge.Report, error) {
	var report knowledge.Report
	return report, r.call(ctx, "ingest", q, passOn(progress), &report)
}

func (r *remote) Search(ctx context.Context, q searchRequest) ([]knowledge.Passage, error) {
	var found []knowledge.Passage
	return found, r.call(ctx, "search", q, nil, &found)
}

func (r *remote) Collections(ctx context.Context) (shelf, error) {
	var all shelf
	return all, r.call(ctx, "collections", struct{}{}, nil, &all)
}

func (r *remote) Drop(ctx context.Context, q dropRequest) error {
	return r.call(ctx, "collections/drop", q, nil, nil)
}

func (r *remote) Learn(ctx context.Context, q learnRequest) (learn.Report, error) {
	var report learn.Report
	return report, r.call(ctx, "learn", q, nil, &report)
}

func (r *remote) Unlearn(ctx context.Context, q learnRequest) (int, error) {
	var removed int
	return removed, r.call(ctx, "learn/undo", q, nil, &removed)
}

func (r *remote) Lessons(ctx context.Context, q learnRequest) ([]knowledge.Lesson, error) {
	var lessons []knowledge.Lesson
	return lessons, r.call(ctx, "learn/list", q, nil, &lessons)
}

func (r *remote) Models(ctx context.Context) ([]modelRow, error) {
	var rows []modelRow
	return rows, r.call(ctx, "models", struct{}{}, nil, &rows)
}

func (r *remote) Usage(ctx context.Context, q usageRequest) ([]report.UsageRow, error) {
	var rows []report.UsageRow
	return rows, r.call(ctx, "usage", q, nil, &rows)
}

func (r *remote) QueueState(ctx context.Context) (queue.State, error) {
	var s queue.State
	return s, r.call(ctx, "queue", struct{}{}, nil, &s)
}

func (r *remote) DeadLetters(ctx context.Context, limit int) ([]queue.DeadLetter, error) {
	var letters []queue.DeadLetter
	return letters, r.call(ctx, "dead/list", deadRequest{Limit: limit}, nil, &letters)
}

func (r *remote) RetryDead(ctx context.Context, id string) error {
	return r.call(ctx, "dead/retry", deadRequest{ID: id}, nil, nil)
}

func (r *remote) DropDead(ctx context.Context, id string) error {
	return r.call(ctx, "dead/drop", deadRequest{ID: id}, nil, nil)
}

// passOn decodes what comes on the way.
func passOn[T any](got func(T)) func(json.RawMessage) {
	return func(data json.RawMessage) {
		var v T
		if json.Unmarshal(data, &v) == nil {
			got(v)
		}
	}
}
