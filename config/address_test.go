package config

import "testing"

func TestAddr(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		loopback bool
		port     string
	}{
		"127.0.0.1:4000":           {true, "4000"},
		"[::1]:0":                  {true, "0"},
		"localhost:80":             {true, "80"},
		"[::ffff:127.1.2.3]:1":     {true, "1"},
		":4000":                    {false, "4000"},
		"0.0.0.0:65535":            {false, "65535"},
		"bot.example:4000":         {false, "4000"},
		"127.0.0.1.evil.example:1": {false, "1"},
	} {
		var a Addr
		if err := a.UnmarshalText([]byte(text)); err != nil {
			t.Error(err)
		}
		if a.Loopback() != want.loopback || a.Port() != want.port {
			t.Errorf("%s: loopback %v, port %s, want %+v", text, a.Loopback(), a.Port(), want)
		}
	}
	if Addr("").Loopback() || Addr("").Port() != "" {
		t.Error("no address is a loopback one")
	}
}

func TestURLRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "//h", "http://", "http:/h", "http://h:x", "http://h:70000", "http://[::1", "a,b", "http://h,", "mailto:a@b", "http://a b/"} {
		var u URL
		if err := u.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q passed", text)
		}
	}
}
