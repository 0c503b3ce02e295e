package post_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/worker"
)

// TestLostOpen: the message appeared, but nobody heard of it.
func TestLostOpen(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.room.Fail(botstest.Lost)
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.shows(t, theAnswer)
		if got := r.kinds("open", "find"); !slices.Equal(got, []string{"open", "find"}) {
			t.Errorf("calls %q", got)
		}
	})
}

// TestLostOpenFoundLate: the message is listed only at the second look.
func TestLostOpenFoundLate(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.after = on("open", errLost)
		r.platform.blind = 1
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.shows(t, theAnswer)
		if got := r.kinds("open", "find"); !slices.Equal(got, []string{"open", "find", "find"}) {
			t.Errorf("calls %q", got)
		}
	})
}

// TestUnsureOpenIsRemembered: the queue gives the try back when a worker stops
// or the platform says "later", but the next delivery must look all the same.
func TestUnsureOpenIsRemembered(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]error{"too fast": tooFast(time.Minute), "broken": errBroken} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.after, r.before = on("open", errLost), on("find", find)
				if err := r.deliver(t.Context()); !errors.Is(err, errBroken) {
					t.Errorf("the first delivery: %v", err)
				}
				r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries-- })
				r.finishes(t)
			})
		})
	}
}

// TestStoppedWhileOpening: the worker stops while its Open is on the way.
func TestStoppedWhileOpening(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		ctx, cancel := context.WithCancelCause(t.Context())
		r.after = func(_ int, kind string) error {
			if kind == "open" {
				cancel(errGrace)
				return errLost
			}
			return nil
		}
		if err := r.deliver(ctx); !errors.Is(err, errGrace) {
			t.Errorf("the first delivery: %v", err)
		}
		r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries-- })
		r.finishes(t)
	})
}

// TestRefusedOpenNeedsNoSearch: a refusal is certain, so the next delivery
// opens at once.
func TestRefusedOpenNeedsNoSearch(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.before = on("open", tooFast(time.Hour))
		if after, later := worker.IsLater(r.deliver(t.Context())); !later || after != time.Hour {
			t.Errorf("again after %s", after)
		}
		r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries-- })
		r.finishes(t)
		if n := len(r.kinds("find")); n > 0 {
			t.Errorf("looked %d times for what cannot be there", n)
		}
		if n := len(r.kinds("answer")); n != 1 {
			t.Errorf("answered %d times", n)
		}
	})
}

func TestPlatformFails(t *testing.T) {
	t.Parallel()
	lots := func(err error) []error { return slices.Repeat([]error{err}, 10) }
	for _, c := range []struct {
		name  string
		kind  string
		errs  []error
		calls int           // of that kind
		took  time.Duration // waiting for the platform
		later time.Duration
		never bool
		fails bool
	}{
		{name: "open too fast once", kind: "open", errs: []error{tooFast(3 * time.Second)}, calls: 2},
		{name: "open too fast always", kind: "open", errs: lots(tooFast(3 * time.Second)), calls: 3, later: 3 * time.Second},
		{name: "open much too fast", kind: "open", errs: lots(tooFast(21 * time.Second)), calls: 1, later: 21 * time.Second},
		{name: "open gone", kind: "open", errs: lots(gone()), calls: 1, never: true},
		{name: "open broken once", kind: "open", errs: []error{errBroken}, calls: 2},
		{name: "open broken always", kind: "open", errs: lots(errBroken), calls: 3, fails: true},
		{name: "write too fast once", kind: "final", errs: []error{tooFast(7 * time.Second)}, calls: 2, took: 7 * time.Second},
		{name: "write too fast always", kind: "final", errs: lots(tooFast(20 * time.Second)), calls: 4, took: 60 * time.Second, later: 20 * time.Second},
		{name: "write much too fast", kind: "final", errs: lots(tooFast(time.Hour)), calls: 1, later: time.Hour},
		{name: "write gone", kind: "final", errs: lots(gone()), calls: 1, never: true},
		{name: "write broken once", kind: "final", errs: []error{errBroken}, calls: 2, took: time.Second},
		{name: "write broken always", kind: "final", errs: lots(errBroken), calls: 4, took: 7 * time.Second, fails: true},
		{name: "live broken always", kind: "write", errs: lots(errBroken), calls: 2},
		{name: "live gone", kind: "write", errs: lots(gone()), calls: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.before = on(c.kind, c.errs...)
				err := r.deliver(t.Context())
				after, later := worker.IsLater(err)
				if later != (c.later > 0) || after != c.later || worker.IsNever(err) != c.never {
					t.Errorf("verdict %v", err)
				}
				if bad := c.fails || c.never || c.later > 0; bad != (err != nil) {
					t.Errorf("got %v", err)
				}
				at := r.times(c.kind)
				if len(at) != c.calls {
					t.Fatalf("%d calls, want %d", len(at), c.calls)
				}
				if took := at[len(at)-1].Sub(at[0]); c.took > 0 && took != c.took {
					t.Errorf("waited %s in all, want %s", took, c.took)
				}
				if late := time.Since(at[len(at)-1]); c.kind == "final" && late > 0 {
					t.Errorf("returned %s after the last call", late)
				}
				r.finishes(t)
			})
		})
	}
}

