package queue

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/tribunebot/tribune/bots"
)

// What a watcher that is too slow may pile up before live text is dropped.
const (
	maxLiveMessages = 1024
	maxLiveBytes    = 4 << 20
)

// Relay returns the way for live text between processes. Nothing of it is kept.
func (q *Queue) Relay() bots.Relay { return relay{q.conn} }

// relay is a bots.Relay over plain NATS.
type relay struct{ conn *nats.Conn }

// Send implements bots.Relay.
func (r relay) Send(ctx context.Context, topic string, data json.RawMessage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.conn.Publish(relaySubject(topic), data); err != nil {
		return fmt.Errorf("sending live text: %w", err)
	}
	return nil
}

// Watch implements bots.Relay.
func (r relay) Watch(ctx context.Context, topic string, got func(json.RawMessage)) (func(), error) {
	sub, err := r.conn.Subscribe(relaySubject(topic), func(m *nats.Msg) { got(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("watching live text: %w", err)
	}
	end := func() { _ = sub.Unsubscribe() } // the only error: it was ended before
	if err := sub.SetPendingLimits(maxLiveMessages, maxLiveBytes); err != nil {
		end()
		return nil, fmt.Errorf("watching live text: %w", err)
	}
	// From here on the server knows of the watcher.
	limited, cancel := context.WithTimeout(ctx, closeWait)
	defer cancel()
	if err := r.conn.FlushWithContext(limited); err != nil {
		end()
		return nil, fmt.Errorf("watching live text: %w", err)
	}
	forget := context.AfterFunc(ctx, end)
	return func() { forget(); end() }, nil
}
