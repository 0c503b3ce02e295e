package discordbot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

const (
	creating = `^POST /channels/\d+/messages$`
	editing  = `^PATCH /channels/\d+/messages/\d+$`
)

// long is a final answer of several messages.
func long(paragraphs int) bots.Content {
	c := bots.Content{Final: true, Language: "en", Sources: []bots.Source{{N: 1, Title: "Handbook", URL: "https://docs.example/handbook"}}}
	for i := range paragraphs {
		c.Text += fmt.Sprintf("Paragraph %d. %s [1]\n\n", i, strings.Repeat("Overtime is paid at one and a half times the wage. ", 12))
	}
	return c
}

func TestAnswerIsAReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "什么是试用期？")
	ref, err := b.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	shown := w.Shown(t, q)
	if len(shown) != 1 || shown[0].ID != ref.Message || !strings.Contains(shown[0].Text, "正在") {
		t.Fatalf("after Open: %+v", shown)
	}
	for _, c := range []bots.Content{
		{Text: "试用期是劳动合同"},
		{Text: "试用期是劳动合同期限的一部分。[1]"},
		{Text: "试用期是劳动合同期限的一部分。[1]", Final: true, Language: "zh", Sources: []bots.Source{{N: 1, Title: "劳动合同法", URL: "https://law.example/19"}}},
	} {
		if err := b.Write(t.Context(), ref, c); err != nil {
			t.Fatal(err)
		}
	}
	shown = w.Shown(t, q)
	want := "试用期是劳动合同期限的一部分。[1]\n\n**来源**\n[1] 劳动合同法 — <https://law.example/19>"
	if len(shown) != 1 || shown[0].Text != want {
		t.Errorf("shown %+v, want %q", shown, want)
	}
	obeyed(t, w)
}

func TestLongAnswerIsWrittenTwiceAndLooksLikeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "overtime?")
	ref, err := b.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Write(t.Context(), ref, long(8)); err != nil {
			t.Fatal(err)
		}
	}
	first := w.Shown(t, q)
	if len(first) < 3 || !strings.Contains(first[len(first)-1].Text, "**Sources**") {
		t.Fatalf("%d parts, last %q", len(first), first[len(first)-1].Text)
	}
	var texts []string
	for _, s := range first {
		texts = append(texts, s.Text)
	}
	all := strings.Join(texts, "\n")
	for i := range 8 {
		if n := strings.Count(all, fmt.Sprintf("Paragraph %d.", i)); n != 1 {
			t.Errorf("paragraph %d is shown %d times", i, n)
		}
	}
	if err := b.Write(t.Context(), ref, long(1)); err != nil { // an edited question, a shorter answer
		t.Fatal(err)
	}
	if shown := w.Shown(t, q); len(shown) != 1 {
		t.Errorf("%d messages are left of a long answer", len(shown))
	}
	obeyed(t, w)
}

func TestInterruptedLastWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "overtime?")
	ref, err := b.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	w.Server.Fail(fault(creating, localdiscord.Fault{Effect: true})) // part 2 appears, but nobody hears of it
	if err := b.Write(t.Context(), ref, long(8)); err == nil {
		t.Fatal("the lost answer was not noticed")
	}
	if err := b.Write(t.Context(), ref, long(8)); err != nil {
		t.Fatal(err)
	}
	texts := map[string]int{}
	for _, s := range w.Shown(t, q) {
		texts[s.Text]++
	}
	for text, n := range texts {
		if n > 1 {
			t.Errorf("shown %d times: %.40q", n, text)
		}
	}
	obeyed(t, w)
}

func TestBadGatewayIsOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "once?")
	w.Server.Fail(fault(creating, localdiscord.Fault{Status: http.StatusBadGateway, Effect: true, Times: 2}))
	if _, err := b.Open(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, c := range w.Calls() {
		if c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/messages") {
			sent++
		}
	}
	if shown := w.Shown(t, q); len(shown) != 1 || sent != 3 {
		t.Errorf("%d messages after %d attempts", len(shown), sent)
	}
	obeyed(t, w)
}

func TestFindAfterUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "lost?")
	if _, found, err := b.Find(t.Context(), q); found || err != nil {
		t.Fatalf("Find before Open: %v, %v", found, err)
	}
	w.Server.Fail(fault(creating, localdiscord.Fault{Effect: true}))
	_, err := b.Open(t.Context(), q)
	var refusal *bots.Refusal
	if err == nil || errors.As(err, &refusal) {
		t.Fatalf("an outcome that is unknown was reported as %v", err)
	}
	for range 150 { // others talk on; some of them reply to the question too
		w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("bob").ID, Content: "hm", ReplyTo: q.Message})
	}
	ref, found, err := w.bot(t).Find(t.Context(), q)
	if err != nil || !found || ref.Message != w.Shown(t, q)[0].ID {
		t.Fatalf("Find: %+v, %v, %v", ref, found, err)
	}
	if _, err := b.Open(t.Context(), q); err != nil { // even without Find
		t.Fatal(err)
	}
	if shown := w.Shown(t, q); len(shown) != 1 {
		t.Errorf("%d answers", len(shown))
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault localdiscord.Fault
		final bool
		after time.Duration
	}{
		{"429", localdiscord.Fault{Status: 429, After: 3 * time.Second}, false, 3 * time.Second},
		{"429 of all routes", localdiscord.Fault{Status: 429, After: time.Second, Global: true}, false, time.Second},
		{"channel gone", localdiscord.Fault{Status: 404, Code: 10003}, true, 0},
		{"no access", localdiscord.Fault{Status: 403, Code: 50001}, true, 0},
		{"no permission", localdiscord.Fault{Status: 403, Code: 50013}, true, 0},
		{"not understood", localdiscord.Fault{Status: 400, Code: 50035}, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, localdiscord.Options{})
			b, q := w.bot(t), w.aQuestion(t, "?")
			w.Server.Fail(fault(creating, tt.fault))
			_, err := b.Open(t.Context(), q)
			var refusal *bots.Refusal
			if !errors.As(err, &refusal) || refusal.Final != tt.final || refusal.After != tt.after {
				t.Errorf("Open: %v", err)
			}
		})
	}
}

func TestOutcomesThatAreUnknown(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]localdiscord.Fault{
		"500": {Status: 500}, "503": {Status: 503}, "502 for ever": {Status: 502, Times: 10}, "cut": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, localdiscord.Options{})
			b, q := w.bot(t), w.aQuestion(t, "?")
			w.Server.Fail(fault(creating, f))
			_, err := b.Open(t.Context(), q)
			var refusal *bots.Refusal
			if err == nil || errors.As(err, &refusal) {
				t.Errorf("Open: %v", err)
			}
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "?")
	cause := errors.New("the worker stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := b.Open(ctx, q); !errors.Is(err, cause) {
		t.Errorf("Open: %v", err)
	}
}

func TestThreadGetsItsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.connected(t)
	thread := w.AddThread(w.channel.ID, "pay", false)
	w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: w.person("ada").ID, Content: "<@" + w.Me().ID + "> and here?"})
	q := in.next(t)
	ref, err := b.Open(t.Context(), q)
	if err != nil || ref.Channel != thread.ID {
		t.Fatalf("Open: %+v, %v", ref, err)
	}
	if err := b.Write(t.Context(), ref, bots.Content{Text: "Here too.", Final: true}); err != nil {
		t.Fatal(err)
	}
	if found, ok, err := b.Find(t.Context(), q); err != nil || !ok || found != ref {
		t.Errorf("Find: %+v, %v, %v", found, ok, err)
	}
	if list := w.Messages(thread.ID); len(list) != 2 || list[1].Content != "Here too." {
		t.Errorf("the thread holds %+v", list)
	}
	if n := len(w.Messages(w.channel.ID)); n != 0 {
		t.Errorf("%d messages in the parent channel", n)
	}
}

// TestDiscordsOwnLimit writes an answer of more messages than a channel takes in
// one window, as a worker does: it waits as long as it is told.
func TestDiscordsOwnLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{MessageLimit: 5})
	b, q := w.bot(t), w.aQuestion(t, "everything?")
	ref, err := b.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for err = b.Write(t.Context(), ref, long(20)); err != nil; err = b.Write(t.Context(), ref, long(20)) {
		var refusal *bots.Refusal
		if !errors.As(err, &refusal) || refusal.Final || refusal.After <= 0 {
			t.Fatal(err)
		}
		refused++
		timer := time.NewTimer(refusal.After)
		<-timer.C
	}
	if n := len(w.Shown(t, q)); n < 7 || refused == 0 {
		t.Errorf("%d messages, refused %d times", n, refused)
	}
	for _, c := range w.Calls() {
		if c.Status == http.StatusTooManyRequests {
			t.Errorf("%s %s ran into the limit, which its headers had told", c.Method, c.Path)
		}
	}
	obeyed(t, w)
}

func TestHostileAnswerPingsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "?")
	ref, err := b.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	hostile := "@everyone @here <@" + q.Asker + "> <@&" + w.BotRole(w.guild.ID) + "> `@everyone` [x](javascript:alert(1)) ![p](https://evil.example/p.png)\n\n```\n@here\n```"
	for _, c := range []bots.Content{
		{Text: hostile},
		{Text: hostile, Note: hostile, Sources: []bots.Source{{N: 1, Title: hostile, URL: "https://a.example/> @everyone"}, {N: 2, Title: "x", URL: "javascript:alert(1)"}}, Final: true},
	} {
		if err := b.Write(t.Context(), ref, c); err != nil {
			t.Fatal(err)
		}
		for _, s := range w.Shown(t, q) {
			for _, bad := range []string{"@everyone", "@here", "<@", "(<https://evil", "x](", "<javascript"} {
				if strings.Contains(s.Text, bad) {
					t.Errorf("%q is in %q", bad, s.Text)
				}
			}
		}
	}
	obeyed(t, w)
}
