package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/embed"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/vector"
	"github.com/tribunebot/tribune/knowledge/weaviate"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/worker/answer"
	"github.com/tribunebot/tribune/worker/queue"
)

// library is all that is known of documents: the index, the lessons, vectors
// where an embedding model is set up, a cluster where one is, and the ranker
// over them.
type library struct {
	*generation.Store

	Book    *learn.Book
	Ranker  *rank.Ranker
	vectors *vector.Store    // nil: none, or the cluster keeps them
	cluster *weaviate.Engine // nil: the embedded engine alone
	nearby  knowledge.Nearby // nil: no embedding model is set up
	now     func() time.Time
}

// openLibrary opens it in the data directory. What is shared by workers lives in
// the queue's cluster.
func openLibrary(ctx context.Context, c *config.Config, q *queue.Queue, now func() time.Time, log *slog.Logger) (*library, error) {
	l := &library{now: now}
	err := l.openBook(ctx, q, log)
	var embedder knowledge.Embedder
	if err == nil {
		embedder, err = openEmbedder(c, log)
	}
	if err == nil && c.Weaviate.URL.IsSet() {
		err = l.openCluster(ctx, c, embedder, log)
	}
	if err == nil && embedder != nil && l.cluster == nil {
		l.vectors, err = vector.Open(filepath.Join(c.Server.DataDir, "vectors"), vector.Options{Embedder: embedder, Now: now, Log: log})
	}
	switch {
	case err != nil || embedder == nil:
	case l.cluster != nil:
		l.nearby = l.cluster
	default:
		l.nearby = l.vectors
	}
	if err == nil {
		err = l.openStore(ctx, c, q, log)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *library) openBook(ctx context.Context, q *queue.Queue, log *slog.Logger) error {
	store, err := q.Lessons(ctx)
	if err != nil {
		return err
	}
	// The index is opened later: nobody learns before.
	exists := func(ctx context.Context, collection string, refs []string) ([]bool, error) {
		return learn.Known(l.Store)(ctx, collection, refs)
	}
	l.Book, err = learn.Open(ctx, learn.Options{Store: store, Exists: exists, Now: l.now, Log: log})
	return err
}

// openEmbedder returns nil where no embedding model is set up.
func openEmbedder(c *config.Config, log *slog.Logger) (knowledge.Embedder, error) {
	e := c.Embedding
	key := e.APIKey
	if !key.IsSet() && !e.APIBase.IsSet() {
		key = c.Providers.Zhipu
	}
	if !key.IsSet() && !e.APIBase.IsSet() && e.Model == "" {
		return nil, nil
	}
	client, err := embed.New(embed.Options{Base: e.APIBase.Reveal(), Key: key.Reveal(), Model: e.Model, Dimensions: e.Dimensions, Log: log})
	if err != nil {
		return nil, err
	}
	return client, nil
}

// openCluster opens the Weaviate cluster, with the embedded engine to fall back
// to.
func (l *library) openCluster(ctx context.Context, c *config.Config, embedder knowledge.Embedder, log *slog.Logger) (err error) {
	hosts := strings.Split(c.Weaviate.URL.Reveal(), ",")
	for i := range hosts {
		hosts[i] = strings.TrimSpace(hosts[i])
	}
	l.cluster, err = weaviate.Open(ctx, weaviate.Options{
		Hosts: hosts, Key: c.Weaviate.APIKey.Reveal(), Replicas: min(len(hosts), 3),
		Embedder: embedder, Fallback: embeddedEngine{l}, Now: l.now, Log: log,
	})
	return err
}

// embeddedEngine is the library's own index, which is opened after the cluster
// that follows it.
type embeddedEngine struct{ l *library }

func (e embeddedEngine) Candidates(ctx context.Context, q knowledge.Lookup) (knowledge.Candidates, error) {
	return e.l.Candidates(ctx, q)
}

// openStore opens the index. Several workers on one NATS cluster share it.
func (l *library) openStore(ctx context.Context, c *config.Config, q *queue.Queue, log *slog.Logger) (err error) {
	o := generation.Options{Index: index.Options{Log: log, Now: l.now}, Followers: l.followers(), Now: l.now, Log: log}
	if c.NATS.URL.IsSet() {
		if o.Blobs, err = q.Blobs(ctx); err != nil {
			return err
		}
	}
	//nolint:contextcheck // opening reads files; nothing of it can be called off
	l.Store, err = generation.Open(filepath.Join(c.Server.DataDir, "index"), o)
	return err
}

func (l *library) followers() []knowledge.Follower {
	out := []knowledge.Follower{sharedByAll{l.Book}}
	if l.vectors != nil {
		out = append(out, withoutHandbook{l.vectors})
	}
	if l.cluster != nil {
		out = append(out, l.cluster)
	}
	return out
}

// sharedByAll marks a follower that keeps one state for all workers, as lessons
// do: a worker that is behind does not remove what was learned since.
type sharedByAll struct{ knowledge.Follower }

func (sharedByAll) Shared() bool { return true }

// withoutHandbook spares the built-in guides their embeddings: they are found by
// words, and a team that has documents of its own does not see them.
type withoutHandbook struct{ knowledge.Follower }

func (w withoutHandbook) Follow(ctx context.Context, collection string, all iter.Seq2[knowledge.Passage, error], progress func(knowledge.Progress)) error {
	if collection == knowledge.Handbook {
		return nil
	}
	return w.Follower.Follow(ctx, collection, all, progress)
}

// openRanker makes the ranker over what is there.
func (l *library) openRanker(c *config.Config, reranker knowledge.Reranker, log *slog.Logger) (err error) {
	o := rank.Options{Words: c.File.Words, Weigh: weights(c), Lessons: l.Book, Nearby: l.nearby, Reranker: reranker, Now: l.now, Log: log}
	var engine knowledge.Engine = l.Store
	if l.cluster != nil {
		engine = l.cluster
	}
	l.Ranker, err = rank.New(engine, o)
	if err != nil {
		return fmt.Errorf("set up the ranker (see `words` in tribune.yaml): %w", err)
	}
	return nil
}

// reranker is the model that reads the best passages again, nil where none is
// named or set up.
func (a *App) reranker(model llm.Model) knowledge.Reranker {
	group := a.Config.Models.Rerank
	switch {
	case group == "":
		return nil
	case model == nil || !a.hasGroup(group):
		a.Log.Warn("TRIBUNE_RERANK_MODEL names a model that is not set up: passages keep their order", "model", group)
		return nil
	}
	return &answer.Reranker{Model: model, Group: group, Log: a.Log}
}

// weights says how much the collections of tribune.yaml count.
func weights(c *config.Config) map[string]rank.Weight {
	out := map[string]rank.Weight{}
	for name, collection := range c.File.Collections {
		if collection.Authority != 0 || collection.HalfLife != 0 {
			out[name] = rank.Weight{Authority: collection.Authority, HalfLife: collection.HalfLife.Std()}
		}
	}
	return out
}

// Run follows what other workers feed and learn, until ctx is done.
func (l *library) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return l.Store.Run(ctx) })
	group.Go(func() error { return l.Book.Run(ctx) })
	if l.cluster != nil {
		group.Go(func() error { return l.cluster.Run(ctx) })
	}
	return group.Wait()
}

