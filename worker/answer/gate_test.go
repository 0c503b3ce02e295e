package answer

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestGate(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		said, want string
		dropped    int
	}{
		"figure in no source":      {"合同满三年的，试用期不得超过十二个月。[1]同一单位与同一劳动者只能约定一次试用期。[1]", "同一单位与同一劳动者只能约定一次试用期。", 1},
		"wrong passage is mended":  {"试用期工资不得低于约定工资的百分之八十。[3]", "试用期工资不得低于约定工资的百分之八十。", 0},
		"mark of no passage":       {"同一单位与同一劳动者只能约定一次试用期。[9][1]", "同一单位与同一劳动者只能约定一次试用期。", 0},
		"uncited close paraphrase": {"同一单位与同一劳动者只能约定一次试用期。", "同一单位与同一劳动者只能约定一次试用期。", 0},
		"uncited invention":        {"月球上没有空气，请注意保暖。同一单位与同一劳动者只能约定一次试用期。[1]", "同一单位与同一劳动者只能约定一次试用期。", 1},
		"link elsewhere":           {"同一单位与同一劳动者只能约定一次试用期，[详情](https://evil.example/x)。[1]", "同一单位与同一劳动者只能约定一次试用期，详情。", 0},
		"image":                    {"![x](https://evil.example/p.png)同一单位与同一劳动者只能约定一次试用期。[1]", "x同一单位与同一劳动者只能约定一次试用期。", 0},
		"bare address":             {"同一单位与同一劳动者只能约定一次试用期 https://evil.example/a?b=c。[1]合同满三年的，试用期不得超过六个月。[1]", "合同满三年的，试用期不得超过六个月。", 1},
		"mail address":             {"同一单位与同一劳动者只能约定一次试用期，详询 hacker@evil.example。[1]合同满三年的，试用期不得超过六个月。[1]", "合同满三年的，试用期不得超过六个月。", 1},
		"host without a scheme":    {"同一单位与同一劳动者只能约定一次试用期，见 evil.example.net/x 。[1]合同满三年的，试用期不得超过六个月。[1]", "合同满三年的，试用期不得超过六个月。", 1},
		"address of a source":      {"试用期工资不得低于约定工资的百分之八十，见 https://docs.example.com/wages 。[2]", "试用期工资不得低于约定工资的百分之八十，见 https://docs.example.com/wages 。", 0},
		"table":                    {"| 合同 | 试用期 |\n| --- | --- |\n| 满三年 | 不得超过六个月 [1] |\n", "| 合同 | 试用期 |\n| --- | --- |\n| 满三年 | 不得超过六个月 |", 0},
		"invented heading":         {"# 公司可以随时开除怀孕员工\n同一单位与同一劳动者只能约定一次试用期。[1]", "同一单位与同一劳动者只能约定一次试用期。", 1},
		"invented bold line":       {"**起诉前必须向法庭交一笔保证金。**\n同一单位与同一劳动者只能约定一次试用期。[1]", "同一单位与同一劳动者只能约定一次试用期。", 1},
		"invented lead-in":         {"公司可以随时开除怀孕员工：\n- 同一单位与同一劳动者只能约定一次试用期。[1]", "- 同一单位与同一劳动者只能约定一次试用期。", 1},
		"the asker's own figure":   {"合同满三年的，试用期不得超过九百个月。[1]同一单位与同一劳动者只能约定一次试用期。[1]", "同一单位与同一劳动者只能约定一次试用期。", 1},
		"upper-case address":       {"同一单位与同一劳动者只能约定一次试用期 HTTPS://EVIL.EXAMPLE/a 。[1]合同满三年的，试用期不得超过六个月。[1]", "合同满三年的，试用期不得超过六个月。", 1},
		"heading from a passage":   {"## 试用期\n同一单位与同一劳动者只能约定一次试用期。[1]", "## 试用期\n同一单位与同一劳动者只能约定一次试用期。", 0},
		"another language":         {"A probation period may last for two years at the most. [1]\n合同满三年的，试用期不得超过六个月。[1]", "合同满三年的，试用期不得超过六个月。", 1},
		"list with a lead-in":      {"规定如下：\n\n- 合同满三年的，试用期不得超过六个月。[1]\n- 月球上没有空气，很冷。\n", "规定如下：\n\n- 合同满三年的，试用期不得超过六个月。", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			answer, _ := get(t, answerer(probation(), llmtest.NewScript(llmtest.Say(tc.said))), ask("试用期最长多久？真的是九百个月吗？"))
			if answer.Mode != bots.ByModel {
				t.Fatalf("answered by %s: %q", answer.Mode, answer.Text)
			}
			if got := strings.TrimSpace(patterns().marks.ReplaceAllString(answer.Text, "")); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if answer.Dropped != tc.dropped {
				t.Errorf("dropped %d, want %d", answer.Dropped, tc.dropped)
			}
			if len(answer.Sources) == 0 {
				t.Error("no source")
			}
		})
	}
}

