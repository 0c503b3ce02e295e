package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// ingestCmd feeds documents.
type ingestCmd struct {
	Paths      []string `arg:"" help:"Files, folders, https:// pages or sitemaps, Git repositories." placeholder:"PATH|URL"`
	Collection string   `help:"The collection they go to." default:"default"`
	Prune      bool     `help:"Remove the documents that came from these places and are there no longer."`
	Force      bool     `help:"Remove them even if that is most of the collection."`
	Watch      bool     `help:"Go on, and feed again what changes, until Ctrl-C. Addresses are read again every hour."`
	Private    bool     `help:"Addresses may lie on a private network."`
	Channel    []string `name:"private-channel" help:"A private channel of a Slack export that is to be read too; public ones are." placeholder:"NAME"`
	Workspace  string   `name:"slack-workspace" help:"The address of the workspace of a Slack export: citations link to its messages." placeholder:"TEAM.slack.com"`
	JSON       bool     `help:"Print the report as one JSON object."`
}

// maxSkipsShown is how many left-out documents, and how many notes, are told one
// by one.
const maxSkipsShown = 10

// Run feeds the documents and reports.
func (cmd *ingestCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	workspace, err := cmd.workspace()
	if err != nil {
		return err
	}
	paths, err := cmd.absolute()
	if err != nil {
		return err
	}
	// Between two times the data directory is free for other commands.
	feed := func(ctx context.Context) error {
		return withService(ctx, c, s, func(svc service) error { return cmd.feed(ctx, svc, paths, workspace, s) })
	}
	if err := feed(ctx); err != nil || !cmd.Watch {
		return err
	}
	return watchPaths(ctx, paths, s, feed)
}

// workspace is the host that citations of a Slack export link to, "" for none.
func (cmd *ingestCmd) workspace() (string, error) {
	if cmd.Workspace == "" {
		return "", nil
	}
	host, err := config.SlackWorkspace(cmd.Workspace)
	if err != nil {
		return "", usageError{fmt.Errorf("--slack-workspace: %w: write it as team.slack.com", err)}
	}
	return host, nil
}

// feed feeds the documents once and reports.
func (cmd *ingestCmd) feed(ctx context.Context, svc service, paths []string, workspace string, s streams) error {
	bar := &progressBar{w: s.Err, on: isTerminal(s.Err) && !cmd.JSON, now: time.Now}
	request := ingestRequest{Paths: paths, Collection: cmd.Collection, Prune: cmd.Prune, Force: cmd.Force, Private: cmd.Private, Channels: cmd.Channel, Workspace: workspace}
	report, err := svc.Ingest(ctx, request, bar.show)
	bar.clear()
	if err != nil {
		return err
	}
	if cmd.JSON {
		err = printJSON(s.Out, report)
	} else {
		err = printReport(s.Out, report)
	}
	return errors.Join(err, cmd.nothingRead(report))
}

// watchPaths feeds again when a folder changes, and addresses every hour, until
// ctx is done.
func watchPaths(ctx context.Context, paths []string, s streams, feed func(context.Context) error) error {
	folders := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return sourceKind(p) != "folder" })
	again := make(chan struct{}, 1)
	var watching errgroup.Group
	if len(folders) > 0 {
		watching.Go(func() error { return watchFolders(ctx, folders, again) })
	}
	fmt.Fprintln(s.Err, "tribune: watching for changes (Ctrl-C ends)")
	tick := time.NewTicker(revisit)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return watching.Wait()
		case <-again:
		case <-tick.C:
			if len(folders) == len(paths) {
				continue
			}
		}
		if err := feed(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintf(s.Err, "tribune: %s\n", oneLine(err.Error()))
		}
	}
}

// watchFolders says when something in a folder changes.
func watchFolders(ctx context.Context, folders []string, again chan<- struct{}) error {
	src, err := folder.New(folders)
	if err != nil {
		return err
	}
	w, ok := src.(knowledge.Watched)
	if !ok {
		return errors.New("changes in these folders can't be noticed here")
	}
	return w.Watch(ctx, func() {
		select {
		case again <- struct{}{}:
		default: // they are fed anyway
		}
	})
}

