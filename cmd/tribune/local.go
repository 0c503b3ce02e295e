package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/terminal"
	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/worker/answer"
	"github.com/tribunebot/tribune/worker/queue"
)

// withApp runs do with an App in this process, for a command that found no
// server. Questions are worked on meanwhile.
func withApp(ctx context.Context, c *config.Config, dir *dataDir, s streams, do func(service) error) (err error) {
	// The command's own output is what is read: only what goes wrong is logged.
	settings := c.Server
	settings.LogLevel = max(settings.LogLevel, config.LogLevel(warnLevel))
	settings.LogFormat = cmp.Or(settings.LogFormat, config.FormatText)
	app, err := NewApp(ctx, c, dir, newLogger(s.Err, settings), Parts{TerminalOnly: true})
	if err != nil {
		return err
	}
	// The guides come first, and wait for nothing that the background catches up with.
	if err := app.feedHandbook(ctx); err != nil {
		return errors.Join(err, app.closeSoon(ctx))
	}
	background := app.runBackground(ctx)
	defer func() { err = errors.Join(err, background.stop(), app.closeSoon(ctx)) }()
	if err := app.feedNew(ctx, s); err != nil {
		return err
	}
	return do(standalone{app})
}

// standalone is an App without a server around it: it works on questions only
// while one is asked.
type standalone struct{ *App }

// askPatience is how long a terminal waits: longer than an answer may take.
const askPatience = answer.Patience + time.Minute

var errNoAnswer = fmt.Errorf("there was no answer in %s: `tribune queue` shows whether anything is worked on, the server's log why not", askPatience)

// handBack is how long running answers may take once a command's own question
// is answered: others belong to a server that is yet to start.
const handBack = time.Second

// Ask works on questions until its own is answered.
func (s standalone) Ask(ctx context.Context, r askRequest, live func(bots.Content)) (bots.Answer, error) {
	working, stop := context.WithCancel(ctx)
	worked := make(chan error, 1)
	go func() { worked <- s.work(working, handBack) }()
	said, err := s.App.Ask(ctx, r, live)
	stop()
	// A damaged store may never let go: then the process ends all the same, and
	// what it had in hand comes again.
	timer := time.NewTimer(closeLimit)
	defer timer.Stop()
	select {
	case ended := <-worked:
		return said, errors.Join(err, ended)
	case <-timer.C:
		return said, errors.Join(err, fmt.Errorf("the queue did not let go in %s: is its store in the data directory damaged?", closeLimit))
	}
}

// Ask asks one question through the queue, like any other platform.
func (a *App) Ask(ctx context.Context, r askRequest, live func(bots.Content)) (bots.Answer, error) {
	if r.Collection != "" {
		if err := a.known(ctx, r.Collection); err != nil {
			return bots.Answer{}, err
		}
	}
	if !a.hasGroup(r.Group) {
		return bots.Answer{}, a.errNoGroup(r.Group)
	}
	q := terminalQuestion(r)
	ctx, cancel := context.WithTimeoutCause(ctx, askPatience, errNoAnswer)
	defer cancel()
	said, err := a.Terminal.Ask(ctx, a.Queue, q, live)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(err, a.Queue.Withdraw(context.WithoutCancel(ctx), q))
	}
	return said, err
}

// terminalQuestion makes a question of what was typed.
func terminalQuestion(r askRequest) bots.Question {
	id := rand.Text()
	q := bots.Question{
		ID:     terminal.Name + ":local:ask:" + id,
		Thread: bots.Thread{Platform: terminal.Name, Team: "local", Channel: "ask", Root: id},
		Asker:  "operator", Text: r.Question, AskedAt: time.Now(),
		Visibility: bots.Private, As: r.Channel, Group: r.Group,
	}
	if r.Collection != "" {
		q.Collections = []string{r.Collection}
	}
	return q
}

// Search finds passages in one collection or in all of them.
func (a *App) Search(ctx context.Context, r searchRequest) ([]knowledge.Passage, error) {
	all, err := a.Library.Collections(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the collections: %w", err)
	}
	in := withoutStandIn(names(all), all)
	if r.Collection != "" {
		if err := a.known(ctx, r.Collection); err != nil {
			return nil, err
		}
		in = []string{r.Collection}
	}
	found, err := a.Library.Ranker.Retrieve(ctx, knowledge.Query{Text: r.Text, Collections: in, Limit: r.Limit})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}

// known returns an error that says what there is, if name is no collection.
func (a *App) known(ctx context.Context, name string) error {
	all, err := a.Library.Collections(ctx)
	if err != nil {
		return fmt.Errorf("list the collections: %w", err)
	}
	for _, c := range all {
		if c.Name == name {
			return nil
		}
	}
	return fmt.Errorf("%w: %q (there are: %s)", knowledge.ErrNoCollection, name, list(names(all)))
}

// QueueState tells what waits.
func (a *App) QueueState(ctx context.Context) (queue.State, error) { return a.Queue.State(ctx) }

// DeadLetters lists the questions that were given up, the newest first.
func (a *App) DeadLetters(ctx context.Context, limit int) ([]queue.DeadLetter, error) {
	return a.Queue.Dead(ctx, limit)
}

// RetryDead puts a dead letter back into the queue.
func (a *App) RetryDead(ctx context.Context, id string) error { return a.Queue.Retry(ctx, id) }

// DropDead removes a dead letter.
func (a *App) DropDead(ctx context.Context, id string) error { return a.Queue.Drop(ctx, id) }
