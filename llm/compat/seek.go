package compat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Open is New for an address as people write it: perhaps without its path
// ("http://localhost:4000", where most servers mean /v1), and perhaps without
// the name of a model, where the first that the server lists will do, or any if
// it lists none. What is missing is found out by calls, and is settled once one
// of them is answered.
func Open(o Options) (llm.Model, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil || (strings.Trim(u.Path, "/") != "" && o.Model != "") {
		return New(o)
	}
	bare := strings.TrimRight(o.BaseURL, "/")
	s := &seeker{o: o, bases: []string{bare}}
	if strings.Trim(u.Path, "/") == "" {
		s.bases = []string{bare + "/v1", bare}
	}
	if s.o.HTTPClient == nil {
		s.o.HTTPClient = edge.NewClient()
	}
	s.o.HTTPClient = edge.Straight(s.o.HTTPClient)
	if _, err := s.at(s.bases, anyModel); err != nil {
		return nil, err
	}
	return s, nil
}

// Bounds of asking a server for its models.
const (
	listWait  = 5 * time.Second
	listBytes = 4 << 20
)

// seeker is a Model whose address or name is still to be found out.
type seeker struct {
	o     Options
	bases []string // where it may be, the likeliest first

	mu    sync.Mutex
	found *Model // it has answered
}

// Complete implements llm.Model.
func (s *seeker) Complete(ctx context.Context, r llm.Request) (resp llm.Response, err error) {
	err = s.seek(ctx, func(m *Model) (answered bool, err error) {
		resp, err = m.Complete(ctx, r)
		return err == nil, err
	})
	return resp, err
}

// Stream implements llm.Model.
func (s *seeker) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		err := s.seek(ctx, func(m *Model) (answered bool, err error) { return pass(m.Stream(ctx, r), yield) })
		if err != nil && !errors.Is(err, edge.ErrLeft) {
			yield(llm.Chunk{}, err)
		}
	}
}

// pass hands on a stream, and tells whether there was any of it.
func pass(chunks iter.Seq2[llm.Chunk, error], yield func(llm.Chunk, error) bool) (begun bool, err error) {
	for chunk, err := range chunks {
		if err != nil {
			return begun, err
		}
		begun = true
		if !yield(chunk, nil) {
			return true, edge.ErrLeft
		}
	}
	return begun, nil
}

// seek makes a call of the model that was found. Where none was yet it makes it
// of one after the other that may be it, until one is not missing. If all are,
// the first one's error is told, and nothing is settled: where a server has
// other models, or is still starting, the same address will answer later.
func (s *seeker) seek(ctx context.Context, call func(*Model) (answered bool, err error)) error {
	if m := s.known(); m != nil {
		_, err := call(m)
		if missing(err) {
			s.lose(m)
		}
		return err
	}
	candidates, err := s.candidates(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, m := range candidates {
		answered, err := call(m)
		if answered {
			s.settle(m)
		}
		if answered || !missing(err) {
			return err
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// missing tells that there is no such address, or no such model at it.
func missing(err error) bool {
	return err != nil && llm.AsError(err).Status == http.StatusNotFound
}

func (s *seeker) known() *Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found
}

// settle notes that a model has answered. Of several at once the first counts.
func (s *seeker) settle(m *Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == nil {
		s.found = m
	}
}

// lose forgets a model whose name the server gave, and no longer knows: the next
// call asks for another.
func (s *seeker) lose(m *Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == m && s.o.Model == "" {
		s.found = nil
	}
}

// anyModel is asked for where a server does not tell its models: one that
// serves a single model rarely looks at the name.
const anyModel = "default"

// candidates are the models that may be meant, the likeliest first. A list of
// models tells the right address too.
func (s *seeker) candidates(ctx context.Context) ([]*Model, error) {
	if s.o.Model != "" {
		return s.at(s.bases, s.o.Model)
	}
	for _, base := range s.bases {
		names, err := list(ctx, s.o, base)
		switch {
		case err != nil:
			continue
		case len(names) == 0:
			err = errors.New("the server has no model (set LITELLM_MODEL to one that it knows)")
			return nil, &llm.Error{Kind: llm.NoSuchModel, Provider: s.o.Provider, Err: err}
		}
		return s.at([]string{base}, names[0])
	}
	return s.at(s.bases, anyModel)
}

// at makes a model of each address.
func (s *seeker) at(bases []string, name string) ([]*Model, error) {
	models := make([]*Model, len(bases))
	for i, base := range bases {
		o := s.o
		o.BaseURL, o.Model = base, name
		m, err := New(o)
		if err != nil {
			return nil, err
		}
		models[i] = m
	}
	return models, nil
}

// list asks a server which models it has.
func list(ctx context.Context, o Options, base string) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, listWait, fmt.Errorf("%s did not list its models in %s", o.Provider, listWait))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/models", nil)
	if err != nil {
		return nil, fmt.Errorf("list the models: %w", err)
	}
	req.Header = headers(o, "application/json")
	resp, err := o.HTTPClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("list the models: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("list the models: HTTP %d", resp.StatusCode)
	}
	var page struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, listBytes)).Decode(&page); err != nil {
		return nil, fmt.Errorf("list the models: %w", err)
	}
	names := make([]string, 0, len(page.Data))
	for _, m := range page.Data {
		names = append(names, m.ID)
	}
	return names, nil
}
