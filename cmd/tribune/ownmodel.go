package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/worker/answer"
)

// ownName is the model that answers from the documents; ownName/NAME answers
// from one collection.
const ownName = "tribune"

// keyPlatform is where questions come from that the gateway's clients ask.
const keyPlatform = "key"

// ownModel finds the model of a name that means the documents.
func (a *App) ownModel(name string) (llm.Model, bool) {
	rest, ok := strings.CutPrefix(name, ownName)
	if !ok || rest != "" && rest[0] != '/' {
		return nil, false
	}
	return &documents{app: a, collection: strings.TrimPrefix(rest, "/")}, true
}

// ownNames lists the models of that kind which the holder of a request's labels
// may use.
func (a *App) ownNames(ctx context.Context, labels map[string]string) []string {
	list := []string{ownName}
	indexed, err := a.Library.Collections(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "the collections cannot be listed", "error", err)
		return list
	}
	for _, name := range a.Config.Visible(keyPlaces(labels), names(indexed)) {
		if slices.Contains(names(indexed), name) {
			list = append(list, ownName+"/"+name)
		}
	}
	return list
}

func keyPlaces(labels map[string]string) []string {
	switch name := labels[llm.LabelKey]; {
	case labels[llm.LabelMaster] == "true":
		return []string{config.PlaceMaster}
	case name != "":
		return []string{keyPlatform + ":" + name}
	}
	return nil
}

// documents is an llm.Model that answers from the documents, in the same way as
// a question in a chat is answered.
type documents struct {
	app        *App
	collection string // empty: all that the key may see
}

// Complete implements llm.Model.
func (d *documents) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	said, err := d.answer(ctx, r, func(bots.Content) {})
	if err != nil {
		return llm.Response{}, err
	}
	body, err := json.Marshal(completion{
		ID: "chatcmpl-" + r.ID, Object: "chat.completion", Created: said.At.Unix(), Model: r.Group,
		Choices: []ownChoice{{Message: &ownText{Role: "assistant", Content: withSources(said)}, Finish: "stop"}},
		Usage:   usageOf(said), Answer: &said,
	})
	if err != nil {
		return llm.Response{}, fmt.Errorf("write the answer: %w", err)
	}
	return llm.Response{Served: d.served(r, said), Body: body}, nil
}

// Stream implements llm.Model. The live text only ever grows here: what was
// sent to a client cannot be taken back.
func (d *documents) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		w := &ownStream{request: r, yield: yield, cancel: cancel, began: d.app.now()}
		said, err := d.answer(ctx, r, func(c bots.Content) { w.grow(c.Text) })
		switch {
		case w.left:
		case err != nil:
			yield(llm.Chunk{}, err)
		default:
			w.end(said, d.served(r, said))
		}
	}
}

// answer asks the answerer.
func (d *documents) answer(ctx context.Context, r llm.Request, live func(bots.Content)) (bots.Answer, error) {
	if r.Endpoint != llm.ChatCompletions {
		return bots.Answer{}, ownError(llm.BadRequest, http.StatusBadRequest, "the model "+ownName+" answers chat completions only")
	}
	q, earlier, err := d.question(r)
	if err != nil {
		return bots.Answer{}, err
	}
	plan, err := d.plan(ctx, r)
	if err != nil {
		return bots.Answer{}, err
	}
	answerer := *d.app.Answerer
	answerer.Plan = func(bots.Question) (answer.Plan, error) { return plan, nil }
	answerer.History = func(context.Context, bots.Thread, int) ([]bots.Turn, error) { return earlier, nil }
	said, err := answerer.Answer(ctx, q, live)
	if err != nil {
		return bots.Answer{}, &llm.Error{Kind: llm.AsError(err).Kind, Provider: ownName, Err: err}
	}
	return said, nil
}

// plan says what may be searched. A collection that the key may not see does
// not exist for it.
func (d *documents) plan(ctx context.Context, r llm.Request) (answer.Plan, error) {
	indexed, err := d.app.Library.Collections(ctx)
	if err != nil {
		return answer.Plan{}, &llm.Error{Kind: llm.Overloaded, Status: http.StatusServiceUnavailable, Provider: ownName, Err: err}
	}
	visible := d.app.Config.Visible(keyPlaces(r.Labels), names(indexed))
	in := withoutStandIn(visible, indexed)
	if d.collection != "" {
		if !slices.Contains(visible, d.collection) {
			return answer.Plan{}, ownError(llm.NoSuchModel, http.StatusNotFound, "the model does not exist, or this key may not use it")
		}
		in = []string{d.collection}
	}
	return answer.Plan{Collections: in, Quotas: r.Quotas, Labels: r.Labels}, nil
}

// question makes a question of a chat: its last message, with the others before
// it as the thread.
func (d *documents) question(r llm.Request) (bots.Question, []bots.Turn, error) {
	turns := messagesOf(r.Body)
	if len(turns) == 0 || turns[len(turns)-1].Own {
		return bots.Question{}, nil, ownError(llm.BadRequest, http.StatusBadRequest, "the last message must be the user's and have text")
	}
	now := d.app.now()
	last := turns[len(turns)-1]
	name := r.Labels[llm.LabelKey]
	q := bots.Question{
		ID:     keyPlatform + ":" + name + ":chat:" + r.ID,
		Thread: bots.Thread{Platform: keyPlatform, Team: name, Channel: "chat", Root: r.ID},
		Asker:  r.Labels[llm.LabelUser], Text: last.Text, AskedAt: now, Visibility: bots.Private, InThread: len(turns) > 1,
	}
	for i := range turns {
		turns[i].At = now.Add(time.Duration(i-len(turns)) * time.Second) // in their order, before the question
	}
	return q.Clip(), turns[:len(turns)-1], nil
}

// messagesOf reads the texts of a chat's messages; what the system says is for
// a model, and there may be none.
func messagesOf(body json.RawMessage) []bots.Turn {
	var turns []bots.Turn
	for _, m := range llm.Messages(body) {
		text := strings.TrimSpace(m.Text)
		if text != "" && (m.Role == "user" || m.Role == "assistant") {
			turns = append(turns, bots.Turn{Own: m.Role == "assistant", Text: text})
		}
	}
	return turns
}

func (d *documents) served(r llm.Request, said bots.Answer) llm.Served {
	s := llm.Served{
		Deployment: r.Group, Provider: ownName, Group: r.Group, Model: said.Model, Route: said.Route, Attempts: 1,
		CostUSD: said.Usage.CostUSD,
	}
	if s.Model == "" {
		s.Model = ownName
	}
	if u := said.Usage; u.PromptTokens+u.CompletionTokens > 0 {
		s.Usage = &llm.Usage{Prompt: u.PromptTokens, Completion: u.CompletionTokens}
	} else if said.Model == "" { // quoted: nothing was paid
		free := 0.0
		s.Usage, s.CostUSD = &llm.Usage{}, &free
	}
	return s
}

func ownError(kind llm.Kind, status int, text string) *llm.Error {
	return &llm.Error{Kind: kind, Status: status, Provider: ownName, Err: errors.New(text)}
}
