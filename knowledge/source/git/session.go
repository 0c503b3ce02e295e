package git

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

// session begins to talk with a repository's host.
func (s *source) session(ctx context.Context, r *repo) (transport.UploadPackSession, error) {
	endpoint, err := transport.NewEndpoint(r.remote.String())
	if err != nil {
		return nil, errAddress
	}
	if r.web() {
		return s.overHTTP(r, endpoint)
	}
	if err := s.guard.Lookup(ctx, r.remote.Hostname()); err != nil {
		return nil, err
	}
	auth, err := s.key(r)
	if err != nil {
		return nil, err
	}
	return overSSH(ctx, endpoint, auth)
}

// opened is a session, or why there is none.
type opened struct {
	session transport.UploadPackSession
	err     error
}

// overSSH signs in to a host. go-git's handshake takes no context: with a host
// that says nothing it is left behind until the connection ends.
func overSSH(ctx context.Context, endpoint *transport.Endpoint, auth transport.AuthMethod) (transport.UploadPackSession, error) {
	done := make(chan opened, 1)
	go func() {
		session, err := ssh.NewClient(nil).NewUploadPackSession(endpoint, auth)
		done <- opened{session, err}
	}()
	select {
	case got := <-done:
		if got.err != nil {
			return nil, explain(got.err)
		}
		return got.session, nil
	case <-ctx.Done():
		go func() {
			if late := <-done; late.err == nil {
				release(late.session)
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// overHTTP reaches public addresses alone, by the guard.
func (s *source) overHTTP(r *repo, endpoint *transport.Endpoint) (transport.UploadPackSession, error) {
	var auth transport.AuthMethod
	if token := s.token(r); token != "" {
		user := "oauth2" // GitLab's word; GitHub and Gitea take any
		if strings.Contains(r.remote.Host, "bitbucket") {
			user = "x-token-auth"
		}
		auth = &http.BasicAuth{Username: user, Password: token}
	}
	client := *s.guard.Client()
	client.Transport = listing{client.Transport, min(maxRefs, s.o.MaxBytes)}
	session, err := http.NewClient(&client).NewUploadPackSession(endpoint, auth)
	if err != nil {
		return nil, explain(err)
	}
	return session, nil
}

// key is what to sign in with over SSH, nil for the agent's keys.
func (s *source) key(r *repo) (transport.AuthMethod, error) {
	if len(s.o.Key) == 0 && len(s.o.KnownHosts) == 0 {
		return nil, nil //nolint:nilnil // what go-git takes for the agent
	}
	user := "git"
	if r.remote.User != nil {
		user = r.remote.User.Username()
	}
	var known ssh.HostKeyCallbackHelper // empty: the user's own known hosts
	if len(s.o.KnownHosts) > 0 {
		var err error
		if known.HostKeyCallback, err = ssh.NewKnownHostsCallback(s.o.KnownHosts...); err != nil {
			return nil, fmt.Errorf("the keys of SSH hosts can't be read: %w", err)
		}
	}
	if len(s.o.Key) == 0 {
		auth, err := ssh.NewSSHAgentAuth(user)
		if err != nil {
			return nil, fmt.Errorf("there is no SSH agent, and no private key was given: %w", err)
		}
		auth.HostKeyCallbackHelper = known
		return auth, nil
	}
	auth, err := ssh.NewPublicKeys(user, s.o.Key, "")
	if err != nil {
		return nil, fmt.Errorf("the private key can't be used: give it in PEM, without a password: %w", err)
	}
	auth.HostKeyCallbackHelper = known
	return auth, nil
}
