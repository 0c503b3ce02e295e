package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/gateway"
	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/report"
	"github.com/tribunebot/tribune/worker/queue"
)

// reports are all who are told of model calls.
type reports struct {
	metrics *report.Metrics
	usage   *report.Usage
	sinks   []sink
}

// sink is a service that calls are reported to. Its Run sends until its
// context is done.
type sink interface {
	llm.Observer
	Run(ctx context.Context) error
	State() report.QueueState
}

// observers are told of every call, in this order.
func (r *reports) observers(file *litellm.File) []llm.Observer {
	all := []llm.Observer{r.metrics, r.usage}
	for _, s := range r.sinks {
		to := filtered(s, s.State().Callback, file)
		if file != nil && file.General.RedactKeys {
			to = report.Anonymous{To: to}
		}
		all = append(all, to)
	}
	return all
}

// filtered lets a sink hear what the file names it for: successes, failures or
// both. Without a file it hears both.
func filtered(s sink, name string, file *litellm.File) llm.Observer {
	if file == nil || !named(file, name) {
		return s
	}
	return report.Filter{
		To:      s,
		Success: slices.ContainsFunc(file.Callbacks.Success, isCallback(name)),
		Failure: slices.ContainsFunc(file.Callbacks.Failure, isCallback(name)),
	}
}

// isCallback knows that Langfuse goes by two names.
func isCallback(name string) func(string) bool {
	return func(said string) bool { return said == name || name == "langfuse" && said == "langfuse_otel" }
}

// named tells whether the file names a callback: that is the consent to send it
// the words of questions and answers, as in LiteLLM.
func named(file *litellm.File, name string) bool {
	return file != nil && slices.ContainsFunc(slices.Concat(file.Callbacks.Success, file.Callbacks.Failure), isCallback(name))
}

// openReports sets up everybody who is told of calls. It starts nothing.
func (a *App) openReports(ctx context.Context, now func() time.Time) error {
	book, err := a.Queue.Store(ctx, "usage", queue.Durable)
	if err != nil {
		return fmt.Errorf("open the usage's store: %w", err)
	}
	r := &reports{usage: report.NewUsage(report.UsageOptions{Book: book, Now: now, Log: a.Log})}
	r.metrics = report.NewMetrics(report.MetricsOptions{
		Deployments: a.deploymentStates, Keys: a.keyStates, Queues: r.queues, Log: a.Log,
	})
	if r.sinks, err = openSinks(a.Config, a.models.file, a.Log); err != nil {
		return err
	}
	a.reports = r
	return nil
}

func (r *reports) queues() []report.QueueState {
	states := make([]report.QueueState, len(r.sinks))
	for i, s := range r.sinks {
		states[i] = s.State()
	}
	return states
}

// openSinks sets up the services whose settings are there. One that the file
// names and whose settings are not is a warning, said by load.
func openSinks(c *config.Config, file *litellm.File, log *slog.Logger) ([]sink, error) {
	redact := file != nil && file.General.Redact
	var sinks []sink
	r := c.Reports
	if r.LangfusePublicKey.IsSet() && r.LangfuseSecretKey.IsSet() {
		o := report.Langfuse(r.LangfuseHost.Reveal(), r.LangfusePublicKey.Reveal(), r.LangfuseSecretKey.Reveal())
		o.Text, o.Redact, o.Log, o.Version = named(file, "langfuse"), redact, log, version
		s, err := report.NewSpans(o)
		if err != nil {
			return nil, fmt.Errorf("set up Langfuse: %w", err)
		}
		sinks = append(sinks, s)
	}
	if r.OTLPEndpoint.IsSet() {
		s, err := report.NewSpans(report.SpansOptions{
			Name: "otel", Endpoint: report.CollectorEndpoint(r.OTLPEndpoint.Reveal()),
			Text: named(file, "otel"), Redact: redact, Version: version, Log: log,
		})
		if err != nil {
			return nil, fmt.Errorf("set up the OpenTelemetry collector: %w", err)
		}
		sinks = append(sinks, s)
	}
	if r.SupabaseURL.IsSet() && r.SupabaseKey.IsSet() {
		s, err := report.NewSupabase(report.SupabaseOptions{
			URL: r.SupabaseURL.Reveal(), Key: r.SupabaseKey.Reveal(), Redact: redact || !named(file, "supabase"), Log: log,
		})
		if err != nil {
			return nil, fmt.Errorf("set up Supabase: %w", err)
		}
		sinks = append(sinks, s)
	}
	return sinks, nil
}

// deploymentStates tells the metrics how the deployments stand.
func (a *App) deploymentStates() []report.DeploymentState {
	if a.Router == nil {
		return nil
	}
	states := a.Router.Deployments()
	list := report.OfRouter(states)
	for i := range list {
		list[i].RemainingRequests, list[i].RemainingTokens = a.remaining(states[i].Limits)
	}
	return list
}

// remaining is what is left of a deployment's limits in this minute; nil where
// there is no limit or it is not known.
func (a *App) remaining(q llm.Quota) (requests, tokens *int64) {
	if q.RPM == 0 && q.TPM == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state, err := a.book.State(ctx, q)
	if err != nil {
		return nil, nil
	}
	return left(state.Requests), left(state.Tokens)
}

func left(l *quota.Level) *int64 {
	if l == nil {
		return nil
	}
	return &l.Remaining
}

// refused counts what the gateway answered without a model.
func (a *App) refused(ctx context.Context, r gateway.Refusal) {
	a.reports.metrics.Refused(ctx, report.Refusal{
		Model: r.Model, Status: r.Status, Class: r.Class, KeyHash: r.KeyHash, KeyAlias: r.Key,
	})
}
