package queue

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestWhatIsDeletedLeavesNothing stores and deletes: neither blobs nor marks of
// them are left, however many there were.
func TestWhatIsDeletedLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	b := blobsOf(t, open(t, Options{}))
	for n := range 20 {
		name := fmt.Sprint("f", n)
		if err := b.Put(ctx, name, strings.NewReader("content")); err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Put(ctx, "f1", strings.NewReader("again")); err != nil {
		t.Fatal(err)
	}
	info, err := b.messages.Info(ctx)
	if err != nil || info.State.Msgs != 3 { // the blob, its part, and that one's chunk
		t.Errorf("%d messages are left, %v", info.State.Msgs, err)
	}
	if names, err := b.List(ctx); len(names) != 1 || err != nil {
		t.Errorf("%q, %v", names, err)
	}
}

// TestWhatWasPublishedCanBeRemovedByHand is what a person is told to do about an
// index of an earlier version: nats kv del generations latest.
func TestWhatWasPublishedCanBeRemovedByHand(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	q := open(t, Options{})
	b := blobsOf(t, q)
	if err := b.Publish(ctx, []byte("an earlier version's"), 0); err != nil {
		t.Fatal(err)
	}
	if err := removeByHand(ctx, q, "generations", "latest"); err != nil {
		t.Fatal(err)
	}
	if raw, revision, err := b.Latest(ctx); raw != nil || revision != 0 || err != nil {
		t.Errorf("%q, %d, %v", raw, revision, err)
	}
	if err := b.Publish(ctx, []byte("this one's"), 0); err != nil {
		t.Error(err)
	}
}

func removeByHand(ctx context.Context, q *Queue, bucket, key string) error {
	kv, err := q.js.KeyValue(ctx, bucket)
	if err != nil {
		return err
	}
	return kv.Delete(ctx, key)
}
