package discord

import "strings"

// Distant implements knowledge.Distant: messages come over the network.
func (*source) Distant() bool { return true }

// Covers implements knowledge.Places: what was said in the channels that the
// last run read, as far back as it did.
func (s *source) Covers(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.covers(origin)
}

func (s *source) covers(origin string) bool {
	rest, ok := strings.CutPrefix(origin, Scheme)
	guild, rest, found := strings.Cut(rest, "/")
	id, message, in := strings.Cut(rest, "/")
	if !ok || !found || !in {
		return false
	}
	thread, isThread := strings.CutPrefix(message, "thread/")
	if st := s.read[id+"/"+thread]; isThread && st != nil && st.done && st.guild == guild {
		return true
	}
	st := s.read[id]
	switch {
	case st == nil || !st.done || st.guild != guild:
		return false
	case isThread:
		return st.threads
	}
	return isID(message) && !older(message, st.floor)
}

// Gone implements knowledge.Places: it was not there when its channel was read.
func (s *source) Gone(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, seen := s.seen[origin]
	return !seen && s.covers(origin)
}

// Same implements knowledge.Places: origins have one spelling.
func (s *source) Same(a, b string) bool { return a == b }

// forget begins anew.
func (s *source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read, s.seen = map[string]*state{}, map[string]struct{}{}
}

// know notes that a channel is being read.
func (s *source) know(id string, st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read[id] = st
}

// finish notes that a channel was read to its end.
func (s *source) finish(st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.done = true
}

// first notes an origin, and reports whether it was not given before.
func (s *source) first(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.seen[origin]
	s.seen[origin] = struct{}{}
	return !known
}
