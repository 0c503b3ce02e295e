package signin_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm/signin"
)

func TestTokenIsKeptAndReplacedEarly(t *testing.T) {
	t.Parallel()
	now, fetched := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), 0
	s := signin.NewSource(func(context.Context) (signin.Token, error) {
		fetched++
		return signin.Token{Value: string(rune('a' + fetched - 1)), Expires: now.Add(time.Hour)}, nil
	}, func() time.Time { return now })
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "a"}, {30 * time.Minute, "a"}, {28 * time.Minute, "a"}, {time.Minute, "b"}, {time.Minute, "b"}} {
		now = now.Add(step.after)
		if got, err := s.Token(t.Context()); err != nil || got != step.want {
			t.Errorf("after %s: %q, %v, want %q", step.after, got, err, step.want)
		}
	}
	if fetched != 2 {
		t.Errorf("fetched %d times, want 2", fetched)
	}
}

func TestOneFetchForManyCallers(t *testing.T) {
	t.Parallel()
	var fetched atomic.Int32
	gate := make(chan struct{})
	s := signin.NewSource(func(context.Context) (signin.Token, error) {
		fetched.Add(1)
		<-gate
		return signin.Token{Value: "t"}, nil
	}, nil)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if got, err := s.Token(t.Context()); err != nil || got != "t" {
				t.Errorf("Token = %q, %v", got, err)
			}
		})
	}
	close(gate)
	callers.Wait()
	if n := fetched.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestWaitingEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	gate, inside := make(chan struct{}), make(chan struct{})
	s := signin.NewSource(func(context.Context) (signin.Token, error) {
		close(inside)
		<-gate
		return signin.Token{Value: "t"}, nil
	}, nil)
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := s.Token(t.Context()); err != nil {
			t.Error(err)
		}
	})
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	close(gate)
	first.Wait()
}

func TestOldTokenServesWhileNoNewOneComes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	down := errors.New("down")
	var err error
	s := signin.NewSource(func(context.Context) (signin.Token, error) {
		return signin.Token{Value: "old", Expires: time.Unix(1_000_000, 0).Add(time.Hour)}, err
	}, func() time.Time { return now })
	if _, e := s.Token(t.Context()); e != nil {
		t.Fatal(e)
	}
	err = down
	now = now.Add(time.Hour - 30*time.Second)
	if got, e := s.Token(t.Context()); e != nil || got != "old" {
		t.Errorf("half a minute before its end: %q, %v", got, e)
	}
	now = now.Add(time.Minute)
	if got, e := s.Token(t.Context()); !errors.Is(e, down) {
		t.Errorf("after its end: %q, %v", got, e)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	s := signin.NewSource(func(context.Context) (signin.Token, error) { return signin.Token{Value: "t"}, nil }, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(t.Context(), r); err != nil || r.Header.Get("Authorization") != "Bearer t" {
		t.Errorf("Sign: %v, %v", err, r.Header)
	}
	empty := signin.NewSource(func(context.Context) (signin.Token, error) { return signin.Token{}, nil }, nil)
	if err := empty.Sign(t.Context(), r); err == nil {
		t.Error("an empty token was taken")
	}
}
