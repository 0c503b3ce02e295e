package queue

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

const (
	// aheadShare is the part of a limit that a process may take ahead.
	aheadShare = 64
	// aheadLeast: less than this is not worth it, and small limits stay exact.
	aheadLeast = 8
	// aheadOfRoom is the part of what is left that it may take ahead, so that
	// near a limit little is in the hands of processes that do not need it.
	aheadOfRoom = 4
	// sumGrace is how long a counter outlives its window: calls that began in
	// it are settled, and clocks differ a little.
	sumGrace = 10 * time.Minute
)

// sum is a counter that is a number: requests, tokens, money.
type sum struct {
	guard
	cell

	until time.Time // zero: no end
	total int64     // as the server has it
	// spare is what this process has taken of total and not granted yet. It
	// is negative while it owes: has used more, and could not say so yet.
	spare int64
	busy  bool // was granted from since tend last looked
	// unsure holds writes whose outcome is not known, by the mark that each
	// write leaves behind the number: amounts that the server may have.
	unsure map[string]int64
}

// maxUnsure bounds unsure. What is dropped is at worst counted twice.
const maxUnsure = 16

// ahead is how much may be taken ahead of a limit of which so much is left.
func ahead(limit, room int64) int64 {
	if n := limit / aheadShare; n >= aheadLeast {
		return min(n, room/aheadOfRoom)
	}
	return 0
}

func (s *sum) take(ctx context.Context, a *llm.Ask) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	if a.Amount > s.spare {
		err := retry(ctx, func() error { return s.fetch(ctx, a) })
		if err != nil {
			return err
		}
	}
	s.spare -= a.Amount
	s.busy = true
	return nil
}

// fetch takes from the server what an ask needs, and a little more. Before it
// refuses it makes sure, and gives back what it has: that may be what another
// process lacks.
func (s *sum) fetch(ctx context.Context, a *llm.Ask) error {
	guess := s.known
	if err := s.look(ctx); err != nil {
		return err
	}
	if guess && a.Amount-s.spare > s.room(a) {
		s.known = false
		if err := s.look(ctx); err != nil {
			return err
		}
	}
	need, room := a.Amount-s.spare, s.room(a)
	if need <= room {
		return s.change(ctx, need+ahead(a.Limit, room-need))
	}
	if s.spare > 0 {
		if err := s.change(ctx, -s.spare); err != nil {
			return err
		}
	}
	return &llm.OverLimit{Ask: *a, Used: s.total - s.spare}
}

func (s *sum) room(a *llm.Ask) int64 {
	if a.Limit <= 0 {
		return math.MaxInt64 - s.total
	}
	return a.Limit - s.total
}

// look makes sure that the total is known, if not that it is the newest.
func (s *sum) look(ctx context.Context) error {
	if s.known {
		return nil
	}
	value, err := s.read(ctx)
	if err != nil {
		return err
	}
	number, mark, _ := strings.Cut(string(value), " ")
	// What is no number was not written by us, and counts as nothing.
	s.total, _ = strconv.ParseInt(number, 10, 64)
	s.total = max(s.total, 0)
	if amount, ours := s.unsure[mark]; ours {
		s.spare = add(s.spare, amount)
		s.unsure = nil // it is written: all before it were not
	}
	return nil
}

// change moves so much from the server to this process, or back.
func (s *sum) change(ctx context.Context, amount int64) error {
	total := s.total + amount
	if amount > 0 && total < 0 {
		total = math.MaxInt64
	}
	total = max(total, 0)
	mark := strconv.FormatUint(rand.Uint64(), 36)
	err := s.write(ctx, []byte(strconv.FormatInt(total, 10)+" "+mark), s.ttl())
	switch {
	case err == nil:
		s.total = total
		s.spare = add(s.spare, amount)
		s.unsure = nil // what was not written yet comes too late now
	case !errors.Is(err, errChanged):
		s.doubt(mark, amount)
	}
	return err
}

// doubt notes a write that may have reached the server, or may still.
func (s *sum) doubt(mark string, amount int64) {
	if s.unsure == nil || len(s.unsure) >= maxUnsure {
		s.unsure = map[string]int64{}
	}
	s.unsure[mark] = amount
}

func (s *sum) ttl() time.Duration {
	if s.until.IsZero() {
		return 0
	}
	return max(s.until.Sub(s.q.now()), 0) + sumGrace
}

func (s *sum) settle(ctx context.Context, a *llm.Ask) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	s.spare = add(s.spare, -a.Amount)
	return retry(ctx, func() error { return s.level(ctx, 2*ahead(a.Limit, a.Limit)) })
}

// level tells the server what is owed, and gives back what is spare where that
// is more than most.
func (s *sum) level(ctx context.Context, most int64) error {
	if s.spare >= 0 && s.spare <= most {
		return nil
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	amount := -s.spare
	if s.spare > 0 {
		// Half of most is kept. More than there is cannot go back.
		s.spare = min(s.spare, s.total)
		amount = min(most/2-s.spare, 0)
	}
	if amount == 0 {
		return nil
	}
	return s.change(ctx, amount)
}

func (s *sum) used(ctx context.Context) (int64, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.unlock()
	s.known = false
	if err := s.look(ctx); err != nil {
		return 0, err
	}
	return max(s.total-s.spare, 0), nil
}

func (s *sum) tend(ctx context.Context, r round) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	keep := int64(math.MaxInt64)
	if r == last || !s.busy {
		keep = 0
	}
	s.busy = false
	if s.over(s.q.now()) {
		s.spare = 0
	}
	return retry(ctx, func() error { return s.level(ctx, keep) })
}

func (s *sum) over(now time.Time) bool {
	return !s.until.IsZero() && now.After(s.until.Add(sumGrace))
}

// done holds for a counter that the server knows as well as we do. One that is
// locked is in use.
func (s *sum) done(now time.Time) bool {
	select {
	case s.guard <- struct{}{}:
		defer s.unlock()
		return s.spare == 0 || s.over(now)
	default:
		return false
	}
}

// add adds two numbers that may be as large as they get.
func add(a, b int64) int64 {
	switch c := a + b; {
	case b > 0 && c < a:
		return math.MaxInt64
	case b < 0 && c > a:
		return math.MinInt64
	default:
		return c
	}
}
