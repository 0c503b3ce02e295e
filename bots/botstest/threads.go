package botstest

import (
	"context"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

// threads are the promises of bots.History.
func threads() []promise {
	return []promise{
		{"earlier turns are read in order", earlierInOrder},
		{"the newest turns are kept", newestKept},
		{"threads are kept apart", threadsApart},
	}
}

// talk asks, answers, and asks again in the same thread. It returns the second
// question.
func (k *kit) talk(t testing.TB, first, answer, second string) bots.Question {
	t.Helper()
	q := k.ask(t, first)
	k.answer(t, q, bots.Content{Text: answer})
	k.shows(t, q, answer)
	return k.askAs(t, Said{Kind: k.usual(t), Text: second, In: &q})
}

// earlier reads a thread.
func (k *kit) earlier(t testing.TB, th bots.Thread, limit int) []bots.Turn {
	t.Helper()
	var turns []bots.Turn
	err := k.patiently(t, func(ctx context.Context) (err error) {
		turns, err = k.Platform.Earlier(ctx, th, limit)
		return err
	})
	if err != nil {
		t.Fatalf("Earlier: %v", err)
	}
	return turns
}

// turn returns the place of the turn that says text, or -1.
func turn(turns []bots.Turn, text string) int {
	for i, turn := range turns {
		if strings.Contains(flat(turn.Text), text) {
			return i
		}
	}
	return -1
}

func earlierInOrder(t testing.TB, k *kit) {
	t.Helper()
	q := k.talk(t, "May I be dismissed?", "Only with notice.", "How long is it?")
	if !q.InThread {
		t.Error("InThread is false for a follow-up")
	}
	turns := k.earlier(t, q.Thread, 10)
	asked, answered := turn(turns, "May I be dismissed?"), turn(turns, "Only with notice.")
	if asked < 0 || answered < 0 || asked > answered {
		t.Fatalf("the turns are %+v", turns)
	}
	if turns[asked].Own || !turns[answered].Own {
		t.Errorf("Own is %v for the question and %v for the answer", turns[asked].Own, turns[answered].Own)
	}
	if turns[asked].Text != "May I be dismissed?" {
		t.Errorf("the question reads %q", turns[asked].Text)
	}
	if turns[asked].Asker != q.Asker {
		t.Errorf("the asker is %q, and of the next question %q", turns[asked].Asker, q.Asker)
	}
	for i, turn := range turns {
		if turn.Message == "" || turn.At.IsZero() || i > 0 && turn.At.Before(turns[i-1].At) {
			t.Errorf("turn %d of %+v has no message, no time, or is not in order", i, turns)
		}
	}
}

func newestKept(t testing.TB, k *kit) {
	t.Helper()
	q := k.talk(t, "The oldest question?", "The middle answer.", "The newest question?")
	k.answer(t, q, bots.Content{Text: "The newest answer."})
	k.shows(t, q, "The newest answer.")
	turns := k.earlier(t, q.Thread, 2)
	if len(turns) > 2 || turn(turns, "The newest answer.") < 0 || turn(turns, "The oldest question?") >= 0 {
		t.Errorf("the newest two turns are %+v", turns)
	}
}

func threadsApart(t testing.TB, k *kit) {
	t.Helper()
	if k.usual(t) != Mention {
		t.Skip("a private conversation is one thread")
	}
	a := k.talk(t, "A question on wages?", "An answer on wages.", "More on wages?")
	b := k.talk(t, "A question on leave?", "An answer on leave.", "More on leave?")
	if turns := k.earlier(t, a.Thread, 20); turn(turns, "leave") >= 0 {
		t.Errorf("the thread on wages has %+v", turns)
	}
	if turns := k.earlier(t, b.Thread, 20); turn(turns, "wages") >= 0 {
		t.Errorf("the thread on leave has %+v", turns)
	}
}
