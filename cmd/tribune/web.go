package main

import (
	"errors"
	"net/http"
	"strings"
)

// allowWeb says who may use the web chat: anybody at this machine while it
// listens on loopback and nothing leads to it from outside; otherwise whoever
// has the key.
func (a *App) allowWeb(r *http.Request) (string, error) {
	if a.Config.Server.Addr.Loopback() && !a.Config.Server.PublicURL.IsSet() {
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
