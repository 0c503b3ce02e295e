package localdiscord

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Intents that are used here (events/gateway, "List of Intents").
const (
	intentGuilds   = 1 << 0
	intentMembers  = 1 << 1
	intentPresence = 1 << 8
	intentMessages = 1 << 9
	intentDirect   = 1 << 12
	intentContent  = 1 << 15

	privileged = intentMembers | intentPresence | intentContent
	known      = 1<<26 - 1
)

// Gateway opcodes and close codes (topics/opcodes-and-status-codes).
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opResume    = 6
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11

	closeDecode      = 4002
	closeNoAuth      = 4003
	closeBadToken    = 4004
	closeAgain       = 4005
	closeBadSequence = 4007
	closeBadIntents  = 4013
	closeDisallowed  = 4014
)

// maxLog bounds how many events a session keeps for replays.
const maxLog = 1000

// frame is one payload of the gateway.
type frame struct {
	Op   int    `json:"op"`
	Data any    `json:"d"`
	Seq  *int64 `json:"s"`
	Type string `json:"t,omitempty"`
}

// session is what a resume takes up again: it outlives its connections.
type session struct {
	id      string
	intents int
	seq     int64
	log     []frame // the last events, for replays
	conn    *conn   // nil while disconnected
}

// conn is one websocket. Frames are written by its own goroutine, so that no
// slow client holds up the server.
type conn struct {
	ws      *websocket.Conn
	out     chan frame
	session *session
	beating bool // a heartbeat came after READY or RESUMED: the client is through
}

// queued is how many frames may wait for a slow client before it is cut off.
const queued = 4096

func (c *conn) send(f frame) {
	select {
	case c.out <- f:
	default:
		c.cut()
	}
}

// cut drops the connection without a word, as a broken network does.
func (c *conn) cut() { _ = c.ws.NetConn().Close() }

// end closes with a code.
func (c *conn) end(code int, why string) {
	deadline := time.Now().Add(time.Second)
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), deadline)
	c.cut()
}

// write sends frames until the connection is gone.
func (c *conn) write(gone <-chan struct{}) {
	for {
		select {
		case f := <-c.out:
			if c.ws.WriteJSON(f) != nil {
				c.cut()
				return
			}
		case <-gone:
			return
		}
	}
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	c := &conn{ws: ws, out: make(chan frame, queued)}
	s.running.Add(1)
	defer s.running.Done()
	s.mu.Lock()
	s.conns[c] = true
	s.mu.Unlock()
	gone := make(chan struct{})
	s.running.Go(func() { c.write(gone) })
	c.send(frame{Op: opHello, Data: map[string]any{"heartbeat_interval": s.o.Heartbeat.Milliseconds()}})
	s.read(c)
	close(gone)
	s.drop(c)
}

// drop forgets a connection; its session stays for a resume.
func (s *Server) drop(c *conn) {
	c.cut()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.session != nil && c.session.conn == c {
		c.session.conn = nil
	}
	s.touch()
}

// maxPayload is the largest payload a client may send (events/gateway).
const maxPayload = 4096

func (s *Server) read(c *conn) {
	c.ws.SetReadLimit(maxPayload)
	for {
		// Two missed heartbeats end a connection; the margin is for slow machines.
		_ = c.ws.SetReadDeadline(time.Now().Add(2*s.o.Heartbeat + 5*time.Second))
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		var in struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		if json.Unmarshal(data, &in) != nil {
			c.end(closeDecode, "Error while decoding payload.")
			return
		}
		if code := s.receive(c, in.Op, in.Data); code != 0 {
			c.end(code, closeText(code))
			return
		}
	}
}

func closeText(code int) string {
	switch code {
	case closeBadToken:
		return "Authentication failed."
	case closeBadIntents:
		return "Invalid intent(s)."
	case closeDisallowed:
		return "Disallowed intent(s)."
	case closeBadSequence:
		return "Invalid sequence."
	case closeAgain:
		return "Already authenticated."
	default:
		return "Not authenticated."
	}
}

