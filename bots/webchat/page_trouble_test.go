package webchat

import (
	"errors"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/tribunebot/tribune/bots"
)

// hurries makes the page's own waits fifty times shorter.
func (b *browser) hurries(t *testing.T) {
	t.Helper()
	source := "{ const wait = setTimeout; window.setTimeout = (f, ms, ...rest) => wait(f, ms / 50, ...rest); }"
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: source}); err != nil {
		t.Fatal(err)
	}
}

func TestPageShowsNaughtyStringsAsText(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.do(t, chromedp.EmulateViewport(1100, 800), chromedp.Navigate(f.url))
	b.reads(t, "What would you like to know?")
	conversation := js[string](t, b, "sessionStorage.getItem('tribune.conversation')")
	for _, s := range naughty() {
		q := f.question(t, conversation, js[string](t, b, "crypto.randomUUID()"), s)
		f.write(t, f.opened(t, q), bots.Content{Text: "Wri" + s})
		f.write(t, f.opened(t, q), naughtyContent(s))
	}
	b.sees(t, "document.querySelectorAll('.turn').length === %d && !document.querySelector('.progress')", len(naughty()))
	strange := js[[]string](t, b, `[...document.querySelectorAll("#log *")]
		.filter((e) => !/^(LI|DIV|ARTICLE|P|H[2-6]|UL|OL|BLOCKQUOTE|PRE|CODE|HR|BR|TABLE|THEAD|TBODY|TR|TH|TD|STRONG|EM|DEL|A|SECTION|DETAILS|SUMMARY|SPAN|BUTTON)$/.test(e.tagName) ||
			[...e.attributes].some((a) => /^on|^style$|^src/.test(a.name)) ||
			e.href && !e.href.startsWith("https://docs.example.com/") && !e.getAttribute("href").startsWith("#s-"))
		.map((e) => e.outerHTML.slice(0, 200))`)
	if len(strange) > 0 {
		t.Errorf("became markup:\n%s", strings.Join(strange, "\n"))
	}
	if js[bool](t, b, "'pwned' in window") {
		t.Error("a script ran")
	}
	b.do(t, chromedp.Reload())
	b.sees(t, "document.querySelectorAll('.turn').length === %d && !('pwned' in window)", len(naughty()))
	if got := b.complaints(); len(got) > 0 {
		t.Errorf("the console complains:\n%s", strings.Join(got, "\n"))
	}

	// Were there a hole, the browser itself would close it, and say so.
	js[*bool](t, b, `(() => { const s = document.createElement("style"); s.textContent = "* {}"; document.body.append(s); return null; })()`)
	js[*bool](t, b, `(() => { try { document.body.innerHTML = "<b>x</b>"; } catch (e) { window.refused = true; } return null; })()`)
	b.sees(t, "window.refused")
	eventually(t, "the policy is enforced", func() bool {
		return strings.Contains(strings.Join(b.complaints(), "\n"), "Content Security Policy")
	})
}

func TestPageKeys(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.do(t, chromedp.EmulateViewport(800, 600), chromedp.Navigate(f.url))
	b.reads(t, "Shift + Enter")
	b.do(t, chromedp.SendKeys(chromedp.CSS("#question"), "ni"))
	for _, detail := range []string{"isComposing: true", "keyCode: 229"} {
		js[bool](t, b, `document.getElementById("question").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, %s}))`, detail)
	}
	b.enter(t, 8) // Shift
	b.do(t, chromedp.SendKeys(chromedp.CSS("#question"), "hao"))
	if got := js[string](t, b, "document.getElementById('question').value"); got != "ni\nhao" || f.inbox.count() != 0 {
		t.Fatalf("the field has %q, and %d questions were sent", got, f.inbox.count())
	}
	b.enter(t, 0)
	if q := f.inbox.next(t); q.Text != "ni\nhao" {
		t.Errorf("sent: %q", q.Text)
	}
	b.sees(t, "document.getElementById('question').value === ''")
	b.enter(t, 0) // an empty field sends nothing
	b.do(t, chromedp.KeyEvent("\t"))
	if got := js[string](t, b, "document.activeElement.textContent"); got != "Send" {
		t.Errorf("after the field comes %q", got)
	}
	if f.inbox.count() != 1 {
		t.Errorf("%d questions were sent", f.inbox.count())
	}
}

