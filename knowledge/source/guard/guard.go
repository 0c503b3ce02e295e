// Package guard opens connections to public addresses alone, so that an address
// that somebody names, a link in a page or a redirect never reaches the
// network that this process runs in.
package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Limits of one connection.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 30 * time.Second
	idleTimeout   = 30 * time.Second
	maxHeader     = 64 << 10 // bytes of an answer's header
	maxRedirects  = 10       // as browsers and curl follow at least
	maxAddress    = 2048     // bytes of an address: what sitemaps allow (sitemaps.org)
)

var (
	// ErrPrivate is returned for an address that is not public and was not allowed.
	ErrPrivate = errors.New("it is not a public address: --private (in tribune.yaml `private: true`) allows the networks of a team, but never link-local addresses")
	// ErrPort is returned for a port of a public address that no web server uses.
	ErrPort = errors.New("only the ports 80, 443, 8080 and 8443 are opened on public addresses")
	// ErrAddress is returned for an address that no web page can have.
	ErrAddress = errors.New("not an address of a web page")
	// ErrRedirects is returned where one redirect leads to the next without end.
	ErrRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
)

// Options say what else may be reached.
type Options struct {
	// Private are networks that may be reached though they are not public, at
	// any port: those of the team's own servers.
	Private []netip.Prefix
	// Resolver looks names up; nil: the system's.
	Resolver *net.Resolver
}

// Guard says what may be reached.
type Guard struct {
	private  []netip.Prefix
	special  []netip.Prefix
	resolver *net.Resolver
}

// New returns a Guard.
func New(o Options) *Guard {
	return &Guard{private: slices.Clone(o.Private), special: special(), resolver: o.Resolver}
}

// special are the networks within the global ones that are not public: the
// registries of special-purpose addresses, RFC 6890 and its successors at
// iana.org/assignments/iana-ipv4-special-registry and -ipv6-. Of version 6 only
// 2000::/3 is given out at all (RFC 4291), so that translated (64:ff9b::/96),
// unique local, link-local and multicast addresses lie outside it.
func special() []netip.Prefix {
	const all = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16
		172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16
		198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		2001::/23 2001:db8::/32 2002::/16 3fff::/20`
	var out []netip.Prefix
	for s := range strings.FieldsSeq(all) {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Check says why an address may not be asked for, nil where nothing is to be
// seen from the address alone: its host is looked at again when it is dialed.
func (g *Guard) Check(u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: it must begin with http:// or https://", ErrAddress)
	case u.User != nil:
		return fmt.Errorf("%w: it may not hold a user or a password", ErrAddress)
	case host == "" || len(u.String()) > maxAddress:
		return fmt.Errorf("%w: it has no host, or more than %d bytes", ErrAddress, maxAddress)
	}
	ip, err := netip.ParseAddr(host)
	if err == nil {
		return g.checkIP(ip)
	}
	if endsInNumber(host) {
		return fmt.Errorf("%w: write an IP address as four decimal numbers", ErrAddress)
	}
	return nil
}

// endsInNumber reports whether a host is an IP address in one of the old ways
// to write it (0x7f000001, 0177.0.0.1), which some resolvers still understand:
// the test of the URL standard (url.spec.whatwg.org, "ends in a number").
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// checkIP says why an IP address may not be dialed.
func (g *Guard) checkIP(ip netip.Addr) error {
	if g.allowed(ip.Unmap()) || g.public(ip.Unmap()) {
		return nil
	}
	return fmt.Errorf("%s: %w", ip, ErrPrivate)
}

func (g *Guard) allowed(ip netip.Addr) bool {
	return slices.ContainsFunc(g.private, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func (g *Guard) public(ip netip.Addr) bool {
	global := ip.Is4() || netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20}), 3).Contains(ip)
	return global && ip.Zone() == "" && !slices.ContainsFunc(g.special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// control is called with the very address that is about to be dialed, after
// every lookup: a name that leads elsewhere the second time is caught.
func (g *Guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, ErrPrivate)
	}
	ip := at.Addr().Unmap()
	if err := g.checkIP(ip); err != nil {
		return err
	}
	if !g.allowed(ip) && !slices.Contains([]uint16{80, 443, 8080, 8443}, at.Port()) {
		return fmt.Errorf("port %d: %w", at.Port(), ErrPort)
	}
	return nil
}

// Transport returns a transport that opens only what the Guard allows. It takes
// no proxy from the environment: behind one nobody could look at the address.
func (g *Guard) Transport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: g.resolver, ControlContext: g.control}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: maxHeader,
		ForceAttemptHTTP2:      true,
	}
}

// Redirect says why a redirect is not followed: it is an http.Client's
// CheckRedirect.
func (g *Guard) Redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrRedirects
	}
	return g.Check(req.URL)
}

// Client returns a client that reaches only what the Guard allows, after a
// redirect too. Its requests are bounded by their contexts.
func (g *Guard) Client() *http.Client {
	return &http.Client{Transport: checked{guard: g, next: g.Transport()}, CheckRedirect: g.Redirect}
}

// checked looks at the address of every request before it is sent.
type checked struct {
	guard *Guard
	next  *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (c checked) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := c.guard.Check(req.URL); err != nil {
		return nil, err
	}
	return c.next.RoundTrip(req)
}

// CloseIdleConnections lets http.Client close what it no longer needs.
func (c checked) CloseIdleConnections() { c.next.CloseIdleConnections() }

// Lookup says why a host may not be dialed: one of its addresses is not public
// and not allowed. For connections that something else opens; those of
// Transport are looked at when they are dialed, which is safer.
func (g *Guard) Lookup(ctx context.Context, host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		return g.checkIP(ip)
	}
	if endsInNumber(host) {
		return fmt.Errorf("%w: write an IP address as four decimal numbers", ErrAddress)
	}
	resolver := g.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	ips, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	for _, ip := range ips {
		if err := g.checkIP(ip); err != nil {
			return err
		}
	}
	return nil
}
