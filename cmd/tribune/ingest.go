package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tribunebot/tribune/knowledge/index"
)

// ingestCmd feeds documents.
type ingestCmd struct {
	Paths      []string `arg:"" help:"Files or folders: Markdown, text, JSONL." placeholder:"PATH"`
	Collection string   `help:"The collection they go to." default:"default"`
	Prune      bool     `help:"Remove documents that these paths no longer have."`
	JSON       bool     `help:"Print the report as one JSON object."`
}

// maxSkipsShown is how many left-out documents are told one by one.
const maxSkipsShown = 10

// Run feeds the documents and reports.
func (cmd *ingestCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	paths, err := absolute(cmd.Paths)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		bar := &progressBar{w: s.Err, on: isTerminal(s.Err) && !cmd.JSON}
		report, err := svc.Ingest(ctx, ingestRequest{Paths: paths, Collection: cmd.Collection, Prune: cmd.Prune}, bar.show)
		bar.clear()
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(s.Out, report)
		}
		return printReport(s.Out, report)
	})
}

// absolute resolves paths here, where they were typed, and checks them early.
func absolute(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, p := range paths {
		if scheme(p) != "" {
			out[i] = p
			continue
		}
		full, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", p, err)
		}
		if _, err := os.Stat(full); err != nil {
			return nil, fmt.Errorf("nothing to feed: %w", err)
		}
		out[i] = full
	}
	return out, nil
}

func printReport(w io.Writer, r index.Report) error {
	_, err := fmt.Fprintf(w, "%s: %d added, %d changed, %d unchanged, %d removed; %d passages; %s\n",
		r.Collection, r.Added, r.Changed, r.Unchanged, r.Removed, r.Passages, r.Took.Round(time.Millisecond))
	for i, skip := range r.Skipped {
		if i == maxSkipsShown {
			break
		}
		fmt.Fprintf(w, "  left out: %s: %s\n", oneLine(skip.Document), oneLine(skip.Reason))
	}
	if more := r.Skips - min(len(r.Skipped), maxSkipsShown); more > 0 {
		fmt.Fprintf(w, "  and %d more left out\n", more)
	}
	return err
}

// progressBar shows how far an ingest is, in one line that is written over.
type progressBar struct {
	w     io.Writer
	on    bool
	began time.Time
	last  time.Time
}

// barPace keeps the line readable and the terminal idle.
const barPace = 100 * time.Millisecond

func (b *progressBar) show(p index.Progress) {
	now := time.Now()
	if b.began.IsZero() {
		b.began = now
	}
	if !b.on || now.Sub(b.last) < barPace {
		return
	}
	b.last = now
	rate := float64(p.Documents) / max(now.Sub(b.began).Seconds(), 0.001)
	fmt.Fprintf(b.w, "\r\x1b[K%d documents, %d passages, %.0f/s", p.Documents, p.Passages, rate)
}

func (b *progressBar) clear() {
	if b.on && !b.last.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
