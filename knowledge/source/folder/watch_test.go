package folder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// clock hands out timers that fire when the test says so.
type clock struct{ asked chan alarm }

type alarm struct {
	d     time.Duration
	fires chan time.Time
}

func (c *clock) timer(d time.Duration) (fires <-chan time.Time, stop func() bool) {
	a := alarm{d, make(chan time.Time, 1)}
	c.asked <- a
	return a.fires, func() bool { return true }
}

// next is the next timer that is asked for a length of time.
func (c *clock) next(t *testing.T, d time.Duration) alarm {
	t.Helper()
	for {
		select {
		case a := <-c.asked:
			if a.d == d {
				return a
			}
		case <-t.Context().Done():
			t.Fatal("no timer was asked for")
		}
	}
}

// watching starts to watch paths, and returns what is told and how to end it.
func watching(t *testing.T, open func() (*fsnotify.Watcher, error), paths ...string) (c *clock, told chan struct{}, end func() error) {
	t.Helper()
	c, told = &clock{asked: make(chan alarm, 1000)}, make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	w := watched{roots: places(t, paths...).roots, timer: c.timer, open: open}
	go func() {
		ended <- w.run(ctx, func() { told <- struct{}{} })
	}()
	return c, told, func() error {
		cancel()
		return <-ended
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// poke changes a file until the watcher has noticed: it may not have begun yet.
func poke(t *testing.T, c *clock, path string) alarm {
	t.Helper()
	for {
		write(t, path, time.Now().String())
		select {
		case a := <-c.asked:
			if a.d == quiet {
				return a
			}
		case <-t.Context().Done():
			t.Fatal("nothing was noticed")
		default:
		}
	}
}

func TestChangesAreToldOnceTheyAreOver(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.md": "a", "sub/b.md": "b"})
	c, told, end := watching(t, fsnotify.NewWatcher, dir)
	calm := poke(t, c, filepath.Join(dir, "a.md"))
	for range 20 { // the last timer that was asked for is the one that counts
		calm.fires <- time.Time{}
		select {
		case <-told:
		case calm = <-c.asked:
			continue
		case <-t.Context().Done():
			t.Fatal("the change was not told")
		}
		break
	}
	for _, change := range []func() error{
		func() error { return os.MkdirAll(filepath.Join(dir, "new"), 0o700) },
		func() error { return os.WriteFile(filepath.Join(dir, "new", "c.md"), []byte("c"), 0o600) },
		func() error { return os.WriteFile(filepath.Join(dir, "sub", "b.md"), []byte("d"), 0o600) },
		func() error { return os.Remove(filepath.Join(dir, "new", "c.md")) },
		func() error { return os.Rename(filepath.Join(dir, "a.md"), filepath.Join(dir, "z.md")) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		for waiting := true; waiting; {
			select {
			case a := <-c.asked:
				a.fires <- time.Time{}
			case <-told:
				waiting = false
			case <-t.Context().Done():
				t.Fatal("a change was not told")
			}
		}
	}
	if err := end(); err != nil {
		t.Errorf("the end: %v", err)
	}
}

func TestWhatMatters(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"docs/a.md": "a", "one.md": "1"})
	s := places(t, filepath.Join(dir, "docs"), filepath.Join(dir, "one.md"))
	w := watched{roots: s.roots}
	for name, want := range map[string]bool{
		"docs/a.md": true, "docs": true, "docs/x/y.md": true, "one.md": true,
		"docs/.git/index": false, "docs/node_modules/x.md": false, "docs/.a.md.swp": false, "two.md": false, "": false,
	} {
		if got := w.event(nil, fsnotify.Event{Name: filepath.Join(dir, name), Op: fsnotify.Write}); got != want {
			t.Errorf("a write to %q matters: %v", name, got)
		}
	}
	if w.event(nil, fsnotify.Event{Name: filepath.Join(dir, "one.md"), Op: fsnotify.Chmod}) {
		t.Error("rights alone matter")
	}
}

func TestFoldersAreComparedWhereTheSystemTellsNothing(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a.md": "a"})
	refuse := func() (*fsnotify.Watcher, error) { return nil, errors.New("too many") }
	c, told, end := watching(t, refuse, dir)
	a := c.next(t, lookEvery)
	a.fires <- time.Time{}
	a = c.next(t, lookEvery) // nothing had changed
	if len(told) != 0 {
		t.Error("a change was told where there was none")
	}
	write(t, filepath.Join(dir, "b.md"), "b")
	a.fires <- time.Time{}
	select {
	case <-told:
	case <-t.Context().Done():
		t.Fatal("the change was not told")
	}
	if err := end(); err != nil {
		t.Errorf("the end: %v", err)
	}
}
