package web

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// normal returns the address in the one form that all ways to write it share:
// without fragment, default port, what only tracks visitors and what only names
// a session; parameters in the order of their names.
func normal(in *url.URL) *url.URL {
	u := *in
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	u.Scheme = strings.ToLower(u.Scheme)
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if before, _, found := strings.Cut(u.Path, ";jsessionid="); found {
		u.Path, u.RawPath = before, ""
	}
	if !strings.Contains(strings.ToLower(u.RawPath), "%2f") {
		u.RawPath = ""
	}
	if u.Path == "" {
		u.Path = "/"
	}
	if u.RawQuery != "" {
		query := u.Query()
		for name := range query {
			if needless(strings.ToLower(name)) {
				query.Del(name)
			}
		}
		u.RawQuery = query.Encode()
	}
	return &u
}

// needless reports whether a parameter says who comes from where, or which
// session it is, and nothing of the page: those that Google Analytics, Google
// and Microsoft Ads, Facebook, Mailchimp, Yandex and Alibaba add to links, and
// the sessions of Java, PHP, ASP and ColdFusion.
func needless(name string) bool {
	switch name {
	case "gclid", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "mc_cid", "mc_eid", "_ga", "_gl", "yclid", "igshid", "spm", "scm",
		"jsessionid", "phpsessid", "sessionid", "session_id", "sid", "cfid", "cftoken", "replytocom":
		return true
	}
	return strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "aspsessionid")
}

// sameHost reports whether two addresses are on one host. HTTP and HTTPS at
// their own ports are one.
func sameHost(a, b *url.URL) bool {
	own := func(u *url.URL) string {
		if port := u.Port(); port != "80" && port != "443" {
			return port
		}
		return ""
	}
	host := func(u *url.URL) string { return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") }
	return host(a) == host(b) && own(a) == own(b)
}

// key is what an address is known by in one run.
func key(u *url.URL) string { return u.Host + u.RequestURI() }

// id is what people read: the path on the host, with the host before it where
// there are several.
func (s *source) id(u *url.URL) string {
	id := strings.Trim(u.Path, "/")
	if u.RawQuery != "" {
		id += "?" + unescaped(u.RawQuery)
	}
	if strings.ContainsFunc(id, unicode.IsControl) {
		id = strings.Trim(u.RequestURI(), "/")
	}
	if id == "" || s.several {
		id = strings.TrimSuffix(u.Host+"/"+id, "/")
	}
	return strings.ToValidUTF8(id, "\uFFFD")
}

func unescaped(query string) string {
	if out, err := url.QueryUnescape(query); err == nil {
		return out
	}
	return query
}

// Bounds of an address that a link leads to. Sites that make up pages without
// end show it in their addresses: by growing, or by repeating themselves.
const (
	maxParts   = 20 // of a path
	maxRepeats = 3  // of one part
	maxQuery   = 200
)

// isTrap reports whether an address looks like one of an endless site.
func isTrap(u *url.URL) bool {
	parts := strings.Split(u.Path, "/")
	if len(parts) > maxParts || len(u.RawQuery) > maxQuery {
		return true
	}
	count := map[string]int{}
	for _, p := range parts {
		if count[p]++; p != "" && count[p] > maxRepeats {
			return true
		}
	}
	return false
}

// shown is an address as a message may have it, without a password.
func shown(address string) string {
	return regexp.MustCompile(`//[^/@]*@`).ReplaceAllString(strings.ToValidUTF8(address, "?"), "//…@")
}
