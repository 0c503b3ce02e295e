package plain

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	const simple, traditional, western = "第一条 用人单位应当按月支付劳动报酬。\n", "第一條 用人單位應當按月支付勞動報酬。\n", "Le café est à côté de la gare, près du théâtre.\n"
	encode := func(text string, e interface {
		String(s string) (string, error)
	},
	) string {
		out, err := e.String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	wide := func(text string, little bool) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(text)) {
			if little {
				b.WriteString(string([]byte{byte(u), byte(u >> 8)}))
			} else {
				b.WriteString(string([]byte{byte(u >> 8), byte(u)}))
			}
		}
		return b.String()
	}
	for name, tt := range map[string]struct{ raw, want string }{
		"UTF-8":                   {simple, simple},
		"UTF-8 with a mark":       {"\ufeff" + simple, simple},
		"GB18030":                 {encode(simple, simplifiedchinese.GB18030.NewEncoder()), simple},
		"GBK with English":        {encode("Section 3 of the handbook: "+simple, simplifiedchinese.GBK.NewEncoder()), "Section 3 of the handbook: " + simple},
		"Big5":                    {encode(traditional, traditionalchinese.Big5.NewEncoder()), traditional},
		"Windows-1252":            {encode(western, charmap.Windows1252.NewEncoder()), western},
		"UTF-16 with a mark":      {"\xff\xfe" + wide(simple, true), simple},
		"UTF-16BE with a mark":    {"\xfe\xff" + wide(simple, false), simple},
		"UTF-16 without a mark":   {wide(western, true), western},
		"UTF-16BE without":        {wide(western, false), western},
		"UTF-16, Chinese, no BOM": {wide("第一条 a b c d e f\n", true), "第一条 a b c d e f\n"},
		"nothing":                 {"", ""},
	} {
		got, err := Decode([]byte(tt.raw))
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, bad := range []string{"a\x00b", "\x89PNG\r\n\x1a\n\x00\x00\x00", "\xff\xff\xff\xfe\xff\x01\x02\x80\x80", "\x81\x02\x03\x04\x05\xff"} {
		if got, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	const text = "---\ntitle: T\nurl: https://example.com\nyear: 2024\ntags: [a, 'b c', 3]\nnested: {a: 1}\nempty:\n---\n# H {#h}\nbody"
	doc, err := Markdown(t.Context(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"year": "2024", "tags": "a, b c, 3"}, doc.Metadata); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if doc.Title != "T" || strings.Count(text, "\n") != strings.Count(doc.Text, "\n") {
		t.Errorf("document %+v: its lines must stay true", doc)
	}
	if got := firstHeading("# H {#h}\n"); got != "H" {
		t.Errorf("heading %q", got)
	}
}

func TestTheTitleStandsAboveAll(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# Badges {#b}\nText.\n":                         "Badges",
		"Intro.\n# Badges #\n## Lost\nText.\n":           "Badges",
		"# E1001\nDisk full.\n# E1002\nRestart.\n":       "",
		"# Handbook\n\n# Leave\nText.\n# Travel\nText\n": "Handbook",
		"# Handbook\nWelcome.\n# Leave\n## Sick\nText\n": "Handbook",
		"# Scripts\n```\n# a comment\n```\nText.\n":      "Scripts",
		"## Lost\nText.\n":                               "",
		"# \n":                                           "",
	} {
		doc, err := Markdown(t.Context(), strings.NewReader(text), int64(len(text)))
		if err != nil || doc.Title != want {
			t.Errorf("%q has the title %q, want %q (%v)", text, doc.Title, want, err)
		}
	}
}
