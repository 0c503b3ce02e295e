package main

import (
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name string
		at   knowledge.Progress
		took time.Duration
		want string
	}{
		{"nothing known", knowledge.Progress{Documents: 64, Passages: 100}, 2 * time.Second, "64 documents, 100 passages, 32/s"},
		{"halfway", knowledge.Progress{Documents: 50, Total: 100, Passages: 7}, 5 * time.Second, "50 of 100 documents, 7 passages, 10/s, 5s left"},
		{"hours", knowledge.Progress{Documents: 10, Total: 100_000}, 10 * time.Second, "10 of 100000 documents, 0 passages, 1/s, 27h46m30s left"},
		{"all read", knowledge.Progress{Documents: 100, Total: 100}, time.Second, "100 of 100 documents, 0 passages, 100/s"},
		{"more than were counted", knowledge.Progress{Documents: 120, Total: 100}, time.Second, "120 of 120 documents, 0 passages, 120/s"},
		{"at once", knowledge.Progress{Total: 3}, 0, "0 of 3 documents, 0 passages, 0/s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := progressLine(tt.at, tt.took); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestProgressBarKeepsItsPace(t *testing.T) {
	t.Parallel()

	var out strings.Builder
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	bar := &progressBar{w: &out, on: true, now: func() time.Time { return now }}
	for n := range 1000 {
		now = now.Add(time.Millisecond)
		bar.show(knowledge.Progress{Documents: n, Total: 1000})
	}
	if n := strings.Count(out.String(), "\r"); n != 10 {
		t.Errorf("%d lines in a second, want 10", n)
	}
	bar.clear()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("the line is left behind: %q", out.String())
	}
	out.Reset()
	off := &progressBar{w: &out, now: func() time.Time { return now }}
	off.show(knowledge.Progress{Documents: 1})
	off.clear()
	if out.Len() > 0 {
		t.Errorf("no terminal, but %q", out.String())
	}
}

func TestAReportIsBounded(t *testing.T) {
	t.Parallel()

	r := knowledge.Report{Collection: "c", Skips: 500, Noted: 12}
	for range 100 {
		r.Skipped = append(r.Skipped, knowledge.Skipped{Document: "a\nb\x1b[31m", Reason: "no\ntext"})
	}
	for range 12 {
		r.Notes = append(r.Notes, knowledge.Note{Document: "x", Text: "it replaces another\r"})
	}
	var out strings.Builder
	if err := printReport(&out, r); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Count(text, "\n") != 1+10+1+10+1 || strings.ContainsAny(text, "\r\x1b") {
		t.Errorf("got %q", text)
	}
	for _, want := range []string{"and 490 more left out", "and 2 more notes"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}
