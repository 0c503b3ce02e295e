package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/tribunebot/tribune/config"
)

// settle is how long a file has to stay as it is before it is read: editors
// write in several steps.
const settle = 200 * time.Millisecond

// watchModels reads the LiteLLM file again on SIGHUP and when it changes, until
// ctx is done. A file that cannot be used changes nothing, and that is said.
func (a *App) watchModels(ctx context.Context) error {
	if a.models.file == nil || a.Router == nil {
		<-ctx.Done()
		return nil
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	changes, err := watch(filepath.Dir(a.models.file.Path))
	if err != nil {
		a.Log.WarnContext(ctx, "the LiteLLM file cannot be watched: send SIGHUP after a change", "error", err)
		return a.reloadOn(ctx, hup, &fsnotify.Watcher{})
	}
	return errors.Join(a.reloadOn(ctx, hup, changes), changes.Close())
}

// watch tells of what changes in a folder: editors and Kubernetes put a new file
// in the place of the old one.
func watch(dir string) (*fsnotify.Watcher, error) {
	changes, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	if err := changes.Add(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("watch %s: %w", dir, err), changes.Close())
	}
	return changes, nil
}

// reloadOn reloads at every signal, and once a change has settled.
func (a *App) reloadOn(ctx context.Context, hup <-chan os.Signal, changes *fsnotify.Watcher) error {
	timer := time.NewTimer(settle)
	timer.Stop()
	seen := fingerprint(a.models.file.Path)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			a.reload(ctx)
			seen = fingerprint(a.models.file.Path)
		case <-changes.Events:
			timer.Reset(settle)
		case err := <-changes.Errors:
			a.Log.WarnContext(ctx, "watching the LiteLLM file", "error", err)
		case <-timer.C:
			if now := fingerprint(a.models.file.Path); now != seen {
				seen = now
				a.reload(ctx)
			}
		}
	}
}

// fingerprint tells whether a file is still the same; "" while there is none.
func fingerprint(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// reload reads the file and puts its deployments in the place of the old ones.
// Requests that run end with the old ones.
func (a *App) reload(ctx context.Context) {
	o := opener{config: a.Config, prices: a.prices, log: a.Log, now: a.now, via: a.via, room: a.room}
	set, err := o.models()
	if err == nil {
		if wrong := set.file.PointsAt(ownHosts(a.Config)); len(wrong) > 0 {
			err = wrong
		}
	}
	if err == nil {
		err = a.Router.Replace(set.deployments, set.settings)
	}
	if err != nil {
		a.Log.ErrorContext(ctx, "the LiteLLM file was not taken over: the models stay as they were", "error", oneLine(err.Error()))
		return
	}
	if key := set.file.General.MasterKey; key.IsSet() && key != a.key {
		a.Log.WarnContext(ctx, "the LiteLLM file has another master_key: it takes effect at the next start, until then the old one is the key")
	}
	for _, w := range set.file.Warnings {
		a.Log.WarnContext(ctx, "the LiteLLM file", "warning", oneLine(w.Error()))
	}
	a.Log.InfoContext(ctx, "the LiteLLM file was read again", "deployments", len(set.deployments), "groups", len(set.groups()))
}

// databasePatience is how long a database may take to be reached.
const databasePatience = 5 * time.Second

// tryDatabase says when the database does not answer. Nothing waits for it.
func (a *App) tryDatabase(ctx context.Context) error {
	host := databaseHost(a.Config.Ledger.DatabaseURL)
	if host == "" {
		return nil
	}
	conn, unreachable := (&net.Dialer{Timeout: databasePatience}).DialContext(ctx, "tcp", host)
	if unreachable != nil {
		a.Log.WarnContext(ctx, "the database does not answer: everything works without it", "setting", "DATABASE_URL", "host", host)
	} else {
		_ = conn.Close()
	}
	return nil
}

// databaseHost is where a PostgreSQL server listens; "" where it is a socket.
func databaseHost(u config.URL) string {
	at, err := url.Parse(u.Reveal())
	if err != nil || at.Hostname() == "" {
		return ""
	}
	port := at.Port()
	if port == "" {
		port = "5432"
	}
	return net.JoinHostPort(at.Hostname(), port)
}
