package edge

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// ErrLeft says that the reader of a stream has left its loop.
var ErrLeft = errors.New("the reader left")

// Stream makes an iterator of a function that hands chunks to yield until it is
// done, fails, or yield says that the reader left; then it returns ErrLeft, which
// is nobody's failure. report is told how every other stream ended.
func Stream(run func(yield func(llm.Chunk) bool) error, report func(error)) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		err := run(func(c llm.Chunk) bool { return yield(c, nil) })
		if errors.Is(err, ErrLeft) {
			return
		}
		report(err)
		if err != nil {
			yield(llm.Chunk{}, err)
		}
	}
}

// Ahead hands on chunk after chunk. Of each it says whether the next is here
// already, which is why it looks one ahead; but it never waits for that one. next
// waits for a chunk, poll returns one only if it is here; both return io.EOF when
// the stream ended well. Ahead returns what ended it, or ErrLeft.
func Ahead(next func() (llm.Chunk, error), poll func() (llm.Chunk, bool, error), yield func(llm.Chunk) bool) error {
	for {
		chunk, err := next()
		if err != nil {
			return err
		}
		for more := true; more; {
			following, found, err := poll()
			more = found
			chunk.More = found || errors.Is(err, io.EOF)
			if !yield(chunk) {
				return ErrLeft
			}
			if err != nil {
				return err
			}
			chunk = following
		}
	}
}

// Report logs how a call of a deployment ended.
func Report(ctx context.Context, log *slog.Logger, deployment string, took time.Duration, err error) {
	if err == nil {
		if log.Enabled(ctx, slog.LevelDebug) { // what is logged is made only then
			log.DebugContext(ctx, "model answered", "deployment", deployment, "took", took)
		}
		return
	}
	level := slog.LevelWarn
	if llm.KindOf(err) == llm.Cancelled {
		level = slog.LevelDebug // the caller left: nothing is wrong
	}
	log.Log(ctx, level, "model failed", "deployment", deployment, "kind", llm.KindOf(err), "took", took, "error", err)
}
