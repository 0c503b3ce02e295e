package webchat

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tribunebot/tribune/bots"
)

// chineseAnswer and englishAnswer are answers as a worker writes them.
func chineseAnswer() bots.Content {
	return bots.Content{
		Text: "公司**恶意辞退**属于违法解除劳动合同，你可以：\n\n" +
			"1. 要求继续履行劳动合同，或者\n2. 要求支付**赔偿金**，标准为经济补偿的二倍 [1]。\n\n" +
			"经济补偿按工作年限计算，每满一年支付一个月工资 [2]：\n\n" +
			"| 工作年限 | 经济补偿 | 赔偿金 |\n|---|---:|---:|\n| 3 年 | 3 个月工资 | 6 个月工资 |\n| 5 年半 | 6 个月工资 | 12 个月工资 |\n\n" +
			"> 劳动争议申请仲裁的时效期间为一年。\n",
		Sources: []bots.Source{
			{N: 1, Title: "被违法辞退怎么办", Ref: "handbook/unlawful-dismissal.zh.md#赔偿金", URL: "https://docs.example.com/dismissal", Quote: "用人单位违法解除劳动合同的，应当按照经济补偿标准的二倍支付赔偿金。"},
			{N: 2, Title: "经济补偿的计算", Ref: "handbook/severance.zh.md#工作年限", Quote: "六个月以上不满一年的，按一年计算；不满六个月的，支付半个月工资。"},
		},
		Note: "未使用模型，以上为文档原文摘录。", Language: "zh", Final: true,
	}
}

func englishAnswer() bots.Content {
	return bots.Content{
		Text: "No. Overtime must be paid, **whatever the contract says** [1]:\n\n" +
			"- at least 150% on working days,\n- 200% on rest days without time off instead,\n- 300% on public holidays [2].\n\n" +
			"Keep your own record, for example:\n\n```\n2026-03-02  18:30-21:00  2.5 h   asked for by e-mail, every message kept together with the answers to it\n```\n\nSee [the guide](https://docs.example.com/overtime) or `overtime.md`.",
		Sources: []bots.Source{
			{N: 1, Title: "Overtime and how it is paid", Ref: "handbook/overtime.en.md#rates", URL: "https://docs.example.com/overtime", Quote: "An employer that arranges overtime pays for it at no less than the statutory rate."},
			{N: 2, Title: "Public holidays", Ref: "handbook/leave.en.md#public-holidays", Quote: "Work on a public holiday is paid at no less than three times the normal wage."},
		},
		Language: "en", Final: true,
	}
}

// partial is the beginning of an answer, as it is shown live.
func partial(c bots.Content) bots.Content {
	return bots.Content{Text: string([]rune(c.Text)[:40]), Language: c.Language}
}

func TestPageAnswersByKeyboard(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.speaks(t, "zh-CN,zh")
	b.do(t, chromedp.EmulateViewport(1100, 800), chromedp.Navigate(f.url))
	b.reads(t, "公司恶意辞退怎么办？")
	b.sees(t, "document.activeElement.id === 'question' && document.documentElement.lang === 'zh'")
	b.shot(t, "start-zh-light")

	b.asks(t, "公司恶意辞退怎么办？")
	b.reads(t, "正在查找文档")
	q := f.inbox.next(t)
	r := f.opened(t, q)
	f.write(t, r, partial(chineseAnswer()))
	b.sees(t, "document.querySelector('.body strong')?.textContent === '恶意辞退'")
	b.reads(t, "正在撰写回答")
	b.shot(t, "streaming-zh-light")
	if busy := js[string](t, b, "document.querySelector('.bot').ariaBusy"); busy != "true" {
		t.Errorf("aria-busy while the answer is written: %q", busy)
	}

	f.write(t, r, chineseAnswer())
	b.reads(t, "被违法辞退怎么办")
	b.reads(t, "未使用模型")
	b.sees(t, "document.querySelectorAll('.body table tbody tr').length === 2")
	b.sees(t, "document.getElementById('announce').textContent.includes('赔偿金')")
	b.shot(t, "answer-zh-light")
	b.do(t, chromedp.Click(chromedp.CSS("a.cite")))
	b.sees(t, "document.querySelector('.sources details').open && document.activeElement.tagName === 'SUMMARY'")
	b.do(t, chromedp.KeyEvent("\x1b"))
	b.sees(t, "!document.querySelector('.sources details').open")
	b.do(t, chromedp.KeyEvent("\x1b"))
	b.sees(t, "document.activeElement.id === 'question'")

	b.asks(t, "那试用期呢？")
	follow := f.inbox.next(t)
	if !follow.InThread || follow.Thread != q.Thread || q.InThread {
		t.Errorf("the follow-up is not in the conversation: %+v after %+v", follow.Thread, q.Thread)
	}
	f.write(t, f.opened(t, follow), bots.Content{Text: "试用期内辞退同样需要理由。", Language: "zh", Final: true})
	b.reads(t, "同样需要理由")

	b.do(t, chromedp.Reload())
	b.reads(t, "同样需要理由")
	b.sees(t, "document.querySelectorAll('.turn').length === 2 && document.querySelectorAll('.progress').length === 0")
	if got := b.complaints(); len(got) > 0 {
		t.Errorf("the console complains:\n%s", strings.Join(got, "\n"))
	}
}

