package botstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// defaultPatience is how long the kit waits where Harness.Patience is 0.
const defaultPatience = 10 * time.Second

// TestPlatform holds a platform to the promises of the ports in package bots,
// one subtest each, through nothing but the ports and the World. open returns a
// fresh platform in a fresh world; it is called for every subtest, and they run
// side by side. World.Say must not lose what is said before the platform that
// listens has connected: it waits, or the world keeps it.
//
//nolint:tparallel // whether a platform's test is parallel is for the platform to say
func TestPlatform(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.keep(t, start(t, open(t)))
		})
	}
}

// promise is one thing that every platform keeps.
type promise struct {
	name string
	keep func(tb testing.TB, k *kit)
}

// promises lists all of them, by where they are written down.
func promises() []promise {
	return slices.Concat(hearing(), posting(), failing(), safety(), length(), threads())
}

// kit is one platform that listens, and what a promise needs to look at it.
type kit struct {
	Harness

	inbox  *Inbox
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // of Listen, once ended is closed

	mu   sync.Mutex
	errs []error // all that the platform returned
}

// start lets the platform listen until the test ends.
func start(tb testing.TB, h Harness) *kit {
	tb.Helper()
	if h.Patience == 0 {
		h.Patience = defaultPatience
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	k := &kit{Harness: h, inbox: &Inbox{}, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		k.err = h.Platform.Listen(ctx, k.inbox)
	}()
	tb.Cleanup(func() {
		k.stop(tb)
		k.secretsKept(tb)
	})
	return k
}

// stop ends the listening and checks how it ends.
func (k *kit) stop(tb testing.TB) {
	tb.Helper()
	k.cancel()
	timeout := time.NewTimer(k.Patience)
	defer timeout.Stop()
	select {
	case <-k.ended:
		if k.err != nil && !errors.Is(k.err, context.Canceled) {
			tb.Errorf("Listen returned %v, not nil or its context's error", k.err)
		}
	case <-timeout.C:
		tb.Errorf("Listen did not return within %s of its context's end", k.Patience)
	}
}

// note remembers an error, to look for secrets in it later.
func (k *kit) note(err error) error {
	if err != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.errs = append(k.errs, err)
	}
	return err
}

// secretsKept looks for secrets in all errors that the platform returned.
func (k *kit) secretsKept(tb testing.TB) {
	tb.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	secrets := slices.Clone(k.Secrets)
	for _, q := range k.inbox.Questions() {
		secrets = append(secrets, q.Via)
	}
	for _, err := range k.errs {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(err.Error(), secret) {
				tb.Errorf("an error tells a secret: %s", strings.ReplaceAll(err.Error(), secret, "[secret]"))
			}
		}
	}
}

// can reports whether something can be said here in that way.
func (k *kit) can(kind Kind) bool { return slices.Contains(k.World.Kinds(), kind) }

// usual is the way in which the kit asks where the way does not matter.
func (k *kit) usual(tb testing.TB) Kind {
	tb.Helper()
	for _, kind := range []Kind{Mention, Direct, Command} {
		if k.can(kind) {
			return kind
		}
	}
	tb.Fatal("the bot can not be addressed at all: World.Kinds has no Mention, Direct or Command")
	return ""
}

// ask says something to the bot and waits until it is heard.
func (k *kit) ask(tb testing.TB, text string) bots.Question {
	tb.Helper()
	return k.askAs(tb, Said{Kind: k.usual(tb), Text: text})
}

func (k *kit) askAs(tb testing.TB, s Said) bots.Question {
	tb.Helper()
	k.World.Say(tb, s)
	return k.hear(tb, s.Text)
}

// hear waits for the question with that text.
func (k *kit) hear(tb testing.TB, text string) bots.Question {
	tb.Helper()
	var found bots.Question
	ok := k.inbox.until(k.Patience, func() bool {
		i := slices.IndexFunc(k.inbox.questions, func(q bots.Question) bool { return q.Text == text })
		if i >= 0 {
			found = k.inbox.questions[i]
		}
		return i >= 0
	})
	if !ok {
		tb.Fatalf("%q was not heard; heard was %q", shorten(text), k.inbox.texts())
	}
	return found
}

// fence says two more things and waits until they are heard: what was said
// before them has been heard by then, or never will be.
func (k *kit) fence(tb testing.TB) {
	tb.Helper()
	k.ask(tb, fmt.Sprintf("fence %d", k.inbox.Calls()))
	k.ask(tb, fmt.Sprintf("second fence %d", k.inbox.Calls()))
}

