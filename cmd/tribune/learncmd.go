package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
)

// learnCmd feeds judged questions, lists them and takes them back.
type learnCmd struct {
	File       string `arg:"" optional:"" help:"Judged questions, one a line: {\"question\":\"...\",\"refs\":[\"DOCUMENT\", ...]}." placeholder:"FILE.jsonl"`
	Collection string `help:"The collection that they are for; without it each goes where its documents are."`
	Origin     string `help:"A name for where they come from, to take them back by. Without it \"file:\" and the file's name."`
	Undo       string `help:"Take back all that this origin taught." placeholder:"ORIGIN"`
	List       bool   `help:"Print what was learned, the latest first."`
	JSON       bool   `help:"Print JSON."`
}

// learnRequest names a file of judged questions, or an origin to take back.
type learnRequest struct {
	Path       string `json:"path,omitempty"`
	Collection string `json:"collection,omitempty"`
	Origin     string `json:"origin,omitempty"`
}

// unlearned is what was taken back.
type unlearned struct {
	Origin  string `json:"origin"`
	Removed int    `json:"removed"`
}

// Run does one of the three.
func (cmd *learnCmd) Run(ctx context.Context, s streams) error {
	if err := cmd.check(); err != nil {
		return usageError{err}
	}
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		switch {
		case cmd.List:
			return cmd.list(ctx, svc, s.Out)
		case cmd.Undo != "":
			return cmd.undo(ctx, svc, s.Out)
		default:
			return cmd.learn(ctx, svc, s.Out)
		}
	})
}

func (cmd *learnCmd) check() error {
	tasks := 0
	for _, is := range []bool{cmd.File != "", cmd.Undo != "", cmd.List} {
		if is {
			tasks++
		}
	}
	if tasks != 1 {
		return errors.New("give one of FILE.jsonl, --undo ORIGIN and --list")
	}
	if cmd.File == "" {
		return nil
	}
	if _, err := os.Stat(cmd.File); err != nil {
		return fmt.Errorf("no judged questions: %w", err)
	}
	return nil
}

func (cmd *learnCmd) learn(ctx context.Context, svc service, w io.Writer) error {
	path, err := filepath.Abs(cmd.File)
	if err != nil {
		return fmt.Errorf("find %s: %w", cmd.File, err)
	}
	origin := cmd.Origin
	if origin == "" {
		origin = "file:" + filepath.Base(path)
	}
	report, err := svc.Learn(ctx, learnRequest{Path: path, Collection: cmd.Collection, Origin: origin})
	if err != nil {
		return err
	}
	if cmd.JSON {
		err = printJSON(w, report)
	} else {
		err = printLearned(w, report, origin)
	}
	if err == nil && report.Added+report.Changed+report.Unchanged == 0 {
		err = errors.New("nothing was learned")
	}
	return err
}

func printLearned(w io.Writer, r learn.Report, origin string) error {
	_, err := fmt.Fprintf(w, "learned: %d added, %d changed, %d unchanged, %d left out (take back with: tribune learn --undo %q)\n",
		r.Added, r.Changed, r.Unchanged, r.Left, oneLine(origin))
	for _, p := range r.Problems[:min(len(r.Problems), maxSkipsShown)] {
		fmt.Fprintf(w, "  line %d: %s\n", p.Line, oneLine(p.Reason))
	}
	if more := r.Faults - min(len(r.Problems), maxSkipsShown); more > 0 {
		fmt.Fprintf(w, "  and %d more problems\n", more)
	}
	return err
}

func (cmd *learnCmd) undo(ctx context.Context, svc service, w io.Writer) error {
	removed, err := svc.Unlearn(ctx, learnRequest{Origin: cmd.Undo, Collection: cmd.Collection})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(w, unlearned{cmd.Undo, removed})
	}
	if removed == 0 {
		return fmt.Errorf("%q taught nothing (tribune learn --list tells who did)", cmd.Undo)
	}
	_, err = fmt.Fprintf(w, "taken back: %d\n", removed)
	return err
}

func (cmd *learnCmd) list(ctx context.Context, svc service, w io.Writer) error {
	lessons, err := svc.Lessons(ctx, learnRequest{Collection: cmd.Collection})
	if err != nil {
		return err
	}
	for _, l := range lessons {
		if cmd.JSON {
			err = printJSON(w, l)
		} else {
			_, err = fmt.Fprintf(w, "%s  %s  %s  %s\n    %s\n", l.At.Format("2006-01-02"), l.Collection, oneLine(l.Origin), oneLine(list(l.Refs)), oneLine(l.Question))
		}
		if err != nil {
			return err
		}
	}
	if len(lessons) == 0 && !cmd.JSON {
		_, err = fmt.Fprintln(w, "nothing was learned yet")
	}
	return err
}

// Learn adds a file of judged questions.
func (a *App) Learn(ctx context.Context, r learnRequest) (learn.Report, error) {
	f, err := os.Open(r.Path)
	if err != nil {
		return learn.Report{}, fmt.Errorf("read the judged questions: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if r.Collection != "" {
		if err := a.known(ctx, r.Collection); err != nil {
			return learn.Report{}, err
		}
		return a.Library.Book.Learn(ctx, f, r.Collection, r.Origin)
	}
	all, err := a.Library.Store.Collections(ctx)
	if err != nil {
		return learn.Report{}, err
	}
	return a.Library.Book.LearnAnywhere(ctx, f, names(all), r.Origin)
}

// Unlearn takes back what an origin taught.
func (a *App) Unlearn(ctx context.Context, r learnRequest) (int, error) {
	return a.Library.Book.Undo(ctx, r.Collection, r.Origin)
}

// Lessons lists what was learned, of one collection or of all.
func (a *App) Lessons(ctx context.Context, r learnRequest) ([]knowledge.Lesson, error) {
	if r.Collection != "" {
		return a.Library.Book.List(ctx, r.Collection)
	}
	var out []knowledge.Lesson
	for name := range a.Library.Book.Counts() {
		lessons, err := a.Library.Book.List(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, lessons...)
	}
	slices.SortFunc(out, func(a, b knowledge.Lesson) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}
