package web

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// maxQueue bounds the addresses that wait, for each page that may be read.
const maxQueue = 20

// item is a page that waits to be read.
type item struct {
	url     *url.URL
	depth   int
	lastmod time.Time // as a sitemap says
}

// fetched is what came of an item.
type fetched struct {
	item
	answer answer
	err    error
	done   chan struct{}
}

// crawl is the reading of one target.
type crawl struct {
	*run
	target *target
	site   *site
	yield  yielder
	queue  []item
	read   int // pages that came
	barred int // pages that asked for a sign-in
	// partial says why what belongs to the target may not all have been seen,
	// "" when it was.
	partial string
}

// target reads one of the addresses. It returns why nothing of it could be
// read, errStop where nobody wants more, or that ctx is done.
func (r *run) target(ctx context.Context, t *target, yield yielder) error {
	at, err := r.site(ctx, t.start)
	if err != nil {
		return err
	}
	c := &crawl{run: r, target: t, site: at, yield: yield}
	if err := c.start(ctx); err != nil {
		return err
	}
	if err := c.all(ctx); err != nil {
		return err
	}
	if c.barred > 0 && c.barred*2 >= c.read && t.shape != single {
		c.partial = "most of it asks for a sign-in"
	}
	if c.partial != "" && !t.keep(c.partial+": what was read of it before is kept", yield) {
		return errStop
	}
	return nil
}

// start fills the queue.
func (c *crawl) start(ctx context.Context) error {
	switch c.target.shape {
	case sitemap, robots:
		c.list(c.target, nil)
		from := []string{c.target.start.String()}
		if c.target.shape == robots {
			from = c.site.sitemaps
		}
		entries, err := c.sitemaps(ctx, from)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return errEmpty
		}
		c.list(c.target, entries)
		for _, e := range entries {
			c.add(item{url: e.url, lastmod: e.lastmod})
		}
	case tree:
		c.add(item{url: c.target.start})
		return c.listed(ctx)
	default:
		c.add(item{url: c.target.start})
	}
	return nil
}

// listed adds the pages of a tree that the host's own sitemaps list. Where they
// can't be read links alone lead on.
func (c *crawl) listed(ctx context.Context) error {
	if len(c.site.sitemaps) == 0 {
		return nil
	}
	entries, err := c.sitemaps(ctx, c.site.sitemaps)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.partial = "the sitemap that its robots.txt names can't be read: " + err.Error()
	}
	for _, e := range entries {
		if c.target.covers(e.url) {
			c.add(item{url: e.url, depth: 1, lastmod: e.lastmod})
		}
	}
	return nil
}

// add queues a page that was not queued before.
func (c *crawl) add(i item) {
	k := key(i.url)
	if _, ok := c.seen[k]; ok {
		return
	}
	if len(c.seen) >= maxQueue*c.o.MaxPages {
		c.partial = "it has links without end"
		return
	}
	c.seen[k] = struct{}{}
	c.queue = append(c.queue, i)
}

// all reads what is in the queue, and what that leads to. A few pages are
// fetched at a time; they are taken in the order of the queue, so that a site
// is read in the same way every time.
func (c *crawl) all(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var coming []*fetched
	defer func() {
		cancel()
		for _, f := range coming {
			<-f.done
		}
	}()
	for {
		for len(coming) < c.o.Parallel && len(c.queue) > 0 {
			if f := c.next(ctx); f != nil {
				coming = append(coming, f)
			}
		}
		if len(coming) == 0 {
			return ctx.Err()
		}
		next := coming[0]
		<-next.done
		coming = coming[1:]
		if err := c.take(ctx, next); err != nil {
			return err
		}
	}
}

// next begins to fetch the next page of the queue, nil where no more are read.
func (c *crawl) next(ctx context.Context) *fetched {
	f := &fetched{item: c.queue[0], done: make(chan struct{})}
	c.queue = c.queue[1:]
	switch {
	case !c.site.allows(f.url):
		f.err = &unread{verdict: refused, reason: byRobots}
	case noPage(f.url):
		f.err = &unread{verdict: outside, reason: "its name is that of a picture, a program or another file without text"}
	case !c.more():
		return nil
	default:
		go func() {
			defer close(f.done)
			f.answer, f.err = c.fetch(ctx, c.site, f.url, c.o.MaxPage)
		}()
		return f
	}
	close(f.done)
	return f
}

// more reports whether another page may be read, and counts it.
func (c *crawl) more() bool {
	switch {
	case c.left == 0:
		c.partial = fmt.Sprintf("there are more than %d pages: name a part of it", c.o.MaxPages)
	case c.site.isDown():
		c.partial = "its host is down or busy"
	default:
		c.left--
		return true
	}
	c.queue = nil
	return false
}

// take takes what came of a page.
func (c *crawl) take(ctx context.Context, f *fetched) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	bad, ok := errors.AsType[*unread](f.err)
	switch {
	case !ok && f.err != nil:
		return f.err
	case ok:
		return c.miss(f, bad)
	}
	c.read++
	return c.document(ctx, f)
}

// miss takes a page that could not be read.
func (c *crawl) miss(f *fetched, bad *unread) error {
	first := f.url == c.target.start
	switch bad.verdict {
	case missing:
		if !first || c.target.shape == single {
			c.lose(f.url)
			return c.skip(f.url, bad.reason, true)
		}
	case down:
		if c.target.shape == tree {
			c.partial = "not all of it could be read"
		}
	case barred:
		c.read++
		c.barred++
	case heavy, outside, refused:
	}
	if first {
		return bad
	}
	foreign := bad.verdict == outside || bad.verdict == refused
	return c.skip(f.url, bad.reason, foreign)
}

// skip leaves a page out. One that is foreign is no document: what was indexed
// of it is not kept.
func (c *crawl) skip(u *url.URL, reason string, foreign bool) error {
	if c.yield(knowledge.Document{Origin: u.String()}, &knowledge.Skipped{Document: c.id(u), Reason: reason, Foreign: foreign}) {
		return nil
	}
	return errStop
}