func TestPageCopiesAndBeginsAnew(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.do(t, chromedp.EmulateViewport(1100, 800), chromedp.Navigate(f.url))
	b.reads(t, "What would you like to know?")
	b.asks(t, "Overtime?")
	first := f.inbox.next(t)
	b.sees(t, "getComputedStyle(document.querySelector('.dots i')).animationName === 'pulse'")
	b.prefers(t, "prefers-reduced-motion", "reduce")
	b.sees(t, "getComputedStyle(document.querySelector('.dots i')).animationName === 'none'")
	f.write(t, f.opened(t, first), englishAnswer())
	b.reads(t, "Copy answer")
	b.do(t, chromedp.Click(chromedp.CSS(".tools button")))
	b.reads(t, "Copied")

	b.do(t, chromedp.Click(chromedp.CSS("#new")))
	b.reads(t, "What would you like to know?")
	b.asks(t, "And now?")
	second := f.inbox.next(t)
	if second.Thread.Root == first.Thread.Root || second.InThread {
		t.Errorf("the new conversation is the old one: %+v", second)
	}
	b.sees(t, "document.querySelectorAll('.turn').length === 1")
}

func TestPageTriesAgain(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.hurries(t)
	b.do(t, chromedp.EmulateViewport(800, 600), chromedp.Navigate(f.url))
	b.reads(t, "What would you like to know?")
	f.inbox.setErr(errors.New("the disk is full"))
	b.asks(t, "Anybody?")
	b.reads(t, "could not be taken just now")
	b.shot(t, "failed-en-light")
	calls := f.inbox.count()
	if calls < 3 {
		t.Errorf("the page gave up after %d attempts", calls)
	}
	f.inbox.setErr(nil)
	b.do(t, chromedp.Click(chromedp.CSS(".failed button")))
	q := f.inbox.next(t)
	f.write(t, f.opened(t, q), bots.Content{Text: "Somebody.", Final: true})
	b.reads(t, "Somebody.")
	b.sees(t, "document.querySelectorAll('.turn').length === 1 && !document.querySelector('.failed')")

	// A question that could not be sent is sent after a reload.
	f.inbox.setErr(errors.New("the disk is full"))
	b.asks(t, "Still there?")
	b.reads(t, "could not be taken just now")
	f.inbox.setErr(nil)
	b.do(t, chromedp.Reload())
	if q := f.inbox.next(t); q.Text != "Still there?" || !q.InThread {
		t.Errorf("after the reload: %q", q.Text)
	}
}

func TestPageLosesTheConnection(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, webOptions())
	b.hurries(t)
	b.do(t, chromedp.EmulateViewport(360, 640), chromedp.Navigate(f.url))
	b.reads(t, "What would you like to know?")
	b.asks(t, "Anybody?")
	q := f.inbox.next(t)
	eventually(t, "the page listens", func() bool { return f.relay.watchers() == 1 })
	f.stop()
	b.reads(t, "Connection lost")
	b.shot(t, "phone-lost")
	f.write(t, f.opened(t, q), bots.Content{Text: "Somebody.", Final: true})
	defer listen(t, f.Chat, f.inbox)()
	b.reads(t, "Somebody.")
	b.sees(t, "!document.getElementById('connection').textContent")
}

func TestPageSignsIn(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	f := start(t, keyed(webOptions()))
	b.do(t, chromedp.EmulateViewport(800, 600), chromedp.Navigate(f.url))
	b.reads(t, "This page is for people with a key")
	b.shot(t, "sign-in-en-light")
	b.do(t, chromedp.SendKeys(chromedp.CSS("#key"), "wrong"))
	b.enter(t, 0)
	b.reads(t, "This key was not accepted")
	b.do(t, chromedp.KeyEvent("sk-canary-7")) // over the wrong one, which is selected
	b.enter(t, 0)
	b.reads(t, "What would you like to know?")
	b.asks(t, "Which?")
	if q := f.inbox.next(t); q.Asker != "key:ann" {
		t.Errorf("asked by %q", q.Asker)
	}
	b.do(t, chromedp.Reload())
	b.reads(t, "Looking through the documents")
	if js[bool](t, b, "document.cookie.includes('sk-canary')") {
		t.Error("scripts can read the key")
	}
	b.do(t, chromedp.Click(chromedp.CSS("#sign-out")))
	b.reads(t, "This page is for people with a key")
}
