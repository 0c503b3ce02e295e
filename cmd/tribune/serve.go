package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
)

// serveCmd runs everything in one process.
type serveCmd struct {
	Sample bool `help:"Ask one sample question at the start and print its answer."`
}

// Run serves until ctx is done.
func (cmd *serveCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return serve(ctx, s, c, Parts{}, func(ctx context.Context, app *App, base string) error {
		return cmd.greet(ctx, app, s, base)
	})
}

// Serve runs every part until ctx is done or one of them fails. ready is called
// once, when questions are heard, with the address of the HTTP listener.
//
// It stops in two steps: first nothing new is heard and running answers may
// finish within the grace period, while their readers stay connected; then the
// HTTP server ends as well.
func (a *App) Serve(ctx context.Context, ready func(ctx context.Context, base string) error) error {
	listener, err := a.listen(ctx)
	if err != nil {
		return err
	}
	base := "http://" + reachable(listener.Addr())
	if err := a.feedHandbook(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := a.announce(base); err != nil {
		return errors.Join(err, listener.Close())
	}
	back, stopBack := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBack()
	web := make(chan error, 1)
	go func() { web <- a.serveHTTP(back, listener) }()
	background := a.runBackground(ctx)

	front, group := a.front(ctx, func(ctx context.Context) error { return ready(ctx, base) })
	select {
	case err = <-web: // it fails only before it is told to stop
		web <- nil
		front(err)
	case <-group.done:
	}
	err = errors.Join(err, group.wait())
	stopBack()
	return errors.Join(err, <-web, background.stop())
}

// services are running parts.
type services struct {
	done chan struct{}
	err  error
}

func (s *services) wait() error {
	<-s.done
	return s.err
}

// front starts what hears and answers. The returned function stops it.
func (a *App) front(ctx context.Context, ready func(context.Context) error) (context.CancelCauseFunc, *services) {
	ctx, stop := context.WithCancelCause(ctx)
	group, ctx := errgroup.WithContext(ctx)
	if !a.gatewayOnly {
		group.Go(func() error { return a.work(ctx, a.Config.Server.Grace.Std()) })
		group.Go(func() error { return a.keepFed(ctx) })
		group.Go(func() error { return a.learnFromMarks(ctx) })
	}
	for name, p := range a.Platforms {
		group.Go(func() error {
			if err := p.Listen(ctx, a.Queue); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		if err := ready(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
	s := &services{done: make(chan struct{})}
	go func() {
		s.err = group.Wait()
		stop(nil)
		close(s.done)
	}()
	return stop, s
}

// listen opens the HTTP listener.
func (a *App) listen(ctx context.Context) (net.Listener, error) {
	addr := string(a.Config.Server.Addr)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (is another program there? set TRIBUNE_HTTP_ADDR to another address): %w", addr, err)
	}
	return listener, nil
}

// reachable turns a listener's address into one to connect to from here.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// announce tells other commands where this server is.
func (a *App) announce(base string) error {
	if a.dir == nil {
		return nil
	}
	return a.dir.announce(presence{URL: base, PID: os.Getpid(), Key: a.adminKey})
}

// Bounds of the HTTP server. There is no write timeout: answers are streamed.
const (
	readHeader = 10 * time.Second
	readAll    = time.Minute
	idle       = 2 * time.Minute
	goodbye    = 5 * time.Second
	maxHeader  = 64 << 10
)

// serveHTTP serves until ctx is done. Model calls that run then may finish within
// the grace period; everything else ends at once.
func (a *App) serveHTTP(ctx context.Context, listener net.Listener) error {
	calls, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	server := &http.Server{
		Handler: a.handler(ctx), ReadHeaderTimeout: readHeader, ReadTimeout: readAll, IdleTimeout: idle, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return calls },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	grace := a.Config.Server.Grace.Std()
	a.Log.InfoContext(calls, "stopping: calls that run may finish", "within", grace)
	limit, cancel := context.WithTimeout(calls, grace)
	defer cancel()
	if server.Shutdown(limit) == nil {
		return nil
	}
	cut(fmt.Errorf("the server is stopping, and the call took longer than TRIBUNE_GRACE (%s)", grace))
	limit, cancel = context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		return server.Close()
	}
	return nil
}

// greet prints where everything is, after the sample question if one is wanted.
func (cmd *serveCmd) greet(ctx context.Context, a *App, s streams, base string) error {
	if cmd.Sample {
		if err := a.sample(ctx, s); err != nil {
			return err
		}
	}
	return a.welcome(ctx, s, base)
}

// sample asks one question through the queue and prints the answer.
func (a *App) sample(ctx context.Context, s streams) error {
	question := "Can my employer refuse to pay overtime?"
	if a.chinese() {
		question = "公司恶意辞退怎么办？"
	}
	fmt.Fprintf(s.Out, "\n> %s\n\n", question)
	out := &printer{w: s.Out}
	answer, err := a.Ask(ctx, askRequest{Question: question, Collection: knowledge.Handbook}, func(c bots.Content) { out.show(c.Text) })
	if err != nil {
		return fmt.Errorf("ask the sample question: %w", err)
	}
	return out.finish(answer)
}

// chinese tells whether the person at this terminal reads Chinese.
func (a *App) chinese() bool {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v, ok := a.Config.Lookup(name); ok {
			return len(v) >= 2 && v[:2] == "zh"
		}
	}
	return false
}
