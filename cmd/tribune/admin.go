package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
)

// maxAdminBody bounds an admin request: it names paths and questions, never
// documents.
const maxAdminBody = 4 << 20

// admin serves a service to the commands that run beside this server. Every
// answer is a stream of JSON lines (see event), so that long work shows that
// it lives.
func admin(s service, keys ...string) http.Handler {
	mux := http.NewServeMux()
	handle(mux, "ask", func(ctx context.Context, r askRequest, live func(any)) (any, error) {
		return s.Ask(ctx, r, func(c bots.Content) { live(c) })
	})
	handle(mux, "ingest", func(ctx context.Context, r ingestRequest, live func(any)) (any, error) {
		return s.Ingest(ctx, r, func(p knowledge.Progress) { live(p) })
	})
	handle(mux, "search", func(ctx context.Context, r searchRequest, _ func(any)) (any, error) {
		return s.Search(ctx, r)
	})
	handle(mux, "collections", func(ctx context.Context, _ struct{}, _ func(any)) (any, error) {
		return s.Collections(ctx)
	})
	handle(mux, "collections/drop", func(ctx context.Context, r dropRequest, _ func(any)) (any, error) {
		return r.Collection, s.Drop(ctx, r)
	})
	handle(mux, "learn", func(ctx context.Context, r learnRequest, _ func(any)) (any, error) {
		return s.Learn(ctx, r)
	})
	handle(mux, "learn/undo", func(ctx context.Context, r learnRequest, _ func(any)) (any, error) {
		return s.Unlearn(ctx, r)
	})
	handle(mux, "learn/list", func(ctx context.Context, r learnRequest, _ func(any)) (any, error) {
		return s.Lessons(ctx, r)
	})
	handle(mux, "models", func(ctx context.Context, _ struct{}, _ func(any)) (any, error) {
		return s.Models(ctx)
	})
	handle(mux, "usage", func(ctx context.Context, r usageRequest, _ func(any)) (any, error) {
		return s.Usage(ctx, r)
	})
	handle(mux, "queue", func(ctx context.Context, _ struct{}, _ func(any)) (any, error) {
		return s.QueueState(ctx)
	})
	handle(mux, "dead/list", func(ctx context.Context, r deadRequest, _ func(any)) (any, error) {
		return s.DeadLetters(ctx, r.Limit)
	})
	handle(mux, "dead/retry", func(ctx context.Context, r deadRequest, _ func(any)) (any, error) {
		return r.ID, s.RetryDead(ctx, r.ID)
	})
	handle(mux, "dead/drop", func(ctx context.Context, r deadRequest, _ func(any)) (any, error) {
		return r.ID, s.DropDead(ctx, r.ID)
	})
	return withKey(keys, mux)
}

// handle makes a function an admin path.
func handle[R any](mux *http.ServeMux, path string, do func(ctx context.Context, r R, live func(any)) (any, error)) {
	mux.HandleFunc("POST /admin/"+path, func(w http.ResponseWriter, req *http.Request) {
		var r R
		if err := decode(w, req, &r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		out := lines{w: w, rc: http.NewResponseController(w)}
		result, err := do(req.Context(), r, func(v any) { out.send("live", v) })
		switch {
		case errors.Is(err, context.Canceled):
			out.send("error", "the server is stopping: try again when it is back")
			return
		case err != nil:
			out.send("error", err.Error())
			return
		}
		out.send("result", result)
	})
}

func decode(w http.ResponseWriter, req *http.Request, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxAdminBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the request is not the JSON that is expected here: %w", err)
	}
	return nil
}

// lines writes events, each at once.
type lines struct {
	w  io.Writer
	rc *http.ResponseController
}

func (l lines) send(kind string, v any) {
	data, err := json.Marshal(map[string]any{kind: v})
	if err != nil {
		data = []byte(`{"error":"the result cannot be told in JSON"}`)
	}
	// A client that left is seen by the request's context, not here.
	_, _ = l.w.Write(append(data, '\n'))
	_ = l.rc.Flush()
}

// withKey lets only requests through that carry one of the keys. Hashes are compared,
// in constant time, so that neither the key nor its length can be felt out.
func withKey(keys []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || !slices.ContainsFunc(keys, func(key string) bool { return sameKey(said, key) }) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this needs the master key as a bearer token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameKey compares in constant time. An empty key is no key: nobody has it.
func sameKey(said, key string) bool {
	a, b := sha256.Sum256([]byte(said)), sha256.Sum256([]byte(key))
	return key != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
