package queue

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// benchQueue is as in production: synced writes, the usual ackWait.
func benchQueue(b *testing.B) *Queue {
	b.Helper()
	return open(b, Options{ackWait: defaultAckWait, MaxStore: 4 << 30, Log: slog.New(slog.DiscardHandler)})
}

// benchQuestion has the size of a long question, in a thread of its own.
func benchQuestion(n int) bots.Question {
	e := question(fmt.Sprintf("b%d", n), n)
	e.Text = strings.Repeat("公司恶意辞退怎么办？", 30)
	return e
}

// BenchmarkHear is one question after the other, each on disk before the next.
func BenchmarkHear(b *testing.B) {
	q := benchQueue(b)
	n := 0
	for b.Loop() {
		if err := q.Hear(b.Context(), benchQuestion(n)); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkHearToHandler is the time from a question being heard, disk
// included, to its handler being called, record claimed, on an idle queue.
func BenchmarkHearToHandler(b *testing.B) {
	q := benchQueue(b)
	begun := make(chan time.Time, 1)
	consume(b, q, Work{Handler: func(context.Context, bots.Question) error {
		begun <- time.Now()
		return nil
	}})
	var took []time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		if err := q.Hear(b.Context(), benchQuestion(n)); err != nil {
			b.Fatal(err)
		}
		took = append(took, receive(b, begun, "the handler").Sub(start))
		n++
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}

// BenchmarkThroughput is the whole way of a question, from Hear to the final
// record and the acknowledgement, with many at once.
func BenchmarkThroughput(b *testing.B) {
	q := benchQueue(b)
	var done sync.WaitGroup
	consume(b, q, Work{Handler: func(context.Context, bots.Question) error {
		done.Done()
		return nil
	}})
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			done.Add(1)
			if err := q.Hear(b.Context(), benchQuestion(int(n.Add(1)))); err != nil {
				b.Error(err)
				done.Done()
			}
		}
	})
	done.Wait()
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "questions/s")
}

// BenchmarkLease is what the several-workers' lock costs each question.
func BenchmarkLease(b *testing.B) {
	q := benchQueue(b)
	for b.Loop() {
		l := q.newLease("slack:T:C:1")
		if err := q.hold(b.Context(), l); err != nil {
			b.Fatal(err)
		}
		if err := q.release(b.Context(), l); err != nil {
			b.Fatal(err)
		}
	}
}
