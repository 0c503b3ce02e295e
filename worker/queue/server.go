package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// ErrInUse says that another process has the data directory open.
var ErrInUse = errors.New("another process is using this directory")

const (
	// gibibyte is 2^30 bytes.
	gibibyte = 1 << 30
	// defaultMaxStore holds some 600,000 questions of the longest kind.
	defaultMaxStore = 10 * gibibyte
	// maxMemory bounds what leases and shared limits may take: a few hundred
	// bytes each, so several hundred thousand of them.
	maxMemory = 256 << 20
	// startWait bounds the start, in which the server reads its files.
	startWait = 60 * time.Second
)

// embedded is a NATS server inside this process: no port is opened.
type embedded struct {
	dir      string
	maxStore int64
	log      *slog.Logger
	lock     *os.File

	mu      sync.Mutex
	current *server.Server
	down    chan struct{} // closed when the server before it is down
}

// startEmbedded starts a server whose files are below dir.
func startEmbedded(dir string, maxStore int64, log *slog.Logger) (*embedded, error) {
	if dir == "" {
		return nil, errors.New("the queue has no directory: set one, or the URL of a NATS cluster")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the queue's directory cannot be made (give another one, or the right to write there): %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if errors.Is(err, ErrInUse) {
		return nil, fmt.Errorf("the queue in %s is open already (stop the other process, or ask it): %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the queue's directory cannot be written to (give another one, or the right to write there): %w", err)
	}
	e := &embedded{dir: dir, maxStore: storeLimit(dir, maxStore), log: log, lock: lock}
	if err := e.start(e.maxStore); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return e, nil
}

// storeLimit is the most the server may write: below what is really free, so
// that it refuses cleanly before the disk is full. The server's own files, if
// there are any yet, count as free.
func storeLimit(dir string, wanted int64) int64 {
	if wanted > 0 {
		return wanted
	}
	free, known := freeBytes(dir)
	if !known {
		return defaultMaxStore
	}
	return min(defaultMaxStore, (free+usedBytes(dir))/2)
}

// usedBytes adds up the files below dir; what cannot be read does not count.
func usedBytes(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a file that vanishes meanwhile takes no room
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// start starts a server and makes it the current one.
func (e *embedded) start(limit int64) error {
	s, err := server.NewServer(&server.Options{
		ServerName: "tribune", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: e.dir, SyncAlways: true,
		JetStreamMaxStore: limit, JetStreamMaxMemory: maxMemory, DisableJetStreamBanner: true,
	})
	if err != nil {
		return fmt.Errorf("setting up the embedded queue: %w", err)
	}
	lines := &serverLog{log: e.log}
	s.SetLoggerV2(lines, false, false, false)
	s.Start()
	if lines.fatal() || !s.ReadyForConnections(startWait) || !s.JetStreamEnabled() {
		s.Shutdown()
		s.WaitForShutdown()
		return fmt.Errorf("the embedded queue in %s does not start: %s", e.dir, lines.worst())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = s
	return nil
}

// InProcessConn gives the client a connection to whichever server is current,
// so that a client reconnects by itself after restart.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	s := e.current
	e.mu.Unlock()
	if s == nil {
		return nil, errors.New("the embedded queue is down")
	}
	return s.InProcessConn()
}

// restart replaces the server by a new one over the same files, that may write
// at most limit bytes. The client reconnects by itself.
func (e *embedded) restart(ctx context.Context, limit int64) error {
	if err := e.stop(ctx); err != nil {
		return err
	}
	return e.start(limit)
}

// stop shuts the server down and waits until its files are closed.
func (e *embedded) stop(ctx context.Context) error {
	select {
	case <-e.shutdown():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the embedded queue is still shutting down: %w", context.Cause(ctx))
	}
}

// shutdown begins to shut the current server down; what it returns is closed
// when no server has the files any more.
func (e *embedded) shutdown() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.current; s != nil {
		down := make(chan struct{})
		go func() {
			defer close(down)
			s.Shutdown()
			s.WaitForShutdown()
		}()
		e.current, e.down = nil, down
	}
	return e.down
}

// id names the current server; empty while there is none.
func (e *embedded) id() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return ""
	}
	return e.current.ID()
}

// up tells whether a server runs.
func (e *embedded) up() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.current != nil
}

// close stops the server for good and lets the directory go.
func (e *embedded) close(ctx context.Context) error {
	return errors.Join(e.stop(ctx), e.lock.Close())
}
