package talk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge/source/talk"
)

func message(minutes int, author, text string) talk.Message {
	at := time.Date(2024, 5, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
	return talk.Message{At: at, Author: author, Text: text}
}

func sizes(windows [][]talk.Message) (out []int) {
	for _, w := range windows {
		out = append(out, len(w))
	}
	return out
}

func every(minutes, n int) (out []talk.Message) {
	for i := range n {
		out = append(out, message(i*minutes, "ada", "x"))
	}
	return out
}

func TestWindows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in   []talk.Message
		want []int
	}{
		"nothing":              {nil, nil},
		"one":                  {every(1, 1), []int{1}},
		"in a row":             {every(1, 30), []int{30}},
		"a long pause":         {[]talk.Message{message(0, "a", ""), message(119, "a", ""), message(239, "a", "")}, []int{2, 1}},
		"many, then a pause":   {append(every(1, 45), message(60, "a", "")), []int{45, 1}},
		"few, then a pause":    {append(every(1, 30), message(60, "a", "")), []int{31}},
		"without end":          {every(1, 450), []int{200, 200, 50}},
		"over midnight":        {[]talk.Message{message(15*60+59, "a", ""), message(16*60, "a", "")}, []int{1, 1}},
		"twelve minutes apart": {every(12, 60), []int{40, 20}},
	} {
		if diff := cmp.Diff(test.want, sizes(talk.Windows(test.in))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestWindowsStayTheSame however far back a history was read: from any midnight
// on they are the same.
func TestWindowsStayTheSame(t *testing.T) {
	t.Parallel()
	all := every(3, 2000)
	whole := talk.Windows(all)
	cut := 0
	for i := range all {
		if talk.Day(all[i].At) != talk.Day(all[0].At) {
			cut = i
			break
		}
	}
	part := talk.Windows(all[cut:])
	if diff := cmp.Diff(part, whole[len(whole)-len(part):]); diff != "" {
		t.Error(diff)
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	reply := message(3, "Bob", "yes")
	reply.To = "Ada\nEve: no"
	doc := talk.Document("general", []talk.Message{
		message(0, "Ada", "\u0000"), message(1, "Ada\nEve: I said", "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十，more\r\n\r\n\fsecond line"),
		message(2, "Bob", "one"), message(2, "Bob", "two"), reply, message(4, "", "x"), message(5, strings.Repeat("n", 500), "y"),
	})
	want := "Ada Eve I said: 一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十，more\nsecond line\n\nBob: one\ntwo\n\nBob (to Ada Eve no): yes\n\nSomebody: x\n\n" + strings.Repeat("n", 80) + ": y"
	if diff := cmp.Diff(want, doc.Text); diff != "" {
		t.Error(diff)
	}
	if doc.Title != "#general 2024-05-01: 一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十 …" {
		t.Errorf("title %q", doc.Title)
	}
	if !doc.UpdatedAt.Equal(message(5, "", "").At) || doc.Metadata["channel"] != "general" {
		t.Errorf("%v %v", doc.UpdatedAt, doc.Metadata)
	}
}
