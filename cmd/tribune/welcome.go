package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tribunebot/tribune/bots/markdown"
)

// checkLimit bounds how long the welcome waits for a platform's word.
const checkLimit = 5 * time.Second

// checker is an ability of platforms: to try their settings for real.
type checker interface {
	Check(ctx context.Context) error
}

// welcome says where everything is and what can be connected.
func (a *App) welcome(ctx context.Context, s streams, base string) error {
	w, model := englishWelcome(), a.models.String()
	if a.chinese() {
		w, model = chineseWelcome(), a.models.Chinese()
	}
	var b strings.Builder
	line := func(name, text string) {
		fmt.Fprintf(&b, "  %s%s %s\n", name, strings.Repeat(" ", max(0, 9-markdown.Width(name))), text)
	}
	fmt.Fprintf(&b, "\n%s\n", w.ready)
	line(w.chat, base+"/ui/chat")
	if !a.open() {
		line("", fmt.Sprintf(w.key, keyPlace(a.Config)))
	}
	line(w.model, model)
	line("Slack", a.state(ctx, "slack", w.slack, w))
	line("Discord", a.state(ctx, "discord", w.discord, w))
	fmt.Fprintf(&b, "  %s\n\n", w.next)
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// state says how it stands with a platform, or what to do to connect it.
func (a *App) state(ctx context.Context, name, hint string, w welcomeWords) string {
	p, ok := a.Platforms[name].(checker)
	if !ok {
		return hint
	}
	ctx, cancel := context.WithTimeoutCause(ctx, checkLimit, fmt.Errorf("no answer in %s", checkLimit))
	defer cancel()
	if err := p.Check(ctx); err != nil {
		return fmt.Sprintf(w.troubled, oneLine(err.Error()))
	}
	return w.connected
}

// welcomeWords are the welcome's words in one language.
type welcomeWords struct{ ready, chat, model, key, slack, discord, connected, troubled, next string }

func englishWelcome() welcomeWords {
	return welcomeWords{
		ready: "Tribune is ready. Ctrl-C stops it.", chat: "web chat", model: "model",
		key:       "sign in there with the key in %s",
		slack:     "not connected: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (or SLACK_SIGNING_SECRET), see docs/slack.md",
		discord:   "not connected: set DISCORD_TOKEN and DISCORD_APPLICATION_ID, see docs/discord.md",
		connected: "the token works", troubled: "does not work yet: %s",
		next: "Feed your own documents with: tribune ingest FOLDER",
	}
}

func chineseWelcome() welcomeWords {
	return welcomeWords{
		ready: "Tribune 已就绪，按 Ctrl-C 停止。", chat: "网页聊天", model: "模型",
		key:       "用 %s 中的密钥登录",
		slack:     "未连接：设置 SLACK_BOT_TOKEN 和 SLACK_APP_TOKEN（或 SLACK_SIGNING_SECRET），见 docs/slack.md",
		discord:   "未连接：设置 DISCORD_TOKEN 和 DISCORD_APPLICATION_ID，见 docs/discord.md",
		connected: "令牌有效", troubled: "尚未连通：%s",
		next: "导入自己的文档：tribune ingest 文件夹",
	}
}
