package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/learn"
	"github.com/tribunebot/tribune/worker/queue"
	"github.com/tribunebot/tribune/worker/teach"
)

// openTeacher makes what learns from check marks.
func (a *App) openTeacher(ctx context.Context) error {
	store, err := a.Queue.Store(ctx, "taught", queue.Durable)
	if err != nil {
		return fmt.Errorf("open the store of what was answered where: %w", err)
	}
	a.teacher = &teach.Teacher{
		Book:    taughtBook{a.Library.Book},
		Trusted: func(who string) bool { return slices.Contains(a.Config.File.Trusted, who) },
		Store:   store, Platforms: a.Platforms, Retriever: a.Library.Ranker, Visible: a.visible, Log: a.Log,
	}
	return nil
}

// visible are the collections that a question may be answered from.
func (a *App) visible(q bots.Question) ([]string, error) {
	p, err := a.plan(q)
	return p.Collections, err
}

// learnFromMarks works on check marks until ctx is done.
func (a *App) learnFromMarks(ctx context.Context) error {
	if err := a.Queue.Marks(ctx, a.teacher.Handle); err != nil {
		return fmt.Errorf("learn from check marks: %w", err)
	}
	return nil
}

// taughtBook is the book of lessons in the teacher's words.
type taughtBook struct{ book *learn.Book }

func (t taughtBook) Learn(ctx context.Context, lessons []knowledge.Lesson) error {
	_, err := t.book.Add(ctx, lessons)
	return err
}

func (t taughtBook) Unlearn(ctx context.Context, origin string) error {
	_, err := t.book.Undo(ctx, "", origin)
	return err
}
