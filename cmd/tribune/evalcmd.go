package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge/eval"
)

// evalCmd measures answers against a team's own golden questions.
type evalCmd struct {
	File          string  `arg:"" help:"Golden questions, one a line: {\"question\",\"refs\":[...]} or {\"question\",\"refuse\":true}; \"collection\", \"contains\" and \"id\" if you like." placeholder:"FILE.jsonl"`
	Collection    string  `help:"The collection of questions that name none."`
	RetrievalOnly bool    `help:"Search only: no answers, no model, no cost."`
	Threshold     float64 `help:"By how much a figure may drop against the last run." default:"0.02"`
	Accept        bool    `help:"Keep this run as the one to compare with, even if something dropped."`
	JSON          bool    `help:"Print one JSON object."`
}

// evalDepth is how many passages are looked at for a question: enough for ten
// documents, several passages each.
const evalDepth = 50

// evalResult is what `tribune eval --json` prints.
type evalResult struct {
	File      string `json:"file"`
	Questions int    `json:"questions"`
	eval.Summary

	Changes []eval.Change `json:"changes,omitempty"` // against the last run
	LastRun *time.Time    `json:"last_run,omitempty"`
	Dropped bool          `json:"dropped"`
	TookS   float64       `json:"took_s"`
}

// Run measures, compares and reports; it fails where a figure dropped.
func (cmd *evalCmd) Run(ctx context.Context, s streams) error {
	golden, err := cmd.golden()
	if err != nil {
		return err
	}
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	started := time.Now()
	var outcomes []eval.Outcome
	err = withService(ctx, c, s, func(svc service) error {
		outcomes, err = cmd.outcomes(ctx, svc, golden, s)
		return err
	})
	if err != nil {
		return err
	}
	result := evalResult{File: cmd.File, Questions: len(golden), Summary: eval.Summarise(golden, outcomes), TookS: time.Since(started).Seconds()}
	if err := cmd.compare(&result, c.Server.DataDir); err != nil {
		return err
	}
	if err := cmd.print(s.Out, result); err != nil {
		return err
	}
	if result.Dropped && !cmd.Accept {
		return errQuiet
	}
	return nil
}

// golden reads the file and fills in the collection.
func (cmd *evalCmd) golden() ([]eval.Golden, error) {
	f, err := os.Open(cmd.File)
	if err != nil {
		return nil, usageError{fmt.Errorf("no golden questions: %w", err)}
	}
	defer func() { _ = f.Close() }() // it was only read
	golden, err := eval.ReadGolden(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd.File, err)
	}
	for i := range golden {
		if golden[i].Collection == "" {
			golden[i].Collection = cmd.Collection
		}
	}
	return golden, nil
}

// outcomes asks every question, one after another.
func (cmd *evalCmd) outcomes(ctx context.Context, svc service, golden []eval.Golden, s streams) ([]eval.Outcome, error) {
	bar := &progressBar{w: s.Err, on: isTerminal(s.Err) && !cmd.JSON, now: time.Now}
	defer bar.clear()
	out := make([]eval.Outcome, 0, len(golden))
	for i, g := range golden {
		o, err := cmd.outcome(ctx, svc, g)
		if err != nil {
			return nil, fmt.Errorf("question %s: %w", g.ID, err)
		}
		out = append(out, o)
		bar.count("questions", i+1, len(golden))
	}
	return out, nil
}

func (cmd *evalCmd) outcome(ctx context.Context, svc service, g eval.Golden) (eval.Outcome, error) {
	var o eval.Outcome
	found, err := svc.Search(ctx, searchRequest{Text: g.Question, Collection: g.Collection, Limit: evalDepth})
	if err != nil {
		return o, err
	}
	for _, p := range found {
		o.Hits = append(o.Hits, eval.Hit{Document: p.ID, Score: p.Score})
	}
	if cmd.RetrievalOnly {
		return o, nil
	}
	answer, err := svc.Ask(ctx, askRequest{Question: g.Question, Collection: g.Collection}, func(bots.Content) {})
	if err != nil {
		return o, err
	}
	o.Asked, o.Refused, o.Answer, o.MilliSec = true, answer.Refused, answer.Text, answer.Timings.Total
	for _, src := range answer.Sources {
		o.Cited = append(o.Cited, src.Ref)
	}
	return o, nil
}

// keptRun is the run that later ones are compared with.
type keptRun struct {
	At      time.Time    `json:"at"`
	Summary eval.Summary `json:"summary"`
}

// compare sets the result beside the last run of the same file, and keeps it as
// the next one's unless it dropped: a drop must not become the new normal.
func (cmd *evalCmd) compare(result *evalResult, dataDir string) error {
	path, err := cmd.keptPath(dataDir)
	if err != nil {
		return err
	}
	var last keptRun
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &last)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("the last run can't be read (remove %s to begin anew): %w", path, err)
	default:
		result.LastRun = &last.At
		result.Changes = eval.Compare(last.Summary, result.Summary, cmd.Threshold)
		result.Dropped = slices.ContainsFunc(result.Changes, func(c eval.Change) bool { return c.Dropped })
	}
	if result.Dropped && !cmd.Accept {
		return nil
	}
	return keep(path, keptRun{At: time.Now().UTC(), Summary: eval.Summary{Metrics: result.Metrics}})
}

// keptPath is where the last run of this file, asked in this way, is kept.
func (cmd *evalCmd) keptPath(dataDir string) (string, error) {
	full, err := filepath.Abs(cmd.File)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", cmd.File, err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%t", full, cmd.Collection, cmd.RetrievalOnly))
	return filepath.Join(dataDir, "evals", hex.EncodeToString(sum[:8])+".json"), nil
}

// keep writes a run in one step.
func keep(path string, run keptRun) error {
	raw, err := json.Marshal(run)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path+".new", raw, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("keep this run for the next one to compare with: %w", err)
	}
	return nil
}

func (cmd *evalCmd) print(w io.Writer, r evalResult) error {
	if cmd.JSON {
		return printJSON(w, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions, %s\n", r.Questions, time.Duration(r.TookS*float64(time.Second)).Round(time.Millisecond))
	last := map[string]eval.Change{}
	for _, c := range r.Changes {
		last[c.Metric] = c
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		m := r.Metrics[name]
		fmt.Fprintf(&b, "%-14s %.3f  [%.3f, %.3f]  of %d", name, m.Value, m.Low, m.High, m.Questions)
		if c, ok := last[name]; ok {
			fmt.Fprintf(&b, "  last %.3f (%+.3f)%s", c.Last, c.Now-c.Last, map[bool]string{true: "  DROPPED"}[c.Dropped])
		}
		b.WriteByte('\n')
	}
	for _, f := range r.Failures[:min(len(r.Failures), maxFailuresShown)] {
		fmt.Fprintf(&b, "  %s: %s: %s\n", oneLine(f.ID), f.Why, oneLine(f.Question))
	}
	if more := len(r.Failures) - maxFailuresShown; more > 0 {
		fmt.Fprintf(&b, "  and %d more (--json has all)\n", more)
	}
	if r.Dropped && !cmd.Accept {
		b.WriteString("something dropped; if that is meant, run again with --accept\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// maxFailuresShown is how many questions that went wrong are told one by one.
const maxFailuresShown = 20
