package main

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/config"
)

// open tells whether the web chat needs no key: it is for this machine alone.
func (a *App) open() bool {
	return a.Config.Server.Addr.Loopback() && !a.Config.Server.PublicURL.IsSet()
}

// keyPlace says where the key is.
func keyPlace(c *config.Config) string {
	if c.Models.MasterKey.IsSet() {
		return "LITELLM_MASTER_KEY"
	}
	return filepath.Join(c.Server.DataDir, config.MasterKeyFile)
}

// allowWeb says who may use the web chat: anybody at this machine while it
// listens on loopback and nothing leads to it from outside; otherwise whoever
// has the key.
func (a *App) allowWeb(r *http.Request) (string, error) {
	if a.open() {
		return "local", nil
	}
	said, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !sameKey(said, a.key.Reveal()) {
		return "", errors.New("no key, or a wrong one")
	}
	return "operator", nil
}

// webHosts are the names that the web chat is reached by.
func (a *App) webHosts() []string {
	hosts := []string{string(a.Config.Server.Addr)}
	if public := a.Config.Server.PublicURL; public.IsSet() {
		hosts = append(hosts, public.Reveal())
	}
	return hosts
}
