package queue

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// serverLog passes the embedded server's lines on to slog, and remembers the
// worst, because the server reports a failed start nowhere else.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	last  string
	level slog.Level
}

func (l *serverLog) line(level slog.Level, format string, args []any) {
	text := fmt.Sprintf(format, args...)
	l.mu.Lock()
	if level >= slog.LevelWarn && level >= l.level {
		l.last, l.level = text, level
	}
	l.mu.Unlock()
	l.log.LogAttrs(context.Background(), level, "embedded nats", slog.String("line", text))
}

// levelFatal is above all others: the server can't go on.
const levelFatal = slog.LevelError + 4

// fatal tells whether the server said that it can't go on.
func (l *serverLog) fatal() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level >= levelFatal
}

// worst returns the gravest line so far.
func (l *serverLog) worst() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == "" {
		return "the server gave no reason"
	}
	return l.last
}

// Noticef logs at debug level: the server notices a lot that people need not.
func (l *serverLog) Noticef(format string, v ...any) { l.line(slog.LevelDebug, format, v) }

// Warnf logs a warning. That a store repaired itself after a process was killed
// is what it is there for, and no news to a person.
func (l *serverLog) Warnf(format string, v ...any) {
	if strings.HasPrefix(format, "Filestore") && (strings.Contains(format, "outdated") || strings.Contains(format, "Recovering stream state")) {
		l.line(slog.LevelDebug, format, v)
		return
	}
	l.line(slog.LevelWarn, format, v)
}

// Errorf logs an error.
func (l *serverLog) Errorf(format string, v ...any) { l.line(slog.LevelError, format, v) }

// Fatalf logs an error; unlike the server's own logger it does not end the process.
func (l *serverLog) Fatalf(format string, v ...any) { l.line(levelFatal, format, v) }

// Debugf logs at debug level.
func (l *serverLog) Debugf(format string, v ...any) { l.line(slog.LevelDebug, format, v) }

// Tracef drops the line: traces show what messages contain.
func (l *serverLog) Tracef(string, ...any) {}
