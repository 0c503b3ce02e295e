package config

import (
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// maxDuration is a century: longer than anything here is kept, and so far below
// the 292 years of a time.Duration that sums do not overflow.
const maxDuration = 36525 * day

const durationFix = "write it as 30s, 12h or 90d"

// Duration is a time.Duration that may be written in days of 24 hours: "90d",
// "1d12h". Everything else is as time.ParseDuration has it.
type Duration time.Duration

// ParseDuration reads a duration that is not negative and at most a century.
func ParseDuration(text string) (Duration, error) {
	bad := &invalid{quote(text) + " is not a duration", durationFix}
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, bad
	}
	total := time.Duration(n) * day
	if rest != "" {
		part, err := time.ParseDuration(rest)
		if err != nil || part < 0 || part > maxDuration {
			return 0, bad
		}
		total += part
	} else if !found {
		return 0, bad
	}
	if total > maxDuration {
		return 0, bad
	}
	return Duration(total), nil
}

// Std returns it as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String returns the shortest form that ParseDuration reads: "90d", "1d12h", "30s".
func (d Duration) String() string {
	std := time.Duration(d)
	if std < day {
		return shortened(std)
	}
	text := strconv.FormatInt(int64(std/day), 10) + "d"
	if rest := std % day; rest != 0 {
		text += shortened(rest)
	}
	return text
}

// MarshalText returns the form of String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// shortened drops the zero units that time.Duration prints: "12h0m0s" is "12h".
func shortened(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
