package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	lessonsBucket = "lessons"
	// lessonMarker is how long the server remembers that a lesson was removed. A
	// worker that heard nothing for longer has been started again, and reads
	// what there is.
	lessonMarker = 7 * 24 * time.Hour
)

var (
	errWatchEnded = errors.New("the server ended it")
	errLessonID   = errors.New("a lesson's id is made of letters, digits, '-' and '_'")
)

// Lessons keeps answered questions on disk, for all workers. It is the store of
// a book of lessons.
type Lessons struct{ bucket jetstream.KeyValue }

// Lessons opens the store of answered questions, and makes it where there is
// none. Lessons stay until somebody removes them, however long questions are
// kept.
func (q *Queue) Lessons(ctx context.Context) (*Lessons, error) {
	bucket, err := q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: lessonsBucket, Description: "answered questions, by id",
		Storage: jetstream.FileStorage, Replicas: q.replicas, LimitMarkerTTL: lessonMarker,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store of lessons: %w", err)
	}
	return &Lessons{bucket}, nil
}

// Load calls each for every lesson. One that is damaged has nothing but its id.
func (s *Lessons) Load(ctx context.Context, each func(knowledge.Lesson)) error {
	watch, err := s.bucket.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("reading the lessons: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case entry, open := <-watch.Updates():
			switch {
			case !open:
				return fmt.Errorf("reading the lessons: %w", errors.Join(errWatchEnded, ctx.Err()))
			case entry == nil: // that was the last one
				return nil
			}
			each(decodeLesson(entry))
		case <-ctx.Done():
			return fmt.Errorf("reading the lessons: %w", context.Cause(ctx))
		}
	}
}

func decodeLesson(entry jetstream.KeyValueEntry) knowledge.Lesson {
	var l knowledge.Lesson
	if json.Unmarshal(entry.Value(), &l) != nil {
		l = knowledge.Lesson{}
	}
	l.ID = entry.Key()
	return l
}

// Put keeps a lesson in place of the one with its id.
func (s *Lessons) Put(ctx context.Context, l knowledge.Lesson) error {
	if !lessonKey(l.ID) {
		return errLessonID
	}
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("writing a lesson as JSON: %w", err)
	}
	if _, err := s.bucket.Put(ctx, l.ID, data); err != nil {
		return fmt.Errorf("keeping a lesson: %w", err)
	}
	return nil
}

// Delete removes a lesson. Where there is none nothing happens.
func (s *Lessons) Delete(ctx context.Context, id string) error {
	if !lessonKey(id) {
		return errLessonID
	}
	_, err := s.bucket.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err == nil {
		err = s.bucket.Purge(ctx, id, jetstream.PurgeTTL(lessonMarker))
	}
	if err != nil {
		return fmt.Errorf("removing a lesson: %w", err)
	}
	return nil
}

func lessonKey(id string) bool {
	return id != "" && len(id) <= maxToken && !strings.ContainsFunc(id, func(r rune) bool { return r > 127 || !plain(byte(r)) })
}

// Watch tells of every lesson that is there and of all changes until ctx is done.
func (s *Lessons) Watch(ctx context.Context, put func(knowledge.Lesson), deleted func(id string)) error {
	watch, err := s.bucket.WatchAll(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case entry, open := <-watch.Updates():
			switch {
			case !open:
				return ended(ctx, errWatchEnded)
			case entry == nil: // that was all there is; from here on they are new
			case entry.Operation() == jetstream.KeyValuePut:
				put(decodeLesson(entry))
			default:
				deleted(entry.Key())
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// ended is why a watch ended: nil where it was told to.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = nil
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("hearing of lessons: %w", err)
}
