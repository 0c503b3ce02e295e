package markdown_test

import (
	"fmt"

	"github.com/tribunebot/tribune/bots/markdown"
)

// discord is a Style that differs from CommonMark in two things.
type discord struct{ markdown.CommonMark }

func (discord) Rule() string { return "────" }

func (discord) Tables() markdown.TableForm { return markdown.TableText }

func ExampleSplit() {
	answer := "**先看：**[指南](https://law.example/a)，别看[这里](https://evil.example)[1]。\n\n| 情形 | 补偿 |\n|---|---:|\n| 协商 | N |\n"
	parser := markdown.Parser{Links: markdown.Hosts("https://law.example")}
	lines := markdown.Render(parser.Parse(answer), discord{})
	limit := markdown.Limit{Max: 2000, Measure: markdown.UTF16, Trailer: "来源：[1] 指南"}
	for _, message := range markdown.Split(lines, limit) {
		fmt.Println(message)
	}
	// Output:
	// **先看：**[指南](https://law.example/a)，别看这里[1]。
	//
	// ```
	// 情形 | 补偿
	// -----+-----
	// 协商 |    N
	// ```
	//
	// 来源：[1] 指南
}

func ExampleStableCut() {
	fmt.Println(markdown.StableCut("See **the [guide](https://law.exam"))
	// Output: See **the**
}

func ExamplePlain() {
	fmt.Println(markdown.Plain("## Notice\n- *thirty* days [1]\n- `in writing`"))
	// Output:
	// Notice
	//
	// - thirty days [1]
	// - in writing
}
