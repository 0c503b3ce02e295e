package teach_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/worker"
	"github.com/tribunebot/tribune/worker/teach"
)

// book keeps one lesson of an origin for a question, as the real one does.
type book struct {
	lessons []knowledge.Lesson
	fail    error
}

func (b *book) Learn(_ context.Context, lessons []knowledge.Lesson) error {
	if b.fail != nil {
		return b.fail
	}
	for _, l := range lessons {
		b.lessons = slices.DeleteFunc(b.lessons, func(o knowledge.Lesson) bool {
			return o.Collection == l.Collection && o.Question == l.Question && o.Origin == l.Origin
		})
		b.lessons = append(b.lessons, l)
	}
	return nil
}

func (b *book) Unlearn(_ context.Context, origin string) error {
	b.lessons = slices.DeleteFunc(b.lessons, func(l knowledge.Lesson) bool { return l.Origin == origin })
	return b.fail
}

// thread is a platform that has one thread. What it does not do panics.
type thread struct {
	bots.Platform

	turns []bots.Turn
	err   error
}

func (p *thread) Earlier(context.Context, bots.Thread, int) ([]bots.Turn, error) {
	return p.turns, p.err
}

func (p *thread) Locate(_ context.Context, r bots.Reacted) (bots.Thread, error) {
	t := r.Thread
	t.Root = "1"
	return t, p.err
}

func (p *thread) Visibility(context.Context, bots.Thread) (bots.Visibility, error) {
	return bots.Public, nil
}

// library gives the same passages for every question, of the collections that
// may be seen.
type library []knowledge.Passage

func (l library) Retrieve(_ context.Context, q knowledge.Query) ([]knowledge.Passage, error) {
	return slices.DeleteFunc(slices.Clone(l), func(p knowledge.Passage) bool { return !slices.Contains(q.Collections, p.Collection) }), nil
}

func documents() library {
	return library{
		{ID: "badge.md#1", Collection: "open", Title: "Badges", Section: "Lost badges", Text: "A lost badge is replaced at the front desk for 20 euros."},
		{ID: "leave.md#2", Collection: "open", Title: "Annual leave", Section: "How much", URL: "https://wiki.example/leave#how-much", Text: "Everybody has 25 days of annual leave."},
		{ID: "pay.md#1", Collection: "secret", Title: "Bonus", Section: "Who", Text: "A lost badge is replaced at the front desk for 20 euros, says the boss."},
	}
}

type rig struct {
	*teach.Teacher

	book     *book
	platform *thread
}

func newRig() rig {
	r := rig{book: &book{}, platform: &thread{}}
	r.Teacher = &teach.Teacher{
		Book: r.book, Trusted: func(who string) bool { return who == "slack:T:boss" },
		Store: botstest.NewStore(), Platforms: map[string]bots.Platform{"slack": r.platform}, Retriever: documents(),
		Visible: func(q bots.Question) ([]string, error) {
			if q.Visibility == bots.Public {
				return []string{"open"}, nil
			}
			return nil, nil
		},
	}
	return r
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func mark(message, person string, removed bool, after time.Duration) bots.Reacted {
	return bots.Reacted{
		Thread:  bots.Thread{Platform: "slack", Team: "T", Channel: "C"},
		Message: message, Person: person, Removed: removed, At: noon.Add(after),
	}
}

func (r rig) taught() []string {
	var out []string
	for _, l := range r.book.lessons {
		who, _, _ := strings.Cut(l.Origin, "/")
		out = append(out, l.Collection+"|"+l.Question+"|"+strings.Join(l.Refs, ",")+"|"+who)
	}
	return out
}

func (r rig) handle(t *testing.T, m bots.Reacted, want ...string) {
	t.Helper()
	if err := r.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, r.taught()); diff != "" {
		t.Errorf("taught (-want +got):\n%s", diff)
	}
}

// answered notes the bot's own answer in message 2.
func (r rig) answered(t *testing.T, a bots.Answer) {
	t.Helper()
	q := bots.Question{Text: "who replaces my key card?", Thread: bots.Thread{Platform: "slack", Team: "T", Channel: "C"}}
	if err := r.Answered(t.Context(), q, bots.Ref{Channel: "C", Message: "2"}, a); err != nil {
		t.Fatal(err)
	}
}

func cites(refs ...string) bots.Answer {
	var a bots.Answer
	for i := 0; i < len(refs); i += 2 {
		a.Sources = append(a.Sources, bots.Source{Collection: refs[i], Ref: refs[i+1]})
	}
	return a
}

