package config

import (
	"cmp"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// collectionKeys are the keys of a collection.
func collectionKeys() []key {
	return []key{
		{"sources", "what it is fed from: {dir: FOLDER}, {file: FILE} (an export as a zip file too), {url: PAGE or SITEMAP}, {git: REPOSITORY}, {discord: CHANNEL ID}; paths relative to this file; private: true beside an address lets it lie on a private network; private_channels: [NAMES] beside a Slack export reads those too, workspace: TEAM.slack.com has citations link to its messages"},
		{"visible_to", `who may see it: "platform:team:channel", "platform:team:public", "platform:team:dm", web, "key:NAME"; without it the terminal and the master key alone, but everybody for default and handbook`},
		{"authority", "how much its passages count beside those of other collections, 0.1 to 10 (1 where it is not set)"},
		{"half_life", "the age at which a document counts half as much as a new one, as in 365d; without it age does not matter"},
	}
}

func (r *fileReader) collection(named entry) Collection {
	c := Collection{Sources: []Source{}, VisibleTo: []string{}}
	for _, e := range r.mapping(named.value, named.where, keyNames(collectionKeys())) {
		switch e.key {
		case "sources":
			for _, source := range r.list(e.value, e.where) {
				if s, ok := r.source(source, e.where); ok {
					c.Sources = append(c.Sources, s)
				}
			}
			r.note(e, strings.Join(c.Addresses(), ", "))
		case "visible_to":
			c.Restricted = true // also where it is empty or wrong: fail closed
			c.VisibleTo = itemTexts(r.valid(e, checkPattern))
		default:
			r.weight(&c, e)
		}
	}
	return c
}

// weight reads how much a collection counts.
func (r *fileReader) weight(c *Collection, e entry) {
	text, ok := r.text(e.value, e.where)
	if !ok {
		return
	}
	var err error
	if e.key == "authority" {
		c.Authority, err = factor(text)
	} else {
		c.HalfLife, err = ParseDuration(text)
	}
	if err != nil {
		message, fix := parts(err)
		r.wrong(e.value.GetToken(), e.where, message, fix)
		return
	}
	r.note(e, text)
}

// factor reads a weight. Beyond a factor of ten one collection would hide all
// others, which visible_to and a channel's collections do better.
func factor(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= .1 && f <= 10) {
		return 0, &invalid{quote(text) + " is no weight", "write a number from 0.1 to 10"}
	}
	return f, nil
}

// sourceKinds are the keys that say where documents come from; one of them is
// in every source.
func sourceKinds() []string { return []string{"dir", "file", "url", "git", "discord"} }

// source reads one source.
func (r *fileReader) source(node ast.Node, where string) (Source, bool) {
	var (
		s     Source
		given entry
	)
	for _, e := range r.mapping(node, where, append(sourceKinds(), "private", "private_channels", "workspace")) {
		if e.key == "private_channels" {
			s.PrivateChannels = itemTexts(r.texts(e.value, e.where))
			continue
		}
		text, ok := r.text(e.value, e.where)
		switch {
		case !ok:
			return s, false
		case e.key == "private":
			yes, err := strconv.ParseBool(text)
			if err != nil {
				r.wrong(e.value.GetToken(), e.where, quote(text)+" is neither true nor false", "write private: true")
			}
			s.Private = yes
		case e.key == "workspace":
			host, err := SlackWorkspace(text)
			if err != nil {
				r.wrong(e.value.GetToken(), e.where, err.Error(), slackWorkspaceHint)
			}
			s.Workspace = host
		case given.key != "":
			r.wrong(e.at, e.where, "a source is one place, and this one names "+given.key+" too", "make two sources of it")
		default:
			given = e
			s.Address = r.address(e, text)
		}
	}
	return s, s.Address != ""
}

// address makes an address of what a source says, "" where it can't be one.
func (r *fileReader) address(e entry, text string) string {
	switch e.key {
	case "dir", "file":
		return r.path(e, text)
	case "discord":
		if strings.Trim(text, "0123456789") != "" {
			r.wrong(e.value.GetToken(), e.where, quote(text)+" is no channel id", "copy the id of the channel in Discord (developer mode): a number")
			return ""
		}
		return "discord://" + text
	case "git":
		if !strings.Contains(text, "://") && !strings.HasPrefix(text, "git@") {
			r.wrong(e.value.GetToken(), e.where, quote(text)+" is no address of a repository", "write it as for git clone: https://example.org/team/docs.git")
			return ""
		}
		if strings.HasPrefix(text, "http") {
			return "git+" + text
		}
		return text
	default:
		if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			r.wrong(e.value.GetToken(), e.where, quote(text)+" is no web address", "begin it with https://")
			return ""
		}
		return text
	}
}

// path is a folder or file beside tribune.yaml. What is not there yet is said,
// and waited for.
func (r *fileReader) path(e entry, text string) string {
	path := beside(r.loader.config.Server.File, text)
	what := map[string]string{"dir": "folder", "file": "file"}[e.key]
	info, err := os.Stat(path)
	if err != nil || info.IsDir() != (e.key == "dir") {
		r.odd(e.value.GetToken(), e.where, "there is no "+cmp.Or(what, "file")+" "+quote(path), "make it, or correct the path")
	}
	return path
}
