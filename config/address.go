package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// URL is an address with a scheme and a host. It may carry a password or a
// token, so it prints itself without them; Reveal gives the whole of it.
// NATS_URL alone may list several, with commas between.
type URL string

// Reveal returns the whole address.
func (u URL) Reveal() string { return string(u) }

// IsSet tells whether there is an address.
func (u URL) IsSet() bool { return u != "" }

// String returns the address without its password and without its query.
func (u URL) String() string {
	if u == "" {
		return ""
	}
	parts := strings.Split(string(u), ",")
	for i, part := range parts {
		parts[i] = withoutSecrets(strings.TrimSpace(part))
	}
	return strings.Join(parts, ",")
}

// GoString is what %#v shows.
func (u URL) GoString() string { return "config.URL(" + strconv.Quote(u.String()) + ")" }

// Format answers every verb of fmt with the form of String.
func (u URL) Format(f fmt.State, verb rune) { writeHidden(f, verb, u.String(), u.GoString()) }

// MarshalText gives the form of String.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue gives the form of String to slog.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// UnmarshalText takes an address, or several with commas between. PostgreSQL may
// have its host among the parameters, where it is a socket.
func (u *URL) UnmarshalText(text []byte) error {
	for part := range strings.SplitSeq(string(text), ",") {
		// The parser's own error holds the address, and with it the password.
		parsed, err := url.Parse(strings.TrimSpace(part))
		if err != nil || parsed.Scheme == "" || parsed.Hostname() == "" && parsed.Query().Get("host") == "" {
			return &invalid{"this is not an address", "write it with its scheme and host, as in https://example.org; in a password write special characters as %XX"}
		}
		if err := checkPort(parsed.Port()); err != nil {
			return err
		}
	}
	*u = URL(text)
	return nil
}

// withoutSecrets returns an address as it may be shown.
func withoutSecrets(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return hiddenMark
	}
	shown := u.Scheme + "://" + hiddenUser(u.User) + u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		shown += "?" + hiddenMark
	}
	return shown
}

// hiddenUser shows the user's name only where a password is what is secret: a
// name alone is a token more often than not.
func hiddenUser(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	if _, secret := user.Password(); secret && user.Username() != "" {
		return url.PathEscape(user.Username()) + ":" + hiddenMark + "@"
	}
	return hiddenMark + "@"
}

// Addr is what a listener listens on: host:port. An empty host means every
// interface, port 0 a free one.
type Addr string

// UnmarshalText takes host:port.
func (a *Addr) UnmarshalText(text []byte) error {
	fix := "write host:port, as in 127.0.0.1:4000"
	host, port, err := net.SplitHostPort(string(text))
	if err != nil || strings.ContainsAny(host, "/ ") {
		return &invalid{quote(string(text)) + " is not an address to listen on", fix}
	}
	if port == "" {
		return &invalid{quote(string(text)) + " has no port", fix}
	}
	if err := checkPort(port); err != nil {
		return err
	}
	*a = Addr(text)
	return nil
}

// Loopback tells whether only this machine can reach the address.
func (a Addr) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	return err == nil && isLoopback(host)
}

// Port returns the port's number as text; "" where there is none.
func (a Addr) Port() string {
	_, port, err := net.SplitHostPort(string(a))
	if err != nil {
		return ""
	}
	return port
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// checkPort holds a port to the numbers there are; none at all is fine.
func checkPort(text string) error {
	if text == "" {
		return nil
	}
	if _, err := strconv.ParseUint(text, 10, 16); err != nil {
		return &invalid{"the port " + quote(text) + " is out of range", "use a number from 1 to 65535"}
	}
	return nil
}
