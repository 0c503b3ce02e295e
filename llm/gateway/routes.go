package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// route is what is done at one path.
type route struct {
	method string
	shape  shape
	admin  bool // for the master key alone
	serve  func(g *Gateway, e *exchange) error
}

// modelPrefix is followed by the name of a model, which may have slashes.
const modelPrefix = "/models/"

// routes lists every path, without its /v1, and what is done there.
func routes() map[string]route {
	ask := func(endpoint llm.Endpoint) func(g *Gateway, e *exchange) error {
		return func(g *Gateway, e *exchange) error { return g.complete(e, endpoint) }
	}
	return map[string]route{
		"/chat/completions": {method: http.MethodPost, shape: openaiShape{}, serve: ask(llm.ChatCompletions)},
		"/completions":      {method: http.MethodPost, shape: openaiShape{}, serve: ask(llm.Completions)},
		"/messages":         {method: http.MethodPost, shape: anthropicShape{}, serve: ask(llm.ChatCompletions)},
		"/embeddings":       {method: http.MethodPost, shape: openaiShape{}, serve: ask(llm.Embeddings)},

		"/models":     {method: http.MethodGet, shape: openaiShape{}, serve: (*Gateway).listModels},
		modelPrefix:   {method: http.MethodGet, shape: openaiShape{}, serve: (*Gateway).oneModel},
		"/model/info": {method: http.MethodGet, shape: openaiShape{}, serve: (*Gateway).modelInfo},
		"/health":     {method: http.MethodGet, shape: openaiShape{}, admin: true, serve: (*Gateway).health},

		"/key/generate": {method: http.MethodPost, shape: openaiShape{}, admin: true, serve: (*Gateway).generateKey},
		"/key/update":   {method: http.MethodPost, shape: openaiShape{}, admin: true, serve: (*Gateway).updateKey},
		"/key/block":    {method: http.MethodPost, shape: openaiShape{}, admin: true, serve: blockKey(true)},
		"/key/unblock":  {method: http.MethodPost, shape: openaiShape{}, admin: true, serve: blockKey(false)},
		"/key/delete":   {method: http.MethodPost, shape: openaiShape{}, admin: true, serve: (*Gateway).deleteKeys},
		"/key/list":     {method: http.MethodGet, shape: openaiShape{}, admin: true, serve: (*Gateway).listKeys},
		"/key/info":     {method: http.MethodGet, shape: openaiShape{}, serve: (*Gateway).keyInfo},
	}
}

// Paths are the patterns at which the gateway is to be mounted on an
// http.ServeMux, in alphabetical order.
func (g *Gateway) Paths() []string {
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(g.routes)) {
		paths = append(paths, path, "/v1"+path)
	}
	slices.Sort(paths)
	return paths
}

// find returns the route of a request.
func (g *Gateway) find(e *exchange) (route, bool) {
	path := withoutVersion(e.r.URL.Path)
	if strings.HasPrefix(path, modelPrefix) {
		path = modelPrefix
	}
	r, ok := g.routes[path]
	if ok {
		e.path = path
	}
	return r, ok
}

// withoutVersion is a path without the /v1 that it may begin with.
func withoutVersion(path string) string {
	if strings.HasPrefix(path, "/v1/") {
		return path[len("/v1"):]
	}
	return path
}
