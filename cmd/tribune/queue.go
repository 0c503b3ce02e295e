package main

import (
	"context"
	"fmt"

	"github.com/tribunebot/tribune/worker/queue"
)

// queueCmd tells what waits.
type queueCmd struct {
	JSON bool `help:"Print the state as one JSON object."`
}

// Run prints the queue's state.
func (cmd *queueCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		state, err := svc.QueueState(ctx)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(s.Out, state)
		}
		_, err = fmt.Fprintf(s.Out, "waiting    %d\nworking    %d\nscheduled  %d\ndead       %d\n",
			state.Waiting, state.Working, state.Scheduled, state.Dead)
		return err
	})
}

// deadCmd is about questions that were given up.
type deadCmd struct {
	List  deadListCmd  `cmd:"" default:"withargs" help:"List them, the newest first."`
	Retry deadRetryCmd `cmd:"" help:"Put one back into the queue."`
	Drop  deadDropCmd  `cmd:"" help:"Remove one for good."`
}

// deadListCmd lists dead letters.
type deadListCmd struct {
	Limit int  `help:"How many at the most." default:"50"`
	JSON  bool `help:"Print one JSON object a letter."`
}

// Run lists the dead letters.
func (cmd *deadListCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		letters, err := svc.DeadLetters(ctx, cmd.Limit)
		if err != nil {
			return err
		}
		if len(letters) == 0 && !cmd.JSON {
			_, err := fmt.Fprintln(s.Out, "no dead letters")
			return err
		}
		for _, letter := range letters {
			if err := cmd.print(s, letter); err != nil {
				return err
			}
		}
		return nil
	})
}

func (cmd *deadListCmd) print(s streams, l queue.DeadLetter) error {
	if cmd.JSON {
		return printJSON(s.Out, l)
	}
	_, err := fmt.Fprintf(s.Out, "%s  %s  tried %d times\n  asked:  %s\n  reason: %s\n",
		l.At.Local().Format("2006-01-02 15:04:05"), oneLine(l.ID), l.Tries,
		firstRunes(oneLine(l.Question.Text), 120), oneLine(l.Reason))
	return err
}

// deadRetryCmd puts a dead letter back.
type deadRetryCmd struct {
	ID string `arg:"" help:"The question's id, as the list shows it."`
}

// Run retries the letter.
func (cmd *deadRetryCmd) Run(ctx context.Context, s streams) error {
	return withLetter(ctx, s, "is back in the queue: %s\n", cmd.ID, service.RetryDead)
}

// deadDropCmd removes a dead letter.
type deadDropCmd struct {
	ID string `arg:"" help:"The question's id, as the list shows it."`
}

// Run drops the letter.
func (cmd *deadDropCmd) Run(ctx context.Context, s streams) error {
	return withLetter(ctx, s, "is dropped: %s\n", cmd.ID, service.DropDead)
}

func withLetter(ctx context.Context, s streams, said, id string, do func(service, context.Context, string) error) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		if err := do(svc, ctx, id); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.Out, said, oneLine(id))
		return err
	})
}