// receive handles one payload; a code ends the connection.
func (s *Server) receive(c *conn, op int, data json.RawMessage) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch op {
	case opHeartbeat:
		c.send(frame{Op: opAck})
		if c.session != nil && !c.beating {
			c.beating = true
			s.touch()
		}
		return 0
	case opIdentify:
		return s.identify(c, data)
	case opResume:
		return s.resume(c, data)
	default:
		if c.session == nil {
			return closeNoAuth
		}
		return 0 // presence and voice are of no interest here
	}
}

func (s *Server) authentic(token string) bool {
	return strings.TrimPrefix(token, "Bot ") == s.o.Token
}

func (s *Server) identify(c *conn, data json.RawMessage) int {
	var in struct {
		Token   string `json:"token"`
		Intents int    `json:"intents"`
	}
	switch {
	case json.Unmarshal(data, &in) != nil:
		return closeDecode
	case c.session != nil:
		return closeAgain
	case !s.authentic(in.Token):
		return closeBadToken
	case in.Intents&^known != 0:
		return closeBadIntents
	case in.Intents&(privileged&^s.o.Privileged|s.denied) != 0:
		return closeDisallowed
	}
	c.session = &session{id: s.snowflake(), intents: in.Intents, conn: c}
	s.sessions[c.session.id] = c.session
	s.welcome(c.session)
	s.touch()
	return 0
}

// welcome sends READY and, as Discord does, one GUILD_CREATE per guild after it.
func (s *Server) welcome(to *session) {
	away := make([]map[string]any, 0, len(s.order))
	for _, id := range s.order {
		away = append(away, map[string]any{"id": id, "unavailable": true})
	}
	to.add("READY", map[string]any{
		"v": 9, "user": s.me, "guilds": away, "session_id": to.id, "private_channels": []any{},
		"resume_gateway_url": s.gatewayURL(), "application": map[string]any{"id": s.app, "flags": 0},
	})
	if to.intents&intentGuilds == 0 {
		return
	}
	for _, id := range s.order {
		to.add("GUILD_CREATE", s.visible(s.guilds[id]))
	}
}

// visible is a guild as the bot sees it: without channels it may not view.
func (s *Server) visible(g *Guild) Guild {
	v := *g
	v.Channels = []*Channel{}
	for _, c := range g.Channels {
		if s.may(c, ViewChannel) {
			copied := *c
			v.Channels = append(v.Channels, &copied)
		}
	}
	v.Threads = []*Channel{}
	for _, c := range g.Threads {
		copied := *c
		v.Threads = append(v.Threads, &copied)
	}
	return v
}

func (s *Server) resume(c *conn, data json.RawMessage) int {
	var in struct {
		Token     string `json:"token"`
		SessionID string `json:"session_id"`
		Seq       int64  `json:"seq"`
	}
	if json.Unmarshal(data, &in) != nil {
		return closeDecode
	}
	if !s.authentic(in.Token) {
		return closeBadToken
	}
	have := s.sessions[in.SessionID]
	switch {
	case have == nil:
		c.send(frame{Op: opInvalid, Data: false})
		return 0
	case in.Seq > have.seq:
		return closeBadSequence
	}
	if have.conn != nil {
		have.conn.cut()
	}
	have.conn, c.session = c, have
	from := in.Seq - int64(s.repeat)
	s.repeat = 0
	for _, f := range have.log {
		if *f.Seq > from {
			c.send(f)
		}
	}
	have.add("RESUMED", map[string]any{})
	s.touch()
	return 0
}

// add appends an event to a session and sends it if somebody is there. The data
// is encoded at once: it may point into the server's state.
func (t *session) add(kind string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		return // nothing here holds what JSON cannot
	}
	t.seq++
	seq := t.seq
	f := frame{Op: opDispatch, Data: json.RawMessage(raw), Seq: &seq, Type: kind}
	if kind != "READY" && kind != "RESUMED" {
		if len(t.log) >= maxLog {
			t.log = append([]frame(nil), t.log[maxLog/10:]...)
		}
		t.log = append(t.log, f)
	}
	if t.conn != nil {
		t.conn.send(f)
	}
}

// dispatch gives an event to every session that asked for its intent.
// The caller holds mu.
func (s *Server) dispatch(kind string, intent int, data any) {
	for _, t := range s.sessions {
		if intent == 0 || t.intents&intent != 0 {
			t.add(kind, data)
		}
	}
}
