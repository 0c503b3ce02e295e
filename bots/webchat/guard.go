package webchat

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// policy lets the page use its own script and style and nothing else. Trusted
// Types without any policy make the browser itself refuse markup from strings.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// trust reads Options.Hosts.
func (c *Chat) trust(hosts []string) error {
	c.hosts = map[string]bool{"localhost": true}
	for _, h := range hosts {
		if strings.Contains(h, "://") {
			u, err := url.Parse(h)
			if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
				return fmt.Errorf("the host %q is no http or https address", h)
			}
			if err := c.origin.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
				return fmt.Errorf("the host %q: %w", h, err)
			}
			h = u.Host
		}
		c.hosts[hostname(h)] = true
	}
	return nil
}

// hostname is a Host header without its port, in lower case.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// known tells whether a Host header names this server. A page of another site
// can make its own name lead to this address (DNS rebinding), but it can't
// make the browser send an address as the name.
func (c *Chat) known(host string) bool {
	name := hostname(host)
	if c.hosts[name] || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// guard sets the headers of every response, and turns away requests for other
// hosts and from other sites' pages.
func (c *Chat) guard(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if !c.known(r.Host) {
			c.refuse(w, r, &problem{status: http.StatusMisdirectedRequest, code: "wrong_host"})
			return
		}
		if err := c.origin.Check(r); err != nil {
			c.refuse(w, r, &problem{status: http.StatusForbidden, code: "cross_origin", err: err})
			return
		}
		next(w, r)
	})
}

// admit lets those in whom Options.Allow knows. Other sites' pages may not even
// read: their requests would use up streams.
func (c *Chat) admit(next func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			c.refuse(w, r, &problem{status: http.StatusForbidden, code: "cross_origin"})
			return
		}
		asker, err := c.asker(r)
		if err != nil {
			c.refuse(w, r, &problem{status: http.StatusUnauthorized, code: "not_allowed", err: err})
			return
		}
		next(w, r, asker)
	}
}

// asker asks Options.Allow, with the key of the sign-in cookie as a header.
func (c *Chat) asker(r *http.Request) (string, error) {
	if cookie, err := r.Cookie(c.cookie()); c.page != nil && err == nil && r.Header.Get("Authorization") == "" {
		r = withKey(r, cookie.Value)
	}
	asker, err := c.o.Allow(r)
	if err == nil && asker == "" {
		err = errors.New("nobody has no name")
	}
	return asker, err
}

func withKey(r *http.Request, key string) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

// cookie is the name of the sign-in cookie. It holds the key itself: out of
// reach of scripts, sent to this path alone and never from another site.
func (c *Chat) cookie() string { return "tribune_" + c.o.Name }

// maxKey bounds a key, in bytes.
const maxKey = 512

// signIn keeps a key that Options.Allow accepts in the cookie.
func (c *Chat) signIn(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		c.refuse(w, r, &problem{status: http.StatusUnsupportedMediaType, code: "not_json"})
		return
	}
	var body struct {
		Key string `json:"key"`
	}
	if p := readJSON(http.MaxBytesReader(w, r.Body, 4<<10), &body); p != nil {
		c.refuse(w, r, p)
		return
	}
	if !validKey(body.Key) {
		c.refuse(w, r, &problem{status: http.StatusUnauthorized, code: "not_allowed"})
		return
	}
	if _, err := c.o.Allow(withKey(r, body.Key)); err != nil {
		c.refuse(w, r, &problem{status: http.StatusUnauthorized, code: "not_allowed", err: err})
		return
	}
	http.SetCookie(w, c.newCookie(r, body.Key, 0))
	w.WriteHeader(http.StatusNoContent)
}

func (c *Chat) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, c.newCookie(r, "", -1))
	w.WriteHeader(http.StatusNoContent)
}

func (c *Chat) newCookie(r *http.Request, key string, age int) *http.Cookie {
	return &http.Cookie{
		Name: c.cookie(), Value: key, Path: c.o.Path, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		// Behind a proxy only the page's origin tells how the browser came here.
		Secure: r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://"),
	}
}

// validKey tells whether key survives a cookie unchanged.
func validKey(key string) bool {
	return key != "" && len(key) <= maxKey && !strings.ContainsFunc(key, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\",;\\", r)
	})
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// problem is a request that is turned down: code chooses the sentence that the
// reader sees, err is for the log alone.
type problem struct {
	status int
	code   string
	after  time.Duration // when to try again; 0: no hint
	err    error
	detail string // for whoever writes a client: about their own bytes
}

func bad(code string) *problem { return &problem{status: http.StatusBadRequest, code: code} }

// busy is a failure that the client mends by asking again.
func busy(err error) *problem {
	return &problem{status: http.StatusServiceUnavailable, code: "busy", after: 2 * time.Second, err: err}
}
