package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// checkError expects an error with these words and without passwords.
func checkError(t *testing.T, name string, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%s: %v, want %q", name, err, says)
	}
}

func TestADirectoryThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Dir: filepath.Join(file, "queue")})
	checkError(t, "below a file", err, "another one")

	occupied := filepath.Join(t.TempDir(), "lock")
	if err := os.MkdirAll(occupied, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: filepath.Dir(occupied)})
	checkError(t, "not writable", err, "cannot be written to")

	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: broken})
	checkError(t, "a file in the server's place", err, "does not start")

	q := open(t, Options{})
	_, err = Open(t.Context(), Options{Dir: q.embedded.dir})
	if !errors.Is(err, ErrInUse) {
		t.Errorf("a directory in use: %v", err)
	}
}

func TestTheEmbeddedServerOpensNoPort(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "queue")
	q := open(t, Options{Dir: dir})
	if addr := q.embedded.current.Addr(); addr != nil {
		t.Errorf("it listens on %s", addr)
	}
	// Questions are nobody else's business.
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory's mode: %v, %v", info.Mode(), err)
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	t.Parallel()
	q := open(t, Options{MaxStore: 128 << 10})
	e := question("1", 1)
	e.Text = strings.Repeat("公", bots.MaxText) // cut to MaxText by Hear
	var err error
	n := 0
	for ; n < 100 && err == nil; n++ {
		e.ID = question("1", n).ID
		err = q.Hear(t.Context(), e)
	}
	if !errors.Is(err, ErrFull) || n < 3 {
		t.Fatalf("question %d: %v", n, err)
	}
	if err := q.Ready(t.Context()); err != nil && !errors.Is(err, ErrFull) { // a probe is small and may still fit
		t.Errorf("ready: %v", err)
	}
	// A full queue can still be worked off: there is room for the records.
	got := make(chan bots.Question, 100)
	consume(t, q, Work{Handler: report(got)})
	for range n - 1 {
		if e := receive(t, got, "a question of the full queue"); !e.Clipped || len(e.Text) > bots.MaxText {
			t.Errorf("a text of %d bytes, clipped %v", len(e.Text), e.Clipped)
		}
	}
	settledDown(t, q)
	if s := state(t, q); s.Bytes == 0 || s.Bytes > s.MaxBytes || s.MaxBytes != 64<<10 {
		t.Errorf("state %+v", s)
	}
}

func TestWhatIsNoQuestionIsNotHeard(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	for _, e := range []bots.Event{nil, bots.Question{}, bots.Question{ID: "x"}} {
		if err := q.Hear(t.Context(), e); err == nil {
			t.Errorf("heard %#v", e)
		}
	}
	if s := state(t, q); s.Kept != 0 || s.Waiting != 0 || !s.Embedded || s.Server == "" || !s.Oldest.IsZero() {
		t.Errorf("state %+v", s)
	}
}

func TestReadyLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	for range 3 {
		if err := q.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s := state(t, q); s.Kept != 0 || s.Bytes != 0 {
		t.Errorf("state %+v", s)
	}
	shut(t, q)
	if err := q.Ready(t.Context()); err == nil {
		t.Error("ready after Close")
	}
}

func TestALowerLimitFitsAnOldQueue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, limit := range []int64{256 << 20, 32 << 20, 64 << 20} {
		q := open(t, Options{Dir: dir, MaxStore: limit})
		hear(t, q, question("1", int(limit>>20)))
		if s := state(t, q); s.MaxBytes != limit/2 {
			t.Errorf("%d of %d bytes", s.MaxBytes, limit)
		}
		shut(t, q)
	}
	q := open(t, Options{Dir: dir, MaxStore: 32 << 20})
	if s := state(t, q); s.Kept != 3 {
		t.Errorf("state %+v", s)
	}
}

func TestStoreLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := storeLimit(dir, 7); got != 7 {
		t.Errorf("a limit that was set: %d", got)
	}
	free, known := freeBytes(dir)
	if got := storeLimit(dir, 0); !known && got != defaultMaxStore || known && (got > defaultMaxStore || got > free) || got <= 0 {
		t.Errorf("%d of %d", got, free)
	}
	if got := storeLimit(filepath.Join(dir, "absent"), 0); got != defaultMaxStore {
		t.Errorf("an unknown disk: %d", got)
	}
}

func TestDueTimeIsNeverEarly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	for wait, want := range map[time.Duration]int{
		-time.Hour: 6, 0: 6, time.Second: 7, 1400 * time.Millisecond: 7, 1500 * time.Millisecond: 8, time.Minute: 66,
	} {
		if got := dueTime(now, wait); got.Second()+60*(got.Minute()-4) != want || got.Before(now.Add(wait)) {
			t.Errorf("after %s: %s", wait, got)
		}
	}
}

func TestHearObeysItsContext(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Hear(ctx, question("1", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
