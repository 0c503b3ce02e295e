package router

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestBound holds that a limit is set only where nothing ends the context before
// it, and that what has ended it is known.
func TestBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		what := func() string { return "it did not end" }
		outer, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for limit, wrapped := range map[time.Duration]bool{time.Second: true, time.Minute: false, time.Hour: false} {
			ctx, stop := bound(outer, limit, what, true)
			defer stop()
			if (ctx != outer) != wrapped {
				t.Errorf("%s within a minute: wrapped %v", limit, ctx != outer)
			}
		}
		ctx, stop := bound(t.Context(), time.Second, what, true)
		defer stop()
		<-ctx.Done()
		want := late{what: what(), limit: time.Second, ours: true}
		if cause, ok := errors.AsType[*late](context.Cause(ctx)); !ok || *cause != want || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("%v, %v", ctx.Err(), context.Cause(ctx))
		}
	})
}
