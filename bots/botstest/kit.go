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
	keep func(t testing.TB, k *kit)
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
func start(t testing.TB, h Harness) *kit {
	t.Helper()
	if h.Patience == 0 {
		h.Patience = defaultPatience
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	k := &kit{Harness: h, inbox: &Inbox{}, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		k.err = h.Platform.Listen(ctx, k.inbox)
	}()
	t.Cleanup(func() {
		k.stop(t)
		k.secretsKept(t)
	})
	return k
}

// stop ends the listening and checks how it ends.
func (k *kit) stop(t testing.TB) {
	t.Helper()
	k.cancel()
	timeout := time.NewTimer(k.Patience)
	defer timeout.Stop()
	select {
	case <-k.ended:
		if k.err != nil && !errors.Is(k.err, context.Canceled) {
			t.Errorf("Listen returned %v, not nil or its context's error", k.err)
		}
	case <-timeout.C:
		t.Errorf("Listen did not return within %s of its context's end", k.Patience)
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
func (k *kit) secretsKept(t testing.TB) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	secrets := slices.Clone(k.Secrets)
	for _, q := range k.inbox.Questions() {
		secrets = append(secrets, q.Via)
	}
	for _, err := range k.errs {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("an error tells a secret: %s", strings.ReplaceAll(err.Error(), secret, "[secret]"))
			}
		}
	}
}

// can reports whether something can be said here in that way.
func (k *kit) can(kind Kind) bool { return slices.Contains(k.World.Kinds(), kind) }

// usual is the way in which the kit asks where the way does not matter.
func (k *kit) usual(t testing.TB) Kind {
	t.Helper()
	for _, kind := range []Kind{Mention, Direct, Command} {
		if k.can(kind) {
			return kind
		}
	}
	t.Fatal("the bot can not be addressed at all: World.Kinds has no Mention, Direct or Command")
	return ""
}

// ask says something to the bot and waits until it is heard.
func (k *kit) ask(t testing.TB, text string) bots.Question {
	t.Helper()
	return k.askAs(t, Said{Kind: k.usual(t), Text: text})
}

func (k *kit) askAs(t testing.TB, s Said) bots.Question {
	t.Helper()
	k.World.Say(t, s)
	return k.hear(t, s.Text)
}

// hear waits for the question with that text.
func (k *kit) hear(t testing.TB, text string) bots.Question {
	t.Helper()
	var found bots.Question
	ok := k.inbox.until(k.Patience, func() bool {
		i := slices.IndexFunc(k.inbox.questions, func(q bots.Question) bool { return q.Text == text })
		if i >= 0 {
			found = k.inbox.questions[i]
		}
		return i >= 0
	})
	if !ok {
		t.Fatalf("%q was not heard; heard was %q", shorten(text), k.inbox.texts())
	}
	return found
}

// fence says two more things and waits until they are heard: what was said
// before them has been heard by then, or never will be.
func (k *kit) fence(t testing.TB) {
	t.Helper()
	k.ask(t, fmt.Sprintf("fence %d", k.inbox.Calls()))
	k.ask(t, fmt.Sprintf("second fence %d", k.inbox.Calls()))
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
func (k *kit) open(t testing.TB, q bots.Question) bots.Ref {
	t.Helper()
	var ref bots.Ref
	err := k.patiently(t, func(ctx context.Context) (err error) {
		ref, err = k.Platform.Open(ctx, q)
		return err
	})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return ref
}

// write writes content; where the platform says "too fast" it waits.
func (k *kit) write(t testing.TB, ref bots.Ref, c bots.Content) {
	t.Helper()
	err := k.patiently(t, func(ctx context.Context) error { return k.Platform.Write(ctx, ref, c) })
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
}

// maxWait is the longest "again after" that the kit obeys.
const maxWait = 5 * time.Second

// patiently calls f again as long as the platform says "too fast".
func (k *kit) patiently(t testing.TB, f func(ctx context.Context) error) error {
	t.Helper()
	for range 20 {
		err := k.call(t, f)
		var refusal *bots.Refusal
		if !errors.As(err, &refusal) || refusal.Final || refusal.After <= 0 {
			return err
		}
		wait(t, min(refusal.After, maxWait))
	}
	return errors.New("botstest: refused twenty times in a row")
}

// call calls the platform with a deadline and notes its error.
func (k *kit) call(t testing.TB, f func(ctx context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), k.Patience+maxWait)
	defer cancel()
	return k.note(f(ctx))
}

func (k *kit) find(t testing.TB, q bots.Question) (ref bots.Ref, found bool) {
	t.Helper()
	err := k.patiently(t, func(ctx context.Context) (err error) {
		ref, found, err = k.Platform.Find(ctx, q)
		return err
	})
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return ref, found
}

// answer opens and writes the final content.
func (k *kit) answer(t testing.TB, q bots.Question, c bots.Content) bots.Ref {
	t.Helper()
	ref := k.open(t, q)
	c.Final = true
	k.write(t, ref, c)
	return ref
}

// shows waits until the answer to q shows all parts, and returns its messages.
func (k *kit) shows(t testing.TB, q bots.Question, parts ...string) []Shown {
	t.Helper()
	var shown []Shown
	missing := ""
	ok := eventually(k.Patience, func() bool {
		shown = k.World.Shown(t, q)
		text := readable(shown)
		for _, p := range parts {
			if missing = p; !strings.Contains(text, flat(p)) {
				return false
			}
		}
		return len(shown) > 0
	})
	if !ok {
		t.Fatalf("the answer to %q does not show %q; it shows %q", shorten(q.Text), missing, shorten(readable(shown)))
	}
	return shown
}

// once fails unless the answer is one message.
func (k *kit) once(t testing.TB, q bots.Question) {
	t.Helper()
	if shown := k.World.Shown(t, q); len(shown) != 1 {
		t.Errorf("the answer is %d messages, not one: %q", len(shown), shown)
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
func wait(t testing.TB, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}
