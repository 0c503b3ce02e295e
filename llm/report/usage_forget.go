package report

import (
	"context"
	"fmt"
)

// forgotten stands in a row for a user who was taken out.
const forgotten = "(forgotten)"

// Forget takes a user out of all days that are kept: what the user's calls come
// to stays, without whose they were. Other processes may still hold a few
// seconds of calls; call it again after those are saved.
func (u *Usage) Forget(ctx context.Context, user string) error {
	user = clean(user, maxID)
	if user == "" {
		return nil
	}
	if err := u.Save(ctx); err != nil {
		return err
	}
	if err := u.takeTurn(ctx); err != nil {
		return err
	}
	defer u.endTurn()
	u.forgetWaiting(user)
	if u.o.Book == nil {
		return nil
	}
	for _, day := range u.days(UsageQuery{}) {
		if err := u.forgetOn(ctx, day, user); err != nil {
			return fmt.Errorf("take a user out of the usage of %s: %w", day, err)
		}
	}
	return nil
}

func (u *Usage) forgetWaiting(user string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, rows := range u.fresh {
		before := len(rows)
		rows.forget(user)
		u.waiting += len(rows) - before
	}
}

// forgetOn rewrites a day's page, again if another process wrote meanwhile.
func (u *Usage) forgetOn(ctx context.Context, day, user string) error {
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
		if !p.rows.forget(user) {
			return nil
		}
		if value, err = p.bytes(); err != nil {
			return err
		}
		if _, failed = u.o.Book.Put(ctx, day, value, revision); failed == nil {
			return nil
		}
	}
	return failed
}

// forget moves a user's rows to nobody's, and tells whether there were any.
func (rows sums) forget(user string) (found bool) {
	for key, s := range rows {
		if key.User != user {
			continue
		}
		found = true
		delete(rows, key)
		key.User = forgotten
		rows.add(key, *s, len(rows)+1)
	}
	return found
}
