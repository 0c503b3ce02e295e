package quota

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0s": 0, "30s": 30 * time.Second, "5m": 5 * time.Minute, " 24h ": day, "7d": week, "2w": 2 * week, "1mo": Month, "12mo": 12 * Month,
	} {
		if got, ok := ParseDuration(text); !ok || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "d", "30", "1y", "-1d", "+1d", "1.5h", "1d1h", "99999999999d", "9223372036854775807s", "18446744073709551615s", "一天"} {
		if got, ok := ParseDuration(text); ok {
			t.Errorf("%q is %s, want none", text, got)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		90 * time.Second: "90s", 15 * time.Minute: "15m", 12 * time.Hour: "12h", 30 * day: "30d", 2 * week: "14d", Month: "1mo", 6 * Month: "6mo", 0: "0s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%s is written as %s, want %s", d, got, want)
		}
		if back, ok := ParseDuration(want); !ok || back != d {
			t.Errorf("%s is read as %s", want, back)
		}
	}
}