// TestSlowPlatform: a call that never ends is ended, and its bound is not
// mistaken for the question's deadline.
func TestSlowPlatform(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.desk.Platforms[r.room.Name()] = slow{r.platform}
		began := time.Now()
		err := r.deliver(t.Context())
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("took %s", took)
		}
		r.desk.Platforms[r.room.Name()] = r.platform
		r.finishes(t)
	})
}

// slow is a platform that never answers a Write.
type slow struct{ *platform }

func (slow) Write(ctx context.Context, _ bots.Ref, _ bots.Content) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestStoreFails: the store of records breaks at each of its calls, before its
// effect or after it. A paid answer survives that.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"save", "load"} {
		for nth := 1; nth <= 6; nth++ {
			for _, effect := range []bool{false, true} {
				t.Run("", func(t *testing.T) {
					t.Parallel()
					bubble(t, func(r *rig) {
						t := r.t
						hook := on(kind, append(make([]error, nth-1), errBroken)...)
						if effect {
							r.after = hook
						} else {
							r.before = hook
						}
						err := r.deliver(t.Context())
						if kind == "save" && err != nil {
							t.Errorf("save %d failed once, and then: %v", nth, err)
						}
						if err != nil {
							r.finishes(t)
						}
						r.shows(t, theAnswer)
						if n := len(r.kinds("answer")); n > 1 {
							t.Errorf("answered %d times", n)
						}
						if n := len(r.kinds("open")); n != 1 {
							t.Errorf("opened %d times", n)
						}
					})
				})
			}
		}
	}
}

// TestStoreIsDown: nothing is posted while the claim cannot be looked at.
func TestStoreIsDown(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.before = func(_ int, kind string) error {
			if kind == "save" || kind == "load" {
				return errBroken
			}
			return nil
		}
		if err := r.deliver(t.Context()); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
		if calls := r.posted(); len(calls) > 0 {
			t.Errorf("posted %q", calls)
		}
		r.finishes(t)
	})
}

// TestStoreLagsBehind: a copy of the store that is late shows the record as it
// was before the claim, which is no sign of another worker.
func TestStoreLagsBehind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lag  int
		fine bool
	}{{1, true}, {3, true}, {100, false}} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.before = func(n int, kind string) error {
					if kind == "load" {
						r.records.mu.Lock()
						defer r.records.mu.Unlock()
						r.records.stale[r.q.ID] = worker.Record{Revision: 0, Claim: "an older one"}
						if n < 4 {
							r.records.lag = c.lag
						}
					}
					return nil
				}
				err := r.deliver(t.Context())
				if (err == nil) != c.fine || errors.Is(err, worker.ErrLost) {
					t.Errorf("got %v", err)
				}
				r.records.lag = 0
				if !c.fine {
					r.finishes(t)
				}
				r.shows(t, theAnswer)
			})
		})
	}
}
