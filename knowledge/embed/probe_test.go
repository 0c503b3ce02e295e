package embed_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/knowledge/embed"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
)

// TestProbeAnswers holds that whatever an endpoint answers is an answer, and
// that it is asked once in a while only.
func TestProbeAnswers(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]change{
		"well":    nil,
		"refused": status(http.StatusUnauthorized, ""),
		"limited": status(http.StatusTooManyRequests, ""),
		"a page":  status(http.StatusOK, "<html>"),
	} {
		s, c, clock := serve(t, how)
		for range 3 {
			if err := c.Probe(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		_ = clock.Sleep(t.Context(), time.Minute)
		if err := c.Probe(t.Context()); err != nil || len(s.Calls()) != 2 {
			t.Errorf("%s: %v, %d calls, want one and another a minute later", name, err, len(s.Calls()))
		}
	}
}

// transport answers as a function does.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestProbeAway holds how long an endpoint is waited for that is not there, or
// that takes calls and never answers, and that a question does not wait again.
func TestProbeAway(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer transport
		most   time.Duration
		want   string
	}{
		"closed": {func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, time.Second, "connection refused"},
		"silent": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		}, 5 * time.Second, "does not answer within 5s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := embed.New(embed.Options{Base: "http://localhost:1", Key: embedtest.Key, Client: &http.Client{Transport: test.answer}})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				err = c.Probe(t.Context())
				if took := time.Since(began); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "EMBEDDING_API_BASE") || took > test.most {
					t.Errorf("got %v after %v, want %q within %v", err, took, test.want, test.most)
				}
				began = time.Now()
				again := c.Probe(t.Context())
				_, asked := c.Embed(t.Context(), texts(1))
				if took := time.Since(began); again == nil || asked == nil || took != 0 {
					t.Errorf("then %v and %v after %v, want both at once", again, asked, took)
				}
				<-time.NewTimer(time.Minute).C // of synctest's clock
				began = time.Now()
				if err := c.Probe(t.Context()); err == nil || time.Since(began) == 0 {
					t.Errorf("a minute later %v, want it to be asked again", err)
				}
			})
		})
	}
}

// TestProbeCalledOff holds that who leaves learns nothing about the endpoint.
func TestProbeCalledOff(t *testing.T) {
	t.Parallel()
	s, c, _ := serve(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Probe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := c.Probe(t.Context()); err != nil || len(s.Calls()) != 1 {
		t.Errorf("then %v, %d calls", err, len(s.Calls()))
	}
}
