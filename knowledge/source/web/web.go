// Package web gives the documents of web sites: a page and all below it, what a
// sitemap lists, or single pages. It asks slowly, keeps to robots.txt, stays on
// the host that was named, and never reaches a private address unless that was
// allowed.
//
// One file has one step: address.go reads what was named, crawl.go goes from
// page to page, fetch.go gets one, page.go reads it, places.go says what is
// known of the rest.
package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/guard"
)

// Options bound what is read, and how fast. The zero value has the defaults.
type Options struct {
	// Private are networks that may be reached though they are not public, at
	// any port: those of the team's own servers.
	Private  []netip.Prefix
	Resolver *net.Resolver // nil: the system's

	MaxPages int           // how many pages a run reads; 0: 5,000
	MaxDepth int           // how many links away from what was named; 0: 10
	MaxPage  int64         // bytes of one page; 0: 10 MB
	Timeout  time.Duration // of one page; 0: 30 s
	Parallel int           // how many pages of a host at a time; 0: 2
	// Pause is the time between two requests to a host, where its robots.txt
	// asks for no more. 0: 200 ms; below 0: none.
	Pause time.Duration

	Now  func() time.Time                                 // nil: time.Now
	Wait func(ctx context.Context, d time.Duration) error // nil: by a timer
}

// What the zero Options stand for.
const (
	defaultPages    = 5000
	defaultDepth    = 10
	defaultPage     = 10 << 20
	defaultTimeout  = 30 * time.Second
	defaultParallel = 2
	defaultPause    = 200 * time.Millisecond
)

func (o Options) withDefaults() Options {
	o.MaxPages = cmp.Or(o.MaxPages, defaultPages)
	o.MaxDepth = cmp.Or(o.MaxDepth, defaultDepth)
	o.MaxPage = cmp.Or(o.MaxPage, defaultPage)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.Parallel = cmp.Or(o.Parallel, defaultParallel)
	o.Pause = max(cmp.Or(o.Pause, defaultPause), 0)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return o
}

// source is the pages of one or more addresses.
type source struct {
	o       Options
	targets []*target
	guard   *guard.Guard
	several bool // whether the addresses have more than one host

	mu   sync.Mutex
	gone map[string]struct{} // origins that the last run found gone
}

var errNothing = errors.New("no address was named")

// New returns the documents of web addresses, each of which is
//
//   - a page, as https://docs.example.com/guide/: it and the pages below the
//     same path that links or the host's sitemaps lead to;
//   - a single page or file, as https://docs.example.com/fees.html;
//   - a sitemap (.xml, .xml.gz or .txt) or a robots.txt that names some: the
//     pages of the same host that it lists.
//
// An address that is none, or not public, is an error. The source has
// knowledge.Places: it knows what is gone after it was read.
func New(addresses []string, o Options) (knowledge.Source, error) {
	if len(addresses) == 0 {
		return nil, errNothing
	}
	s := &source{o: o.withDefaults(), guard: guard.New(guard.Options{Private: o.Private, Resolver: o.Resolver}), gone: map[string]struct{}{}}
	for _, address := range addresses {
		t, err := parse(address)
		if err == nil {
			err = s.guard.Check(t.start)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shown(address), err)
		}
		s.targets = append(s.targets, t)
		s.several = s.several || !sameHost(t.start, s.targets[0].start)
	}
	return s, nil
}

// Name implements knowledge.Source.
func (s *source) Name() string {
	var names []string
	for _, t := range s.targets {
		names = append(names, t.start.String())
	}
	return strings.Join(names, ", ")
}

// Documents implements knowledge.Source: pages in the order in which they are
// found, breadth first. A site that can't be read is left out, and what was
// read of it before is kept; it is an error only where that is so of all.
func (s *source) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		r := s.run()
		defer r.client.CloseIdleConnections()
		var failed []failure
		for _, t := range s.targets {
			err := r.target(ctx, t, yield)
			switch {
			case errors.Is(err, errStop):
				return
			case ctx.Err() != nil:
				yield(knowledge.Document{}, ctx.Err())
				return
			case err != nil:
				failed = append(failed, failure{t, err})
			}
		}
		if len(failed) == len(s.targets) {
			yield(knowledge.Document{}, fmt.Errorf("%s: %w", failed[0].target.start, failed[0].err))
			return
		}
		for _, f := range failed {
			if !f.target.keep(f.err.Error(), yield) {
				return
			}
		}
	}
}

// errStop is returned where nobody wants more documents.
var errStop = errors.New("stopped")

// failure is an address of which nothing could be read.
type failure struct {
	target *target
	err    error
}

type yielder = func(knowledge.Document, error) bool

// run is the state of one reading of the source.
type run struct {
	*source
	client *http.Client
	left   int                 // pages that may still be read
	seen   map[string]struct{} // addresses that were queued
	texts  map[[16]byte]string // what was read, and where
	sites  map[string]*site
}

func (s *source) run() *run {
	s.mu.Lock()
	clear(s.gone)
	s.mu.Unlock()
	return &run{
		source: s, left: s.o.MaxPages,
		client: &http.Client{Transport: s.guard.Transport()},
		seen:   map[string]struct{}{}, texts: map[[16]byte]string{}, sites: map[string]*site{},
	}
}

// wait waits by the clock.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
