package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// loopback allows one address of this machine, so that the others stay private.
func loopback() Options {
	return Options{Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
}

// get asks for an address.
func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	client := New(Options{}).Client()
	for address, want := range map[string]error{
		"http://127.0.0.1/":                           ErrPrivate,
		"http://127.8.9.1/":                           ErrPrivate,
		"http://[::1]/":                               ErrPrivate,
		"http://0.0.0.0/":                             ErrPrivate,
		"http://[::]/":                                ErrPrivate,
		"http://10.1.2.3/":                            ErrPrivate,
		"http://172.31.0.1/":                          ErrPrivate,
		"http://192.168.0.1/":                         ErrPrivate,
		"http://100.64.0.1/":                          ErrPrivate,
		"http://100.127.255.254/":                     ErrPrivate,
		"http://169.254.169.254/latest/":              ErrPrivate,
		"http://[fe80::1]/":                           ErrPrivate,
		"http://[fe80::1%25eth0]/":                    ErrPrivate,
		"http://[2606:4700::1%25eth0]/":               ErrPrivate,
		"http://[fd00:ec2::254]/":                     ErrPrivate,
		"http://[::ffff:127.0.0.1]/":                  ErrPrivate,
		"http://[::ffff:a9fe:a9fe]/":                  ErrPrivate,
		"http://[::127.0.0.1]/":                       ErrPrivate,
		"http://[64:ff9b::7f00:1]/":                   ErrPrivate,
		"http://[64:ff9b:1::a9fe:a9fe]/":              ErrPrivate,
		"http://[2002:7f00:1::]/":                     ErrPrivate,
		"http://[2001:0:7f00:1::]/":                   ErrPrivate,
		"http://224.0.0.1/":                           ErrPrivate,
		"http://[ff02::1]/":                           ErrPrivate,
		"http://255.255.255.255/":                     ErrPrivate,
		"http://192.0.2.1/":                           ErrPrivate,
		"http://0x7f000001/":                          ErrAddress,
		"http://0X7F.1/":                              ErrAddress,
		"http://2130706433/":                          ErrAddress,
		"http://0177.0.0.1/":                          ErrAddress,
		"http://127.1/":                               ErrAddress,
		"http://127.0.0.1./":                          ErrAddress,
		"file:///etc/passwd":                          ErrAddress,
		"gopher://example.com/":                       ErrAddress,
		"http://user:secret@example.com/":             ErrAddress,
		"http:///nothing":                             ErrAddress,
		"http://x/" + strings.Repeat("a", maxAddress): ErrAddress,
	} {
		_, err := get(t, client, address)
		if !errors.Is(err, want) {
			t.Errorf("%.60s: got %v, want %v", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestPublicAddressesAreAllowed(t *testing.T) {
	t.Parallel()
	g := New(Options{})
	for _, address := range []string{
		"http://93.184.216.34/", "https://[2606:2800:220:1::1]/x", "https://docs.example.com:8443/a?b=c", "http://100.128.0.1", "http://172.32.0.1", "http://1.2.3.4.example",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Check(u); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, want := range map[string]error{
		"93.184.216.34:443": nil, "93.184.216.34:80": nil, "[2606:2800:220:1::1]:8443": nil, "93.184.216.34:22": ErrPort, "[2606:2800:220:1::1]:6379": ErrPort,
		"127.0.0.1:443": ErrPrivate, "[::ffff:10.0.0.1]:80": ErrPrivate, "no address": ErrPrivate,
	} {
		if err := g.control(t.Context(), "tcp", address, nil); !errors.Is(err, want) {
			t.Errorf("dial %s: got %v, want %v", address, err, want)
		}
	}
}

// serve starts a server at an address of this machine.
func serve(t *testing.T, at string, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", at+":0")
	if err != nil {
		t.Skipf("no address %s here: %v", at, err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func TestRedirectsAreLookedAt(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	private := serve(t, "127.0.0.2", func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	for to, want := range map[string]error{
		private.URL:                     ErrPrivate,
		"http://169.254.169.254/latest": ErrPrivate,
		"http://[::ffff:7f00:2]/":       ErrPrivate,
		"file:///etc/passwd":            ErrAddress,
		"http://a:b@127.0.0.1/":         ErrAddress,
		"http://0x7f000002/":            ErrAddress,
		"/again":                        ErrRedirects,
	} {
		s := serve(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
		if _, err := get(t, New(loopback()).Client(), s.URL); !errors.Is(err, want) {
			t.Errorf("redirect to %s: got %v, want %v", to, err, want)
		}
	}
	if reached.Load() > 0 {
		t.Error("a private server was reached")
	}
}

// TestANameThatLeadsElsewhereTheSecondTime is DNS rebinding: the first lookup
// gives an address that may be reached, the next one that may not.
func TestANameThatLeadsElsewhereTheSecondTime(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	private := serve(t, "127.0.0.2", func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	_, port, _ := net.SplitHostPort(private.Listener.Addr().String())
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	allowed := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("fine")) }))
	allowed.Listener.Close()
	allowed.Listener = l
	allowed.Start()
	defer allowed.Close()

	var second atomic.Bool
	o := loopback()
	o.Resolver = resolver(t, func() [4]byte {
		if second.Load() {
			return [4]byte{127, 0, 0, 2}
		}
		return [4]byte{127, 0, 0, 1}
	})
	client := New(o).Client()
	address := "http://rebind.example:" + port + "/"
	if body, err := get(t, client, address); err != nil || body != "fine" {
		t.Fatalf("got %q, %v", body, err)
	}
	second.Store(true)
	client.CloseIdleConnections()
	if _, err := get(t, client, address); !errors.Is(err, ErrPrivate) {
		t.Errorf("after rebinding: got %v", err)
	}
	if reached.Load() > 0 {
		t.Error("the private server was reached")
	}
}

// resolver asks a name server of the test's own, over UDP.
func resolver(t *testing.T, answer func() [4]byte) *net.Resolver {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(reply(buf[:n], answer()), from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply answers a question for addresses of version 4, and has none of version 6.
func reply(question []byte, ip [4]byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: ip},
		}}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
