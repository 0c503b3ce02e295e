package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
)

// collectionsCmd lists what is indexed, or drops a collection.
type collectionsCmd struct {
	JSON bool   `help:"Print one JSON object a collection."`
	Drop string `help:"Remove this collection, with what was learned for it." placeholder:"NAME"`
}

// shelf is all collections, and how the index stands that they are in.
type shelf struct {
	Collections []knowledge.Collection `json:"collections"`
	State       generation.State       `json:"state"`
	Problem     string                 `json:"problem,omitempty"`
}

// Run lists the collections.
func (cmd *collectionsCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		if cmd.Drop != "" {
			return cmd.drop(ctx, svc, s.Out)
		}
		all, err := svc.Collections(ctx)
		if err != nil {
			return err
		}
		if all.Problem != "" {
			fmt.Fprintf(s.Err, "tribune: %s\n", oneLine(all.Problem))
		}
		for _, one := range all.Collections {
			if cmd.JSON {
				err = printJSON(s.Out, one)
			} else {
				err = printCollection(s.Out, one, time.Now())
			}
			if err != nil {
				return err
			}
		}
		if all.State.Number == 0 || cmd.JSON {
			return nil
		}
		_, err = fmt.Fprintf(s.Out, "generation %d, %s on disk, made %s\n",
			all.State.Number, spellBytes(all.State.Bytes), all.State.MadeAt.Local().Format("2006-01-02 15:04"))
		return err
	})
}

func (cmd *collectionsCmd) drop(ctx context.Context, svc service, w io.Writer) error {
	if err := svc.Drop(ctx, dropRequest{Collection: cmd.Drop}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s is dropped\n", oneLine(cmd.Drop))
	return err
}

// printCollection says what a collection holds, how old it is and where it
// came from.
func printCollection(w io.Writer, c knowledge.Collection, now time.Time) error {
	more := []string{}
	if c.Lessons > 0 {
		more = append(more, fmt.Sprintf("%d lessons", c.Lessons))
	}
	if c.Vectors > 0 {
		more = append(more, fmt.Sprintf("%d vectors", c.Vectors))
	}
	if len(c.Origins) > 0 {
		more = append(more, "from "+oneLine(strings.Join(c.Origins, ", ")))
	}
	_, err := fmt.Fprintf(w, "%-24s %6d documents %7d passages %9s  %s (%s)  %s\n", c.Name, c.Documents, c.Passages, spellBytes(c.Bytes),
		c.UpdatedAt.Local().Format("2006-01-02 15:04"), spellAge(now.Sub(c.UpdatedAt)), strings.Join(more, ", "))
	return err
}

// spellBytes writes a size as people do: 1.2 MB.
func spellBytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// spellAge writes an age in its largest unit.
func spellAge(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days ago", int(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d/time.Hour))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes ago", int(d/time.Minute))
	}
	return "just now"
}

// Collections lists what is indexed.
func (a *App) Collections(ctx context.Context) (shelf, error) {
	all, err := a.Library.Collections(ctx)
	if err != nil {
		return shelf{}, err
	}
	return shelf{Collections: all, State: a.Library.State(), Problem: a.Library.Problem()}, nil
}

// Drop removes a collection that tribune.yaml does not feed: the next start
// would bring that back.
func (a *App) Drop(ctx context.Context, r dropRequest) error {
	switch {
	case r.Collection == knowledge.Handbook:
		return usageError{fmt.Errorf("the collection %s is built in: it is left out of searches once you have documents of your own", knowledge.Handbook)}
	case slices.Contains(a.fed(), r.Collection):
		return usageError{fmt.Errorf("tribune.yaml feeds the collection %s: remove it there first", r.Collection)}
	}
	if err := a.known(ctx, r.Collection); err != nil {
		return err
	}
	return a.Library.Drop(ctx, r.Collection)
}

// fed are the collections that tribune.yaml feeds.
func (a *App) fed() []string {
	var out []string
	for name, c := range a.Config.File.Collections {
		if len(c.Sources) > 0 {
			out = append(out, name)
		}
	}
	return out
}
