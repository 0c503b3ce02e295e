package report

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func post(t *testing.T, address string, header http.Header) ([]byte, *SendError) {
	t.Helper()
	p, err := newPoster(nil, address, header, func() time.Time { return sampleTime })
	if err != nil {
		t.Fatal(err)
	}
	reply, err := p.post(t.Context(), nil, nil, []byte("body"))
	if err == nil {
		return reply, nil
	}
	said, ok := errors.AsType[*SendError](err)
	if !ok {
		t.Fatalf("%T is no *SendError", err)
	}
	return reply, said
}

func TestPostVerdicts(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]SendError{
		http.StatusBadRequest:            {Split: true},
		http.StatusRequestEntityTooLarge: {Split: true},
		http.StatusConflict:              {Split: true},
		http.StatusUnprocessableEntity:   {Split: true},
		http.StatusUnauthorized:          {},
		http.StatusForbidden:             {},
		http.StatusNotFound:              {},
		http.StatusMovedPermanently:      {},
		http.StatusRequestTimeout:        {Retry: true, After: 7 * time.Second},
		http.StatusTooManyRequests:       {Retry: true, After: 7 * time.Second},
		http.StatusInternalServerError:   {Retry: true, After: 7 * time.Second},
		http.StatusServiceUnavailable:    {Retry: true, After: 7 * time.Second},
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.Header().Set("Location", "http://127.0.0.1:1/")
				http.Error(w, "details: private words", status)
			}))
			t.Cleanup(s.Close)
			_, got := post(t, s.URL+"/path?key=hidden", nil)
			if got == nil || got.Retry != want.Retry || got.Split != want.Split || got.After != want.After {
				t.Errorf("%+v", got)
			}
			if text := got.Error(); !strings.Contains(text, s.URL+"/path") || strings.Contains(text, "hidden") || strings.Contains(text, "private") {
				t.Error(text)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	p := &poster{now: func() time.Time { return sampleTime }}
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-3": 0, "99999999999999999999": 0, "9999999": maxAfter, "soon": 0,
		sampleTime.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		sampleTime.Add(-time.Hour).Format(http.TimeFormat):       0,
	} {
		if got := p.after(value); got != want {
			t.Errorf("%q is %v, not %v", value, got, want)
		}
	}
}

func TestPostUnreachableHidesTheQuery(t *testing.T) {
	t.Parallel()
	_, got := post(t, "http://someone:pass-word@127.0.0.1:1/x?token=hidden", nil)
	if got == nil || !got.Retry || strings.Contains(got.Error(), "hidden") || strings.Contains(got.Error(), "pass-word") {
		t.Errorf("%v", got)
	}
}

func TestPostNamesTheTimeout(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(s.Close)
	p, err := newPoster(s.Client(), s.URL, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("it took too long"))
	defer cancel()
	if _, err := p.post(ctx, nil, nil, nil); err == nil || !strings.Contains(err.Error(), "it took too long") {
		t.Error(err)
	}
}

func TestPostTakesANameFromTheAddress(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		w.Write([]byte(name + "/" + password + "/" + r.Header.Get("X-Other")))
	}))
	t.Cleanup(s.Close)
	reply, err := post(t, strings.Replace(s.URL, "://", "://me:word@", 1), http.Header{"X-Other": {"there"}})
	if err != nil || string(reply) != "me/word/there" {
		t.Errorf("%s %v", reply, err)
	}
}
