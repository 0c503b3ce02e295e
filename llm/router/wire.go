package router

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// wire tells whether a call has reached a connection to its provider. Of a model
// that makes no HTTP requests nothing is known. It lies on its own: a connection
// that is still being made may hold it when the call is over.
type wire struct {
	state atomic.Int32
	trace httptrace.ClientTrace // here, and not in memory of its own
}

// The states of a wire, but for 0: nothing is known.
const (
	connecting int32 = iota + 1
	connected
)

// watch returns a context that HTTP requests are to be made with.
func (w *wire) watch(ctx context.Context) context.Context {
	w.trace.GetConn = func(string) { w.state.Store(connecting) }
	w.trace.GotConn = func(httptrace.GotConnInfo) { w.state.Store(connected) }
	return httptrace.WithClientTrace(ctx, &w.trace)
}

// unsent tells whether it is certain that the provider has not seen the call.
func (w *wire) unsent() bool { return w != nil && w.state.Load() == connecting }
