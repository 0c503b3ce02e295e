package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// readyLimit bounds a readiness check, which writes to the queue for real.
const (
	readyLimit = 3 * time.Second
	readyKeep  = time.Second
)

// handler is everything that is served over HTTP. What is no model call ends
// with ctx: a page that waits for news would hold the server up.
func (a *App) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	a.mountGateway(mux)
	mux.Handle("/", endsWith(ctx, a.pages()))
	return mux
}

// endsWith ends requests when ctx is done.
func endsWith(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		next.ServeHTTP(w, r.WithContext(own)) //nolint:contextcheck // own is the request's own context, which ends with ctx as well
	})
}

// pages is what is served beside the gateway.
func (a *App) pages() http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/healthz", "/health/liveliness"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { health(w, nil, "") })
	}
	for _, path := range []string{"/readyz", "/health/readiness"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { health(w, a.ready(r.Context()), a.degraded()) })
	}
	mux.Handle("GET /metrics", a.reports.metrics.Handler())
	mux.Handle("/admin/", admin(a, a.key.Reveal(), a.adminKey))
	if a.gatewayOnly {
		mux.HandleFunc("GET /{$}", about)
	} else {
		mux.Handle("GET /{$}", http.RedirectHandler("/ui/chat", http.StatusFound))
	}
	for _, p := range a.Platforms {
		if r, ok := p.(bots.Router); ok {
			for pattern, h := range r.Routes(a.Queue) {
				mux.Handle(pattern, h)
			}
		}
	}
	return mux
}

// about says what is here to whoever opens a gateway's address.
func about(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = printJSON(w, map[string]any{ // a reader that left misses nothing
		"name": "tribune gateway", "version": version, "openai": "/v1", "anthropic": "/v1/messages", "health": "/readyz", "metrics": "/metrics",
	})
}

// mountGateway puts the gateway's paths beside ours. /health is both: with a key
// it tells of the models as LiteLLM's does, without one whether we are ready.
// Whatever else is asked for below /v1/ gets the gateway's own "not found".
func (a *App) mountGateway(mux *http.ServeMux) {
	served := a.once(a.gateway)
	for _, path := range a.gateway.Paths() {
		if path != "/health" && !strings.HasPrefix(path, "/v1/") {
			mux.Handle(path, served)
		}
	}
	mux.Handle("/v1/", served)
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if a.gateway.Presents(r) || r.Method != http.MethodGet {
			served.ServeHTTP(w, r)
			return
		}
		health(w, a.ready(r.Context()), a.degraded())
	})
}

// once refuses a request that has been here before: a deployment's address is
// our own by another name. Via is what HTTP has for that (RFC 9110, 7.6.3).
func (a *App) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.ContainsFunc(r.Header.Values("Via"), func(via string) bool { return strings.Contains(via, a.via) }) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusLoopDetected)
			_ = printJSON(w, map[string]any{"error": map[string]any{ // whoever called is ourselves
				"message": "this request came from this very gateway: a deployment's api_base is the gateway's own address",
				"type":    "invalid_request_error", "param": nil, "code": "loop_detected",
			}})
			return
		}
		next.ServeHTTP(w, r)
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

// degraded says what is wrong though questions are answered, "" for nothing; the
// details are for `tribune collections`. A gateway alone has no documents.
func (a *App) degraded() string {
	if a.gatewayOnly {
		return ""
	}
	return a.Library.Degraded()
}

// readiness is the last result of a readiness check.
type readiness struct {
	sync.Mutex

	at  time.Time
	err error
}

func health(w http.ResponseWriter, err error, degraded string) {
	w.Header().Set("Content-Type", "application/json")
	answer := map[string]string{"status": "healthy"}
	if degraded != "" {
		answer["degraded"] = oneLine(degraded)
	}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		answer = map[string]string{"status": "unhealthy", "reason": oneLine(err.Error())}
	}
	_ = printJSON(w, answer) // a prober that left misses nothing
}
