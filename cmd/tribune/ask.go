package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/bots"
)

// askCmd asks one question.
type askCmd struct {
	Question   []string `arg:"" help:"The question, in Chinese or English."`
	JSON       bool     `help:"Print the answer as one JSON object."`
	Collection string   `help:"Ask this collection only."`
	Model      string   `help:"The model (or model group) that is to answer."`
	Channel    string   `help:"Answer as this channel would: platform:team:channel, or platform:team:public for any public one."`
}

// check refuses what can be no question and no channel.
func (cmd *askCmd) check() error {
	if strings.TrimSpace(strings.Join(cmd.Question, "")) == "" {
		return errors.New(`give a question: tribune ask "How much leave do I have?"`)
	}
	if parts := strings.Split(cmd.Channel, ":"); cmd.Channel != "" && cmd.Channel != "web" && (len(parts) < 3 || slices.Contains(parts, "")) {
		return fmt.Errorf("%q is not a channel: write platform:team:channel, for example slack:T01:C42", cmd.Channel)
	}
	return nil
}

// Run asks the question and prints the answer.
func (cmd *askCmd) Run(ctx context.Context, s streams) error {
	if err := cmd.check(); err != nil {
		return usageError{err}
	}
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	request := askRequest{
		Question: strings.Join(cmd.Question, " "), Collection: cmd.Collection, Group: cmd.Model, Channel: cmd.Channel,
	}
	return withService(ctx, c, s, func(svc service) error {
		out := &printer{w: s.Out, quiet: cmd.JSON}
		answer, err := svc.Ask(ctx, request, func(c bots.Content) { out.show(c.Text) })
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(s.Out, answer)
		}
		return out.finish(answer)
	})
}

// printer shows a growing answer on a stream that cannot take anything back.
type printer struct {
	w     io.Writer
	quiet bool
	shown string
	err   error
}

// show prints what is new. A content that is no longer what was printed plus
// something (a source was dropped, quotes came instead) waits for finish.
func (p *printer) show(text string) {
	more, grows := strings.CutPrefix(clean(text), p.shown)
	if p.quiet || !grows || more == "" || p.err != nil {
		return
	}
	_, p.err = io.WriteString(p.w, more)
	p.shown += more
}

// finish prints the rest of the answer, its sources and its note.
func (p *printer) finish(a bots.Answer) error {
	if text := clean(a.Text); !strings.HasPrefix(text, p.shown) {
		p.shown = ""
		fmt.Fprint(p.w, "\n\n---\n\n")
	}
	p.show(a.Text)
	if p.err != nil {
		return fmt.Errorf("print the answer: %w", p.err)
	}
	_, err := io.WriteString(p.w, ending(a))
	return err
}

// ending is what stands below an answer's text.
func ending(a bots.Answer) string {
	var b strings.Builder
	b.WriteString("\n")
	if len(a.Sources) > 0 {
		b.WriteString("\n")
	}
	for _, src := range a.Sources {
		fmt.Fprintf(&b, "[%d] %s (%s)\n", src.N, oneLine(src.Title), oneLine(src.Ref))
		if src.URL != "" {
			fmt.Fprintf(&b, "    %s\n", oneLine(src.URL))
		}
	}
	if a.Note != "" {
		fmt.Fprintf(&b, "\n%s\n", oneLine(a.Note))
	}
	return b.String()
}
