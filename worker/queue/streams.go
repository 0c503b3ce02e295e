package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Names in JetStream.
const (
	questionsStream = "QUESTIONS"
	waitsStream     = "WAITS"
	deadStream      = "DEAD"
	leasesStream    = "LEASES"
	marksStream     = "MARKS"
	recordsBucket   = "records"
	workers         = "workers" // the consumer, on QUESTIONS and on WAITS
)

const (
	// keepQuestions is longer than any question's deadline.
	keepQuestions = 24 * time.Hour
	// duplicates is the window in which the server itself refuses a repeat.
	// Slack's last retry comes some 5 minutes after the first; records refuse
	// what comes later.
	duplicates = 20 * time.Minute
	// keepRecords outlives the question by a day, so that a late repeat still
	// finds that it was answered.
	keepRecords = 48 * time.Hour
	keepDead    = 30 * 24 * time.Hour
	maxDead     = 10_000
	// maxAckPending is how many questions all workers together may hold: ten
	// times what one holds by default (see Work.Parallel).
	maxAckPending = 4096
)

// errNoRoom says that the streams do not fit into the server's limit.
var errNoRoom = errors.New("the server or the account has no room for it")

// ensure makes the streams, consumers and buckets that are missing, and brings
// the settings of the others up to date.
func (q *Queue) ensure(ctx context.Context) error {
	if err := q.ensureStreams(ctx); err != nil {
		return err
	}
	if err := q.ensureConsumers(ctx); err != nil {
		return err
	}
	return q.ensureBuckets(ctx)
}

// Reads go to a stream's leader (no AllowDirect): a replica that lags behind
// would make a question look gone.
func (q *Queue) ensureStreams(ctx context.Context) error {
	for _, s := range []struct {
		config jetstream.StreamConfig
		handle *jetstream.Stream
	}{
		{q.questionsConfig(), &q.questions},
		{q.waitsConfig(), &q.waits},
		{q.deadConfig(), &q.dead},
		{q.leasesConfig(), &q.leases},
		{q.marksConfig(), &q.marks},
	} {
		stream, err := q.ensureStream(ctx, s.config)
		if err != nil {
			return err
		}
		q.mu.Lock()
		if *s.handle == nil { // a handle is only a name: the first one stays good
			*s.handle = stream
		}
		q.mu.Unlock()
	}
	return q.ensureMore(ctx)
}

func (q *Queue) ensureStream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := q.js.CreateOrUpdateStream(ctx, config)
	if full(err) {
		return nil, fmt.Errorf("stream %s: %w: it has less than %d bytes (set a lower limit): %w", config.Name, errNoRoom, q.maxStore, err)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", config.Name, err)
	}
	return stream, nil
}

// addStream makes a stream that not every process needs; from then on ensure
// makes it too.
func (q *Queue) addStream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := q.ensureStream(ctx, config)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.more[config.Name] = config
	return stream, nil
}

// ensureMore makes the streams again that addStream has made.
func (q *Queue) ensureMore(ctx context.Context) error {
	q.mu.Lock()
	more := maps.Clone(q.more)
	q.mu.Unlock()
	for _, config := range more {
		if _, err := q.ensureStream(ctx, config); err != nil {
			return err
		}
	}
	return nil
}

// questionsConfig: a full queue refuses, it does not forget. It may take half
// of the room, so that what is in it can still be worked on when it is full.
func (q *Queue) questionsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: questionsStream, Description: "questions of the last day",
		Subjects: []string{questionSubjects, probeSubjects}, Replicas: q.replicas,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		MaxAge: keepQuestions, Duplicates: duplicates,
		Discard: jetstream.DiscardNew, MaxBytes: q.maxStore / 2,
	}
}

// waitsConfig: a pointer goes when it was acted upon. No limit of its own: the
// server would make room by forgetting the oldest. The account's limit refuses.
func (q *Queue) waitsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: waitsStream, Description: "questions that come again later",
		Subjects: []string{waitSubjects, againSubjects}, Replicas: q.replicas,
		Storage: jetstream.FileStorage, Retention: jetstream.WorkQueuePolicy,
		MaxAge: keepQuestions, AllowMsgSchedules: true, AllowRollup: true,
	}
}

// deadConfig: the newest letter of a question replaces an older one.
func (q *Queue) deadConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: deadStream, Description: "questions that were given up",
		Subjects: []string{deadSubjects}, Replicas: q.replicas,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		MaxAge: keepDead, MaxMsgs: maxDead, MaxMsgsPerSubject: 1, MaxBytes: q.maxStore / 10,
	}
}

// leasesConfig: in memory, because a lease that is lost is only taken again;
// what keeps two workers from writing is the record.
func (q *Queue) leasesConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: leasesStream, Description: "which worker has which thread",
		Subjects: []string{leaseSubjects}, Replicas: q.replicas,
		Storage: jetstream.MemoryStorage, Retention: jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1, AllowMsgTTL: true, MaxBytes: maxMemory / 4,
	}
}

func (q *Queue) ensureConsumers(ctx context.Context) error {
	for stream, subjects := range map[string]string{questionsStream: questionSubjects, waitsStream: againSubjects} {
		_, err := q.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
			Durable: workers, FilterSubject: subjects,
			DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: q.ackWait, MaxDeliver: -1, MaxAckPending: maxAckPending,
		})
		if err != nil {
			return fmt.Errorf("consumer of %s: %w", stream, err)
		}
	}
	return q.ensureMarks(ctx)
}

func (q *Queue) ensureBuckets(ctx context.Context) error {
	bucket, err := q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: recordsBucket, Description: "what exists of each answer",
		TTL: keepRecords, Storage: jetstream.FileStorage, Replicas: q.replicas,
	})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", recordsBucket, err)
	}
	q.mu.Lock()
	if q.records == nil {
		q.records = &records{bucket: bucket, now: q.now}
	}
	stores := maps.Clone(q.buckets)
	q.mu.Unlock()
	for name, kind := range stores {
		if _, err := q.ensureStore(ctx, name, kind); err != nil {
			return err
		}
	}
	return nil
}
