package botstest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
)

// longAnswer is how many characters the long answers have: more than one
// message of any platform holds, and more than a model usually writes.
const longAnswer = 12_000

// length are the promises about answers longer than a message.
func length() []promise {
	return []promise{
		{"a long English answer is whole", wholeAnswer(prose)},
		{"a long Chinese answer is whole", wholeAnswer(chinese)},
		{"a long answer with code is whole", wholeAnswer(code)},
		{"a long table is whole", wholeAnswer(table)},
		{"a long list is whole", wholeAnswer(list)},
		{"one endless word is whole", wholeAnswer(word)},
	}
}

// The texts carry numbered signs, which must all be shown, once, in order.
func sign(i int) string { return fmt.Sprintf("mk%04dx", i) }

func prose(i int) string {
	gap := " "
	if i%5 == 4 {
		gap = "\n\n"
	}
	return fmt.Sprintf("An employer who ends the contract (%s) pays what is owed at once.%s", sign(i), gap)
}

func chinese(i int) string {
	return fmt.Sprintf("用人单位解除合同%s应当向劳动者支付经济补偿，不得拖欠；", sign(i))
}

func code(i int) string {
	switch i % 40 {
	case 0:
		return fmt.Sprintf("Text before the code %s.\n\n```go\n", sign(i))
	case 39:
		return fmt.Sprintf("// the last line %s\n```\n\n", sign(i))
	default:
		return fmt.Sprintf("\tif hours > %d { pay(%q) }\n", i, sign(i))
	}
}

func table(i int) string {
	if i == 0 {
		return "| Case | Severance | 依据 |\n|---|---:|---|\n"
	}
	return fmt.Sprintf("| %s | %d months | 第四十%d条 |\n", sign(i), i, i%10)
}

func list(i int) string {
	return strings.Repeat("  ", i%3) + fmt.Sprintf("- Step %s of the claim\n", sign(i))
}

func word(i int) string { return sign(i) + "yyyyyyyyyyyyyyyyyyyy" }

func wholeAnswer(piece func(i int) string) func(tb testing.TB, k *kit) {
	return func(tb testing.TB, k *kit) {
		tb.Helper()
		var text strings.Builder
		for i := 0; utf8.RuneCountInString(text.String()) < longAnswer; i++ {
			text.WriteString(piece(i))
		}
		c := sample()
		c.Text = text.String()
		q := k.ask(tb, "Tell me everything?")
		ref := k.open(tb, q)
		k.write(tb, ref, bots.Content{Text: c.Text[:strings.LastIndex(c.Text[:len(c.Text)/3], "mk")]})
		k.write(tb, ref, c)
		shown := k.shows(tb, q, c.Note)
		k.checkWhole(tb, c, shown)
		k.write(tb, ref, c)
		if diff := cmp.Diff(shown, k.World.Shown(tb, q)); diff != "" {
			tb.Errorf("the same again changed it (-first +second):\n%s", shorten(diff))
		}
	}
}

// checkWhole checks signs, limits and the place of the sources.
func (k *kit) checkWhole(tb testing.TB, c bots.Content, shown []Shown) {
	tb.Helper()
	signs := regexp.MustCompile(`mk\d{4}x`)
	flatText := strings.ReplaceAll(readable(shown), " ", "")
	if diff := cmp.Diff(signs.FindAllString(c.Text, -1), signs.FindAllString(flatText, -1)); diff != "" {
		tb.Errorf("the text is not whole (-written +shown):\n%s", shorten(diff))
	}
	if want, got := strings.Count(c.Text, "劳动者"), strings.Count(flatText, "劳动者"); got < want {
		tb.Errorf("%d of %d Chinese words are shown", got, want)
	}
	for i, s := range shown {
		if n := utf8.RuneCountInString(s.Text); n > k.World.Limit() {
			tb.Errorf("message %d has %d characters, more than %d", i, n, k.World.Limit())
		}
	}
	last := flat(shown[len(shown)-1].Text)
	for _, s := range c.Sources {
		if !strings.Contains(last, s.Title) {
			tb.Errorf("the source %q is not in the last message: %q", s.Title, shorten(last))
		}
	}
	all := readable(shown)
	places := signs.FindAllStringIndex(all, -1)
	if len(places) > 0 && strings.LastIndex(all, c.Sources[0].Title) < places[len(places)-1][0] {
		tb.Error("the sources come before the end of the text")
	}
}
