package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium with one tab.
type browser struct {
	ctx context.Context //nolint:containedctx // chromedp keeps a tab in its context

	mu       sync.Mutex
	problems []string // what the page's console complained about
}

// chromium starts a browser, or skips where there is none.
func chromium(t *testing.T) *browser {
	t.Helper()
	path := browserPath()
	if path == "" {
		if strings.Contains(os.Getenv("TRIBUNE_TEST_REQUIRE"), "chromium") { //nolint:forbidigo // a switch of the tests themselves
			t.Fatal("no Chromium was found, and TRIBUNE_TEST_REQUIRE asks for it")
		}
		t.Skip("SKIPPED: no Chromium was found, so nobody looked at the page in a browser")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// listen keeps what the console says: violations of the content security
// policy are entries of the log, errors of the script are exceptions.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.problems = append(b.problems, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, "exception: "+e.ExceptionDetails.Text)
	}
}

func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.problems)
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// js evaluates an expression whose value is a T.
func js[T any](t *testing.T, b *browser, expression string, args ...any) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](fmt.Sprintf(expression, args...)))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// sees waits until the expression is true.
func (b *browser) sees(t *testing.T, expression string, args ...any) {
	t.Helper()
	expression = fmt.Sprintf(expression, args...)
	eventually(t, expression, func() bool {
		// While the page is being left there may be nothing to look at.
		seen, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		return err == nil && seen
	})
}

// reads waits until the page's text has the words.
func (b *browser) reads(t *testing.T, words string) {
	t.Helper()
	quoted, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}
	b.sees(t, "document.body.innerText.includes(%s)", quoted)
}

// enter presses Enter as a keyboard does: one event that the page can prevent.
func (b *browser) enter(t *testing.T, modifiers int64) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Modifiers: modifiers}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = "\r"
		}
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			t.Fatal(err)
		}
	}
}

// asks types into the question field and sends with Enter.
func (b *browser) asks(t *testing.T, text string) {
	t.Helper()
	b.do(t, chromedp.SendKeys(chromedp.CSS("#question"), text))
	b.enter(t, 0)
	b.sees(t, "document.getElementById('question').value === ''")
}

// speaks sets the languages that the browser asks for.
func (b *browser) speaks(t *testing.T, languages string) {
	t.Helper()
	agent := js[string](t, b, "navigator.userAgent")
	if _, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride,
		emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: languages}); err != nil {
		t.Fatal(err)
	}
}

// prefers sets a media feature, such as prefers-color-scheme.
func (b *browser) prefers(t *testing.T, feature, value string) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}}); err != nil {
		t.Fatal(err)
	}
}

// shot writes a picture of the page where TRIBUNE_TEST_SHOTS says, for people
// who want to look at it.
func (b *browser) shot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("TRIBUNE_TEST_SHOTS") //nolint:forbidigo // a switch of the tests themselves
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
