// Package signin signs in to the clouds whose keys are no plain strings: it
// gets an access token with the vendor's own library, keeps it, and gets the
// next one before it runs out. Nothing here logs, and no error holds a token.
package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Token is what a cloud takes instead of a key.
type Token struct {
	Value   string
	Expires time.Time // zero: never
}

// early is how long before its end a token is replaced: longer than any
// request waits for its turn, far shorter than the hour that Google's tokens
// last (cloud.google.com/docs/authentication/token-types).
const early = time.Minute

// Source keeps one token. It may be shared by any number of deployments.
type Source struct {
	fetch func(ctx context.Context) (Token, error)
	now   func() time.Time
	turn  chan struct{} // held by whoever fetches; unlike a mutex it can be waited for with a context

	mu    sync.Mutex
	token Token
}

// NewSource returns a Source that gets its tokens from fetch, which is called
// by one caller at a time and must heed its context. Now defaults to time.Now.
func NewSource(fetch func(ctx context.Context) (Token, error), now func() time.Time) *Source {
	if now == nil {
		now = time.Now
	}
	return &Source{fetch: fetch, now: now, turn: make(chan struct{}, 1)}
}

// Token returns a token that is good for at least a minute, or, where no newer
// one can be had, for as long as the present one lasts.
func (s *Source) Token(ctx context.Context) (string, error) {
	if t, ok := s.kept(early); ok {
		return t.Value, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", context.Cause(ctx))
	}
	if t, ok := s.kept(early); ok { // somebody else got it meanwhile
		return t.Value, nil
	}
	return s.renew(ctx)
}

func (s *Source) renew(ctx context.Context) (string, error) {
	t, err := s.fetch(ctx)
	if err == nil && t.Value == "" {
		err = errors.New("the token that came is empty")
	}
	if err != nil {
		if old, ok := s.kept(0); ok {
			return old.Value, nil
		}
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = t
	return t.Value, nil
}

// kept returns the token that is there, if it lasts longer than left.
func (s *Source) kept(left time.Duration) (Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.token
	return t, t.Value != "" && (t.Expires.IsZero() || t.Expires.Sub(s.now()) > left)
}

// Sign puts a token on a request that goes out.
func (s *Source) Sign(ctx context.Context, r *http.Request) error {
	token, err := s.Token(ctx)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}
