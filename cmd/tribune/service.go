package main

import (
	"context"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/llm/report"
	"github.com/tribunebot/tribune/worker/queue"
)

// service is what the commands that need the data directory ask for. App does
// it in this process; remote asks a running server to do it. Both give the same.
type service interface {
	Ask(ctx context.Context, r askRequest, live func(bots.Content)) (bots.Answer, error)
	Ingest(ctx context.Context, r ingestRequest, progress func(knowledge.Progress)) (knowledge.Report, error)
	Search(ctx context.Context, r searchRequest) ([]knowledge.Passage, error)
	Collections(ctx context.Context) (shelf, error)
	Drop(ctx context.Context, r dropRequest) error
	Learn(ctx context.Context, r learnRequest) (learn.Report, error)
	Unlearn(ctx context.Context, r learnRequest) (int, error)
	Lessons(ctx context.Context, r learnRequest) ([]knowledge.Lesson, error)
	Models(ctx context.Context) ([]modelRow, error)
	Usage(ctx context.Context, r usageRequest) ([]report.UsageRow, error)
	QueueState(ctx context.Context) (queue.State, error)
	DeadLetters(ctx context.Context, limit int) ([]queue.DeadLetter, error)
	RetryDead(ctx context.Context, id string) error
	DropDead(ctx context.Context, id string) error
}

// askRequest is one question from a terminal.
type askRequest struct {
	Question   string `json:"question"`
	Collection string `json:"collection,omitempty"`
	Group      string `json:"model,omitempty"`
	Channel    string `json:"channel,omitempty"` // answer as that channel would
}

// ingestRequest names what is to be fed. Paths are absolute: a server may run
// in another directory than the command.
type ingestRequest struct {
	Paths      []string `json:"paths"`
	Collection string   `json:"collection"`
	Prune      bool     `json:"prune,omitempty"`
	Force      bool     `json:"force,omitempty"`            // prune even most of the collection
	Private    bool     `json:"private,omitempty"`          // addresses may lie on a private network
	Channels   []string `json:"private_channels,omitempty"` // of a Slack export that are read too
	Workspace  string   `json:"workspace,omitempty"`        // of a Slack export: citations link there
}

// dropRequest names a collection that goes with all that is known of it.
type dropRequest struct {
	Collection string `json:"collection"`
}

// searchRequest asks for passages.
type searchRequest struct {
	Text       string `json:"text"`
	Collection string `json:"collection,omitempty"` // empty: all
	Limit      int    `json:"limit"`
}

// deadRequest names a dead letter, or how many to list.
type deadRequest struct {
	ID    string `json:"id,omitempty"`
	Limit int    `json:"limit,omitempty"`
}