// nothingRead returns an error where there is nothing that could be a document,
// and nothing to remove: the path is a wrong one, or all is of another kind.
func (cmd *ingestCmd) nothingRead(r knowledge.Report) error {
	if r.Added+r.Changed+r.Unchanged+r.Removed > 0 || r.Skips > r.Foreign {
		return nil
	}
	return fmt.Errorf("nothing to read in %s: no document of a kind that is known (docs/documents.md lists them)", strings.Join(cmd.Paths, ", "))
}

// absolute resolves paths here, where they were typed, and checks them early.
func (cmd *ingestCmd) absolute() ([]string, error) {
	out := make([]string, len(cmd.Paths))
	for i, p := range cmd.Paths {
		if remoteAddress(p) {
			out[i] = p
			continue
		}
		full, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", p, err)
		}
		switch _, err := os.Stat(full); {
		case isGone(err) && cmd.Prune && !cmd.Force:
			return nil, fmt.Errorf("nothing to feed: %w. If it is gone for good, --prune --force removes what was fed from it", err)
		case err != nil && (!isGone(err) || !cmd.Prune):
			return nil, fmt.Errorf("nothing to feed: %w", err)
		}
		out[i] = full
	}
	return out, nil
}

// isGone reports whether an error says that a path does not exist.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func printReport(w io.Writer, r knowledge.Report) error {
	_, err := fmt.Fprintf(w, "%s: %d added, %d changed, %d unchanged, %d removed; %d passages; %s\n",
		r.Collection, r.Added, r.Changed, r.Unchanged, r.Removed, r.Passages, r.Took.Round(time.Millisecond))
	if r.Kept > 0 {
		fmt.Fprintf(w, "  %d documents are gone where they came from, most of the collection: none was removed. If that is meant, add --force\n", r.Kept)
	}
	for _, what := range r.Later {
		fmt.Fprintf(w, "  left for later: %s\n", oneLine(what))
	}
	for _, skip := range r.Skipped[:min(len(r.Skipped), maxSkipsShown)] {
		fmt.Fprintf(w, "  left out: %s: %s\n", oneLine(skip.Document), oneLine(skip.Reason))
	}
	if more := r.Skips - min(len(r.Skipped), maxSkipsShown); more > 0 {
		fmt.Fprintf(w, "  and %d more left out\n", more)
	}
	for _, note := range r.Notes[:min(len(r.Notes), maxSkipsShown)] {
		fmt.Fprintf(w, "  note: %s: %s\n", oneLine(note.Document), oneLine(note.Text))
	}
	if more := r.Noted - min(len(r.Notes), maxSkipsShown); more > 0 {
		fmt.Fprintf(w, "  and %d more notes\n", more)
	}
	return err
}

// progressBar shows how far an ingest is, in one line that is written over.
type progressBar struct {
	w     io.Writer
	on    bool
	now   func() time.Time
	began time.Time
	last  time.Time
}

// barPace keeps the line readable and the terminal idle.
const barPace = 100 * time.Millisecond

func (b *progressBar) show(p knowledge.Progress) {
	now := b.now()
	if b.began.IsZero() {
		b.began = now
	}
	if !b.on || now.Sub(b.last) < barPace {
		return
	}
	b.last = now
	fmt.Fprint(b.w, "\r\x1b[K"+progressLine(p, now.Sub(b.began)))
}

// progressLine says how far an ingest has come in some time, and how long the
// rest takes at this pace where the source can tell how much there is.
func progressLine(p knowledge.Progress, took time.Duration) string {
	rate := float64(p.Documents) / max(took.Seconds(), 0.001)
	if p.Total <= 0 {
		return fmt.Sprintf("%d documents, %d passages, %.0f/s", p.Documents, p.Passages, rate)
	}
	line := fmt.Sprintf("%d of %d documents, %d passages, %.0f/s", p.Documents, max(p.Total, p.Documents), p.Passages, rate)
	if rest := p.Total - p.Documents; rest > 0 && rate > 0 {
		left := time.Duration(float64(rest) / rate * float64(time.Second))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return line
}

// count shows how many of something are done.
func (b *progressBar) count(what string, done, total int) {
	now := b.now()
	if !b.on || now.Sub(b.last) < barPace {
		return
	}
	b.last = now
	fmt.Fprintf(b.w, "\r\x1b[K%d of %d %s", done, total, what)
}

func (b *progressBar) clear() {
	if b.on && !b.last.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
