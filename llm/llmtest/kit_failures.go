package llmtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// both makes the call as a completion and as a stream, and returns both errors
// by the mode's name.
func both(t *testing.T, m llm.Model, r llm.Request) map[string]error {
	t.Helper()
	_, whole := m.Complete(t.Context(), r)
	_, streamed := Read(t.Context(), m, r)
	return map[string]error{"complete": whole, "stream": streamed}
}

// checkKind wants an *llm.Error of this kind.
func checkKind(t *testing.T, err error, want llm.Kind) {
	t.Helper()
	_ = ofKind(t, err, want)
}

// ofKind returns the *llm.Error of this kind that err must be.
func ofKind(t *testing.T, err error, want llm.Kind) *llm.Error {
	t.Helper()
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		t.Fatalf("error %v is no *llm.Error", err)
	}
	if e.Kind != want {
		t.Errorf("kind = %s (%v), want %s", e.Kind, err, want)
	}
	return e
}

func testRefusals(t *testing.T, h Harness) {
	t.Helper()
	for status, want := range map[int]llm.Kind{
		http.StatusBadRequest:          llm.BadRequest,
		http.StatusUnauthorized:        llm.Unauthorised,
		http.StatusPaymentRequired:     llm.NoFunds,
		http.StatusForbidden:           llm.Unauthorised,
		http.StatusNotFound:            llm.NoSuchModel,
		http.StatusRequestTimeout:      llm.Timeout,
		http.StatusUnprocessableEntity: llm.BadRequest,
		http.StatusTooManyRequests:     llm.RateLimited,
		http.StatusInternalServerError: llm.Overloaded,
		http.StatusServiceUnavailable:  llm.Overloaded,
		529:                            llm.Overloaded,
	} {
		server, m := h.start(t, Setup{}, Refuse(status, "it will not be"))
		for mode, err := range both(t, m, Ask(t, "Really?")) {
			e := ofKind(t, err, want)
			if e.Status != status || !strings.Contains(err.Error(), "it will not be") {
				t.Errorf("%s: %v: want status %d and the provider's words", mode, err, status)
			}
		}
		if n := len(server.Requests()); n != 2 {
			t.Errorf("status %d: %d calls were made, want 2: an adapter does not retry", status, n)
		}
	}
}

func testFaults(t *testing.T, h Harness) {
	t.Helper()
	overloaded := Step{
		Pieces: []string{"So ", "far"}, Fault: ErrorEvent, After: 1, Code: "overloaded_error", Message: "Overloaded",
	}
	for name, test := range map[string]struct {
		step   Step
		kind   llm.Kind
		before string // what a stream has said by then
	}{
		"cut at once":   {CutAfter(0, "So ", "far"), llm.Unreachable, ""},
		"cut later":     {CutAfter(1, "So ", "far"), llm.Unreachable, "So "},
		"garbage":       {Fail(Garbage), llm.BadResponse, ""},
		"empty object":  {Fail(Empty), llm.BadResponse, ""},
		"error inside":  {overloaded, llm.Overloaded, "So "},
		"never-ending":  {Step{Pieces: []string{"So "}, Fault: Endless}, llm.BadResponse, "*"},
		"50 MB of text": {Say(strings.Repeat("far too much ", 10_000)), llm.BadResponse, ""},
	} {
		_, m := h.start(t, Setup{MaxBytes: 64 << 10}, test.step)
		_, err := m.Complete(t.Context(), Ask(t, "Really?"))
		if err == nil {
			t.Errorf("%s: the completion did not fail", name)
			continue
		}
		checkKind(t, err, test.kind)
		chunks, err := Read(t.Context(), m, Ask(t, "Really?"))
		if err == nil {
			t.Errorf("%s: the stream did not fail", name)
			continue
		}
		checkKind(t, err, test.kind)
		if got := joined(chunks); got != test.before && test.before != "*" {
			t.Errorf("%s: before the error the stream said %q, want %q", name, got, test.before)
		}
		for _, c := range chunks {
			if c.Served != nil {
				t.Errorf("%s: a broken stream says who served it", name)
			}
		}
	}
}

// short is a time limit that a test can wait for, and within which a call still
// reaches its server on a machine that is busy.
const short = 200 * time.Millisecond

func testTimeLimits(t *testing.T, h Harness) {
	t.Helper()
	never := NewGate("far")
	stalled := Say("So ", "far").Hold(never)
	for name, test := range map[string]struct {
		setup Setup
		step  Step
	}{
		"nothing at all":         {Setup{Timeout: short}, Fail(Silent)},
		"whole call":             {Setup{Timeout: 3 * short}, stalled},
		"stream: first token":    {Setup{FirstToken: short}, Fail(Silent)},
		"stream: between tokens": {Setup{Idle: short}, stalled},
	} {
		server, m := h.start(t, test.setup, test.step)
		_, err := Read(t.Context(), m, Ask(t, "Really?"))
		if e := ofKind(t, err, llm.Timeout); errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%s: %v: the limit that passed has no name", name, err)
		}
		calls := 1
		if !strings.HasPrefix(name, "stream") {
			_, err := m.Complete(t.Context(), Ask(t, "Really?"))
			checkKind(t, err, llm.Timeout)
			calls = 2
		}
		server.WaitLeft(t, calls)
	}
}

