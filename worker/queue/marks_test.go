package queue

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

func reacted(message string) bots.Reacted {
	return bots.Reacted{
		Thread: bots.Thread{Platform: "slack", Team: "T", Channel: "C"}, Message: message, Person: "U",
		At: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC),
	}
}

func TestMarksAreHandedOutOnceEach(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	for _, m := range []string{"1", "2", "1"} { // a platform tells twice
		if err := q.Hear(t.Context(), reacted(m)); err != nil {
			t.Fatal(err)
		}
	}
	removed := reacted("1")
	removed.Removed, removed.At = true, removed.At.Add(time.Second)
	if err := q.Hear(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var got []bots.Reacted
	failed := false
	err := q.Marks(ctx, func(_ context.Context, r bots.Reacted) error {
		if r.Message == "2" && !failed {
			failed = true
			return worker.Later(time.Millisecond, errors.New("not now"))
		}
		if got = append(got, r); len(got) == 3 {
			stop()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || !failed {
		t.Fatalf("got %+v", got)
	}
	if diff := cmp.Diff(map[string]bool{"1": true, "2": true}, map[string]bool{got[0].Message: true, got[2].Message: true, got[1].Message: true}); diff != "" {
		t.Error(diff)
	}
}

func TestMarksWithoutAPlace(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	if err := q.Hear(t.Context(), bots.Reacted{Message: "1"}); err == nil {
		t.Error("a mark of nobody was taken")
	}
}

func TestAHopelessMarkIsGivenUp(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	if err := q.Hear(t.Context(), reacted("1")); err != nil {
		t.Fatal(err)
	}
	if err := q.Hear(t.Context(), reacted("2")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var seen []string
	err := q.Marks(ctx, func(_ context.Context, r bots.Reacted) error {
		seen = append(seen, r.Message)
		if r.Message == "2" {
			stop()
			return nil
		}
		return worker.Never(errors.New("gone"))
	})
	if diff := cmp.Diff([]string{"1", "2"}, seen); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestMarkBackoff(t *testing.T) {
	t.Parallel()
	total := time.Duration(0)
	for try := uint64(1); try < markTries; try++ {
		total += markBackoff(try)
	}
	if total < 2*time.Hour || total > 3*time.Hour || markBackoff(1<<40) != time.Hour {
		t.Errorf("%s in all, %s at the end", total, markBackoff(1<<40))
	}
}
