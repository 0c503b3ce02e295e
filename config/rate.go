package config

import (
	"strconv"
	"strings"
	"time"
)

// maxEvents is the most that a Rate allows: more than any chat sends, and far
// from where arithmetic on it could overflow.
const maxEvents = 1_000_000

const rateFix = "write a whole number, a slash and s, m, h or d, as in 20/m"

// Rate is how often something may happen: Events in each Per. In text it is
// "20/m"; the units are s, m, h and d (24 hours). The zero Rate is none.
type Rate struct {
	Events int
	Per    time.Duration
}

// ParseRate reads a rate such as "20/m", "1/s", "100/h" or "500/d".
func ParseRate(text string) (Rate, error) {
	number, unit, _ := strings.Cut(strings.TrimSpace(text), "/")
	per := rateUnit(strings.TrimSpace(unit))
	events, err := strconv.Atoi(strings.TrimSpace(number))
	switch {
	case per == 0 || err != nil:
		return Rate{}, &invalid{quote(text) + " is not a rate", rateFix}
	case events < 1 || events > maxEvents:
		return Rate{}, &invalid{quote(text) + " is out of range", "use a number from 1 to " + strconv.Itoa(maxEvents) + " before the slash"}
	}
	return Rate{Events: events, Per: per}, nil
}

// Every returns the time between two events at an even pace; 0 for the zero Rate.
func (r Rate) Every() time.Duration {
	if r.Events == 0 {
		return 0
	}
	return r.Per / time.Duration(r.Events)
}

// String returns the form that ParseRate reads; "" for the zero Rate.
func (r Rate) String() string {
	if r.Events == 0 {
		return ""
	}
	for _, unit := range []string{"s", "m", "h", "d"} {
		if rateUnit(unit) == r.Per {
			return strconv.Itoa(r.Events) + "/" + unit
		}
	}
	return strconv.Itoa(r.Events) + " in " + r.Per.String()
}

// MarshalText returns the form of String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRate reads.
func (r *Rate) UnmarshalText(text []byte) error {
	parsed, err := ParseRate(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// rateUnit returns how long a unit is; 0 for what is none.
func rateUnit(unit string) time.Duration {
	switch unit {
	case "s":
		return time.Second
	case "m":
		return time.Minute
	case "h":
		return time.Hour
	case "d":
		return day
	default:
		return 0
	}
}
