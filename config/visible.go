package config

import (
	"slices"
	"strings"
)

// Places that no pattern in tribune.yaml stands for.
const (
	PlaceTerminal = "terminal" // a command on this machine
	PlaceMaster   = "master"   // the gateway, with the master key
)

// The two collections that everybody may see where tribune.yaml does not say
// otherwise.
const (
	CollectionDefault  = "default"
	CollectionHandbook = "handbook" // the guides built into the program
)

// Visible returns, sorted, which collections may be seen by somebody whose
// question matches places: what bots.Question.Places gives, "key:NAME" for a
// virtual key, PlaceTerminal or PlaceMaster. existing are the collections that
// the index has; those that tribune.yaml names come on top. Whatever is not
// clearly allowed is not there: no places see nothing but what all can see.
func (c *Config) Visible(places, existing []string) []string {
	all := map[string]bool{CollectionDefault: true, CollectionHandbook: true}
	for _, name := range existing {
		all[name] = true
	}
	for name := range c.File.Collections {
		all[name] = true
	}
	visible := []string{}
	for name := range all {
		if c.visible(name, places) {
			visible = append(visible, name)
		}
	}
	slices.Sort(visible)
	return visible
}

// visible tells whether one collection may be seen from one of places.
func (c *Config) visible(name string, places []string) bool {
	if slices.ContainsFunc(places, seesAll) {
		return true
	}
	collection := c.File.Collections[name]
	if !collection.Restricted {
		return name == CollectionDefault || name == CollectionHandbook
	}
	for _, pattern := range collection.VisibleTo {
		if pattern != "" && slices.Contains(places, pattern) {
			return true
		}
	}
	return false
}

// seesAll tells whether a place is the operator's own. "terminal:team:channel"
// is the place of a question that was asked there; a platform's name is given by
// its adapter and never by who asks.
func seesAll(place string) bool {
	return place == PlaceTerminal || place == PlaceMaster || strings.HasPrefix(place, PlaceTerminal+":")
}
