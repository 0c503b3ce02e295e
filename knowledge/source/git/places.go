package git

import (
	"slices"
	"strings"
)

// Distant implements knowledge.Distant: repositories come over the network.
func (*source) Distant() bool { return true }

// Covers implements knowledge.Places: the files of the repositories and folders
// that were named.
func (s *source) Covers(origin string) bool { return s.of(origin) != nil }

// of is the repository that an origin lies in, nil for none.
func (s *source) of(origin string) *repo {
	i := slices.IndexFunc(s.repos, func(r *repo) bool { return strings.HasPrefix(origin, r.name()+"/") })
	if i < 0 {
		return nil
	}
	return s.repos[i]
}

// Gone implements knowledge.Places: the repository was read whole, and there
// was no such file or folder.
func (s *source) Gone(origin string) bool {
	origin, _, _ = strings.Cut(origin, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	_, seen := s.seen[origin]
	r := s.of(origin)
	return r != nil && s.done[r] && !seen
}

// Same implements knowledge.Places: one repository has an address for HTTPS and
// one for SSH.
func (s *source) Same(a, b string) bool { return a == b || place(a) != "" && place(a) == place(b) }

// place is an origin without the way to get there, "" for one that is none of
// another machine.
func place(origin string) string {
	scheme, rest, found := strings.Cut(origin, "://")
	if !found || scheme != "https" && scheme != "http" && scheme != "ssh" {
		return ""
	}
	return rest
}

// see notes a file or folder.
func (s *source) see(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[origin] = struct{}{}
}

// finish notes that a repository was read whole.
func (s *source) finish(r *repo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[r] = true
}

// forget begins anew.
func (s *source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.done = map[string]struct{}{}, map[*repo]bool{}
}
