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
	"github.com/tribunebot/tribune/knowledge/source/discord"
	"github.com/tribunebot/tribune/knowledge/source/export"
	"github.com/tribunebot/tribune/knowledge/source/folder"
	"github.com/tribunebot/tribune/knowledge/source/git"
	"github.com/tribunebot/tribune/knowledge/source/web"
)

// sourceOpener opens sources of one kind.
type sourceOpener func(a *App, list []config.Source) (knowledge.Source, error)

// sources are the kinds of place that documents come from. sourceKind says
// which one an address is of.
var sources = map[string]sourceOpener{
	"folder":  func(_ *App, list []config.Source) (knowledge.Source, error) { return folder.New(addresses(list)) },
	"export":  openExports,
	"web":     openSites,
	"git":     openRepositories,
	"discord": openDiscordChannels,
}

func openExports(_ *App, list []config.Source) (knowledge.Source, error) {
	files := make([]export.File, len(list))
	for i, s := range list {
		files[i] = export.File{Path: s.Address, Private: s.PrivateChannels, Workspace: s.Workspace}
	}
	return export.Open(files, export.Options{})
}

func openSites(_ *App, list []config.Source) (knowledge.Source, error) {
	return web.New(addresses(list), web.Options{Private: networks(list)})
}

func openRepositories(a *App, list []config.Source) (knowledge.Source, error) {
	dir := filepath.Join(a.Config.Server.DataDir, "repositories")
	return git.New(addresses(list), git.Options{Dir: dir, Token: a.gitToken, Private: networks(list)})
}

func openDiscordChannels(a *App, list []config.Source) (knowledge.Source, error) {
	d := a.Config.Discord
	return discord.New(addresses(list), discord.Options{Token: d.Token.Reveal(), API: d.APIURL.Reveal()})
}

func addresses(list []config.Source) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Address
	}
	return out
}

var errSource = errors.New("documents come from files, folders, exports (.zip), https:// pages, Git repositories and discord:// channels")

// sourceKind is the kind of source that an address is of, "" for none. What
// exists here is a path, whatever it looks like.
func sourceKind(address string) string {
	info, err := os.Stat(address)
	switch {
	case err == nil && !info.IsDir() && export.Is(address):
		return "export"
	case err == nil && info.IsDir() && isRepository(address):
		return "git"
	case err == nil:
		return "folder"
	case discord.Is(address):
		return "discord"
	case git.Is(address):
		return "git"
	case web.Is(address):
		return "web"
	case strings.Contains(address, "://"):
		return ""
	}
	return "folder"
}

// isRepository tells whether a folder is a bare repository, as `git init --bare`
// makes it: a name that ends in .git, and HEAD within.
func isRepository(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "HEAD"))
	return err == nil && git.Is(dir)
}

// remoteAddress tells whether an address is of another machine.
func remoteAddress(address string) bool {
	kind := sourceKind(address)
	return kind != "folder" && kind != "export"
}

// openSources makes one source of several addresses, of any kinds.
func (a *App) openSources(list []config.Source) (knowledge.Source, error) {
	// A network that is allowed for one place is not allowed for another. Files
	// are on none: all exports are one source, which knows what is private in any.
	type group struct {
		kind    string
		private bool
	}
	groups := map[group][]config.Source{}
	var order []group
	for _, s := range list {
		g := group{sourceKind(s.Address), s.Private && remoteAddress(s.Address)}
		if sources[g.kind] == nil {
			return nil, usageError{fmt.Errorf("%q: %w", s.Address, errSource)}
		}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], s)
	}
	var all []knowledge.Source
	for _, g := range order {
		src, err := sources[g.kind](a, groups[g])
		if err != nil {
			return nil, err
		}
		all = append(all, src)
	}
	return source.Join(all...), nil
}

// networks are the private ones that may be reached for sources, all of which
// allow the same.
func networks(list []config.Source) []netip.Prefix {
	if !list[0].Private {
		return nil
	}
	return privateNetworks()
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

// gitToken is the access token for a host: by the names that the hosts' own
// tools use, and to these hosts alone. GITLAB_HOST and GIT_HOST name a team's own.
func (a *App) gitToken(host string) string {
	for _, t := range []struct{ host, hostVar, token string }{
		{"github.com", "", "GITHUB_TOKEN"},
		{"github.com", "", "GH_TOKEN"},
		{"gitlab.com", "GITLAB_HOST", "GITLAB_TOKEN"},
		{"", "GIT_HOST", "GIT_TOKEN"},
	} {
		if own, ok := a.Config.Lookup(t.hostVar); t.hostVar != "" && ok && own != "" {
			t.host = strings.TrimPrefix(strings.TrimSuffix(own.Reveal(), "/"), "https://")
		}
		if v, ok := a.Config.Lookup(t.token); t.host != "" && t.host == host && ok && v != "" {
			return v.Reveal()
		}
	}
	return ""
}
