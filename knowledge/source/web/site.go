package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
	"golang.org/x/time/rate"
)

// Limits of robots.txt.
const (
	maxRobots = 500 << 10        // bytes: what RFC 9309 asks crawlers to read
	maxDelay  = 10 * time.Second // the longest pause that is kept to
)

const byRobots = "its robots.txt asks that it not be read"

// maxFailures is how many pages in a row may fail until a host is taken for down.
const maxFailures = 8

// site is one host: how often it is asked, and what it asks of us.
type site struct {
	limiter  *rate.Limiter
	group    *robotstxt.Group
	sitemaps []string // that its robots.txt names

	mu       sync.Mutex
	until    time.Time // when it may be asked again
	failures int       // in a row
}

// site returns what is known of a host, and asks it for its robots.txt the
// first time.
func (r *run) site(ctx context.Context, u *url.URL) (*site, error) {
	if at, ok := r.sites[u.Host]; ok {
		return at, nil
	}
	at := &site{limiter: rate.NewLimiter(rate.Inf, 1), group: new(robotstxt.Group)}
	if r.o.Pause > 0 {
		at.limiter.SetLimit(rate.Every(r.o.Pause))
	}
	file := *u
	file.Path, file.RawPath, file.RawQuery = "/robots.txt", "", ""
	got, err := r.fetch(ctx, at, &file, maxRobots)
	if bad, ok := errors.AsType[*unread](err); ok && bad.verdict != down {
		err = nil // it has none: all may be read
	}
	if err != nil {
		return nil, fmt.Errorf("robots.txt: %w", err)
	}
	at.obey(got.body, r.o.Pause)
	r.sites[u.Host] = at
	return at, nil
}

// obey takes the rules of a robots.txt. Lines that are none are left out, as
// RFC 9309 asks, where the parser would give up.
func (s *site) obey(file []byte, pause time.Duration) {
	var rules bytes.Buffer
	for line := range bytes.Lines(bytes.ReplaceAll(bytes.TrimPrefix(file, []byte("\ufeff")), []byte("\r"), []byte("\n"))) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch string(bytes.ToLower(bytes.TrimSpace(name))) {
		case "user-agent", "allow", "disallow", "sitemap", "crawl-delay":
			rules.Write(line)
		}
	}
	parsed, err := robotstxt.FromBytes(rules.Bytes())
	if err != nil {
		return // rules for nobody: nothing is said of us
	}
	s.sitemaps, s.group = parsed.Sitemaps, parsed.FindGroup(product)
	if delay := min(s.group.CrawlDelay, maxDelay); delay > pause {
		s.limiter.SetLimit(rate.Every(delay))
	}
}

// allows reports whether the host's robots.txt lets us read an address.
func (s *site) allows(u *url.URL) bool { return s.group.Test(u.RequestURI()) }

// turn waits until the host may be asked.
func (s *site) turn(ctx context.Context, o Options) error {
	s.mu.Lock()
	now := o.Now()
	d := max(s.limiter.ReserveN(now, 1).DelayFrom(now), s.until.Sub(now))
	s.mu.Unlock()
	return o.Wait(ctx, d)
}

// rest leaves the host alone for some time.
func (s *site) rest(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until.After(s.until) {
		s.until = until
	}
}

func (s *site) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = 0
}

// failed counts a page that could not be had. A host that asks to be left alone
// for long is down for this run.
func (s *site) failed(long bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures++; long {
		s.failures = maxFailures
	}
}

// isDown reports whether too many pages in a row have failed.
func (s *site) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failures >= maxFailures
}