func TestPageInEnglishAndTheDark(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.speaks(t, "en-GB,en;q=0.9,zh;q=0.5")
	b.prefers(t, "prefers-color-scheme", "dark")
	b.do(t, chromedp.EmulateViewport(1100, 800), chromedp.Navigate(f.url))
	b.reads(t, "What would you like to know?")
	b.shot(t, "start-en-dark")
	b.do(t, chromedp.Click(chromedp.CSS("#examples button")))
	q := f.inbox.next(t)
	if q.Text != "Can my employer refuse to pay overtime?" {
		t.Errorf("the example asked %q", q.Text)
	}
	f.write(t, f.opened(t, q), englishAnswer())
	b.reads(t, "Overtime and how it is paid")
	b.shot(t, "answer-en-dark")
	if dark := js[string](t, b, "getComputedStyle(document.body).backgroundColor"); dark != "rgb(22, 24, 23)" {
		t.Errorf("the page in the dark is %s", dark)
	}
	link := js[map[string]string](t, b, `(a => ({href: a.href, rel: a.rel}))(document.querySelector('.body a[href^="https"]'))`)
	if link["href"] != "https://docs.example.com/overtime" || link["rel"] != "noopener noreferrer nofollow" {
		t.Errorf("the link in the answer: %v", link)
	}
	contrast(t, b)
	b.prefers(t, "prefers-color-scheme", "light")
	contrast(t, b)
	b.shot(t, "answer-en-light")

	// The other language, at once and after a reload.
	b.do(t, chromedp.Click(chromedp.CSS("#lang")))
	b.reads(t, "复制回答")
	b.do(t, chromedp.Reload())
	b.reads(t, "复制回答")
	b.sees(t, "document.documentElement.lang === 'zh' && document.title.includes('提问')")
	b.reads(t, "Sources") // the answer's own words stay in the asker's language
	if got := b.complaints(); len(got) > 0 {
		t.Errorf("the console complains:\n%s", strings.Join(got, "\n"))
	}
}

// contrast checks all visible text against WCAG 2.2's AA ratio of 4.5:1.
func contrast(t *testing.T, b *browser) {
	t.Helper()
	bad := js[[]string](t, b, `(() => {
		const parse = (c) => c.match(/[\d.]+/g).map(Number);
		const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
			.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
		const back = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
		const bad = [];
		for (const e of document.querySelectorAll("body *")) {
			if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
			const [a, b] = [light(parse(getComputedStyle(e).color)), light(back(e))];
			const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			if (ratio < 4.5) bad.push(e.tagName + "." + e.className + " " + ratio.toFixed(2) + " " + e.textContent.slice(0, 20));
		}
		return bad;
	})()`)
	if len(bad) > 0 {
		t.Errorf("too little contrast:\n%s", strings.Join(bad, "\n"))
	}
}

func TestPageOnAPhone(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.speaks(t, "zh-CN,zh")
	b.do(t, chromedp.EmulateViewport(360, 640, chromedp.EmulateMobile, chromedp.EmulateScale(2)), chromedp.Navigate(f.url))
	b.reads(t, "试用期最长")
	b.shot(t, "phone-start-zh")
	fits(t, b)
	b.asks(t, "公司恶意辞退怎么办？")
	f.write(t, f.opened(t, f.inbox.next(t)), chineseAnswer())
	b.reads(t, "经济补偿的计算")
	b.shot(t, "phone-answer-zh")
	fits(t, b)
	b.asks(t, "Overtime? "+strings.Repeat("averylongwordwithoutspaces", 10))
	f.write(t, f.opened(t, f.inbox.next(t)), englishAnswer())
	b.reads(t, "Public holidays")
	b.prefers(t, "prefers-color-scheme", "dark")
	b.shot(t, "phone-answer-en-dark")
	fits(t, b)

	// With a keyboard on the screen there is half the height.
	b.do(t, chromedp.EmulateViewport(360, 320, chromedp.EmulateMobile, chromedp.EmulateScale(2)))
	b.shot(t, "phone-keyboard")
	fits(t, b)
}

// fits checks that nothing sticks out sideways and that the field is in view.
func fits(t *testing.T, b *browser) {
	t.Helper()
	b.sees(t, "(() => { const r = document.getElementById('question').getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()")
	wide := js[[]string](t, b, `[...document.querySelectorAll("html, body, main, body *")]
		.filter((e) => e.checkVisibility() && !e.closest(".wide, pre, .skip, .hidden") && e.getBoundingClientRect().right > innerWidth + 0.5 || e === document.documentElement && e.scrollWidth > innerWidth)
		.map((e) => e.tagName + "." + e.className)`)
	if len(wide) > 0 {
		t.Errorf("wider than the screen: %v", wide)
	}
	if moves := js[bool](t, b, "(() => { const m = document.querySelector('main'); return m.scrollWidth > m.clientWidth; })()"); moves {
		t.Error("the conversation scrolls sideways")
	}
}
