package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/terminal"
	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/gateway"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/router"
	"github.com/tribunebot/tribune/worker"
	"github.com/tribunebot/tribune/worker/answer"
	"github.com/tribunebot/tribune/worker/limit"
	"github.com/tribunebot/tribune/worker/post"
	"github.com/tribunebot/tribune/worker/queue"
	"github.com/tribunebot/tribune/worker/teach"
)

// App is the whole program, wired. The binary and the end-to-end tests start
// the same one.
type App struct {
	Config *config.Config
	Log    *slog.Logger

	Queue     *queue.Queue
	Router    *router.Router // nil: no model is set up
	Library   *library
	Answerer  *answer.Answerer
	Desk      *post.Desk
	Terminal  *terminal.Terminal
	Platforms map[string]bots.Platform // by name; the terminal among them

	key     config.Secret
	limiter *limit.Limiter
	teacher *teach.Teacher
	// the last readiness check
	readiness readiness
	dir       *dataDir

	models   modelSet
	prices   *price.Table
	book     *quota.Book
	counters *queue.Counters
	reports  *reports
	keys     llm.Keys
	gateway  *gateway.Gateway
	keyBook  *keyBook
	room     *edge.Room
	via      string // names this process to itself, in requests that come round
	adminKey string // for the commands that find this server in its data directory

	gatewayOnly bool
	modest      bool // this process is ours alone: its memory may be bounded
	now         func() time.Time
}

// Parts are what a test puts in the place of the real outside world.
type Parts struct {
	Platforms []bots.Platform // beside those that the configuration sets up
	Model     llm.Model       // instead of what the configuration sets up
	Now       func() time.Time
	// Only the terminal: no other platform is set up, for a command that runs
	// for a moment, or for the gateway alone.
	TerminalOnly bool
	// GatewayOnly answers over HTTP and works on no questions.
	GatewayOnly bool
}

// NewApp opens the queue and the index in the data directory and wires
// everything. It starts no service; Close lets go of what it opened, and of dir.
func NewApp(ctx context.Context, c *config.Config, dir *dataDir, log *slog.Logger, parts Parts) (*App, error) {
	if parts.Now == nil {
		parts.Now = time.Now
	}
	a := &App{Config: c, Log: log, dir: dir, Platforms: map[string]bots.Platform{}, now: parts.Now, gatewayOnly: parts.GatewayOnly, via: "tribune-" + rand.Text(), adminKey: rand.Text()}
	err := errors.Join(a.openKey(), a.openQueue(ctx))
	if err == nil {
		a.Library, err = openLibrary(ctx, c, a.Queue, a.now, log)
	}
	if err == nil {
		err = a.wire(ctx, parts)
	}
	if err != nil {
		return nil, errors.Join(err, a.closeSoon(ctx))
	}
	return a, nil
}

// Close lets go of everything, in the reverse order of opening.
func (a *App) Close(ctx context.Context) error {
	var errs []error
	if a.Library != nil {
		errs = append(errs, a.Library.Close())
	}
	if a.Queue != nil {
		errs = append(errs, a.Queue.Close(ctx))
	}
	if a.dir != nil {
		errs = append(errs, a.dir.release())
	}
	return errors.Join(errs...)
}

// closeLimit bounds letting go: a store that is damaged may take for ever.
const closeLimit = 30 * time.Second

// closeSoon closes within a bound, whether ctx is done or not.
func (a *App) closeSoon(ctx context.Context) error {
	limit, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), closeLimit, fmt.Errorf("not all was let go in %s", closeLimit))
	defer cancel()
	return a.Close(limit)
}

func (a *App) openKey() (err error) {
	a.key, err = config.MasterKey(a.Config)
	return err
}

func (a *App) openQueue(ctx context.Context) (err error) {
	n := a.Config.NATS
	a.Queue, err = queue.Open(ctx, queue.Options{
		Dir: filepath.Join(a.Config.Server.DataDir, "queue"),
		URL: n.URL.Reveal(), Creds: n.Creds, User: n.User, Password: n.Password.Reveal(), CA: n.CA,
		Replicas: n.Replicas, Keep: a.Config.Server.Retention.Std(), Log: a.Log,
	})
	return err
}

// wire joins the parts.
func (a *App) wire(ctx context.Context, parts Parts) error {
	model, err := a.openModels(ctx, parts)
	if err != nil {
		return err
	}
	if err := a.Library.openRanker(a.Config, a.reranker(model), a.Log); err != nil {
		return err
	}
	if err := a.openGateway(ctx, model); err != nil {
		return err
	}
	if err := a.wirePlatforms(ctx, parts); err != nil {
		return err
	}
	shares, err := a.Queue.Store(ctx, "limits", queue.Shared)
	if err != nil {
		return fmt.Errorf("open the limits' store: %w", err)
	}
	a.limiter = &limit.Limiter{Store: shares, Now: parts.Now}
	a.Answerer = &answer.Answerer{
		Retriever: a.Library.Ranker, Relevant: rank.Relevant, Confidence: rank.Confidence, Model: model,
		Plan: a.plan, History: a.earlier, Now: parts.Now, Log: a.Log,
	}
	if err := a.openTeacher(ctx); err != nil {
		return err
	}
	a.Desk = &post.Desk{
		Platforms: a.Platforms, Records: a.Queue.Records(), Answerer: a.Answerer,
		Admit: a.admit, Answered: a.teacher.Answered, Claimed: queue.Claimed, Now: parts.Now, Log: a.Log,
	}
	return nil
}

