package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// readyLimit bounds a readiness check, which writes to the queue for real.
const (
	readyLimit = 3 * time.Second
	readyKeep  = time.Second
)

// handler is everything that is served over HTTP.
func (a *App) handler() http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/health/liveliness"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { health(w, nil) })
	}
	for _, path := range []string{"/readyz", "/health/readiness"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { health(w, a.ready(r.Context())) })
	}
	mux.Handle("GET /metrics", a.reports.metrics.Handler())
	a.mountGateway(mux)
	mux.Handle("/admin/", admin(a, a.key.Reveal()))
	mux.Handle("GET /{$}", http.RedirectHandler("/ui/chat", http.StatusFound))
	for _, p := range a.Platforms {
		if r, ok := p.(bots.Router); ok {
			for pattern, h := range r.Routes(a.Queue) {
				mux.Handle(pattern, h)
			}
		}
	}
	return mux
}

// mountGateway puts the gateway's paths beside ours. /health is both: with a key
// it tells of the models as LiteLLM's does, without one whether we are ready.
func (a *App) mountGateway(mux *http.ServeMux) {
	for _, path := range a.gateway.Paths() {
		if path != "/health" {
			mux.Handle(path, a.gateway)
		}
	}
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		anonymous := r.Header.Get("Authorization") == "" && r.Header.Get("X-Api-Key") == "" && r.Header.Get("Api-Key") == ""
		if !anonymous || r.Method != http.MethodGet {
			a.gateway.ServeHTTP(w, r)
			return
		}
		health(w, a.ready(r.Context()))
	})
}

// ready tells why questions cannot be taken at the moment, or nil. Anybody may
// ask, and every check is a synced write: one result serves for a second.
func (a *App) ready(ctx context.Context) error {
	a.readiness.Lock()
	defer a.readiness.Unlock()
	if now := time.Now(); now.Sub(a.readiness.at) >= readyKeep {
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), readyLimit, fmt.Errorf("the queue took longer than %s", readyLimit))
		defer cancel()
		a.readiness.err, a.readiness.at = a.Queue.Ready(ctx), now
	}
	return a.readiness.err
}

// readiness is the last result of a readiness check.
type readiness struct {
	sync.Mutex

	at  time.Time
	err error
}

func health(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	answer := map[string]string{"status": "healthy"}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		answer = map[string]string{"status": "unhealthy", "reason": oneLine(err.Error())}
	}
	_ = printJSON(w, answer) // a prober that left misses nothing
}
