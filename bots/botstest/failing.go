package botstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// failing are the promises of bots.Poster where the platform's API fails.
func failing() []promise {
	return []promise{
		{"an open that got lost is found", lostFound},
		{"too fast is said when opening", tooFastOpen},
		{"too fast is said when writing", tooFastWrite},
		{"a broken server is no end when opening", brokenOpen},
		{"a broken server is no end when writing", brokenWrite},
		{"a channel that is gone is final when opening", goneOpen},
		{"a channel that is gone is final when writing", goneWrite},
	}
}

// fail makes the world fail, or skips the promise where it can not.
func (k *kit) fail(t testing.TB, f Fault) {
	t.Helper()
	if !k.World.Fail(f) {
		t.Skipf("this platform can not fail by %q", f)
	}
}

// tryOpen opens without patience.
func (k *kit) tryOpen(t testing.TB, q bots.Question) (ref bots.Ref, err error) {
	t.Helper()
	err = k.call(t, func(ctx context.Context) (err error) {
		ref, err = k.Platform.Open(ctx, q)
		return err
	})
	return ref, err
}

func (k *kit) tryWrite(t testing.TB, ref bots.Ref, c bots.Content) error {
	t.Helper()
	return k.call(t, func(ctx context.Context) error { return k.Platform.Write(ctx, ref, c) })
}

// finish ends an answer after a fault and checks that it is there once.
func (k *kit) finish(t testing.TB, q bots.Question, ref bots.Ref) {
	t.Helper()
	k.write(t, ref, sample())
	k.shows(t, q, "thirty days", "Labour Contract Law")
	k.once(t, q)
}

// lostFound: the worker that comes next asks Find before it opens. A platform
// that resolves the doubt by itself returns no error at all.
func lostFound(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Did it arrive?")
	k.fail(t, Lost)
	ref, err := k.tryOpen(t, q)
	if err == nil {
		k.finish(t, q, ref)
		return
	}
	var refusal *bots.Refusal
	if errors.As(err, &refusal) {
		t.Errorf("Open returned a Refusal (%v) although its message may have appeared", err)
	}
	ref, found := k.find(t, q)
	if !found {
		t.Fatalf("Find does not find the message, which is there: %q", k.World.Shown(t, q))
	}
	k.finish(t, q, ref)
}

func tooFastOpen(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Too fast?")
	k.fail(t, TooFast)
	ref, err := k.tryOpen(t, q)
	if err != nil {
		tooFast(t, err)
		ref = k.open(t, q)
	}
	k.finish(t, q, ref)
}

func tooFastWrite(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Too fast?")
	ref := k.open(t, q)
	k.fail(t, TooFast)
	if err := k.tryWrite(t, ref, sample()); err != nil {
		tooFast(t, err)
	}
	k.finish(t, q, ref)
}

// tooFast checks what a platform says that did not wait by itself. The world
// asks for one second; a platform may add to it.
func tooFast(t testing.TB, err error) {
	t.Helper()
	var refusal *bots.Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("%v is no Refusal", err)
		return
	}
	if refusal.Final || refusal.After < time.Second/2 || refusal.After > maxWait {
		t.Errorf("Final = %v, After = %s, want about one second", refusal.Final, refusal.After)
	}
}

// brokenOpen: nobody knows what a broken server did, so Find is asked unless
// the platform is sure (a Refusal) or got through at the second try by itself.
func brokenOpen(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is it broken?")
	k.fail(t, Broken)
	ref, err := k.tryOpen(t, q)
	if err != nil {
		notFinal(t, err)
		found := false
		if ref, found = k.find(t, q); !found {
			ref = k.open(t, q)
		}
	}
	k.finish(t, q, ref)
}

func brokenWrite(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is it broken?")
	ref := k.open(t, q)
	k.fail(t, Broken)
	if err := k.tryWrite(t, ref, sample()); err != nil {
		notFinal(t, err)
	}
	k.finish(t, q, ref)
}

func notFinal(t testing.TB, err error) {
	t.Helper()
	var refusal *bots.Refusal
	if errors.As(err, &refusal) && refusal.Final {
		t.Errorf("a broken server is taken for the end: %v", err)
	}
}

func goneOpen(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is it gone?")
	k.fail(t, Gone)
	_, err := k.tryOpen(t, q)
	final(t, err)
}

func goneWrite(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Is it gone?")
	ref := k.open(t, q)
	k.fail(t, Gone)
	final(t, k.tryWrite(t, ref, sample()))
}

func final(t testing.TB, err error) {
	t.Helper()
	var refusal *bots.Refusal
	if !errors.As(err, &refusal) || !refusal.Final {
		t.Errorf("a channel that is gone gives %v, want a Refusal that is Final", err)
	}
}
