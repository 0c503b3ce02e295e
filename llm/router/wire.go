package router

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// wire tells whether a call has reached a connection to its provider. Of a model
// that makes no HTTP requests nothing is known.
type wire struct{ state atomic.Int32 }

// The states of a wire, but for 0: nothing is known.
const (
	connecting int32 = iota + 1
	connected
)

// watch returns a context that HTTP requests are to be made with.
func (w *wire) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.state.Store(connecting) },
		GotConn: func(httptrace.GotConnInfo) { w.state.Store(connected) },
	})
}

// unsent tells whether it is certain that the provider has not seen the call.
func (w *wire) unsent() bool { return w.state.Load() == connecting }
