package folder

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// How changes are waited for.
const (
	// quiet is how long nothing must happen before a change is told: programs
	// write a file in several steps, and Git changes many at once.
	quiet = 500 * time.Millisecond
	// patience is how long it is told at the latest after the first change, when
	// there is no quiet at all.
	patience = 10 * time.Second
	// lookEvery is how often folders are compared that the system can't watch,
	// such as those of another machine.
	lookEvery = 30 * time.Second
)

// timer is time.NewTimer, or a test's.
type timer func(d time.Duration) (fires <-chan time.Time, stop func() bool)

func realTimer(d time.Duration) (fires <-chan time.Time, stop func() bool) {
	t := time.NewTimer(d)
	return t.C, t.Stop
}

// watched is what tells of changes.
type watched struct {
	roots []root
	timer timer
	// open starts watching; an error means that folders are compared instead.
	open func() (*fsnotify.Watcher, error)
}

// Watch implements knowledge.Watched.
func (s *source) Watch(ctx context.Context, changed func()) error {
	w := watched{roots: s.roots, timer: realTimer, open: fsnotify.NewWatcher}
	return w.run(ctx, changed)
}

// run tells of changes until ctx is done.
func (w watched) run(ctx context.Context, changed func()) error {
	events, err := w.start()
	if err == nil {
		defer release(events)
		return w.follow(ctx, events, changed)
	}
	// Too many folders for the system, or a file system without events.
	w.compare(ctx, changed)
	return nil
}

// follow tells of what the system tells.
func (w watched) follow(ctx context.Context, events *fsnotify.Watcher, changed func()) error {
	for ctx.Err() == nil {
		err := w.wait(ctx, events)
		if err == nil {
			err = w.settle(ctx, events)
		}
		if err == nil {
			changed()
		} else if ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// start watches every folder.
func (w watched) start() (*fsnotify.Watcher, error) {
	events, err := w.open()
	if err != nil {
		return nil, err
	}
	if err := w.add(events); err != nil {
		release(events)
		return nil, err
	}
	return events, nil
}

// errClosed is returned when the system stops telling.
var errClosed = errors.New("the system stopped telling of changes: start again with --watch")

// wait returns after something that matters has happened.
func (w watched) wait(ctx context.Context, events *fsnotify.Watcher) error {
	for {
		matters, err := w.next(ctx, events, nil)
		if err != nil || matters {
			return err
		}
	}
}

// settle returns when nothing more happens.
func (w watched) settle(ctx context.Context, events *fsnotify.Watcher) error {
	last, stopLast := w.timer(patience)
	defer stopLast()
	for {
		calm, stop := w.timer(quiet)
		matters, err := false, error(nil)
		for err == nil && !matters {
			select {
			case <-calm:
				return nil
			case <-last:
				stop()
				return nil
			default:
				matters, err = w.next(ctx, events, calm)
			}
		}
		stop()
		if errors.Is(err, errCalm) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// errCalm ends a wait for an event that did not come.
var errCalm = errors.New("nothing happened")

// next takes one event and reports whether it can have changed a document.
func (w watched) next(ctx context.Context, events *fsnotify.Watcher, calm <-chan time.Time) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-calm:
		return false, errCalm
	case _, ok := <-events.Errors: // events were lost: everything may have changed
		if !ok {
			return false, errClosed
		}
		return true, nil
	case e, ok := <-events.Events:
		if !ok {
			return false, errClosed
		}
		return w.event(events, e), nil
	}
}

// event reports whether an event matters. A folder that is new is watched too.
func (w watched) event(events *fsnotify.Watcher, e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod || !w.covers(e.Name) {
		return false
	}
	if e.Has(fsnotify.Create) {
		if info, err := os.Lstat(e.Name); err == nil && info.IsDir() {
			_ = addBelow(events, e.Name) // it may be gone again; what is in it is told by its own events
		}
	}
	return true
}

// covers reports whether a path is one that a root reads, or above one.
func (w watched) covers(path string) bool {
	for _, r := range w.roots {
		if r.file != "" {
			if path == filepath.Join(r.dir, r.file) {
				return true
			}
			continue
		}
		rel, err := filepath.Rel(r.dir, path)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		seen := true
		for part := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
			seen = seen && (part == "." || !unseen(part))
		}
		if seen {
			return true
		}
	}
	return false
}

// add watches every folder of the roots.
func (w watched) add(events *fsnotify.Watcher) error {
	for _, r := range w.roots {
		var err error
		if r.file != "" {
			err = events.Add(r.dir) // of the file itself nothing is told once it is replaced
		} else {
			err = addBelow(events, r.dir)
		}
		if err != nil {
			return fmt.Errorf("watch %s: %w", r.dir, err)
		}
	}
	return nil
}

// addBelow watches a folder and all below it.
func addBelow(events *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path != dir:
			return nil // gone meanwhile, or not ours to read
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != dir && unseen(d.Name()):
			return fs.SkipDir
		}
		return events.Add(path)
	})
}

// compare looks at the folders now and then.
func (w watched) compare(ctx context.Context, changed func()) {
	before := w.look(ctx)
	for {
		fires, stop := w.timer(lookEvery)
		select {
		case <-ctx.Done():
			stop()
			return
		case <-fires:
		}
		if now := w.look(ctx); now != before && ctx.Err() == nil {
			before = now
			changed()
		}
	}
}

// look is a number that is another one when a file came, went or changed.
func (w watched) look(ctx context.Context) uint64 {
	sum := fnv.New64a()
	for _, r := range w.roots {
		dir, err := os.OpenRoot(r.dir)
		if err != nil {
			continue
		}
		_ = r.walk(ctx, dir, func(name, _ string, _ bool) error {
			if info, err := dir.Stat(name); err == nil {
				fmt.Fprintf(sum, "%s\x00%d\x00%d\x00", name, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
		release(dir)
	}
	return sum.Sum64()
}