// heard counts the questions whose text contains part.
func (k *kit) heard(part string) int {
	n := 0
	for _, q := range k.inbox.Questions() {
		if strings.Contains(q.Text, part) {
			n++
		}
	}
	return n
}

// open opens an answer; where the platform says "too fast" it waits.
func (k *kit) open(tb testing.TB, q bots.Question) bots.Ref {
	tb.Helper()
	var ref bots.Ref
	err := k.patiently(tb, func(ctx context.Context) (err error) {
		ref, err = k.Platform.Open(ctx, q)
		return err
	})
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	return ref
}

// write writes content; where the platform says "too fast" it waits.
func (k *kit) write(tb testing.TB, ref bots.Ref, c bots.Content) {
	tb.Helper()
	err := k.patiently(tb, func(ctx context.Context) error { return k.Platform.Write(ctx, ref, c) })
	if err != nil {
		tb.Fatalf("Write: %v", err)
	}
}

// maxWait is the longest "again after" that the kit obeys.
const maxWait = 5 * time.Second

// patiently calls f again as long as the platform says "too fast".
func (k *kit) patiently(tb testing.TB, f func(ctx context.Context) error) error {
	tb.Helper()
	for range 20 {
		err := k.call(tb, f)
		var refusal *bots.Refusal
		if !errors.As(err, &refusal) || refusal.Final || refusal.After <= 0 {
			return err
		}
		wait(tb, min(refusal.After, maxWait))
	}
	return errors.New("botstest: refused twenty times in a row")
}

// call calls the platform with a deadline and notes its error.
func (k *kit) call(tb testing.TB, f func(ctx context.Context) error) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), k.Patience+maxWait)
	defer cancel()
	return k.note(f(ctx))
}

func (k *kit) find(tb testing.TB, q bots.Question) (ref bots.Ref, found bool) {
	tb.Helper()
	err := k.patiently(tb, func(ctx context.Context) (err error) {
		ref, found, err = k.Platform.Find(ctx, q)
		return err
	})
	if err != nil {
		tb.Fatalf("Find: %v", err)
	}
	return ref, found
}

// answer opens and writes the final content.
func (k *kit) answer(tb testing.TB, q bots.Question, c bots.Content) {
	tb.Helper()
	ref := k.open(tb, q)
	c.Final = true
	k.write(tb, ref, c)
}

// shows waits until the answer to q shows all parts, and returns its messages.
func (k *kit) shows(tb testing.TB, q bots.Question, parts ...string) []Shown {
	tb.Helper()
	var shown []Shown
	missing := ""
	ok := eventually(k.Patience, func() bool {
		shown = k.World.Shown(tb, q)
		text := readable(shown)
		for _, p := range parts {
			if missing = p; !strings.Contains(text, flat(p)) {
				return false
			}
		}
		return len(shown) > 0
	})
	if !ok {
		tb.Fatalf("the answer to %q does not show %q; it shows %q", shorten(q.Text), missing, shorten(readable(shown)))
	}
	return shown
}

// once fails unless the answer is one message.
func (k *kit) once(tb testing.TB, q bots.Question) {
	tb.Helper()
	if shown := k.World.Shown(tb, q); len(shown) != 1 {
		tb.Errorf("the answer is %d messages, not one: %q", len(shown), shown)
	}
}

// readable is all text of an answer as one flat line.
func readable(shown []Shown) string {
	var b strings.Builder
	for _, s := range shown {
		b.WriteString(s.Text + "\n")
	}
	return flat(b.String())
}

// flat removes what a reader does not see: zero-width characters, and
// differences in white space.
func flat(s string) string {
	s = strings.NewReplacer("\u200b", "", "\u2060", "", "\u200d", "", "\ufeff", "").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}

// eventually polls until done is true or patience is over.
func eventually(patience time.Duration, done func() bool) bool {
	timeout, tick := time.NewTimer(patience), time.NewTicker(2*time.Millisecond)
	defer timeout.Stop()
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-timeout.C:
			return done()
		}
	}
	return true
}

// wait waits as long as a platform asked for.
func wait(tb testing.TB, d time.Duration) {
	tb.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-tb.Context().Done():
		tb.Fatal(tb.Context().Err())
	}
}
