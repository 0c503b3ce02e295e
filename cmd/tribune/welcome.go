package main

import (
	"fmt"
	"strings"
)

// welcome says where everything is and what can be connected.
func (a *App) welcome(s streams, base string) error {
	w := englishWelcome()
	if a.chinese() {
		w = chineseWelcome()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", w.ready)
	fmt.Fprintf(&b, "  %-9s %s/ui/chat\n", w.chat, base)
	fmt.Fprintf(&b, "  %-9s %s\n", w.model, a.modelNote)
	for _, p := range []struct{ name, hint string }{{"slack", w.slack}, {"discord", w.discord}} {
		state := p.hint
		if a.Platforms[p.name] != nil {
			state = w.connected
		}
		fmt.Fprintf(&b, "  %-9s %s\n", p.name, state)
	}
	fmt.Fprintf(&b, "  %s\n\n", w.next)
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// welcomeWords are the welcome's words in one language.
type welcomeWords struct{ ready, chat, model, slack, discord, connected, next string }

func englishWelcome() welcomeWords {
	return welcomeWords{
		ready: "Tribune is ready. Ctrl-C stops it.", chat: "web chat", model: "model",
		slack:     "not connected: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (or SLACK_SIGNING_SECRET), see docs/slack.md",
		discord:   "not connected: set DISCORD_TOKEN and DISCORD_APPLICATION_ID, see docs/discord.md",
		connected: "connected",
		next:      "Feed your own documents with: tribune ingest FOLDER",
	}
}

func chineseWelcome() welcomeWords {
	return welcomeWords{
		ready: "Tribune 已就绪，按 Ctrl-C 停止。", chat: "网页聊天", model: "模型",
		slack:     "未连接：设置 SLACK_BOT_TOKEN 和 SLACK_APP_TOKEN（或 SLACK_SIGNING_SECRET），见 docs/slack.md",
		discord:   "未连接：设置 DISCORD_TOKEN 和 DISCORD_APPLICATION_ID，见 docs/discord.md",
		connected: "已连接",
		next:      "导入自己的文档：tribune ingest 文件夹",
	}
}
