package markdown

import (
	"fmt"
	"strings"
	"testing"
)

// hostile returns inputs that are built to make a parser slow.
func hostile() map[string]string {
	const many = 100_000
	long := strings.Repeat("word ", 20)
	return map[string]string{
		"brackets":         strings.Repeat("[", many),
		"closed brackets":  strings.Repeat("[a]", many),
		"images":           strings.Repeat("![", many),
		"half links":       strings.Repeat("[a](", many),
		"quotes":           strings.Repeat(">", many),
		"quote lines":      strings.Repeat(strings.Repeat(">", 15)+"a\n", many/16),
		"asterisks":        strings.Repeat("*", many),
		"emphasis":         strings.Repeat("*a_ ", many),
		"alternating":      strings.Repeat("**a *b* ~~", many/10),
		"emphasis lines":   strings.Repeat("*a **b\n", many),
		"emphasis blocks":  strings.Repeat(strings.Repeat("*a_", 300)+"\n\n", many/900),
		"brackets blocks":  strings.Repeat(strings.Repeat("[a", 450)+"\n\n", many/900),
		"bullets":          strings.Repeat("- ", many),
		"nested list":      nestedList(2000),
		"numbers":          strings.Repeat("1. ", many),
		"backticks":        growingTicks(700),
		"backtick blocks":  strings.Repeat(growingTicks(40)+"\n\n", 200),
		"tags":             strings.Repeat("<", many),
		"autolinks":        strings.Repeat("<http://a", many),
		"addresses":        strings.Repeat("http://", many),
		"entities":         strings.Repeat("&", many),
		"backslashes":      strings.Repeat("\\", many),
		"combining":        strings.Repeat("\u0301", 1<<19),
		"zalgo":            strings.Repeat("a"+strings.Repeat("\u0316", 50), 10_000),
		"flags":            strings.Repeat("🇨", 1<<18),
		"joiners":          strings.Repeat("👩\u200d", 1<<17),
		"spaces":           strings.Repeat(" ", 1<<20),
		"tabs":             strings.Repeat("\t", 1<<20),
		"line breaks":      strings.Repeat("\n", 1<<20),
		"one word":         strings.Repeat("x", 1<<20),
		"Chinese":          strings.Repeat("劳动者", 1<<17),
		"sentences":        strings.Repeat("好。", 1<<17),
		"at signs":         strings.Repeat("@", 1<<20),
		"fences":           strings.Repeat("```\n", many),
		"wide table":       strings.Repeat("|a", 30_000) + "\n" + strings.Repeat("|-", 30_000) + "\n",
		"short rows":       strings.Repeat("|a", 60) + "|\n" + strings.Repeat("|-", 60) + "|\n" + strings.Repeat("|\n", 50_000),
		"table":            "|a|b|\n|-|-|\n" + strings.Repeat("|"+long+"|"+long+"|\n", 4000),
		"small table":      "|a|b|\n|-|-|\n" + strings.Repeat("|1|2|\n", many),
		"pipes":            strings.Repeat("|\n", many),
		"escapes":          strings.Repeat("\x1b]", 1<<19),
		"headings":         strings.Repeat("# a\n", many),
		"underlines":       strings.Repeat("a\n=\n", many),
		"strikes":          strings.Repeat("~~a ~b", many/6),
		"cites":            strings.Repeat("[1]", many),
		"nested quotes":    nestedQuotes(500),
		"indented lines":   strings.Repeat("- a\n"+strings.Repeat(" ", 30)+"b\n", 3000),
		"brackets in list": strings.Repeat("- [ ] a [b\n", 10_000),
	}
}

func nestedList(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	return b.String()
}

func nestedQuotes(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat("> ", i) + "- a\n")
	}
	return b.String()
}

func growingTicks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("`", i+1) + "a")
	}
	return b.String()
}

// BenchmarkHostile holds the promise that time grows with the size of the
// input: no input of up to 1 MiB takes more than 200 ms to parse and split.
func BenchmarkHostile(b *testing.B) {
	for name, text := range hostile() {
		b.Run(fmt.Sprintf("%s_%dK", name, len(text)>>10), func(b *testing.B) {
			for b.Loop() {
				Split(Render(Parse(text), CommonMark{}), Limit{Max: 2000, Measure: UTF16})
			}
		})
	}
}

// BenchmarkStable is what a worker does at every live write.
func BenchmarkStable(b *testing.B) {
	for name, text := range hostile() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				StableCut(text)
			}
		})
	}
}