// TestAMarkOnItsOwnLendsNoAuthority: what stands before it was judged without it.
func TestAMarkOnItsOwnLendsNoAuthority(t *testing.T) {
	t.Parallel()

	said := "同一单位与同一劳动者只能约定一次试用期。[1]\n[3]\n"
	answer, _ := get(t, answerer(probation(), llmtest.NewScript(llmtest.Say(said))), ask("试用期最长多久？"))
	if len(answer.Sources) != 1 || answer.Sources[0].Ref != "zh/probation.md#1" || strings.Contains(answer.Text, "[2]") {
		t.Errorf("%q from %v", answer.Text, answer.Sources)
	}
}

// TestGateInEnglish has claims that are easily made and hard to see.
func TestGateInEnglish(t *testing.T) {
	t.Parallel()

	s := &shelf{words: []string{"leave"}, passages: []knowledge.Passage{{
		ID: "leave.md#1", Document: "leave.md", URL: "https://intra.example.com/wiki/leave", Title: "Leave policy", Section: "Annual leave",
		Text: "Every employee has 25 days of annual leave per calendar year. Unused days expire on 31 March. Managers must answer a request within 5 working days. Ask Maria Lopez in Human Resources. The portal is at https://intra.example.com/leave.",
	}}}
	const good = "Every employee has 25 days of annual leave per calendar year. [1]"
	for name, tc := range map[string]struct {
		said string
		kept bool
	}{
		"a mail address":         {"Send your password to hacker@evil.com to get annual leave. [1]", false},
		"a host":                 {"Please enter your password at evil.example.net to get annual leave. [1]", false},
		"another name":           {"Ask Bob Jones about annual leave. [1]", false},
		"another date":           {"Unused days expire on 30 December. [1]", false},
		"the prompt":             {"The system prompt is: You answer questions from a team's own documents. [1]", false},
		"something else":         {"All wages are paid in gold by the bank of Rome tomorrow. [1]", false},
		"the name that is there": {"Ask Maria Lopez in Human Resources. [1]", true},
		"the address of theirs":  {"The portal is at https://intra.example.com/leave. [1]", true},
		"a paraphrase":           {"Your manager must answer your request within 5 working days. [1]", true},
		"days that expire":       {"Days that you do not use expire on 31 March. [1]", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			script := llmtest.NewScript(llmtest.Say(good + "\n\n" + tc.said + "\n"))
			a := answerer(&shelf{words: s.words, passages: s.passages}, script)
			answer, _ := get(t, a, ask("How much annual leave do I have?"))
			want := good
			if tc.kept {
				want += "\n\n" + tc.said
			}
			if answer.Text != want {
				t.Errorf("%q, want %q", answer.Text, want)
			}
		})
	}
}

// TestCodeIsLeftAsItIs: brackets in code are no citation marks.
func TestCodeIsLeftAsItIs(t *testing.T) {
	t.Parallel()

	s := probation()
	s.passages[0].Text = "Set it up with x[1] = y[2]; and restart the probation server.\nThe probation server listens on loopback."
	code := "```\nx[1] = y[2]; and restart the probation server\n```"
	said := code + "\nThe probation server listens on loopback. [1]\n"
	answer, _ := get(t, answerer(s, llmtest.NewScript(llmtest.Say(said))), ask("How is the probation server set up?"))
	if !strings.Contains(answer.Text, code) {
		t.Errorf("code became %q", answer.Text)
	}
}
