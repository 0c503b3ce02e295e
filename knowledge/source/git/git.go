// Package git gives the documents of Git repositories: the files of one branch,
// as they lie in its newest commit. Nothing is checked out and no hook, filter
// or link of a repository is followed: files are read out of its objects.
//
// One file has one step: address.go reads what was named, fetch.go gets the
// newest commit and keeps it in a cache folder, pack.go refuses what would not
// fit into memory, tree.go reads the files, link.go says where a person can
// open them.
package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/guard"
)

// Options say where repositories are kept, how to sign in, and how much is read.
type Options struct {
	// Dir is the folder where repositories are kept between two runs. It is
	// needed for those of other machines, and may be removed at any time.
	Dir string
	// Token returns the access token for a host, "" for none. It is sent over
	// HTTPS alone, and never shown. May be nil.
	Token func(host string) string
	// Key is a private key in PEM for SSH; empty: the agent's.
	Key []byte
	// KnownHosts are the files with the keys of SSH hosts; none: the user's own.
	KnownHosts []string
	// Private are networks that may be reached though they are not public, at
	// any port: those of the team's own servers.
	Private  []netip.Prefix
	Resolver *net.Resolver // nil: the system's

	MaxBytes int64         // of what a host sends; 0: 1 GB
	MaxFiles int           // entries of folders that are looked at; 0: 100,000
	Timeout  time.Duration // of getting one repository; 0: 10 min
}

// What the zero Options stand for.
const (
	defaultBytes   = 1 << 30
	defaultFiles   = 100_000
	defaultTimeout = 10 * time.Minute
)

// source is the files of one or more repositories.
type source struct {
	o     Options
	guard *guard.Guard
	repos []*repo

	mu   sync.Mutex
	seen map[string]struct{} // origins of files and folders that the last run saw
	done map[*repo]bool      // repositories that the last run saw whole
}

var (
	errNothing = errors.New("no repository was named")
	errNoDir   = errors.New("no folder was given to keep repositories in")
)

// New returns the documents of Git repositories. An address is that which
// git clone takes: https://host/team/repo.git, ssh://, git@host:team/repo.git,
// file:// or the path of a repository of this machine; git+https:// says that
// an address is one of a repository where it does not end in .git. It may end
// in #branch, #branch:folder or #:folder.
//
// The source has knowledge.Places: it knows what is gone after it was read.
func New(addresses []string, o Options) (knowledge.Source, error) {
	if len(addresses) == 0 {
		return nil, errNothing
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultBytes)
	o.MaxFiles = cmp.Or(o.MaxFiles, defaultFiles)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	s := &source{o: o, guard: guard.New(guard.Options{Private: o.Private, Resolver: o.Resolver})}
	s.forget()
	for _, address := range addresses {
		r, err := parse(address)
		if err == nil && r.web() {
			err = s.guard.Check(r.remote)
		}
		if err == nil && !r.local() && o.Dir == "" {
			err = errNoDir
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shown(address), err)
		}
		s.repos = append(s.repos, r)
	}
	return s, nil
}

// Name implements knowledge.Source.
func (s *source) Name() string {
	var names []string
	for _, r := range s.repos {
		names = append(names, r.name())
	}
	return strings.Join(names, ", ")
}

// Documents implements knowledge.Source: files in the order of their paths. A
// repository that can't be had ends it with an error.
func (s *source) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		s.forget()
		for _, r := range s.repos {
			err := s.read(ctx, r, yield)
			switch {
			case errors.Is(err, errStop):
				return
			case ctx.Err() != nil:
				yield(knowledge.Document{}, ctx.Err())
				return
			case err != nil:
				s.clear(r, err)
				yield(knowledge.Document{}, fmt.Errorf("%s: %w", r.name(), s.redact(r, err)))
				return
			}
		}
	}
}

// errStop is returned where nobody wants more documents.
var errStop = errors.New("stopped")

type yielder = func(knowledge.Document, error) bool

// clear removes what is kept of a repository where it is damaged, so that the
// next run gets it anew.
func (s *source) clear(r *repo, err error) {
	if _, broken := errors.AsType[*brokenError](err); broken && !r.local() {
		os.RemoveAll(filepath.Join(s.o.Dir, r.cache())) //nolint:errcheck // the next run says so
	}
}

// redact takes a token out of an error, whoever put it there.
func (s *source) redact(r *repo, err error) error {
	token := s.token(r)
	if token == "" || !strings.Contains(err.Error(), token) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), token, "…"))
}

// token is what to sign in with over HTTPS, "" for nothing.
func (s *source) token(r *repo) string {
	if s.o.Token == nil || r.local() || r.remote.Scheme != "https" {
		return ""
	}
	return s.o.Token(r.remote.Hostname())
}
