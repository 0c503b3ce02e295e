package git

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// repo is one repository that was named.
type repo struct {
	remote *url.URL // of another machine, nil for one of this machine
	path   string   // on this machine
	branch string   // "" for the one that the repository calls its own
	folder string   // the part that is read, "" for all; with '/'
	base   string   // what the origins of its files begin with
}

var errAddress = errors.New("not the address of a repository: write https://host/team/repo.git, git@host:team/repo.git or file:///folder/repo.git")

// scp is the short form of an SSH address: user@host:path.
func scp() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_.-]+)@([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):([^/].*|/.*)$`)
}

// Is reports whether an address is that of a Git repository, by its looks.
func Is(address string) bool {
	address, _, _ = strings.Cut(strings.TrimSpace(address), "#")
	scheme, _, found := strings.Cut(strings.ToLower(address), "://")
	switch {
	case found && (strings.HasPrefix(scheme, "git+") || scheme == "ssh" || scheme == "git"):
		return true
	case found && scheme != "http" && scheme != "https" && scheme != "file":
		return false
	}
	return strings.HasSuffix(strings.TrimSuffix(address, "/"), ".git") || !found && scp().MatchString(address)
}

// parse reads an address that was named.
func parse(address string) (*repo, error) {
	where, part, _ := strings.Cut(strings.TrimSpace(address), "#")
	where = strings.TrimPrefix(where, "git+")
	r := &repo{}
	branch, folder, _ := strings.Cut(part, ":")
	r.branch = branch
	if r.folder = strings.Trim(folder, "/"); r.folder != "" && !filepath.IsLocal(filepath.FromSlash(r.folder)) {
		return nil, fmt.Errorf("%w: the folder after ':' must lie in the repository", errAddress)
	}
	if strings.ContainsFunc(address, func(c rune) bool { return c < ' ' }) || strings.HasPrefix(branch, "-") || where == "" {
		return nil, errAddress
	}
	if m := scp().FindStringSubmatch(where); m != nil && !strings.Contains(where, "://") {
		where = "ssh://" + m[1] + "@" + m[2] + "/" + strings.TrimPrefix(m[3], "/")
	}
	u, err := url.Parse(where)
	switch {
	case err != nil:
		return nil, errAddress
	case u.Scheme == "" || u.Scheme == "file":
		return r, r.here(u, where)
	}
	return r, r.there(u)
}

// here takes a repository of this machine.
func (r *repo) here(u *url.URL, where string) error {
	if u.Scheme == "file" {
		if u.Host != "" && u.Host != "localhost" {
			return fmt.Errorf("%w: file:// has three slashes before the folder", errAddress)
		}
		where = u.Path
	}
	abs, err := filepath.Abs(filepath.FromSlash(where))
	if err != nil {
		return err
	}
	r.path = abs
	r.base = r.named("file://" + filepath.ToSlash(abs))
	return nil
}

// there takes a repository of another machine.
func (r *repo) there(u *url.URL) error {
	_, secret := u.User.Password()
	switch {
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ssh":
		return fmt.Errorf("%w: %s:// is not read", errAddress, u.Scheme)
	case u.Hostname() == "" || strings.HasPrefix(u.Host, "-") || strings.Trim(u.Path, "/") == "":
		return errAddress
	case secret || u.User != nil && u.Scheme != "ssh":
		return fmt.Errorf("%w: it may not hold a user or a password: tokens are settings of their own", errAddress)
	}
	u.Host = strings.ToLower(u.Host)
	u.Path, u.RawPath, u.RawQuery = "/"+strings.Trim(u.Path, "/"), "", ""
	r.remote = u
	r.base = r.named(u.Scheme + "://" + u.Host + u.Path)
	return nil
}

// named is an address without .git, with the branch that was named.
func (r *repo) named(address string) string {
	address = strings.TrimSuffix(strings.TrimSuffix(address, "/"), ".git")
	if r.branch != "" {
		address += "#" + r.branch
	}
	return address
}

func (r *repo) local() bool { return r.remote == nil }

// web reports whether a repository is got over HTTP.
func (r *repo) web() bool { return !r.local() && r.remote.Scheme != "ssh" }

// name is the address for people.
func (r *repo) name() string {
	if r.folder == "" {
		return r.base
	}
	return r.base + "/" + r.folder
}

// origin is where a file of the repository is; its path begins with the folder.
func (r *repo) origin(file string) string { return r.base + "/" + file }

// id is what people read: the path below the folder that was named, with the
// repository's name before it where there are several.
func (s *source) id(r *repo, file string) string {
	id := strings.TrimPrefix(strings.TrimPrefix(file, r.folder), "/")
	if len(s.repos) > 1 {
		id = path.Base(r.base) + "/" + id
	}
	return id
}

// cache is the name of the folder that a repository is kept in: one for each
// branch, so that each has the history that it needs.
func (r *repo) cache() string {
	sum := sha256.Sum256([]byte(r.remote.String() + "#" + r.branch))
	return hex.EncodeToString(sum[:12])
}

// shown is an address as a message may have it, without a password.
func shown(address string) string {
	return regexp.MustCompile(`//[^/@]*@`).ReplaceAllString(strings.ToValidUTF8(address, "?"), "//…@")
}
