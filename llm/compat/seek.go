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
)

// Open is New for an address as people write it: perhaps without its path
// ("http://localhost:4000", where most servers mean /v1), and perhaps without
// the name of a model, where the first that the server lists will do, or any if
// it lists none. What is missing is found out at the first call.
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
	o.Model = "any"
	if _, err := New(o); err != nil {
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
	model *Model
	sure  bool // it has answered
}

// Complete implements llm.Model.
func (s *seeker) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	for {
		m, err := s.candidate(ctx)
		if err != nil {
			return llm.Response{}, err
		}
		resp, err := m.Complete(ctx, r)
		if !s.elsewhere(m, err) {
			return resp, err
		}
	}
}

// Stream implements llm.Model.
func (s *seeker) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for {
			m, err := s.candidate(ctx)
			if err != nil {
				yield(llm.Chunk{}, err)
				return
			}
			if !s.stream(ctx, m, r, yield) {
				return
			}
		}
	}
}

// stream passes one model's stream on; true means that it was not there at all.
func (s *seeker) stream(ctx context.Context, m *Model, r llm.Request, yield func(llm.Chunk, error) bool) (again bool) {
	for chunk, err := range m.Stream(ctx, r) {
		if s.elsewhere(m, err) {
			return true
		}
		if !yield(chunk, err) {
			return false
		}
	}
	return false
}

// candidate returns the model to try now.
func (s *seeker) candidate(ctx context.Context) (*Model, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.model != nil {
		return s.model, nil
	}
	o := s.o
	if o.Model == "" {
		if err := s.name(ctx, &o); err != nil {
			return nil, &llm.Error{Kind: llm.NoSuchModel, Provider: o.Provider, Err: err}
		}
	}
	o.BaseURL = s.bases[0]
	m, err := New(o)
	s.model, s.o = m, o
	return m, err
}

// elsewhere notes how a call went, and moves on to the next address after a
// 404 from one that has never answered. It tells whether to call again.
func (s *seeker) elsewhere(m *Model, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.sure = true
		return false
	}
	if m != s.model {
		return true // another call has moved on meanwhile
	}
	if s.sure || llm.AsError(err).Status != http.StatusNotFound || len(s.bases) == 1 {
		return false
	}
	s.bases, s.model = s.bases[1:], nil
	return true
}

// anyModel is asked for where a server does not tell its models: one that
// serves a single model rarely looks at the name.
const anyModel = "default"

// name finds a model's name, and with it the right address.
func (s *seeker) name(ctx context.Context, o *Options) error {
	for _, base := range s.bases {
		names, err := list(ctx, *o, base)
		if err != nil {
			continue
		}
		if len(names) == 0 {
			return errors.New("the server has no model (set LITELLM_MODEL to one that it knows)")
		}
		o.Model, s.bases = names[0], []string{base}
		return nil
	}
	o.Model = anyModel
	return nil
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
	client := o.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
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
