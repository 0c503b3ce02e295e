package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/tribunebot/tribune/llm/llmtest"
)

// chromiumTab opens a tab of a headless Chromium, or skips loudly where there is none.
func chromiumTab(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if strings.Contains(os.Getenv("TRIBUNE_TEST_REQUIRE"), "chromium") { //nolint:forbidigo // a switch of the tests themselves
			t.Fatal("no Chromium was found, and TRIBUNE_TEST_REQUIRE asks for it")
		}
		t.Skip("SKIPPED: no Chromium was found, so nobody looked at the web chat in a browser")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(420, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	tab, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	return tab
}

// TestEndToEndWebChatInABrowser asks on the page, through the whole program, and
// sees the answer grow and its source below it.
func TestEndToEndWebChatInABrowser(t *testing.T) {
	t.Parallel()

	tab := chromiumTab(t)
	gate := llmtest.NewGate("第二句话。")
	_, s := provider(t, llmtest.Say("赔偿金是经济补偿标准的二倍，俗称“2N”。[1]\n\n", "第二句话。").Hold(gate))
	app := start(t, t.TempDir(), s, Parts{})

	var complaints []string
	if err := chromedp.Listen(tab, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok {
			complaints = append(complaints, e.Entry.Text)
		}
	}); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	if _, err := chromedp.Call(tab, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	sees := func(expression string) {
		t.Helper()
		eventually(t, expression, func() bool { //nolint:contextcheck // the tab is a context of its own
			seen, err := chromedp.Run(tab, chromedp.Evaluate[bool]("!!("+expression+")"))
			return err == nil && seen
		})
	}
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(tab, steps...); err != nil {
			t.Fatal(err)
		}
	}
	do(chromedp.Navigate(app.base + "/ui/chat?lang=zh"))
	sees(`document.querySelector("#question")`)
	do(chromedp.SendKeys("#question", "公司恶意辞退，赔偿金怎么算？\r"))
	sees(`document.querySelector("#log").innerText.includes("2N")`)
	shot(tab, t, "live")
	gate.Open()
	sees(`document.querySelector("#log details, #log li li") && document.querySelector("#log").innerText.includes("被公司辞退、开除怎么办")`)
	sees(`document.documentElement.scrollWidth <= window.innerWidth`)
	shot(tab, t, "final")
	if len(complaints) > 0 {
		t.Errorf("the page's console says %v", complaints)
	}
}

// shot keeps a picture where TRIBUNE_TEST_SHOTS names a folder for them.
func shot(tab context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("TRIBUNE_TEST_SHOTS") //nolint:forbidigo // a switch of the tests themselves
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "e2e-"+name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}