func (a *App) wirePlatforms(ctx context.Context, parts Parts) error {
	a.Terminal = &terminal.Terminal{Relay: a.Queue.Relay(), Finished: a.finished}
	a.Platforms[a.Terminal.Name()] = a.Terminal
	for _, p := range parts.Platforms {
		a.Platforms[p.Name()] = p
	}
	if parts.TerminalOnly {
		return nil
	}
	for _, name := range platformNames() {
		p, err := platforms[name](ctx, a)
		if err != nil {
			return fmt.Errorf("set up %s: %w", name, err)
		}
		if p != nil && a.Platforms[name] == nil {
			a.Platforms[name] = p
		}
	}
	return nil
}

// plan says how a question is answered.
func (a *App) plan(q bots.Question) (answer.Plan, error) {
	indexed, err := a.Library.Collections(context.Background())
	if err != nil {
		return answer.Plan{}, fmt.Errorf("list the collections: %w", err)
	}
	return a.withGroup(q, plan(a.Config, q, indexed)), nil
}

// withGroup says which model answers, and what a channel's answers may cost. A
// channel's name for no model means the default one.
func (a *App) withGroup(q bots.Question, p answer.Plan) answer.Plan {
	if q.Group != "" {
		p.Group = q.Group
	}
	if !a.hasGroup(p.Group) {
		a.Log.Warn("a channel asks for a model that is not set up", "channel", settingsPlace(q), "model", p.Group)
		p.Group = ""
	}
	place := settingsPlace(q)
	if usd := a.Config.Channel(place).DailyBudget; usd != nil {
		p.Quotas = append(p.Quotas, llm.Quota{
			ID: "channel/" + place, Name: "channel " + place, BudgetUSD: usd, Every: 24 * time.Hour, Cheaper: true,
		})
	}
	return p
}

// earlier reads a thread on the platform it lives on.
func (a *App) earlier(ctx context.Context, t bots.Thread, limit int) ([]bots.Turn, error) {
	p, ok := a.Platforms[t.Platform]
	if !ok {
		return nil, fmt.Errorf("no platform %q is set up here", t.Platform)
	}
	return p.Earlier(ctx, t, limit)
}

// admit asks the channel's limit. The operator's own terminal has none.
func (a *App) admit(ctx context.Context, q bots.Question) (post.Turn, error) {
	if q.Thread.Platform == terminal.Name {
		return post.Turn{}, nil
	}
	place := q.Thread.Place()
	channel := a.Config.Channel(place)
	if channel.WhenLimited == config.LimitRefuse {
		wait, err := a.limiter.Try(ctx, place, q.ID, share(channel))
		return post.Turn{Wait: wait, Refuse: true}, full(err)
	}
	wait, err := a.limiter.Reserve(ctx, place, q.ID, share(channel))
	return post.Turn{Wait: wait}, full(err)
}

// full lets a question that finds no room among the waiting come back later.
func full(err error) error {
	if errors.Is(err, limit.ErrFull) {
		return worker.Later(time.Minute, err)
	}
	return err
}

// finished returns a question's finished answer from its record.
func (a *App) finished(ctx context.Context, id string) (bots.Answer, bool, error) {
	return post.Finished(ctx, a.Queue.Records(), id)
}

// work handles questions until ctx is done and the running ones are finished,
// or grace has passed.
func (a *App) work(ctx context.Context, grace time.Duration) error {
	err := a.Queue.Consume(ctx, queue.Work{
		Handler: a.handle,
		GiveUp: func(ctx context.Context, q bots.Question, reason error) error {
			return a.Desk.GiveUp(ctx, q, errors.Is(reason, queue.ErrExpired))
		},
		Grace: grace,
	})
	if err != nil {
		return fmt.Errorf("work on questions: %w", err)
	}
	return nil
}

// handle finds out who reads along, where the listener could not tell, and has
// the question answered. Where nobody can tell the place stays private.
func (a *App) handle(ctx context.Context, q bots.Question) error {
	placer, ok := a.Platforms[q.Thread.Platform].(bots.Placer)
	if ok && q.Visibility == "" {
		v, err := placer.Visibility(ctx, q.Thread)
		if refusal, refused := errors.AsType[*bots.Refusal](err); refused && refusal.After > 0 {
			return worker.Later(refusal.After, err)
		}
		if err != nil {
			a.Log.WarnContext(ctx, "who reads along in a channel is not known: it counts as private", "channel", q.Thread.Place(), "error", err)
		}
		q.Visibility = v
	}
	return a.Desk.Handle(ctx, q)
}

// platformNames lists the platforms of the map, in a fixed order.
func platformNames() []string {
	list := make([]string, 0, len(platforms))
	for name := range platforms {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
