package main

import (
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// sources are the kinds of place that documents come from, by the scheme of
// their address; "" is a path.
var sources = map[string]func(addresses []string) (knowledge.Source, error){
	"": folder.New,
}

// openSource opens paths and addresses of one kind.
func openSource(addresses []string) (knowledge.Source, error) {
	kinds := map[string]bool{}
	for _, a := range addresses {
		kinds[scheme(a)] = true
	}
	for kind := range kinds {
		open, ok := sources[kind]
		if !ok || len(kinds) > 1 {
			return nil, usageError{errUnknownSource(addresses)}
		}
		return open(addresses)
	}
	return nil, usageError{errUnknownSource(addresses)}
}

func scheme(address string) string {
	kind, _, found := strings.Cut(address, "://")
	if !found {
		return ""
	}
	return kind
}

func errUnknownSource(addresses []string) error {
	return fmt.Errorf("documents come from files and folders of one kind at a time, not from %q", addresses)
}
