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
		outer, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for limit, wrapped := range map[time.Duration]bool{time.Second: true, time.Minute: false, time.Hour: false} {
			l := late{what: "it did not end", limit: limit}
			ctx, stop := l.bound(outer)
			defer stop()
			if (ctx != outer) != wrapped {
				t.Errorf("%s within a minute: wrapped %v", limit, ctx != outer)
			}
		}
		l := late{what: "it did not end", limit: time.Second}
		ctx, stop := l.bound(t.Context())
		defer stop()
		<-ctx.Done()
		if cause, ok := errors.AsType[*late](context.Cause(ctx)); !ok || *cause != l || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("%v, %v", ctx.Err(), context.Cause(ctx))
		}
	})
}
