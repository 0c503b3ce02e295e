package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/tribunebot/tribune/config"
)

// How long a command waits for a data directory that another command uses for
// a moment, and how often it looks.
const (
	lockPatience = 30 * time.Second
	lockPoll     = 100 * time.Millisecond
)

// dataDir is the data directory, held by this process alone.
type dataDir struct {
	path string
	lock *flock.Flock
}

// presence is what a running server leaves in the data directory, so that
// commands find it.
type presence struct {
	URL string `json:"url"` // where its admin API is
	PID int    `json:"pid"`
	Key string `json:"key"` // for that, while it runs: only this user can read it
}

// errServed is returned by hold when a server runs on the data directory.
var errServed = errors.New("a server runs on this data directory")

// hold takes the data directory for this process. Where a server has it, the
// error is errServed and the presence says how to reach it; where another
// command has it, hold waits for it.
func hold(ctx context.Context, path string) (*dataDir, presence, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, presence{}, fmt.Errorf("the data directory cannot be made (set TRIBUNE_DATA_DIR to a folder you may write to): %w", err)
	}
	d := &dataDir{path: path, lock: flock.New(filepath.Join(path, "lock"), flock.SetPermissions(0o600))}
	limit, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		got, err := d.lock.TryLock()
		if err != nil {
			return nil, presence{}, fmt.Errorf("the data directory %s cannot be used (set TRIBUNE_DATA_DIR to a folder you may write to): %w", path, err)
		}
		if got {
			d.withdraw() // what a killed server left is true no longer
			return d, presence{}, nil
		}
		if p, ok := served(path); ok {
			return nil, p, errServed
		}
		if err := pause(limit, lockPoll); err != nil {
			return nil, presence{}, fmt.Errorf("another tribune command has used the data directory %s for %s: wait for it to end, or stop it", path, lockPatience)
		}
	}
}

// served returns the presence that a server left in the data directory.
func served(path string) (presence, bool) {
	data, err := os.ReadFile(filepath.Join(path, "server.json"))
	if err != nil {
		return presence{}, false
	}
	var p presence
	return p, json.Unmarshal(data, &p) == nil && p.URL != ""
}

// announce leaves word of this server for other commands.
func (d *dataDir) announce(p presence) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode the server's address: %w", err)
	}
	name := filepath.Join(d.path, "server.json")
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		return fmt.Errorf("write the server's address: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write the server's address: %w", err)
	}
	return nil
}

// release gives the data directory back. What a killed server left behind is
// removed by the next holder's withdraw, and harmless until then: a command
// looks at it only while somebody holds the lock.
func (d *dataDir) release() error {
	d.withdraw()
	if err := d.lock.Unlock(); err != nil {
		return fmt.Errorf("give the data directory back: %w", err)
	}
	return nil
}

// withdraw removes the word of a server.
func (d *dataDir) withdraw() { _ = os.Remove(filepath.Join(d.path, "server.json")) }

// withService runs do with the service of the data directory: a running
// server's, or one that is opened in this process for the while.
func withService(ctx context.Context, c *config.Config, s streams, do func(service) error) error {
	dir, at, err := hold(ctx, c.Server.DataDir)
	if errors.Is(err, errServed) {
		return do(&remote{base: at.URL, key: at.Key, http: direct()})
	}
	if err != nil {
		return err
	}
	return withApp(ctx, c, dir, s, do)
}

// direct is a client that goes through no proxy: the server is on this machine,
// and the key is for nobody else.
func direct() *http.Client { return &http.Client{Transport: &http.Transport{Proxy: nil}} }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
