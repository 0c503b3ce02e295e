// Package weaviate is the engine past one machine: passages lie in a Weaviate
// cluster, which filters them by collection and gives candidates, and package
// rank orders them as it orders those of the embedded engine. Documents are
// still fed into the embedded library; the cluster follows it.
//
// The cluster splits texts at spaces only. It is package cut that makes terms of
// a text, here as everywhere.
package weaviate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// defaultPrefix begins the names of the classes.
const defaultPrefix = "Tribune"

// defaultTimeout is how long one host has for a search. When a leader was killed
// the slowest read took 2.8 s.
const defaultTimeout = 3 * time.Second

// Options are what an engine needs. Only Hosts must be set.
type Options struct {
	Hosts []string // https://host:port, any number of a cluster's nodes
	Key   string   // API key; empty: none
	// Prefix begins the names of the classes, so that several installations can
	// share a cluster: a capital letter, then letters and digits. "": Tribune.
	Prefix string
	// Replicas is how many nodes keep each passage, where the classes are made
	// anew; 0: 1. Three bear the loss of one.
	Replicas int
	// Embedder makes the vectors of passages and questions; nil: words alone.
	Embedder knowledge.Embedder
	// Fallback answers while the cluster can't, and for collections that it does
	// not have whole yet: the library that the cluster follows. Nil: an error.
	Fallback knowledge.Engine
	Timeout  time.Duration    // of a search at one host; 0: three seconds
	Now      func() time.Time // nil: the real clock
	Log      *slog.Logger     // nil: no logging
}

// Engine is a knowledge.Engine, a knowledge.Follower and, with an Embedder, a
// knowledge.Nearby.
type Engine struct {
	o       Options
	cluster *cluster
	log     *slog.Logger
	now     func() time.Time
	class   string // of the passages
	state   string // of what is known of the collections
	writer  string // of the cutter and the embedder
	known   known

	following sync.Mutex // one Follow or Forget at a time

	mu       sync.Mutex
	verified bool      // the canary was found
	reason   string    // why the cluster does not serve, "" if it does
	since    time.Time // of reason
	told     time.Time // when it was last logged
}

// Open checks the cluster: its classes, made where they are missing, and that
// what is written is found. It returns ErrSchema or ErrKey where a person has
// to do something about it. A cluster that can't be reached is no error: Fallback
// serves, and Run keeps trying.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	err = e.verify(ctx)
	switch {
	case errors.Is(err, ErrSchema), errors.Is(err, ErrKey):
		return nil, fmt.Errorf("open weaviate: %w", err)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("open weaviate: %w", context.Cause(ctx))
	}
	return e, nil
}

func newEngine(o Options) (*Engine, error) {
	hosts, err := parseHosts(o.Hosts)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if !validPrefix(o.Prefix) {
		return nil, errors.New("weaviate: a prefix is a capital letter, then letters and digits, 32 at most")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	e := &Engine{o: o, log: o.Log, now: o.Now, class: o.Prefix + "Passage", state: o.Prefix + "State"}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.now == nil {
		e.now = time.Now
	}
	vectors := ""
	if o.Embedder != nil { // vectors of different makers never share a class
		vectors = o.Embedder.Name()
		e.class += "V" + digest(vectors)[:8]
		e.state += "V" + digest(vectors)[:8]
	}
	e.writer = fingerprint(vectors)
	e.cluster = &cluster{hosts: hosts, key: o.Key, client: newClient(), now: e.now, log: e.log, insist: o.Fallback == nil}
	return e, nil
}

func validPrefix(p string) bool {
	for i, r := range []byte(p) {
		upper, lower, digit := 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9'
		if i == 0 && !upper || !upper && !lower && !digit {
			return false
		}
	}
	return len(p) <= 32
}

// verify makes or checks the classes and looks for the canary.
func (e *Engine) verify(ctx context.Context) error {
	err := errors.Join(e.ensure(ctx, e.passageClass()), e.ensure(ctx, e.stateClass()))
	if err == nil {
		err = e.canary(ctx)
	}
	if err != nil {
		e.down(ctx, err)
		return err
	}
	e.up(ctx)
	return nil
}

// Run keeps looking after the cluster until ctx is done: hosts that failed, and
// a cluster that could not be verified yet.
func (e *Engine) Run(ctx context.Context) error {
	const every = 2 * time.Second
	tick := time.NewTicker(every)
	defer tick.Stop()
	var next time.Time
	for {
		select {
		case <-ctx.Done():
			e.cluster.client.CloseIdleConnections()
			return nil
		case <-tick.C:
		}
		e.cluster.visit(ctx)
		if e.serving() || e.now().Before(next) {
			continue
		}
		// What failed is told by verify itself.
		if err := e.verify(ctx); err != nil {
			next = e.now().Add(5 * every)
		}
	}
}

// State is how the cluster is doing.
type State struct {
	Serving bool      // the cluster answers questions
	Reason  string    // why it does not
	Since   time.Time // when that began
	Hosts   []HostState
}

// HostState is how one host is doing.
type HostState struct {
	Name    string
	Trouble string // "": it answers
}

// String is the state in one line: "ok", or "degraded: " and the reason.
func (s State) String() string {
	if !s.Serving {
		return "degraded: " + s.Reason
	}
	for _, h := range s.Hosts {
		if h.Trouble != "" {
			return "degraded: " + h.Name + " does not answer, others do"
		}
	}
	return "ok"
}

// State tells how the cluster is doing, for a readiness page. It asks nobody.
func (e *Engine) State() State {
	e.mu.Lock()
	s := State{Serving: e.verified && e.reason == "", Reason: e.reason, Since: e.since}
	e.mu.Unlock()
	for _, h := range e.cluster.hosts {
		s.Hosts = append(s.Hosts, HostState{Name: h.name, Trouble: h.trouble()})
	}
	return s
}

func (e *Engine) serving() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.verified && e.reason == ""
}

// up notes that the cluster does what it should.
func (e *Engine) up(ctx context.Context) {
	e.mu.Lock()
	was := e.reason
	e.verified, e.reason, e.told = true, "", time.Time{}
	e.mu.Unlock()
	if was != "" {
		e.log.InfoContext(ctx, "weaviate serves again")
	}
}

// tellEvery is how often a trouble that lasts is logged.
const tellEvery = time.Minute

// down notes why the cluster does not serve and logs it now and then.
func (e *Engine) down(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	now := e.now()
	e.mu.Lock()
	if e.reason == "" {
		e.since = now
	}
	e.reason = line(err.Error())
	tell := now.Sub(e.told) >= tellEvery
	if tell {
		e.told = now
	}
	e.mu.Unlock()
	if tell {
		e.log.WarnContext(ctx, "weaviate does not serve, the embedded engine does", "reason", line(err.Error()))
	}
}
