//go:build browser

package main

import (
	"fmt"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// looks are the ways in which every dialog and every card is looked at, by what
// they add to a picture's name.
var looks = []struct {
	name, theme string
	size        [2]int64
}{
	{"", "light", desktop},
	{"-dark", "dark", desktop},
	{"-phone", "light", phone},
	{"-phone-dark", "dark", phone},
}

// looks keeps a picture of what is open, the dialog or else the newest message,
// in every look, and fails the test where one of them is not right. On a phone
// the window is as high as what is open, so that all of it is in the picture.
func (w *window) looks(name string) {
	w.t.Helper()
	w.until(`!document.querySelector(".running")`) // a button that was pressed hides its words
	for _, l := range looks {
		w.wears(l.theme, l.size)
		if l.size == phone {
			var height int64
			w.does("measure what is open", chromedp.Evaluate(openHeight, &height))
			w.wears(l.theme, [2]int64{phone[0], min(max(phone[1], height), 2400)})
		}
		var wrong []string
		w.does("look at "+name+l.name, chromedp.Evaluate(whatIsWrong, &wrong))
		for _, what := range wrong {
			w.t.Errorf("%s%s: %s", name, l.name, what)
		}
		w.shot(name + l.name)
	}
	w.wears(w.theme, w.size)
}

// wears shows the page in another theme and size, without the simulator's panel
// where that would cover it, and with the newest message in sight.
func (w *window) wears(theme string, size [2]int64) {
	w.t.Helper()
	dress := fmt.Sprintf(`document.documentElement.dataset.theme = %q;
		document.querySelector("#simulator").style.visibility = %q;
		document.querySelector("#messages").scrollTop = 1e9`, theme, map[bool]string{true: "hidden"}[size[0] == phone[0]])
	w.does("wear "+theme, page.BringToFront(), emulates(size), chromedp.Evaluate(dress, nil),
		chromedp.Evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil, awaited))
}

// openHeight is how high a window must be to show all that is open.
const openHeight = `Math.ceil(document.querySelector("#dialog").open
	? document.querySelector("#dialog > header").offsetHeight + document.querySelector("#dialog-body").scrollHeight : 0)`

// whatIsWrong tells what of the open dialog, or of the newest message, sticks
// out, is cut off, lies on something else or cannot be read (WCAG 2.2, 1.4.3:
// text contrasts with what is behind it by 4.5, large text by 3).
const whatIsWrong = `(() => {
	const box = document.querySelector("#dialog[open]") ?? document.querySelector(".message:last-child");
	const edge = box.getBoundingClientRect(), wrong = [];
	const words = (e) => JSON.stringify((e.innerText || e.value || e.className).slice(0, 40));
	const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
	const rgba = (color) => { const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
	const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
	const behind = (e) => {
		const color = rgba(getComputedStyle(e).backgroundColor);
		return color[3] === 1 || !e.parentElement ? color : over(color, behind(e.parentElement));
	};
	const light = (color) => {
		const [r, g, b] = color.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the window");
	for (const e of box.querySelectorAll("*")) {
		if (!seen(e) || e.ariaHidden === "true" || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const all = document.createRange(), style = getComputedStyle(e), back = behind(e);
		all.selectNodeContents(e);
		const { left, right } = all.getBoundingClientRect();
		if (left < edge.left - 1 || right > edge.right + 1) wrong.push(words(e) + " sticks out");
		if (style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) wrong.push(words(e) + " is cut off");
		const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < (large ? 3 : 4.5)) wrong.push(words(e) + " contrasts by " + contrast.toFixed(2) + " only");
	}
	const buttons = [...box.querySelectorAll("button")].filter(seen).map((e) => [e, e.getBoundingClientRect()]);
	buttons.forEach(([a, r], i) => buttons.slice(i + 1).forEach(([b, s]) => {
		if (Math.min(r.right, s.right) - Math.max(r.left, s.left) > 1 && Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top) > 1)
			wrong.push(words(a) + " and " + words(b) + " overlap");
	}));
	return wrong;
})()`
