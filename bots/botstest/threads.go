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
func (k *kit) talk(tb testing.TB, first, answer, second string) bots.Question {
	tb.Helper()
	q := k.ask(tb, first)
	k.answer(tb, q, bots.Content{Text: answer})
	k.shows(tb, q, answer)
	return k.askAs(tb, Said{Kind: k.usual(tb), Text: second, In: &q})
}

// earlier reads a thread.
func (k *kit) earlier(tb testing.TB, th bots.Thread, limit int) []bots.Turn {
	tb.Helper()
	var turns []bots.Turn
	err := k.patiently(tb, func(ctx context.Context) (err error) {
		turns, err = k.Platform.Earlier(ctx, th, limit)
		return err
	})
	if err != nil {
		tb.Fatalf("Earlier: %v", err)
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

func earlierInOrder(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.talk(tb, "May I be dismissed?", "Only with notice.", "How long is it?")
	if !q.InThread {
		tb.Error("InThread is false for a follow-up")
	}
	turns := k.earlier(tb, q.Thread, 10)
	asked, answered := turn(turns, "May I be dismissed?"), turn(turns, "Only with notice.")
	if asked < 0 || answered < 0 || asked > answered {
		tb.Fatalf("the turns are %+v", turns)
	}
	if turns[asked].Own || !turns[answered].Own {
		tb.Errorf("Own is %v for the question and %v for the answer", turns[asked].Own, turns[answered].Own)
	}
	if turns[asked].Text != "May I be dismissed?" {
		tb.Errorf("the question reads %q", turns[asked].Text)
	}
	if turns[asked].Asker != q.Asker {
		tb.Errorf("the asker is %q, and of the next question %q", turns[asked].Asker, q.Asker)
	}
	for i, turn := range turns {
		if turn.Message == "" || turn.At.IsZero() || i > 0 && turn.At.Before(turns[i-1].At) {
			tb.Errorf("turn %d of %+v has no message, no time, or is not in order", i, turns)
		}
	}
}

func newestKept(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.talk(tb, "The oldest question?", "The middle answer.", "The newest question?")
	k.answer(tb, q, bots.Content{Text: "The newest answer."})
	k.shows(tb, q, "The newest answer.")
	turns := k.earlier(tb, q.Thread, 2)
	if len(turns) > 2 || turn(turns, "The newest answer.") < 0 || turn(turns, "The oldest question?") >= 0 {
		tb.Errorf("the newest two turns are %+v", turns)
	}
}

func threadsApart(tb testing.TB, k *kit) {
	tb.Helper()
	if k.usual(tb) != Mention {
		tb.Skip("a private conversation is one thread")
	}
	a := k.talk(tb, "A question on wages?", "An answer on wages.", "More on wages?")
	b := k.talk(tb, "A question on leave?", "An answer on leave.", "More on leave?")
	if turns := k.earlier(tb, a.Thread, 20); turn(turns, "leave") >= 0 {
		tb.Errorf("the thread on wages has %+v", turns)
	}
	if turns := k.earlier(tb, b.Thread, 20); turn(turns, "wages") >= 0 {
		tb.Errorf("the thread on leave has %+v", turns)
	}
}
