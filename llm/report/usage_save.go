package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"
)

const (
	// conflicts is how often a write is tried again at once because another
	// process was faster.
	conflicts = 10
	// lastSave is how long the last save may take when the process ends.
	lastSave = 5 * time.Second
	// sweep is how many days past the last one that is kept are looked at, so
	// that one is dropped though no process ran on the day when it was due.
	sweep = 7
)

// Run saves what was heard, every few seconds, until ctx is done, and then once
// more. Its error says that the last of it could not be saved.
func (u *Usage) Run(ctx context.Context) error {
	ticker := time.NewTicker(u.o.Every)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return u.saveLast(ctx)
		case <-ticker.C:
			err := u.Save(ctx)
			if failing != (err != nil) && ctx.Err() == nil {
				failing = err != nil
				u.tell(ctx, err)
			}
			u.dropOld(ctx)
		}
	}
}

// tell logs that saving began to fail, or works again.
func (u *Usage) tell(ctx context.Context, err error) {
	if err != nil {
		u.o.Log.WarnContext(ctx, "usage can't be saved: it is kept in memory and tried again", slog.Any("error", err))
		return
	}
	u.o.Log.InfoContext(ctx, "usage is saved again")
}

func (u *Usage) saveLast(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), lastSave, errors.New("the last usage was not saved in time"))
	defer cancel()
	return u.Save(ctx)
}

// Save writes all that was heard to the Book now. What can't be written stays
// in memory, and is written the next time.
func (u *Usage) Save(ctx context.Context) error {
	if u.o.Book == nil {
		return nil
	}
	if err := u.takeTurn(ctx); err != nil {
		return err
	}
	defer u.endTurn()
	var failed []error
	for _, day := range u.unsaved() {
		if err := u.saveDay(ctx, day); err != nil {
			failed = append(failed, fmt.Errorf("save the usage of %s: %w", day, err))
		}
	}
	return errors.Join(failed...)
}

func (u *Usage) takeTurn(ctx context.Context) error {
	select {
	case u.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (u *Usage) endTurn() { <-u.turn }

// unsaved returns the days that have something to be saved.
func (u *Usage) unsaved() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	days := maps.Clone(u.fresh)
	for day, b := range u.pending {
		days[day] = b.rows
	}
	return slices.Sorted(maps.Keys(days))
}

// saveDay first settles a write whose outcome is not known, then writes what
// came since.
func (u *Usage) saveDay(ctx context.Context, day string) error {
	for {
		b := u.next(day)
		if b == nil {
			return nil
		}
		if err := u.write(ctx, day, b); err != nil {
			return err
		}
		u.confirm(day, b)
	}
}

// next returns what is to be written to a day; nil where there is nothing.
func (u *Usage) next(day string) *batch {
	u.mu.Lock()
	defer u.mu.Unlock()
	if b := u.pending[day]; b != nil {
		return b
	}
	rows := u.fresh[day]
	if rows == nil {
		return nil
	}
	u.number++
	b := &batch{number: u.number, rows: rows}
	u.pending[day] = b
	delete(u.fresh, day)
	return b
}

func (u *Usage) confirm(day string, b *batch) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.pending, day)
	u.waiting -= len(b.rows)
}

// write adds a batch to its day's page, unless it is there already.
func (u *Usage) write(ctx context.Context, day string, b *batch) error {
	var failed error
	for range conflicts {
		value, revision, err := u.o.Book.Get(ctx, day)
		if err != nil {
			return err
		}
		p, err := readPage(value)
		if err != nil {
			return err
		}
		if p.writers[u.writer] >= b.number {
			return nil
		}
		p.take(u.writer, b, u.o.Rows)
		if value, err = p.bytes(); err != nil {
			return err
		}
		if _, failed = u.o.Book.Put(ctx, day, value, revision); failed == nil {
			return nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// dropOld empties the pages of days that are not kept any more, once a day.
func (u *Usage) dropOld(ctx context.Context) {
	now := u.o.Now().UTC()
	today := now.Format(dayForm)
	u.mu.Lock()
	due := u.swept != today
	u.swept = today
	if due {
		u.dropWaiting(now.AddDate(0, 0, -u.o.Days).Format(dayForm))
	}
	u.mu.Unlock()
	if !due || u.o.Book == nil {
		return
	}
	for i := range sweep {
		day := now.AddDate(0, 0, -u.o.Days-i).Format(dayForm)
		value, revision, err := u.o.Book.Get(ctx, day)
		if err == nil && len(value) > 0 {
			_, err = u.o.Book.Put(ctx, day, nil, revision)
		}
		if err != nil {
			u.o.Log.WarnContext(ctx, "an old day's usage can't be dropped", slog.String("day", day), slog.Any("error", err))
		}
	}
}

// dropWaiting forgets what waits of days up to last.
func (u *Usage) dropWaiting(last string) {
	for day, rows := range u.fresh {
		if day <= last {
			u.waiting -= len(rows)
			delete(u.fresh, day)
		}
	}
}
