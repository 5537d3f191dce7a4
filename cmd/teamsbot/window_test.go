//go:build browser

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a headless Chromium that looks at a playground.
type browser struct {
	ctx context.Context
	url string
	dir string // for screenshots
}

// newBrowser starts Chromium. Root has to do without its sandbox.
func newBrowser(t *testing.T, url string) *browser {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "screenshots")
	}
	must(t, os.MkdirAll(filepath.Join(dir, "readme"), 0o755))
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Env("TZ=UTC"), chromedp.WSURLReadTimeout(patience))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(func(format string, args ...any) {
		if !strings.HasPrefix(format, "unhandled ") { // events that are newer than chromedp
			t.Logf(format, args...)
		}
	}))
	t.Cleanup(stop)
	must(t, chromedp.Run(ctx))
	return &browser{ctx, url, dir}
}

// window is a tab in which somebody uses the page.
type window struct {
	t   *testing.T
	ctx context.Context
	*browser
	theme string
	size  [2]int64
}

// Sizes of a window.
var (
	desktop = [2]int64{1280, 800}
	laptop  = [2]int64{1440, 900}
	phone   = [2]int64{360, 740}
)

// opens shows the page in a new window: theme is light or dark, place is for
// example dana/apono. What the page complains about fails the test.
func (b *browser) opens(t *testing.T, size [2]int64, theme, place string) *window {
	t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx)
	t.Cleanup(stop)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page threw %s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			t.Errorf("the browser complains: %s %s", e.Entry.Text, e.Entry.URL)
		}
	})
	w := &window{t, ctx, b, theme, size}
	must(t, chromedp.Run(ctx)) // the window lives as long as the first context that it is used with
	w.does("open "+place, log.Enable(), emulates(size),
		chromedp.Navigate(fmt.Sprintf("%s/?theme=%s#%s", b.url, theme, place)), chromedp.WaitVisible(".message"))
	return w
}

// emulates gives a window a size; a phone is touched.
func emulates(size [2]int64) chromedp.EmulateAction {
	if size[0] == phone[0] {
		return chromedp.EmulateViewport(size[0], size[1], chromedp.EmulateTouch)
	}
	return chromedp.EmulateViewport(size[0], size[1])
}

// does runs actions; what one of them waits for must come.
func (w *window) does(what string, actions ...chromedp.Action) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	if err := chromedp.Run(ctx, actions...); err != nil {
		w.shot("failed")
		w.t.Fatalf("%s: %v (see failed.png)", what, err)
	}
}

func (w *window) clicks(selector string) {
	w.t.Helper()
	w.does("click "+selector, click(selector, chromedp.NodeVisible))
}

// click clicks what the page shows. What it drew anew between the look and the
// click was not clicked, and is looked for again.
func click(selector any, options ...chromedp.QueryOption) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for {
			err := chromedp.Click(selector, options...).Do(ctx)
			var gone *cdproto.Error
			if !errors.As(err, &gone) || gone.Code != nodeGone {
				return err
			}
		}
	})
}

// nodeGone is the code of the Chrome DevTools Protocol for a node that is no
// longer there.
const nodeGone = -32000

// story is the card of a request that has just been granted: the newest message
// says so.
const story = ".message:nth-last-child(2)"

// presses presses a button of the newest message.
func (w *window) presses(button string) {
	w.t.Helper()
	w.clicks(fmt.Sprintf(`.message:last-child button[data-action=%q]`, button))
}

// answers presses a button of the dialog and waits for what it does.
func (w *window) answers(button string) {
	w.t.Helper()
	w.clicks(fmt.Sprintf(`#dialog button[data-action=%q]`, button))
}

// chooses ticks, or unticks, a choice of the dialog by its title.
func (w *window) chooses(input, title string) {
	w.t.Helper()
	label := fmt.Sprintf(`//*[@id="dialog"]//*[@data-input=%q]//label[normalize-space()=%q]`, input, title)
	w.does("choose "+title, click(label, chromedp.BySearch, chromedp.NodeVisible))
}

// fills replaces what an input of the dialog holds.
func (w *window) fills(name, text string) {
	w.t.Helper()
	field := fmt.Sprintf(`#dialog [data-input=%[1]q] input, #dialog [data-input=%[1]q] textarea`, name)
	w.does("fill in "+name, click(field), chromedp.KeyEvent("a", chromedp.KeyModifiers(input.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace), chromedp.SendKeys(field, text))
}

// says writes into the chat and waits for the bot's answer.
func (w *window) says(text string) {
	w.t.Helper()
	n := w.count(".message")
	w.does("write "+text, chromedp.SendKeys("#compose", text+"\r"))
	w.until(fmt.Sprintf(`document.querySelectorAll(".message").length === %d`, n+2))
}

// sees waits until something visible that fits the selector has these words.
func (w *window) sees(selector, words string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.checkVisibility() && e.innerText.includes(%q))`, selector, words))
}

// holds waits until an input of the dialog has a value.
func (w *window) holds(input, value string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`[...document.querySelectorAll('#dialog [data-input="%s"] :is(input, textarea)')].some((e) => e.value === %q)`, input, value))
}

// ticked waits until a choice of the dialog is ticked whose title begins so.
func (w *window) ticked(input, title string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`[...document.querySelectorAll('#dialog [data-input="%s"] input')].some((e) => e.checked && e.labels[0].innerText.trim().startsWith(%q))`, input, title))
}

// awaited makes an evaluation wait for the promise that it makes.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// until waits until a condition in the page holds.
func (w *window) until(condition string) {
	w.t.Helper()
	w.does("wait for "+condition, chromedp.Poll(condition, nil, chromedp.WithPollingInterval(25*time.Millisecond), chromedp.WithPollingTimeout(patience-time.Second)))
}

// closed waits until no dialog is open.
func (w *window) closed() {
	w.t.Helper()
	w.until(`!document.querySelector("#dialog").open`)
}

func (w *window) count(selector string) (n int) {
	w.t.Helper()
	w.does("count "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelectorAll(%q).length`, selector), &n))
	return n
}

func (w *window) text(selector string) (text string) {
	w.t.Helper()
	w.does("read "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).innerText`, selector), &text))
	return text
}

// shot keeps a picture of the window.
func (w *window) shot(name string) {
	w.t.Helper()
	w.keep(name, page.CaptureScreenshot())
}

// detail keeps a picture of one element.
func (w *window) detail(name, selector string) {
	w.t.Helper()
	var box [4]float64
	w.does("measure "+selector, chromedp.Evaluate(fmt.Sprintf(
		`(({ left, top, width, height }) => [left, top, width, height])(document.querySelector(%q).getBoundingClientRect())`, selector), &box))
	w.keep(name, page.CaptureScreenshot().WithClip(&page.Viewport{X: box[0], Y: box[1], Width: box[2], Height: box[3], Scale: 1}))
}

func (w *window) keep(name string, capture *page.CaptureScreenshotParams) {
	w.t.Helper()
	var png []byte
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	err := chromedp.Run(ctx, page.BringToFront(), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = capture.Do(ctx)
		return err
	}))
	if err != nil {
		w.t.Errorf("screenshot %s: %v", name, err)
		return
	}
	must(w.t, os.WriteFile(filepath.Join(w.dir, name+".png"), png, 0o644))
}
