package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

func TestPrinterShowsWhatGrows(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		live  []string
		final string
		want  string
	}{
		"grows":                 {[]string{"一。", "一。二。"}, "一。二。三。", "一。二。三。\n"},
		"nothing live":          {nil, "一。", "一。\n"},
		"changes its mind":      {[]string{"A model's word."}, "- A quote. [1]", "A model's word.\n\n---\n\n- A quote. [1]\n"},
		"a step back and on":    {[]string{"one", "other", "one two"}, "one two", "one two\n"},
		"escapes are taken out": {[]string{"a\x1b[31mb"}, "a\x1b[31mb\u202ec", "a[31mbc\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var out bytes.Buffer
			p := &printer{w: &out}
			for _, text := range tc.live {
				p.show(text)
			}
			if err := p.finish(bots.Answer{Text: tc.final}); err != nil {
				t.Fatal(err)
			}
			if out.String() != tc.want {
				t.Errorf("printed %q, want %q", out.String(), tc.want)
			}
		})
	}
}

func TestEndingKeepsOneLineEach(t *testing.T) {
	t.Parallel()

	got := ending(bots.Answer{
		Sources: []bots.Source{{N: 1, Title: "a\nb", Ref: "x.md#1", URL: "https://e.example/x"}}, Note: "quoted\x1b[2J",
	})
	if want := "\n\n[1] a b (x.md#1)\n    https://e.example/x\n\nquoted[2J\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	t.Parallel()

	if got := oneLine("a\r\nb\u2028c\td\x00e"); strings.ContainsAny(got, "\r\n\x00\u2028") || got != "a b c de" {
		t.Errorf("%q", got)
	}
}
