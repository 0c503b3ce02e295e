package quota

import (
	"testing"
	"time"
)

func TestWindows(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, test := range []struct {
		every         time.Duration
		now, from, to string
	}{
		{time.Second, "2026-01-02T03:04:05.9Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"},
		{time.Nanosecond, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"},
		{time.Hour, "2026-01-02T03:04:05Z", "2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"},
		{day, "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"},
		{day, "2026-01-02T07:30:00+08:00", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		{week, "2026-01-04T23:59:59Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"}, // a Sunday
		{week, "2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"},
		{30 * day, "1970-01-31T00:00:00Z", "1970-01-31T00:00:00Z", "1970-03-02T00:00:00Z"},
		{Month, "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{3 * Month, "2026-05-05T00:00:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		{12 * Month, "2026-05-05T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{day, "1969-12-31T12:00:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"},
	} {
		from, to := window(test.every, at(test.now))
		if !from.Equal(at(test.from)) || !to.Equal(at(test.to)) {
			t.Errorf("%s at %s: %s to %s, want %s to %s", test.every, test.now, from, to, test.from, test.to)
		}
	}
	if from, to := window(0, start); !from.IsZero() || !to.IsZero() {
		t.Errorf("for ever is from %s to %s", from, to)
	}
}