func TestAnApprovedAnswerTeaches(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.answered(t, cites("open", "badge.md#1", "open", "leave.md#2", "hr", "x.md#1", "open", "badge.md#1"))
	r.handle(t, mark("2", "boss", false, 0),
		"open|who replaces my key card?|badge.md#1,leave.md#2|slack:T:boss", "hr|who replaces my key card?|x.md#1|slack:T:boss")
	r.handle(t, mark("2", "boss", true, time.Second))
	// The first mark comes again, late: it was taken back since.
	r.handle(t, mark("2", "boss", false, 0))
}

func TestTwoMarksStandSideBySide(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.answered(t, cites("open", "badge.md#1"))
	q := bots.Question{Text: "who replaces my key card?", Thread: bots.Thread{Platform: "slack", Team: "T", Channel: "C"}}
	if err := r.Answered(t.Context(), q, bots.Ref{Channel: "C", Message: "5"}, cites("open", "leave.md#2")); err != nil {
		t.Fatal(err)
	}
	first, second := "open|who replaces my key card?|badge.md#1|slack:T:boss", "open|who replaces my key card?|leave.md#2|slack:T:boss"
	r.handle(t, mark("2", "boss", false, 0), first)
	r.handle(t, mark("5", "boss", false, time.Second), first, second)
	r.handle(t, mark("5", "boss", true, 2*time.Second), first)
}

func TestAMarkThatIsGivenAgainTeachesWhatIsSaidNow(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.answered(t, cites("open", "badge.md#1"))
	r.handle(t, mark("2", "boss", false, 0), "open|who replaces my key card?|badge.md#1|slack:T:boss")
	r.answered(t, cites("open", "leave.md#2"))
	r.handle(t, mark("2", "boss", false, time.Minute), "open|who replaces my key card?|leave.md#2|slack:T:boss")
	r.handle(t, mark("2", "boss", true, time.Hour))
}

func TestOnlyTrustedPeopleTeach(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.answered(t, cites("open", "badge.md#1"))
	r.handle(t, mark("2", "somebody", false, 0))
	other := mark("2", "boss", false, 0)
	other.Thread.Team = "OTHER"
	r.handle(t, other)
}

func TestARefusalTeachesNothing(t *testing.T) {
	t.Parallel()
	r := newRig()
	a := cites("open", "badge.md#1")
	a.Refused = true
	r.answered(t, a)
	r.handle(t, mark("2", "boss", false, 0))
}

func TestAPersonsAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"repeats":       {"Sure: the lost badge is replaced at the front desk for 20 euros.", "open|where do I get a key?|badge.md#1|slack:T:boss"},
		"other number":  {"Sure: the lost badge is replaced at the front desk for 50 euros.", ""},
		"links":         {"See https://wiki.example/leave#how-much", "open|where do I get a key?|leave.md#2|slack:T:boss"},
		"names":         {"It stands in Annual leave, section How much", "open|where do I get a key?|leave.md#2|slack:T:boss"},
		"says nothing":  {"Yes.", ""},
		"about nothing": {"The football game was very good yesterday.", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig()
			r.platform.turns = []bots.Turn{
				{Message: "1", Asker: "ann", Text: "where do I get a key?"},
				{Message: "2", Own: true, Text: "The documents do not say."},
				{Message: "3", Asker: "carl", Text: tt.text},
			}
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			r.handle(t, mark("3", "boss", false, 0), want...)
		})
	}
}

func TestNobodyAnswersThemselves(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.platform.turns = []bots.Turn{
		{Message: "1", Asker: "ann", Text: "where do I get a key?"},
		{Message: "3", Asker: "ann", Text: "Found it: the lost badge is replaced at the front desk for 20 euros."},
	}
	r.handle(t, mark("3", "boss", false, 0))
	r.handle(t, mark("gone", "boss", false, 0))
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.platform.err = &bots.Refusal{After: time.Minute, Err: errors.New("slowly")}
	if after, later := worker.IsLater(r.Handle(t.Context(), mark("9", "boss", false, 0))); !later || after != time.Minute {
		t.Error("a platform that asks for patience does not get it")
	}
	r.platform.err = &bots.Refusal{Final: true, Err: errors.New("gone")}
	if err := r.Handle(t.Context(), mark("9", "boss", false, 0)); !worker.IsNever(err) {
		t.Errorf("got %v, want it given up", err)
	}
	r.answered(t, cites("open", "badge.md#1"))
	r.book.fail = errors.New("full")
	if err := r.Handle(t.Context(), mark("2", "boss", false, 0)); !errors.Is(err, r.book.fail) {
		t.Errorf("got %v", err)
	}
	r.book.fail = nil
	r.handle(t, mark("2", "boss", false, 0), "open|who replaces my key card?|badge.md#1|slack:T:boss")
}
