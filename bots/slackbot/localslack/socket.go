package localslack

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// maxSockets is how many connections an app may hold (docs.slack.dev,
	// Socket Mode).
	maxSockets = 10
	// maxAck is the size from which Slack drops a socket's message without a
	// word (measured by the authors of slack-go: socketmode/socketmode.go).
	maxAck = 20 << 10
	// writeWait bounds a write to a client that does not read.
	writeWait = 5 * time.Second
)

// socket is one Socket Mode connection.
type socket struct {
	conn *websocket.Conn
	mu   sync.Mutex // one writer at a time
}

func (k *socket) write(v any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	return k.conn.WriteJSON(v)
}

// close breaks the connection without a word; reading it ends then.
func (k *socket) close() {
	//nolint:errcheck // nothing is left to do for a connection that is given up
	k.conn.NetConn().Close()
}

// connectionsOpen gives out an address that works once.
func (s *Server) connectionsOpen(url.Values) (reply, error) {
	ticket := rand.Text()
	s.tickets[ticket] = true
	return reply{"url": "ws" + strings.TrimPrefix(s.base, "http") + "/link?ticket=" + ticket}, nil
}

// link is the socket itself.
func (s *Server) link(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	known := s.tickets[ticket] && len(s.sockets) < maxSockets && !s.closed
	delete(s.tickets, ticket)
	s.mu.Unlock()
	if !known {
		http.Error(w, "unknown ticket", http.StatusForbidden)
		return
	}
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered already
	}
	k := &socket{conn: conn}
	defer k.close()
	if k.write(map[string]any{
		"type": "hello", "num_connections": 1, "connection_info": map[string]any{"app_id": App},
		"debug_info": map[string]any{"host": "local", "approximate_connection_time": 18060},
	}) != nil {
		return
	}
	s.join(k)
	ctx, cancel := context.WithCancel(r.Context())
	var pings sync.WaitGroup
	pings.Go(func() { s.keepAlive(ctx, k) })
	s.read(k)
	s.leave(k)
	cancel()
	pings.Wait()
}

func (s *Server) join(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(s.sockets, k)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

func (s *Server) leave(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(other *socket) bool { return other == k })
}

// keepAlive pings k until it is gone.
func (s *Server) keepAlive(ctx context.Context, k *socket) {
	for {
		if !s.isSilent() {
			// WriteControl may run beside other writes.
			if k.conn.WriteControl(websocket.PingMessage, []byte("local"), time.Now().Add(writeWait)) != nil {
				return
			}
		}
		if !wait(ctx, s.o.PingEvery) {
			return
		}
	}
}

func (s *Server) isSilent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.silent
}

// read takes acknowledgements until the connection ends.
func (s *Server) read(k *socket) {
	k.conn.SetReadLimit(maxBody)
	for {
		_, raw, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if len(raw) >= maxAck || json.Unmarshal(raw, &ack) != nil {
			continue
		}
		s.mu.Lock()
		d := s.pending[ack.EnvelopeID]
		s.mu.Unlock()
		if d == nil {
			continue // acknowledged before, or given up
		}
		select {
		case d.acked <- ack.Payload:
		default:
		}
	}
}

// emit delivers d over a socket and waits for its acknowledgement.
func (s *Server) emit(ctx context.Context, d *delivery, number int, reason string) string {
	select {
	case payload := <-d.acked: // came after the last attempt had been given up
		return d.done(payload)
	default:
	}
	k := s.pick(ctx, number)
	if k == nil {
		return "timeout"
	}
	err := k.write(map[string]any{
		"type": d.kind, "envelope_id": d.envelope, "payload": d.payload,
		"accepts_response_payload": d.kind != eventsAPI, "retry_attempt": number, "retry_reason": reason,
	})
	if err != nil {
		return "connection_failed"
	}
	select {
	case payload := <-d.acked:
		return d.done(payload)
	case <-ctx.Done():
		return "timeout"
	}
}

func (d *delivery) done(payload json.RawMessage) string {
	if d.onAck != nil {
		d.onAck(payload)
	}
	return ""
}

// pick returns a socket, each try another one, and waits until there is one.
func (s *Server) pick(ctx context.Context, number int) *socket {
	for {
		s.mu.Lock()
		arrived := s.arrived
		if n := len(s.sockets); n > 0 {
			k := s.sockets[number%n]
			s.mu.Unlock()
			return k
		}
		s.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil
		}
	}
}

// Sockets counts the connections.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Connected tells whether there is somebody to deliver to: a socket, or an
// address for HTTP deliveries.
func (s *Server) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets) > 0 || s.requestURL != ""
}

// Silence stops or resumes pings, as when a connection hangs without breaking.
func (s *Server) Silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = on
}

// Disconnect tells every client to connect again, for Slack's reason
// "refresh_requested" or "warning", and leaves the closing to them.
func (s *Server) Disconnect(reason string) {
	for _, k := range s.all() {
		if k.write(map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "local"}}) != nil {
			k.close()
		}
	}
}

// Drop breaks every connection without a word.
func (s *Server) Drop() {
	for _, k := range s.all() {
		k.close()
	}
}

func (s *Server) all() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}
