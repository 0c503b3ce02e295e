package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source"
	"github.com/tribunebot/tribune/knowledge/source/folder"
	"github.com/tribunebot/tribune/knowledge/source/git"
	"github.com/tribunebot/tribune/knowledge/source/web"
)

// sourceOpener opens the addresses of one kind of source.
type sourceOpener func(a *App, addresses []string, private []netip.Prefix) (knowledge.Source, error)

// sources are the kinds of place that documents come from. kindOf says which
// one an address is of.
var sources = map[string]sourceOpener{
	"folder": func(_ *App, addresses []string, _ []netip.Prefix) (knowledge.Source, error) {
		return folder.New(addresses)
	},
	"web": func(_ *App, addresses []string, private []netip.Prefix) (knowledge.Source, error) {
		return web.New(addresses, web.Options{Private: private})
	},
	"git": func(a *App, addresses []string, private []netip.Prefix) (knowledge.Source, error) {
		dir := filepath.Join(a.Config.Server.DataDir, "repositories")
		return git.New(addresses, git.Options{Dir: dir, Token: a.gitToken, Private: private})
	},
}

var errSource = errors.New("documents come from files, folders, https:// pages and Git repositories")

// kindOf is the kind of source that an address is of, "" for none. What exists
// here is a path, whatever it looks like.
func kindOf(address string) string {
	_, err := os.Stat(address)
	switch {
	case err == nil:
		return "folder"
	case git.Is(address):
		return "git"
	case web.Is(address):
		return "web"
	case strings.Contains(address, "://"):
		return ""
	}
	return "folder"
}

// remoteAddress tells whether an address is of another machine.
func remoteAddress(address string) bool { return kindOf(address) != "folder" }

// openSources makes one source of several addresses, of any kinds.
func (a *App) openSources(list []config.Source) (knowledge.Source, error) {
	type group struct {
		kind    string
		private bool
	}
	groups := map[group][]string{}
	var order []group
	for _, s := range list {
		g := group{kindOf(s.Address), s.Private}
		if sources[g.kind] == nil {
			return nil, usageError{fmt.Errorf("%q: %w", s.Address, errSource)}
		}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], s.Address)
	}
	var all []knowledge.Source
	for _, g := range order {
		var private []netip.Prefix
		if g.private {
			private = privateNetworks()
		}
		src, err := sources[g.kind](a, groups[g], private)
		if err != nil {
			return nil, err
		}
		all = append(all, src)
	}
	return source.Join(all...), nil
}

// privateNetworks are those that `private` allows: a team's own (RFC 1918, RFC
// 6598, RFC 4193) and this machine. Link-local addresses, where clouds keep
// their secrets, stay out of reach.
func privateNetworks() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7"} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// gitToken is the access token for a host: by the name that its own tools use.
func (a *App) gitToken(host string) string {
	names := []string{"GIT_TOKEN"}
	switch {
	case host == "github.com":
		names = []string{"GITHUB_TOKEN", "GH_TOKEN"}
	case strings.Contains(host, "gitlab"):
		names = []string{"GITLAB_TOKEN", "GIT_TOKEN"}
	}
	for _, name := range names {
		if v, ok := a.Config.Lookup(name); ok && v != "" {
			return v.Reveal()
		}
	}
	return ""
}
