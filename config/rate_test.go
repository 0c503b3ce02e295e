package config

import (
	"strings"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Rate{
		"20/m":      {20, time.Minute},
		"1/s":       {1, time.Second},
		"100/h":     {100, time.Hour},
		"500/d":     {500, 24 * time.Hour},
		" 20 / m ":  {20, time.Minute},
		"1000000/s": {1_000_000, time.Second},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
		again, err := ParseRate(got.String())
		if err != nil || again != got {
			t.Errorf("%q printed as %q reads as %v, %v", text, got, again, err)
		}
	}
}

func TestParseRateRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "20", "/m", "20/", "20/min", "20/w", "-1/m", "0/m", "1.5/m", "20/m/m", "1000001/s", "99999999999999999999/s", "twenty/m", "20／m", "0x10/m", "1e3/m"} {
		got, err := ParseRate(text)
		if err == nil || got != (Rate{}) {
			t.Errorf("ParseRate(%q) = %v, %v, want an error", text, got, err)
		} else if !strings.Contains(err.Error(), ": ") {
			t.Errorf("ParseRate(%q): %v does not say what to do", text, err)
		}
	}
}

func TestRateEvery(t *testing.T) {
	t.Parallel()
	if got := (Rate{20, time.Minute}).Every(); got != 3*time.Second {
		t.Errorf("Every() of 20/m = %s, want 3s", got)
	}
	if got := (Rate{}).Every(); got != 0 {
		t.Errorf("Every() of none = %s, want 0", got)
	}
	if got := (Rate{3, 7 * time.Second}).String(); got != "3 in 7s" {
		t.Errorf("String() of an odd rate = %q", got)
	}
}

func FuzzRate(f *testing.F) {
	for _, seed := range []string{"20/m", "1/s", "", "/", "9/d ", "-1/h", "٣/m"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rate, err := ParseRate(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("ParseRate(%q): the error has more than one line: %q", text, err)
			}
			return
		}
		if rate.Events < 1 || rate.Every() < 0 {
			t.Fatalf("ParseRate(%q) = %+v", text, rate)
		}
		if again, err := ParseRate(rate.String()); err != nil || again != rate {
			t.Fatalf("%q: %v printed and read again is %v, %v", text, rate, again, err)
		}
	})
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		d     time.Duration
		again string
	}{
		"30s":     {30 * time.Second, "30s"},
		"90d":     {90 * day, "90d"},
		"1d12h":   {36 * time.Hour, "1d12h"},
		"0s":      {0, "0s"},
		"0":       {0, "0s"},
		"2h30m":   {150 * time.Minute, "2h30m"},
		"48h":     {48 * time.Hour, "2d"},
		"1d10m":   {day + 10*time.Minute, "1d10m"},
		"1d30s":   {day + 30*time.Second, "1d30s"},
		"100ms":   {100 * time.Millisecond, "100ms"},
		"20h0m0s": {20 * time.Hour, "20h"},
		"10m":     {10 * time.Minute, "10m"},
	} {
		got, err := ParseDuration(text)
		if err != nil || got.Std() != want.d || got.String() != want.again {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v as %q", text, got, err, want.d, want.again)
		}
	}
	for _, text := range []string{"", "90", "d", "-1d", "-30s", "1d-2h", "1.5d", "90 d", "1d1d", "99999999999d", "3000000h", "65535d65535d", "10d1562723h", "36526d", "soon"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"90d", "1d12h", "30s", "", "53375d", "106751d23h", "-1s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q: %s printed and read again is %s, %v", text, d, again, err)
		}
	})
}
