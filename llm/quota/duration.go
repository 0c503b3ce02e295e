package quota

import (
	"strconv"
	"strings"
	"time"
)

// unit is one of LiteLLM's units of time (budget_duration and its like).
type unit struct {
	name string
	each time.Duration
}

// units are sorted by length, the longest first.
func units() [6]unit {
	return [...]unit{{"mo", Month}, {"w", week}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
}

// ParseDuration reads a time as LiteLLM writes it: a whole number and s, m, h, d,
// w or mo, as in "30s", "24h", "7d", "1mo". Months are multiples of Month: as a
// budget's window they are the calendar's, in UTC. False for anything else, and
// for more than 290 years.
func ParseDuration(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, false
	}
	for _, u := range units() {
		if u.name == text[len(digits):] {
			return time.Duration(n) * u.each, n <= uint64(maxEvery/u.each)
		}
	}
	return 0, false
}

// FormatDuration writes a time so that ParseDuration reads it again, in whole
// seconds: in months or in the largest unit up to days that fits.
func FormatDuration(d time.Duration) string {
	for _, u := range units() {
		if u.each != week && d%u.each == 0 && d != 0 {
			return strconv.FormatInt(int64(d/u.each), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
