package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// searchCmd finds passages.
type searchCmd struct {
	Words      []string `arg:"" optional:"" help:"What to look for."`
	K          int      `short:"k" help:"How many passages at the most." default:"10"`
	Collection string   `help:"Search this collection only."`
	JSON       bool     `help:"Print one JSON object a passage."`
	Queries    string   `help:"Batch: a file of queries, one {\"id\",\"text\"} a line." placeholder:"FILE.jsonl"`
	Out        string   `name:"run" help:"Batch: where the run goes, as qid, docid, rank, score." placeholder:"OUT.tsv"`
}

// maxK is the most passages that one search gives: what an engine's candidates hold.
const maxK = 1000

// Run searches once, or for every query of a file.
func (cmd *searchCmd) Run(ctx context.Context, s streams) error {
	if err := cmd.check(); err != nil {
		return usageError{err}
	}
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		if cmd.Queries != "" {
			return cmd.batch(ctx, svc)
		}
		found, err := svc.Search(ctx, searchRequest{Text: strings.Join(cmd.Words, " "), Collection: cmd.Collection, Limit: cmd.K})
		if err != nil {
			return err
		}
		return cmd.print(s.Out, found)
	})
}

func (cmd *searchCmd) check() error {
	switch {
	case cmd.K < 1 || cmd.K > maxK:
		return fmt.Errorf("-k is %d: give a number from 1 to %d", cmd.K, maxK)
	case (cmd.Queries == "") != (cmd.Out == ""):
		return errors.New("a batch needs both --queries FILE.jsonl and --run OUT.tsv")
	case cmd.Queries == "" && strings.TrimSpace(strings.Join(cmd.Words, "")) == "":
		return errors.New(`give words to look for: tribune search "overtime pay"`)
	case cmd.Queries != "" && cmd.JSON:
		return errors.New("a batch writes a run file: leave --json out")
	case cmd.Queries != "" && len(cmd.Words) > 0:
		return errors.New("give either words or --queries, not both")
	}
	return nil
}

func (cmd *searchCmd) print(w io.Writer, found []knowledge.Passage) error {
	if cmd.JSON {
		for _, p := range found {
			if err := printJSON(w, p); err != nil {
				return err
			}
		}
		return nil
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "nothing found")
		return err
	}
	for i, p := range found {
		title := p.Title
		if p.Section != "" {
			title += " > " + p.Section
		}
		_, err := fmt.Fprintf(w, "%2d. %s  %s (%s, %.3f)\n    %s\n", i+1, p.Collection, oneLine(title), oneLine(p.ID), p.Score,
			firstRunes(oneLine(p.Text), 160))
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

// query is one line of a batch file.
type query struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// batch answers every query and writes a run file. The file appears only when
// it is whole.
func (cmd *searchCmd) batch(ctx context.Context, svc service) error {
	in, err := os.Open(cmd.Queries)
	if err != nil {
		return fmt.Errorf("read the queries: %w", err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(cmd.Out + ".part")
	if err != nil {
		return fmt.Errorf("write the run: %w", err)
	}
	w := bufio.NewWriter(out)
	err = cmd.answerAll(ctx, svc, in, w)
	if err = errors.Join(err, w.Flush(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(cmd.Out+".part"))
	}
	if err := os.Rename(cmd.Out+".part", cmd.Out); err != nil {
		return fmt.Errorf("write the run: %w", err)
	}
	return nil
}

func (cmd *searchCmd) answerAll(ctx context.Context, svc service, in io.Reader, w io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var q query
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil || q.ID == "" || q.Text == "" || strings.ContainsAny(q.ID, "\t\r\n") {
			return fmt.Errorf("%s:%d: want {\"id\":\"...\",\"text\":\"...\"} on each line, without tabs or line ends in the id", cmd.Queries, n)
		}
		found, err := svc.Search(ctx, searchRequest{Text: q.Text, Collection: cmd.Collection, Limit: min(cmd.K*passagesPerDocument, maxK)})
		if err != nil {
			return err
		}
		if err := writeRun(w, q.ID, found, cmd.K); err != nil {
			return fmt.Errorf("write the run: %w", err)
		}
	}
	return lines.Err()
}

// passagesPerDocument is how many times more passages than documents are asked
// for: a run names documents, each once, at its best passage's rank.
const passagesPerDocument = 4

func writeRun(w io.Writer, id string, found []knowledge.Passage, k int) error {
	seen := map[string]bool{}
	for _, p := range found {
		if seen[p.Document] {
			continue
		}
		seen[p.Document] = true
		if _, err := fmt.Fprintf(w, "%s\t%s\t%d\t%.6f\n", id, runID(p.Document), len(seen), p.Score); err != nil {
			return err
		}
		if len(seen) == k {
			break
		}
	}
	return nil
}

// runID is a document's id for a run file, whose columns tabs separate.
func runID(id string) string { return strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(id) }

// firstRunes cuts text to n characters.
func firstRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i] + "…"
		}
		n--
	}
	return text
}
