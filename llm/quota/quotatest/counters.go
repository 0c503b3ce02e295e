// Package quotatest checks everything that the ports llm.Counters and llm.Keys
// promise, whatever implements them.
package quotatest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

// Test checks counters. open makes empty ones; it is called once for each test,
// which run side by side.
func Test(t *testing.T, open func(t *testing.T) llm.Counters) { //nolint:tparallel // its caller has called t.Parallel, and twice would panic
	t.Helper()
	for name, test := range map[string]func(*testing.T, llm.Counters){
		"a limit is reached and not passed":   testLimit,
		"all or none":                         testAllOrNone,
		"one counter twice":                   testTwice,
		"settling corrects":                   testSettle,
		"never below nothing":                 testFloor,
		"settled beyond the limit":            testBeyond,
		"places":                              testPlaces,
		"money for ever":                      testForever,
		"no limit":                            testNoLimit,
		"a window that is over":               testOver,
		"any text is a key":                   testNames,
		"a caller that has left":              testCancelled,
		"nothing asked":                       testNothing,
		"what is given back is told":          testFreed,
		"many at once never pass a limit":     testMany,
		"many at once never pass the places":  testManyPlaces,
		"a large limit is used to the last":   testLarge,
		"two limits refuse each other's take": testCrossed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Rate is an ask for a rate whose window has an hour left.
func Rate(key string, amount, limit int64) llm.Ask {
	return llm.Ask{Key: key, Amount: amount, Limit: limit, Until: time.Now().Add(time.Hour)}
}

// Place is an ask for places.
func Place(key string, amount, limit int64) llm.Ask {
	return llm.Ask{Key: key, Amount: amount, Limit: limit}
}

// Money is an ask for money in a window that has an hour left.
func Money(key string, amount, limit int64) llm.Ask {
	return llm.Ask{Key: key, Amount: amount, Limit: limit, Until: time.Now().Add(time.Hour), Durable: true}
}

// Forever is an ask for money without a window.
func Forever(key string, amount, limit int64) llm.Ask {
	return llm.Ask{Key: key, Amount: amount, Limit: limit, Durable: true, Forever: true}
}

// take takes what must be there.
func take(t *testing.T, c llm.Counters, asks ...llm.Ask) {
	t.Helper()
	if err := c.Take(t.Context(), asks); err != nil {
		t.Fatal(err)
	}
}

// refused takes what must not be there.
func refused(t *testing.T, c llm.Counters, asks ...llm.Ask) {
	t.Helper()
	_ = refusal(t, c, asks...)
}

func refusal(t *testing.T, c llm.Counters, asks ...llm.Ask) *llm.OverLimit {
	t.Helper()
	err := c.Take(t.Context(), asks)
	over, ok := errors.AsType[*llm.OverLimit](err)
	if !ok {
		t.Fatalf("taking %+v: %v, want an *OverLimit", asks, err)
	}
	return over
}

func settle(t *testing.T, c llm.Counters, asks ...llm.Ask) {
	t.Helper()
	if err := c.Settle(t.Context(), asks); err != nil {
		t.Fatal(err)
	}
}

// used checks the counts.
func used(t *testing.T, c llm.Counters, asks []llm.Ask, want ...int64) {
	t.Helper()
	got, err := c.Used(t.Context(), asks)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
}

func testLimit(t *testing.T, c llm.Counters) {
	t.Helper()
	for _, ask := range []llm.Ask{Rate("r", 2, 6), Place("p", 2, 6), Money("m", 2, 6), Forever("f", 2, 6)} {
		used(t, c, []llm.Ask{ask}, 0)
		for range 3 {
			take(t, c, ask)
		}
		ask.Amount = 1
		over := refusal(t, c, ask)
		if over.Ask.Key != ask.Key || over.Ask.Limit != 6 || over.Used != 6 {
			t.Errorf("refused by %+v, want %s with 6 of 6", over, ask.Key)
		}
		used(t, c, []llm.Ask{ask}, 6)
	}
}

func testAllOrNone(t *testing.T, c llm.Counters) {
	t.Helper()
	take(t, c, Rate("b", 5, 5))
	asks := []llm.Ask{Rate("z", 1, 9), Place("a", 1, 9), Rate("b", 1, 5), Money("m", 7, 9)}
	if over := refusal(t, c, asks...); over.Ask.Key != "b" {
		t.Errorf("refused by %s, want b", over.Ask.Key)
	}
	used(t, c, asks, 0, 0, 5, 0)
	settle(t, c, Rate("b", -1, 5))
	take(t, c, asks...)
	used(t, c, asks, 1, 1, 5, 7)
}

func testTwice(t *testing.T, c llm.Counters) {
	t.Helper()
	asks := []llm.Ask{Rate("r", 2, 5), Rate("r", 2, 5)}
	take(t, c, asks...)
	refused(t, c, asks...)
	used(t, c, asks, 4, 4)
}

func testSettle(t *testing.T, c llm.Counters) {
	t.Helper()
	for _, ask := range []llm.Ask{Rate("r", 10, 10), Place("p", 10, 10), Money("m", 10, 10), Forever("f", 10, 10)} {
		back := ask
		back.Amount = -7
		take(t, c, ask)
		settle(t, c, back)
		used(t, c, []llm.Ask{ask}, 3)
		refused(t, c, ask)
		ask.Amount = 7
		take(t, c, ask)
		used(t, c, []llm.Ask{ask}, 10)
	}
}

func testFloor(t *testing.T, c llm.Counters) {
	t.Helper()
	for _, ask := range []llm.Ask{Rate("r", 2, 10), Place("p", 2, 10), Money("m", 2, 10), Forever("f", 2, 10)} {
		back := ask
		back.Amount = -5
		settle(t, c, back) // of a counter that nobody knows
		used(t, c, []llm.Ask{ask}, 0)
		take(t, c, ask)
		settle(t, c, back)
		used(t, c, []llm.Ask{ask}, 0)
		ask.Amount = 10
		take(t, c, ask)
		used(t, c, []llm.Ask{ask}, 10)
	}
}

func testBeyond(t *testing.T, c llm.Counters) {
	t.Helper()
	for _, ask := range []llm.Ask{Rate("r", 1, 10), Money("m", 1, 10)} {
		more := ask
		more.Amount = 99
		take(t, c, ask)
		settle(t, c, more)
		used(t, c, []llm.Ask{ask}, 100)
		if over := refusal(t, c, ask); over.Used != 100 {
			t.Errorf("refused with %d used, want 100", over.Used)
		}
	}
}

func testPlaces(t *testing.T, c llm.Counters) {
	t.Helper()
	place, back := Place("p", 1, 2), Place("p", -1, 2)
	for range 5 {
		take(t, c, place)
		take(t, c, place)
		refused(t, c, place)
		settle(t, c, back)
		take(t, c, place)
		refused(t, c, place)
		settle(t, c, back)
		settle(t, c, back)
		used(t, c, []llm.Ask{place}, 0)
	}
}

func testForever(t *testing.T, c llm.Counters) {
	t.Helper()
	const million = 1_000_000 * llm.Dollar
	ask := Forever("f", million/2, million)
	take(t, c, ask)
	take(t, c, ask)
	ask.Amount = 1
	refused(t, c, ask)
	used(t, c, []llm.Ask{ask}, million)
}

func testNoLimit(t *testing.T, c llm.Counters) {
	t.Helper()
	ask := Rate("r", 1000, 0)
	for range 3 {
		take(t, c, ask)
	}
	used(t, c, []llm.Ask{ask}, 3000)
}

// testOver: a call may outlast the window in which it was reserved.
func testOver(t *testing.T, c llm.Counters) {
	t.Helper()
	for _, ask := range []llm.Ask{Rate("r", 5, 10), Money("m", 5, 10)} {
		ask.Until = time.Now().Add(-time.Minute)
		take(t, c, ask)
		ask.Amount = -3
		settle(t, c, ask)
	}
}

func testNames(t *testing.T, c llm.Counters) {
	t.Helper()
	names := []string{
		"", "a", "A", "a.b", "a b", "a*", "a>", "*", ">", ".", "a/rpm/1", "公司", "=", "=2E", "$KV.x", "line\nbreak",
		strings.Repeat("x", 1000), strings.Repeat("x", 1001),
	}
	for i, name := range names {
		take(t, c, Rate(name, int64(i+1), 100), Place("place"+name, int64(i+1), 100))
	}
	for i, name := range names {
		used(t, c, []llm.Ask{Rate(name, 0, 100), Place("place"+name, 0, 100)}, int64(i+1), int64(i+1))
	}
}

// testCancelled: whoever has left may get something or nothing, not half.
func testCancelled(t *testing.T, c llm.Counters) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	asks := []llm.Ask{Rate("a", 1, 5), Rate("b", 1, 5), Place("p", 1, 5)}
	want := []int64{1, 1, 1}
	if err := c.Take(ctx, asks); err != nil {
		want = []int64{0, 0, 0}
	}
	used(t, c, asks, want...)
}

func testNothing(t *testing.T, c llm.Counters) {
	t.Helper()
	take(t, c)
	settle(t, c)
	used(t, c, []llm.Ask{}, []int64{}...)
	take(t, c, Rate("r", 3, 3))
	take(t, c, Rate("r", 0, 3)) // nothing fits where all is used
	used(t, c, []llm.Ask{Rate("r", 0, 3)}, 3)
}

func testFreed(t *testing.T, c llm.Counters) {
	t.Helper()
	freed := c.Freed()
	if freed == nil {
		return // the port allows it: callers ask again after a while
	}
	take(t, c, Place("p", 1, 1))
	select {
	case <-freed:
		t.Fatal("something was given back before it was")
	default:
	}
	settle(t, c, Place("p", -1, 1))
	select {
	case <-freed:
	case <-time.NewTimer(10 * time.Second).C:
		t.Fatal("nobody told that a place was given back")
	}
	if again := c.Freed(); again == freed {
		t.Error("the channel is the one that is closed already")
	}
}

// negative returns the asks with their amounts turned round.
func negative(asks []llm.Ask) []llm.Ask {
	back := slices.Clone(asks)
	for i := range back {
		back[i].Amount = -back[i].Amount
	}
	return back
}
