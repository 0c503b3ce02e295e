package web

import (
	"net/url"
	"slices"
)

// Distant implements knowledge.Distant: pages come over the network.
func (*source) Distant() bool { return true }

// Covers implements knowledge.Places: pages on the hosts and below the paths
// that were named.
func (s *source) Covers(origin string) bool {
	u, ok := pageOf(origin)
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok && slices.ContainsFunc(s.targets, func(t *target) bool { return t.covers(u) })
}

// Gone implements knowledge.Places: the last run asked for it, and the host
// said that there is no such page.
func (s *source) Gone(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.gone[origin]
	return ok
}

// Same implements knowledge.Places: HTTP and HTTPS lead to the same page.
func (s *source) Same(a, b string) bool {
	if a == b {
		return true
	}
	one, ok := pageOf(a)
	other, too := pageOf(b)
	return ok && too && sameHost(one, other) && one.RequestURI() == other.RequestURI()
}

// lose notes that there is nothing at an address any more.
func (s *source) lose(u *url.URL) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[u.String()] = struct{}{}
}

// pageOf is the address that an origin has.
func pageOf(origin string) (*url.URL, bool) {
	if !Is(origin) {
		return nil, false
	}
	u, err := url.Parse(origin)
	return u, err == nil && u.Host != ""
}
