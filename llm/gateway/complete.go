package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// complete answers a request for a completion, in the client's shape.
func (g *Gateway) complete(e *exchange, endpoint llm.Endpoint) error {
	body, err := e.read(g.MaxBody)
	if err != nil {
		return err
	}
	if body, err = e.shape.request(body); err != nil {
		return err
	}
	w, body, err := g.wishes(body)
	if err != nil {
		return err
	}
	if w.stream && endpoint == llm.Embeddings {
		return invalid("stream", "embeddings cannot be streamed")
	}
	if g.RequireUser && w.labels[llm.LabelUser] == "" {
		return invalid("user", "say in \"user\" for whom this is: this gateway asks for it")
	}
	model, request, err := g.request(e, w, body)
	if err != nil {
		return err
	}
	request.Endpoint = endpoint
	if w.stream {
		return e.stream(model, request, !w.usage)
	}
	return e.whole(model, request)
}

// request makes a model's request of a client's.
func (g *Gateway) request(e *exchange, w *wish, body json.RawMessage) (llm.Model, llm.Request, error) {
	model, err := g.choose(e, w)
	if err != nil {
		return nil, llm.Request{}, err
	}
	r := llm.Request{
		ID: e.id, Group: w.model, Body: body,
		Labels: e.caller.labels(w.labels, e.r.Header), Quotas: e.caller.quotas(),
	}
	if w.asked {
		r.Asks = &w.asks
	}
	if g.ForwardHeaders {
		r.Header = g.forwarded(e.r.Header)
	}
	e.asked = true
	return model, r, nil
}

// choose finds the model that is asked for, and refuses what the caller may
// not use. A request that names none gets the router's default, unless its key
// is bound to some models.
func (g *Gateway) choose(e *exchange, w *wish) (llm.Model, error) {
	for _, name := range w.asks.Fallbacks {
		if !g.exists(name) {
			return nil, unknownModel(name)
		}
		if !g.mayUse(e.caller, name) {
			return nil, denied(name)
		}
	}
	if w.model == "" && !bound(e.caller) {
		return g.Model, nil
	}
	if w.model == "" {
		return nil, invalid("model", "say which model to use: this key is bound to some")
	}
	if g.exists(w.model) {
		e.model = w.model
	}
	if !g.mayUse(e.caller, w.model) {
		return nil, denied(w.model)
	}
	if e.model == "" {
		return nil, unknownModel(w.model)
	}
	if g.Own != nil {
		if own, ok := g.Own(w.model); ok {
			return own, nil
		}
	}
	return g.Model, nil
}

func (g *Gateway) exists(name string) bool {
	return g.owns(name) || g.Catalog.Has(name)
}

func unknownModel(name string) *problem {
	p := invalid("model", "there is no model of the name %q here: GET /v1/models lists those that you may use", name)
	p.code = "model_not_found"
	return p
}

func denied(name string) *problem {
	return &problem{
		status: http.StatusForbidden, kind: "key_model_access_denied", code: "key_model_access_denied", param: "model",
		message: "this key may not use the model " + strconv.Quote(name),
	}
}

// whole answers with a completion in one piece.
func (e *exchange) whole(model llm.Model, request llm.Request) error {
	response, err := model.Complete(e.context(), request)
	if err != nil {
		return err
	}
	body, err := e.shape.answer(response.Body)
	if err != nil {
		return err
	}
	e.tell(&response.Served)
	e.tellKey()
	e.write(http.StatusOK, body)
	return nil
}
