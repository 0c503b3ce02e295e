// Command tribune answers a team's questions in the thread where they were
// asked, from the team's own documents. `tribune --help` lists what it can do.
//
// This package wires everything and is the only one that knows who implements
// what: app.go builds the parts, serve.go runs them, and each command has a file
// of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when the program is built.
var version = "dev"

// Exit codes, as promised: 0 is done.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first Ctrl-C stops in order; the second one, which this makes the
	// system's own again, at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// streams are what a command reads and writes.
type streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// cli is every command with its flags.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Everything in one process: queue, index, web chat, and Slack and Discord where their tokens are set."`
	Gateway     gatewayCmd     `cmd:"" help:"The models alone: an OpenAI-compatible gateway over litellm_config.yaml."`
	Ask         askCmd         `cmd:"" help:"One answer, streamed to the terminal, with its sources. Needs no server and no key."`
	Ingest      ingestCmd      `cmd:"" help:"Feed documents: files of many kinds, folders, web pages, Git repositories."`
	Search      searchCmd      `cmd:"" help:"Passages for some words, best first."`
	Learn       learnCmd       `cmd:"" help:"Feed judged questions, so that others who ask alike find the right passages; list them, take them back."`
	Collections collectionsCmd `cmd:"" help:"What is indexed, how old it is and where it came from; drop a collection."`
	Eval        evalCmd        `cmd:"" help:"Golden questions: how well they are found, cited and refused, compared with the last run."`
	Models      modelsCmd      `cmd:"" help:"Deployments, how they stand, and what they may use."`
	Usage       usageCmd       `cmd:"" help:"What was used and what it cost, by model, channel, user, key and day."`
	Queue       queueCmd       `cmd:"" help:"What waits, and what is being worked on."`
	Dead        deadCmd        `cmd:"" help:"Questions that were given up: list, retry or drop them."`
	Config      configCmd      `cmd:"" help:"What is set, from where, and what is wrong with it."`
	Version     versionCmd     `cmd:"" help:"The version of this program."`
}

// usageError is a mistake in how a command was called.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }
func (u usageError) Unwrap() error { return u.err }

// errQuiet ends a command with exit code 1 when all that had to be said was said.
var errQuiet = errors.New("failed")

// run runs one command and returns its exit code.
func run(ctx context.Context, args []string, s streams) int {
	err := dispatch(ctx, args, s)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errQuiet):
		return exitFailed
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(s.Err, "tribune: stopped")
		return exitFailed
	}
	fmt.Fprintf(s.Err, "tribune: %s\n", oneLine(err.Error()))
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// dispatch parses the arguments and runs the command they name.
func dispatch(ctx context.Context, args []string, s streams) error {
	var commands cli
	helped := false
	parser, err := kong.New(
		&commands,
		kong.Name("tribune"),
		kong.Description("Answers your team's questions where they are asked, from your own documents. / 在提问的地方，用团队自己的文档回答问题。"),
		kong.Writers(s.Out, s.Err),
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return fmt.Errorf("set up the commands: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return usageError{fmt.Errorf("%w (tribune --help lists the commands)", err)}
	}
	return command.Run()
}

// versionCmd prints the version.
type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.Out, "tribune", version)
	return err
}
