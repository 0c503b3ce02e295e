package quota

import (
	"errors"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// clock is a time that only the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newBook() (*Book, *clock) {
	c := &clock{start}
	return &Book{Counters: NewMemory(c.now), Now: c.now}, c
}

func reserve(t *testing.T, b *Book, n Need, quotas ...llm.Quota) *Hold {
	t.Helper()
	h, err := b.Reserve(t.Context(), quotas, n)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func refuse(t *testing.T, b *Book, n Need, quotas ...llm.Quota) *Over {
	t.Helper()
	_, err := b.Reserve(t.Context(), quotas, n)
	over, ok := errors.AsType[*Over](err)
	if !ok {
		t.Fatalf("%v: want a limit that is passed", err)
	}
	return over
}

func TestRequestsOfAMinute(t *testing.T) {
	t.Parallel()
	b, c := newBook()
	q := llm.Quota{ID: "key/a", Name: "the key a", RPM: 2}
	for range 2 {
		reserve(t, b, Need{}, q).Settle(t.Context(), Need{Tokens: 10})
	}
	over := refuse(t, b, Need{}, q)
	if over.Limit != RPM || over.Max != 2 || over.Used != 2 || over.Need != 1 || !over.Until.Equal(start.Truncate(time.Minute).Add(time.Minute)) {
		t.Errorf("refused by %+v", over)
	}
	c.at = over.Until
	reserve(t, b, Need{}, q)
}

func BenchmarkReserveSettle(b *testing.B) {
	book := &Book{Counters: NewMemory(nil)}
	quotas := []llm.Quota{
		{ID: "key/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", RPM: 1e12, TPM: 1e15, Parallel: 1e6},
		{ID: "deployment/gpt-4-1", RPM: 1e12, TPM: 1e15, Parallel: 1e6},
	}
	b.ReportAllocs()
	for b.Loop() {
		h, err := book.Reserve(b.Context(), quotas, Need{Tokens: 500})
		if err != nil {
			b.Fatal(err)
		}
		h.Settle(b.Context(), Need{Tokens: 321})
	}
}
