package localdiscord

// Connected is how many connections are identified or resumed right now, and
// have sent a heartbeat since, which tells that the client has read so far.
func (s *Server) Connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.sessions {
		if t.conn != nil && t.conn.beating {
			n++
		}
	}
	return n
}

// Sessions is how many sessions were begun by IDENTIFY so far.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Drop cuts every gateway connection as a broken network does; clients resume.
// The last again events are sent once more at the resume, as happens when their
// receipt was not confirmed.
func (s *Server) Drop(again int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repeat = again
	s.each(func(c *conn) { c.cut() })
}

// AskReconnect sends opcode 7: clients are to come back and resume.
func (s *Server) AskReconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each(func(c *conn) { c.send(frame{Op: opReconnect}) })
}

// Forget ends every session: the next resume gets opcode 9 and clients identify anew.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each(func(c *conn) { c.cut() })
	for id, t := range s.sessions {
		if t.conn != nil {
			t.conn.session = nil
		}
		delete(s.sessions, id)
	}
	s.touch()
}

// CloseGateway closes every connection with a close code.
func (s *Server) CloseGateway(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each(func(c *conn) { c.end(code, closeText(code)) })
}

// ChangeToken makes the server know another token from now on.
func (s *Server) ChangeToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Token = token
}

func (s *Server) each(do func(c *conn)) {
	for c := range s.conns {
		do(c)
	}
}

// Deny makes the server treat intents as not granted: identifying with them
// closes the connection with 4014.
func (s *Server) Deny(intents int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = intents
}
