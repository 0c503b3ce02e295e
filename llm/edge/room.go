package edge

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// Room is the memory that large answers of many calls share, so that it is
// bounded however many come at the same time: each call's own bound is far above
// what an ordinary answer has. It bounds the reading; an answer that has been
// read is its caller's.
type Room struct {
	size int64
	free *semaphore.Weighted
}

// NewRoom makes room for so many bytes.
func NewRoom(bytes int64) *Room { return &Room{size: bytes, free: semaphore.NewWeighted(bytes)} }

// take waits until there is room; an answer that needs more than there ever is
// gets all of it. A nil Room has no bound.
func (r *Room) take(ctx context.Context, bytes int64) (release func(), err error) {
	if r == nil {
		return func() {}, nil
	}
	bytes = min(bytes, r.size)
	if err := r.free.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("wait for room for a large answer: %w", err)
	}
	return func() { r.free.Release(bytes) }, nil
}
