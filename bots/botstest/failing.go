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
func (k *kit) fail(tb testing.TB, f Fault) {
	tb.Helper()
	if !k.World.Fail(f) {
		tb.Skipf("this platform can not fail by %q", f)
	}
}

// tryOpen opens without patience.
func (k *kit) tryOpen(tb testing.TB, q bots.Question) (ref bots.Ref, err error) {
	tb.Helper()
	err = k.call(tb, func(ctx context.Context) (err error) {
		ref, err = k.Platform.Open(ctx, q)
		return err
	})
	return ref, err
}

func (k *kit) tryWrite(tb testing.TB, ref bots.Ref, c bots.Content) error {
	tb.Helper()
	return k.call(tb, func(ctx context.Context) error { return k.Platform.Write(ctx, ref, c) })
}

// finish ends an answer after a fault and checks that it is there once.
func (k *kit) finish(tb testing.TB, q bots.Question, ref bots.Ref) {
	tb.Helper()
	k.write(tb, ref, sample())
	k.shows(tb, q, "thirty days", "Labour Contract Law")
	k.once(tb, q)
}

// lostFound: the worker that comes next asks Find before it opens. A platform
// that resolves the doubt by itself returns no error at all.
func lostFound(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Did it arrive?")
	k.fail(tb, Lost)
	ref, err := k.tryOpen(tb, q)
	if err == nil {
		k.finish(tb, q, ref)
		return
	}
	if _, ok := errors.AsType[*bots.Refusal](err); ok {
		tb.Errorf("Open returned a Refusal (%v) although its message may have appeared", err)
	}
	ref, found := k.find(tb, q)
	if !found {
		tb.Fatalf("Find does not find the message, which is there: %q", k.World.Shown(tb, q))
	}
	k.finish(tb, q, ref)
}

func tooFastOpen(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Too fast?")
	k.fail(tb, TooFast)
	ref, err := k.tryOpen(tb, q)
	if err != nil {
		tooFast(tb, err)
		ref = k.open(tb, q)
	}
	k.finish(tb, q, ref)
}

func tooFastWrite(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Too fast?")
	ref := k.open(tb, q)
	k.fail(tb, TooFast)
	if err := k.tryWrite(tb, ref, sample()); err != nil {
		tooFast(tb, err)
	}
	k.finish(tb, q, ref)
}

// tooFast checks what a platform says that did not wait by itself. The world
// asks for one second; a platform may add to it.
func tooFast(tb testing.TB, err error) {
	tb.Helper()
	var refusal *bots.Refusal
	if !errors.As(err, &refusal) {
		tb.Errorf("%v is no Refusal", err)
		return
	}
	if refusal.Final || refusal.After < time.Second/2 || refusal.After > maxWait {
		tb.Errorf("Final = %v, After = %s, want about one second", refusal.Final, refusal.After)
	}
}

// brokenOpen: nobody knows what a broken server did, so Find is asked unless
// the platform is sure (a Refusal) or got through at the second try by itself.
func brokenOpen(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is it broken?")
	k.fail(tb, Broken)
	ref, err := k.tryOpen(tb, q)
	if err != nil {
		notFinal(tb, err)
		ref = k.findOrOpen(tb, q)
	}
	k.finish(tb, q, ref)
}

// findOrOpen is what a worker does that does not know whether it opened.
func (k *kit) findOrOpen(tb testing.TB, q bots.Question) bots.Ref {
	tb.Helper()
	if ref, found := k.find(tb, q); found {
		return ref
	}
	return k.open(tb, q)
}

func brokenWrite(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is it broken?")
	ref := k.open(tb, q)
	k.fail(tb, Broken)
	if err := k.tryWrite(tb, ref, sample()); err != nil {
		notFinal(tb, err)
	}
	k.finish(tb, q, ref)
}

func notFinal(tb testing.TB, err error) {
	tb.Helper()
	var refusal *bots.Refusal
	if errors.As(err, &refusal) && refusal.Final {
		tb.Errorf("a broken server is taken for the end: %v", err)
	}
}

func goneOpen(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is it gone?")
	k.fail(tb, Gone)
	_, err := k.tryOpen(tb, q)
	final(tb, err)
}

func goneWrite(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Is it gone?")
	ref := k.open(tb, q)
	k.fail(tb, Gone)
	final(tb, k.tryWrite(tb, ref, sample()))
}

func final(tb testing.TB, err error) {
	tb.Helper()
	var refusal *bots.Refusal
	if !errors.As(err, &refusal) || !refusal.Final {
		tb.Errorf("a channel that is gone gives %v, want a Refusal that is Final", err)
	}
}
