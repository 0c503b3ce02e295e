package edge

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAfter caps what a provider may ask us to wait: no wait of ours is longer
// than this, and a nonsensical header must not become one.
const maxAfter = time.Hour

// RetryAfter reads how long a provider asks to be left alone: "retry-after-ms"
// (OpenAI, Azure) before "Retry-After", in seconds or as a date. A date is
// compared with the answer's own Date, so that a wrong clock here does no harm,
// else with now. It returns 0 for nothing usable and at most an hour.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil && ms > 0 {
		return capped(ms / 1000)
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		return capped(s)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return capped(at.Sub(now).Seconds())
}

func capped(seconds float64) time.Duration {
	switch {
	case seconds >= maxAfter.Seconds():
		return maxAfter
	case seconds > 0: // false for NaN too
		return time.Duration(seconds * float64(time.Second))
	}
	return 0
}