// Close lets go of everything.
func (l *library) Close() error {
	var errs []error
	if l.Store != nil {
		errs = append(errs, l.Store.Close())
	}
	if l.vectors != nil {
		errs = append(errs, l.vectors.Close())
	}
	return errors.Join(errs...)
}

// Collections lists what is indexed, with what was learned for it.
func (l *library) Collections(ctx context.Context) ([]knowledge.Collection, error) {
	all, err := l.Store.Collections(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the collections: %w", err)
	}
	lessons := l.Book.Counts()
	for i := range all {
		all[i].Lessons = lessons[all[i].Name]
		if l.vectors != nil {
			all[i].Vectors = l.vectors.Count(all[i].Name)
		}
	}
	return all, nil
}

// Problem says in one line what is wrong with what is known, "" where nothing
// is: answers are given all the same.
func (l *library) Problem() string {
	var out []string
	if p := l.State().Problem(); p != "" {
		out = append(out, p)
	}
	if l.cluster != nil {
		if s := l.cluster.State().String(); s != "ok" {
			out = append(out, "weaviate is "+s)
		}
	}
	if since, reason := l.Ranker.Degraded(); !since.IsZero() {
		out = append(out, "searching by words alone since "+since.UTC().Format(time.RFC3339)+": "+reason)
	}
	return strings.Join(out, "; ")
}

// Degraded names the parts that are not as they should be, for anybody who asks:
// neither collections nor what a service said.
func (l *library) Degraded() string {
	var out []string
	state := l.State()
	for part, is := range map[string]bool{
		"the index is damaged, an earlier state is served":  state.Damage != nil,
		"other workers' documents can't be fetched":         state.Away != "",
		"the latest documents are not everywhere yet":       slices.ContainsFunc(state.Behind, func(b generation.Behind) bool { return b.Reason != "" }),
		"the Weaviate cluster does not serve as it should":  l.cluster != nil && l.cluster.State().String() != "ok",
		"passages are found by words alone, not by meaning": l.wordsAlone(),
	} {
		if is {
			out = append(out, part)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func (l *library) wordsAlone() bool {
	since, _ := l.Ranker.Degraded()
	return !since.IsZero()
}
