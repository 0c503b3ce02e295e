package slackbot

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

// BenchmarkRender measures the final rendering of a usual and of a huge answer.
func BenchmarkRender(b *testing.B) {
	texts := map[string]string{
		"usual": strings.Repeat("用人单位违反本法规定解除劳动合同的，应当支付**赔偿金** [1]。\n\n", 20),
		"huge":  strings.Repeat("A sentence that is neither short nor long. ", 3000),
	}
	for name, text := range texts {
		c := bots.Content{Text: text, Sources: sourcesIn("zh"), Language: "zh", Final: true}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				render(c, asMarkdown)
			}
		})
	}
}
