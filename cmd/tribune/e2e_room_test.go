package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestEndToEndAModelAnswersInTheThread(t *testing.T) {
	t.Parallel()

	model, s := provider(t, quoteFirst())
	room := botstest.NewRoom()
	app := start(t, t.TempDir(), s, Parts{Platforms: []bots.Platform{room}})

	q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "公司恶意辞退怎么办？"})
	final := room.WaitFinal(t, q.ID)
	if final.Language != "zh" || final.Note != "" || len(final.Sources) != 1 || !strings.HasPrefix(final.Sources[0].Ref, "zh/dismissal.md") {
		t.Errorf("final content %+v", final)
	}
	if !strings.Contains(final.Text, "[1]") {
		t.Errorf("no citation in %q", final.Text)
	}
	room.Redeliver(t)
	second := room.Ask(t, botstest.Said{Kind: botstest.Direct, Text: "How long may probation be?"})
	english := room.WaitFinal(t, second.ID)
	if english.Language != "en" || !strings.HasPrefix(english.Sources[0].Ref, "en/probation.md") {
		t.Errorf("final content %+v", english)
	}
	app.settled(t)
	for _, asked := range []bots.Question{q, second} {
		if shown := room.Shown(t, asked); len(shown) != 1 {
			t.Errorf("%d messages answer %s: %v", len(shown), asked.ID, shown)
		}
		own := 0
		for _, m := range room.Messages(asked.Thread) {
			if m.Own {
				own++
			}
		}
		if own != 1 {
			t.Errorf("%d messages of the bot in the thread of %s", own, asked.ID)
		}
	}
	if n := len(model.Requests()); n != 2 {
		t.Errorf("the model was asked %d times", n)
	}
	if key := model.Requests()[0].Header.Get("Authorization"); key != "Bearer sk-deepseek-canary-0001" {
		t.Errorf("authorised by %q", key)
	}
}

func TestEndToEndFollowUpNeedsTheEarlierTurn(t *testing.T) {
	t.Parallel()

	model, s := provider(t, quoteFirst())
	room := botstest.NewRoom()
	start(t, t.TempDir(), s, Parts{Platforms: []bots.Platform{room}})

	first := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "公司辞退员工要提前多久通知？"})
	room.WaitFinal(t, first.ID)
	second := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "那怀孕的呢？", In: &first})
	final := room.WaitFinal(t, second.ID)
	if second.Thread != first.Thread {
		t.Fatalf("the follow-up is in %v, the question in %v", second.Thread, first.Thread)
	}
	if len(final.Sources) == 0 {
		t.Errorf("nothing was found for the follow-up: %q", final.Text)
	}
	prompt := model.Requests()[1].Prompt()
	for _, part := range []string{"公司辞退员工要提前多久通知？", "那怀孕的呢？"} {
		if !strings.Contains(prompt, part) {
			t.Errorf("the prompt lacks %q", part)
		}
	}
}

func TestEndToEndFailingModelBecomesQuotes(t *testing.T) {
	t.Parallel()

	_, s := provider(t, llmtest.Refuse(http.StatusUnauthorized, "no such key: sk-deepseek-canary-0001"))
	room := botstest.NewRoom()
	start(t, t.TempDir(), s, Parts{Platforms: []bots.Platform{room}})
	q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "加班费怎么算？"})
	final := room.WaitFinal(t, q.ID)
	if len(final.Sources) == 0 || !strings.Contains(final.Note, "原文摘录") || !strings.Contains(final.Text, "百分之一百五十") {
		t.Errorf("%+v", final)
	}
}

func TestEndToEndNothingInTheDocuments(t *testing.T) {
	t.Parallel()

	model, s := provider(t, quoteFirst())
	room := botstest.NewRoom()
	start(t, t.TempDir(), s, Parts{Platforms: []bots.Platform{room}})
	for text, want := range map[string]string{
		"火星有几颗卫星？":                 "没有找到",
		"How do I bake sourdough?": "do not answer",
		"":                         "question",
		"🤔":                        "could not read",
	} {
		q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: text})
		if final := room.WaitFinal(t, q.ID); !strings.Contains(final.Text, want) || len(final.Sources) != 0 {
			t.Errorf("%q got %q with %d sources", text, final.Text, len(final.Sources))
		}
	}
	if n := len(model.Requests()); n != 0 {
		t.Errorf("the model was asked %d times about what no document tells", n)
	}
}

