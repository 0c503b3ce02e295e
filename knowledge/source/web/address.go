package web

import (
	"errors"
	"net/url"
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// Is reports whether an address is one that this package reads, by its scheme.
// Git repositories may look the same: ask for those first.
func Is(address string) bool {
	scheme, _, found := strings.Cut(address, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// shape is what an address leads to.
type shape uint8

const (
	tree    shape = iota // a page and those below it
	single               // one page
	sitemap              // what a sitemap lists
	robots               // what the sitemaps of a robots.txt list
)

// target is one address that was named.
type target struct {
	start *url.URL
	shape shape
	// page and below bound what belongs to a target: the page at the one path,
	// and all whose paths begin with the other; "" for none.
	page, below string
}

var errAddress = errors.New("not an address of a web page: it begins with http:// or https:// and has no spaces")

// parse reads an address that was named.
func parse(address string) (*target, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, errAddress
	}
	if u.Host != "" {
		u = normal(u)
	}
	t := &target{start: u, page: u.Path, below: u.Path}
	name := strings.ToLower(path.Base(u.Path))
	switch {
	case u.Path == "/robots.txt":
		t.shape, t.page, t.below = robots, "", ""
	case strings.HasSuffix(name, ".xml"), strings.HasSuffix(name, ".xml.gz"), strings.HasSuffix(name, ".txt") && strings.Contains(name, "sitemap"):
		t.shape, t.page, t.below = sitemap, "", ""
	case strings.HasSuffix(u.Path, "/"):
	case strings.HasPrefix(name, "index.") || strings.HasPrefix(name, "default."):
		t.below = strings.TrimSuffix(u.Path, path.Base(u.Path))
	case isFile(name):
		t.shape, t.below = single, ""
	default:
		t.below = u.Path + "/"
	}
	return t, nil
}

// isFile reports whether the last part of a path is the name of a file: it ends
// in something that is no version's number.
func isFile(name string) bool {
	ext := strings.TrimPrefix(path.Ext(name), ".")
	return len(ext) >= 2 && len(ext) <= 5 && strings.Trim(ext, "0123456789") != ""
}

// covers reports whether an address belongs to the target.
func (t *target) covers(u *url.URL) bool {
	switch {
	case !sameHost(t.start, u):
		return false
	case t.shape == single:
		return u.RequestURI() == t.start.RequestURI()
	}
	return u.Path == t.page || t.below != "" && strings.HasPrefix(u.Path, t.below)
}

// keep yields that something of a target could not be read, beside the origin
// of all that belongs to it, so that nothing of it is taken for gone.
func (t *target) keep(reason string, yield yielder) bool {
	origin := *t.start
	if t.shape != single {
		all := t.below
		if t.page != t.below { // /guide: what lies beside it, as /guide?page=2, too
			all = folderOf(t.page)
		}
		origin.Path, origin.RawPath, origin.RawQuery = strings.TrimSuffix(all, "/"), "", ""
	}
	skipped := &knowledge.Skipped{Document: t.start.String(), Reason: reason}
	if !yield(knowledge.Document{Origin: origin.String()}, skipped) {
		return false
	}
	if origin.Scheme == "https" {
		return true
	}
	origin.Scheme = "https" // where its pages were, if it leads there
	return yield(knowledge.Document{Origin: origin.String()}, skipped)
}

// folderOf is the folder of a path, "" for no path.
func folderOf(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

// list makes a target cover what a sitemap lists: the folder that all of it
// lies in.
func (s *source) list(t *target, entries []entry) {
	below := ""
	for i, e := range entries {
		folder := folderOf(e.url.Path)
		if i == 0 {
			below = folder
		}
		for !strings.HasPrefix(folder, below) {
			below = folderOf(strings.TrimSuffix(below, "/"))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.below = below
}
