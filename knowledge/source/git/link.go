package git

import (
	"net/url"
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// link is the page of a file on its host's web site, "" where the host's pages
// are not known, and how its lines are linked. It names the branch and not the
// commit: with each commit every document would change.
func (r *repo) link(branch, file string) (string, knowledge.Anchor) {
	if r.local() || branch == "" {
		return "", knowledge.AnchorNone
	}
	host := r.remote.Hostname()
	has := func(name string) bool { return strings.Contains(host, name) }
	page := url.URL{Scheme: "https", Host: host}
	if r.web() {
		page.Scheme, page.Host = r.remote.Scheme, r.remote.Host
	}
	at := strings.TrimSuffix(r.remote.Path, ".git")
	anchor := knowledge.AnchorLine
	switch {
	case has("github"), has("gitee"):
		at += "/blob/" + branch
		page.RawQuery = plain(file) // rendered Markdown has no lines
	case has("gitlab"):
		at += "/-/blob/" + branch
		page.RawQuery = plain(file)
	case has("bitbucket"):
		at += "/src/" + branch
		anchor = knowledge.AnchorNone // #lines-12
	case has("gitea"), has("forgejo"), has("codeberg"):
		at += "/src/branch/" + branch
		if plain(file) != "" {
			page.RawQuery = "display=source"
		}
	default:
		return "", knowledge.AnchorNone
	}
	page.Path = at + "/" + file
	return page.String(), anchor
}

// plain asks for the lines of a file that would be rendered.
func plain(file string) string {
	if isMarkdown(file) {
		return "plain=1"
	}
	return ""
}

func isMarkdown(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".md", ".markdown", ".mdx":
		return true
	}
	return false
}

// hasLines reports whether the lines of a document are those of its file.
func hasLines(file string) bool {
	ext := strings.ToLower(path.Ext(file))
	return isMarkdown(file) || ext == ".txt" || ext == ".text"
}