func TestEndToEndHugeQuestionGetsAPoliteReply(t *testing.T) {
	t.Parallel()

	room := botstest.NewRoom()
	start(t, t.TempDir(), nil, Parts{Platforms: []bots.Platform{room}})
	q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: strings.Repeat("加班费怎么算", 1<<20/18)})
	if final := room.WaitFinal(t, q.ID); !strings.Contains(final.Text, "太长") {
		t.Errorf("got %q", final.Text)
	}
}

const limitedChannel = `channels:
  default: {questions: 1/h, burst: 2, when_limited: refuse}
`

func TestEndToEndLimitRefuses(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	write(t, dir, "tribune.yaml", limitedChannel)
	room := botstest.NewRoom()
	start(t, dir, nil, Parts{Platforms: []bots.Platform{room}})
	answered, refused := 0, 0
	for range 4 {
		q := room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "加班费怎么算？"})
		if strings.Contains(room.WaitFinal(t, q.ID).Text, "太频繁") {
			refused++
		} else {
			answered++
		}
	}
	if answered != 2 || refused != 2 {
		t.Errorf("%d answered, %d refused; the burst is 2", answered, refused)
	}
}

func TestEndToEndLimitWaits(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	write(t, dir, "tribune.yaml", "channels:\n  default: {questions: 1/s, burst: 1, when_limited: wait}\n")
	room := botstest.NewRoom()
	app := start(t, dir, nil, Parts{Platforms: []bots.Platform{room}})
	var asked []bots.Question
	for range 3 {
		asked = append(asked, room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "加班费怎么算？"}))
	}
	for _, q := range asked {
		if final := room.WaitFinal(t, q.ID); len(final.Sources) == 0 {
			t.Errorf("%s got %q", q.ID, final.Text)
		}
	}
	letters, err := app.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) > 0 {
		t.Errorf("dead letters %v, %v", letters, err)
	}
}

const twoRooms = `collections:
  secret: {sources: [{dir: ./secret}], visible_to: ["room:T1:dm-boss"]}
  open: {sources: [{dir: ./open}], visible_to: ["room:T1:public", "room:T1:dm"]}
`

func TestEndToEndACollectionNeverShowsElsewhere(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	write(t, dir, "tribune.yaml", twoRooms)
	write(t, dir, "secret/plan.md", "# Merger plan\n\nThe merger with canary-7731 closes in June.\n")
	write(t, dir, "open/lunch.md", "# Canteen\n\nLunch is served in the merger hall at noon.\n")
	room := botstest.NewRoom()
	app := start(t, dir, nil, Parts{Platforms: []bots.Platform{room}})
	eventually(t, "both collections are fed", func() bool {
		all, err := app.Collections(t.Context())
		return err == nil && len(all.Collections) == 3
	})
	for _, said := range []botstest.Said{
		{Kind: botstest.Mention, Text: "When does the merger close?"},
		{Kind: botstest.Direct, Text: "merger canary-7731 June", Asker: "eve"},
		{Kind: botstest.Command, Text: "merger plan"},
	} {
		q := room.Ask(t, said)
		if final := room.WaitFinal(t, q.ID); strings.Contains(all(final), "7731") {
			t.Errorf("%s by %s shows the secret: %+v", said.Kind, said.Asker, final)
		}
	}
	q := room.Ask(t, botstest.Said{Kind: botstest.Direct, Text: "When does the merger close?", Asker: "boss"})
	if final := room.WaitFinal(t, q.ID); !strings.Contains(all(final), "7731") {
		t.Errorf("who may see it does not: %+v", final)
	}
}

// all is everything readable of a content.
func all(c bots.Content) string {
	parts := []string{c.Text, c.Note}
	for _, s := range c.Sources {
		parts = append(parts, s.Title, s.Quote, s.Ref)
	}
	return strings.Join(parts, "\n")
}
