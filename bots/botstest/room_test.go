package botstest_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
)

// worker answers what an inbox hears, as a very small application.
func worker(t *testing.T, p bots.Platform, texts ...string) *botstest.Inbox {
	t.Helper()
	in := &botstest.Inbox{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() {
		if err := p.Listen(ctx, answering{in, p, texts}); err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		group.Wait()
	})
	return in
}

type answering struct {
	*botstest.Inbox

	p     bots.Platform
	texts []string
}

func (a answering) Hear(ctx context.Context, e bots.Event) error {
	if err := a.Inbox.Hear(ctx, e); err != nil {
		return err
	}
	ref, err := a.p.Open(ctx, e.(bots.Question))
	if err != nil {
		return err
	}
	for i, text := range a.texts {
		err = errors.Join(err, a.p.Write(ctx, ref, bots.Content{Text: text, Final: i == len(a.texts)-1}))
	}
	return err
}

func TestRoomEndToEnd(t *testing.T) {
	t.Parallel()
	room := botstest.NewRoom()
	in := worker(t, room, "Yes", "Yes, it is.")
	q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "Is it?"})
	if final := room.WaitFinal(t, q.ID); final.Text != "Yes, it is." {
		t.Errorf("final is %q", final.Text)
	}
	room.WaitShown(t, q.ID, func(shown []botstest.Shown) bool { return shown[0].Text == "Yes, it is." })
	if diff := cmp.Diff([]bots.Question{q}, in.Wait(t, 1)); diff != "" {
		t.Errorf("heard something else than Ask returned (-asked +heard):\n%s", diff)
	}
	want := []bots.Content{{Text: "Yes"}, {Text: "Yes, it is.", Final: true}}
	if diff := cmp.Diff(want, room.Writes(q.ID)); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	messages := room.Messages(q.Thread)
	if len(messages) != 2 || messages[0].Own || !messages[1].Own || messages[1].Text != "Yes, it is." {
		t.Errorf("messages are %+v", messages)
	}
}

func TestRoomHooks(t *testing.T) {
	t.Parallel()
	room := botstest.NewRoom()
	opened, written := 0, 0
	broken := errors.New("killed")
	room.OnOpen = func(bots.Question) error {
		if opened++; opened == 1 {
			return broken
		}
		return nil
	}
	room.OnWrite = func(c bots.Content) error {
		if written++; c.Final && written == 2 {
			return broken
		}
		return nil
	}
	q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "Is it?"})
	if _, err := room.Open(t.Context(), q); !errors.Is(err, broken) {
		t.Errorf("the first Open returned %v", err)
	}
	if shown := room.Shown(t, q); len(shown) > 0 {
		t.Errorf("the failed Open shows %v", shown)
	}
	ref, err := room.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, broken, nil} {
		if err := room.Write(t.Context(), ref, bots.Content{Text: strconv.Itoa(i), Final: i > 0}); !errors.Is(err, want) {
			t.Errorf("write %d returned %v", i, err)
		}
	}
	if got := len(room.Writes(q.ID)); got != 2 {
		t.Errorf("%d writes took effect, want 2", got)
	}
}

func TestRoomNotices(t *testing.T) {
	t.Parallel()
	room := botstest.NewRoom()
	q := room.Ask(t, botstest.Said{Kind: botstest.Direct, Text: "Is it?"})
	if room.Noticed(q.ID) {
		t.Error("noticed too early")
	}
	if err := room.Notice(t.Context(), q); err != nil || !room.Noticed(q.ID) {
		t.Errorf("not noticed: %v", err)
	}
}

func TestRoomIsBounded(t *testing.T) {
	t.Parallel()
	room := botstest.NewRoom()
	in := &botstest.Inbox{}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = room.Listen(ctx, in) })
	var q bots.Question
	for i := range 12_000 {
		q = room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: strconv.Itoa(i)})
		if i%1000 == 0 {
			in.Wait(t, i)
		}
	}
	ref, err := room.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for range 1500 {
		if err := room.Write(t.Context(), ref, bots.Content{Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(room.Writes(q.ID)); n > 1000 {
		t.Errorf("%d writes are kept", n)
	}
	cancel()
	group.Wait()
}

func TestRoomClock(t *testing.T) {
	t.Parallel()
	room := botstest.NewRoom()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	room.Now = func() time.Time { return at }
	room.MinPace, room.MaxMessage = time.Second, 500
	if q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "Is it?"}); !q.AskedAt.Equal(at) {
		t.Errorf("asked at %s", q.AskedAt)
	}
	if room.Pace() != time.Second || room.Limit() != 500 {
		t.Errorf("Pace %s, Limit %d", room.Pace(), room.Limit())
	}
}

func TestRoomUnknownMessage(t *testing.T) {
	t.Parallel()
	err := botstest.NewRoom().Write(t.Context(), bots.Ref{Message: "m9"}, bots.Content{Text: "x"})
	var refusal *bots.Refusal
	if !errors.As(err, &refusal) || !refusal.Final {
		t.Errorf("got %v, want a final Refusal", err)
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	in := &botstest.Inbox{}
	full := errors.New("full")
	in.Fail(full, full)
	q := bots.Question{ID: "room:T1:general:m1", Text: strings.Repeat("x", bots.MaxText+1)}
	edited := q
	edited.Revision = 1
	for i, step := range []struct {
		q    bots.Question
		want error
	}{{q, full}, {q, full}, {q, nil}, {q, nil}, {edited, nil}} {
		if err := in.Hear(t.Context(), step.q); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
	}
	got := in.Wait(t, 2)
	if len(got) != 2 || !got[0].Clipped || got[1].Revision != 1 {
		t.Errorf("heard %d questions: %v %d", len(got), got[0].Clipped, got[1].Revision)
	}
	if n := in.Calls(); n != 5 {
		t.Errorf("%d calls", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.Hear(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("with a finished context: %v", err)
	}
}
