package quota

import "time"

const (
	day  = 24 * time.Hour
	week = 7 * day
	// Month as an llm.Quota's Every stands for a calendar month, whatever its
	// length: it is the mean month of the Gregorian calendar (365.2425 days in
	// twelve parts). Multiples are so many calendar months.
	Month = 2629746 * time.Second
	// maxEvery is the longest window: what a time.Duration holds, rounded down.
	maxEvery = 290 * 365 * day
	// epochToMonday is how long after 1970-01-01, a Thursday, weeks begin.
	epochToMonday = 4 * 24 * 60 * 60
)

// window returns when the budget window that now lies in began and ends, both
// zero for one that has no end. Multiples of Month are calendar months counted
// from January of year 0, multiples of a week begin on a Monday, and everything
// else is counted from 1970-01-01, all in UTC: 24h is a UTC day. Every is taken
// in whole seconds.
func window(every time.Duration, now time.Time) (from, to time.Time) {
	switch {
	case every <= 0:
		return time.Time{}, time.Time{}
	case every%Month == 0:
		return months(int(every/Month), now.UTC())
	}
	seconds := max(int64(every/time.Second), 1)
	var offset int64
	if every%week == 0 {
		offset = epochToMonday
	}
	since := now.Unix() - offset
	begin := since - mod(since, seconds) + offset
	return time.Unix(begin, 0).UTC(), time.Unix(begin+seconds, 0).UTC()
}

func months(n int, now time.Time) (from, to time.Time) {
	count := now.Year()*12 + int(now.Month()) - 1
	first := count - count%n
	return firstOf(first), firstOf(first + n)
}

// firstOf is the first day of the month so many months after January of year 0.
func firstOf(count int) time.Time {
	return time.Date(count/12, time.Month(count%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// mod is never negative, so that times before 1970 have windows too.
func mod(a, b int64) int64 { return ((a % b) + b) % b }