func testNobody(t *testing.T, h Harness) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for mode, err := range both(t, h.model(t, Setup{URL: "http://" + address}), Ask(t, "Really?")) {
		if e := ofKind(t, err, llm.Unreachable); e.Status != 0 {
			t.Errorf("%s: status = %d", mode, e.Status)
		}
	}
}

func testRetryAfter(t *testing.T, h Harness) {
	t.Helper()
	for value, want := range map[string]time.Duration{
		"":       0,
		"7":      7 * time.Second,
		"0.5":    500 * time.Millisecond,
		"-3":     0,
		"soon":   0,
		"999999": time.Hour,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		_, m := h.start(t, Setup{}, TooMany(value))
		for mode, err := range both(t, m, Ask(t, "Really?")) {
			if e := ofKind(t, err, llm.RateLimited); e.After != want {
				t.Errorf("%s: Retry-After %q became %s, want %s", mode, value, e.After, want)
			}
		}
	}
}

func testWebPage(t *testing.T, h Harness) {
	t.Helper()
	page := "<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>b{}</style></head><body>" +
		strings.Repeat("<p>nginx</p>\n", 5000) + "</body></html>"
	step := Refuse(http.StatusBadGateway, "")
	step.Body = page
	_, m := h.start(t, Setup{}, step)
	for mode, err := range both(t, m, Ask(t, "Really?")) {
		checkKind(t, err, llm.Overloaded)
		text := err.Error()
		if !strings.Contains(text, "502 Bad Gateway") || strings.ContainsAny(text, "<>\n") || len(text) > 500 {
			t.Errorf("%s: %q: want one short line with the page's title", mode, text)
		}
	}
}

func testCancelled(t *testing.T, h Harness) {
	t.Helper()
	gate := NewGate("far")
	server, m := h.start(t, Setup{}, Say("So ", "far").Hold(gate))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	reason := errors.New("the asker took it back")
	var last error
	for chunk, err := range m.Stream(ctx, Ask(t, "Really?")) {
		if err == nil && chunk.Text() == "So " {
			<-gate.Reached()
			cancel(reason)
		}
		last = err
	}
	if e := ofKind(t, last, llm.Cancelled); !errors.Is(e, reason) {
		t.Errorf("%v does not say why the caller left", last)
	}
	server.WaitLeft(t, 1)

	_, err := m.Complete(ctx, Ask(t, "Really?"))
	checkKind(t, err, llm.Cancelled)
}

func testDeadline(t *testing.T, h Harness) {
	t.Helper()
	server, m := h.start(t, Setup{}, Fail(Silent))
	cause := errors.New("the question is too old")
	ctx, cancel := context.WithTimeoutCause(t.Context(), short, cause)
	defer cancel()
	_, err := m.Complete(ctx, Ask(t, "Really?"))
	if e := ofKind(t, err, llm.Timeout); !errors.Is(e, cause) {
		t.Errorf("%v does not name the caller's deadline", err)
	}
	server.WaitLeft(t, 1)
}

func testLeftEarly(t *testing.T, h Harness) {
	t.Helper()
	gate := NewGate("far")
	server, m := h.start(t, Setup{}, Say("So ", "far").Hold(gate))
	for chunk, err := range m.Stream(t.Context(), Ask(t, "Really?")) {
		if err != nil {
			t.Fatal(err)
		}
		if chunk.Text() != "" {
			<-gate.Reached()
			break
		}
	}
	server.WaitLeft(t, 1)
}

// testSecrets lets the provider repeat the key and the question in every way
// that an error can take.
func testSecrets(t *testing.T, h Harness) {
	t.Helper()
	question := "Is Mr. Zhang Wei of the Hangzhou office going to be dismissed in March?"
	echo := func(status int) Step {
		return Respond(func(r Request) Step {
			key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + r.Header.Get("X-Api-Key")
			s := Refuse(status, fmt.Sprintf("key %s (%s...) may not ask %q", key, key[:14], r.Prompt()))
			if status == http.StatusOK {
				s.Status, s.Fault = 0, ErrorEvent
			}
			return s
		})
	}
	page := echo(http.StatusForbidden)
	do := page.Do
	page.Do = func(r Request) Step {
		s := do(r)
		s.Body = "<html><body>" + s.Message + "</body></html>"
		return s
	}
	for name, step := range map[string]Step{
		"401": echo(http.StatusUnauthorized), "429": echo(http.StatusTooManyRequests), "500": echo(http.StatusInternalServerError),
		"inside of a stream": echo(http.StatusOK), "web page": page,
	} {
		_, m := h.start(t, Setup{}, step)
		for mode, err := range both(t, m, Ask(t, question)) {
			text := fmt.Sprintf("%v %+v", err, err)
			for _, part := range []string{kitKey, kitKey[:14], kitKey[len(kitKey)-12:], question, question[4:30]} {
				if strings.Contains(text, part) {
					t.Errorf("%s, %s: %q holds %q", name, mode, text, part)
				}
			}
		}
	}
}
