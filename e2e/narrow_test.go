package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// fits checks that a page needs no sideways scrolling.
func (p *person) fits(page string) {
	p.t.Helper()
	type size struct {
		Page, Window float64
		Widest       string
	}
	got := see[size](p, `({Page: document.scrollingElement.scrollWidth, Window: document.documentElement.clientWidth,
		Widest: [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 120)).at(-1) ?? ''})`)
	if got.Page > got.Window {
		p.t.Errorf("%s is %v px wide in a window of %v: %s", page, got.Page, got.Window, got.Widest)
	}
}

// TestNarrowScreen: at 320 px everything is there and nothing scrolls sideways
// (P10).
func TestNarrowScreen(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := newPerson(t, "Ana", 320, 568, true)
	ana.allow(noiseStatus, noiseClear)
	ana.open(s.insecure() + "/")
	ana.fits("the first page")
	ana.press("Options")
	ana.fits("the first page with its options")
	ana.fill("Alias", "Ana")
	ana.fill("Room name", strings.Repeat("W", 64))
	ana.fill("Password", "short")
	ana.press("Create room")
	ana.until("the problem", `document.querySelector('.field-problem')`)
	ana.fits("the first page with a problem")
	ana.fill("Password", password)
	ana.press("Create room")
	ana.connected()
	ana.fits("the room with the longest name")
	link := see[string](ana, `document.querySelector('[data-share]').value`)

	bob := newPerson(t, "Bob", 320, 568, true)
	bob.allow(noiseStatus, noiseClear)
	bob.open(link)
	bob.fits("the join page")
	bob.press("Purge this room instead")
	bob.fits("the join page with the purge")
	bob.join(link, strings.Repeat("m", 32), password)
	for _, html := range []string{
		strings.Repeat("long", 200),
		"<pre>" + strings.Repeat("pre ", 200) + "</pre>",
		"<code>" + strings.Repeat("code", 200) + "</code>",
		"<table><tr>" + strings.Repeat("<td>wide cell</td>", 40) + "</tr></table>",
		"<table><tr><td>" + strings.Repeat("x", 400) + "</td></tr></table>",
		`<img src="` + onePixel + `" width="3000" height="2000">`,
		`<video controls width="3000" src="` + oneVideo + `"></video>`,
		`<audio controls src="` + oneSecond + `"></audio>`,
		`<img src="http://` + strings.Repeat("a", 60) + `.example.org/x.png">`,
		"<h1>" + strings.Repeat("heading", 20) + "</h1>",
		strings.Repeat("<blockquote>", 30) + "deep" + strings.Repeat("</blockquote>", 30),
		strings.Repeat("<ul><li>", 20) + "deep" + strings.Repeat("</li></ul>", 20),
		"<ruby>" + strings.Repeat("漢", 100) + "<rt>" + strings.Repeat("kan", 60) + "</rt></ruby>",
		"https://example.org/" + strings.Repeat("path", 60),
		"<meter value=1></meter><progress></progress>",
		"<dl><dt>" + strings.Repeat("term", 50) + "<dd>" + strings.Repeat("what", 50) + "</dl>",
	} {
		bob.post(html)
		bob.fits("the room with " + html[:min(60, len(html))])
	}
	bob.check("a long word is broken", `document.querySelector('[data-body]').scrollWidth <= document.querySelector('[data-body]').clientWidth`)
	bob.check("the newest message is on the screen", `[...document.querySelectorAll('[data-seq]')].at(-1).getBoundingClientRect().bottom <= composer().getBoundingClientRect().top + 1`)
	for _, name := range []string{"Send", "Log out", "Purge for everyone"} {
		bob.check(name+" is on the screen", `target(buttons().find((b) => named(b) === $0))`, name)
	}
	bob.check("something of the talk is on the screen", `document.querySelector('[data-log]').clientHeight >= 120`)
	bob.press("Purge for everyone")
	bob.until("the question", `document.querySelector('dialog[open]')`)
	bob.fits("the question")
	bob.press("Purge for everyone")
	bob.until("the receipt", `location.pathname.startsWith('/receipt/')`)
	bob.fits("the receipt")
	bob.open(link)
	bob.fits("the page for what is gone")
	ana.wiped("This room was purged")
	ana.fits("the wiped screen")
}

// tour presses Tab until the focus is back at something it met, and returns what
// it met; each stop must show that it has the focus.
func (p *person) tour() (stops []string) {
	p.t.Helper()
	type stop struct {
		Name   string
		Place  int // -1: outside of the page
		Marked bool
	}
	met := map[int]bool{}
	for range 80 {
		p.key(tab)
		at := see[stop](p, `(() => {
			const e = document.activeElement;
			if (!e || e === document.body) return {Name: '', Place: -1, Marked: true};
			const style = getComputedStyle(e);
			return {
				Name: e.tagName + ' ' + (e.labels?.[0]?.textContent.trim() || named(e)),
				Place: [...document.querySelectorAll('*')].indexOf(e),
				Marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== 'none',
			};
		})()`)
		if met[at.Place] && at.Place >= 0 {
			break
		}
		met[at.Place] = true
		if !at.Marked {
			p.t.Errorf("%s: the focus on %s cannot be seen", p.name, at.Name)
		}
		stops = append(stops, at.Name)
	}
	return stops
}

// TestKeyboardReachesEverything: whatever a mouse can press, Tab can reach, and
// the focus can be seen (P10).
func TestKeyboardReachesEverything(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), newPerson(t, "Bob", 390, 844, false)
	ana.allow(noiseStatus, noiseClear)
	bob.allow(noiseStatus, noiseClear)
	reachable := `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex="0"]')].filter((e) => visible(e) && e.tabIndex >= 0).map((e) => e.tagName + ' ' + (e.labels?.[0]?.textContent.trim() || named(e)))`
	walk := func(p *person, page string) {
		t.Helper()
		want, got := see[[]string](p, reachable), p.tour()
		for _, stop := range want {
			if !slices.Contains(got, stop) {
				t.Errorf("%s: Tab does not reach %s; it meets %q", page, stop, got)
			}
		}
	}
	ana.open(s.local() + "/")
	walk(ana, "the first page")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.open(link)
	walk(bob, "the join page")
	bob.join(link, "Bob", password)
	for _, p := range []*person{ana, bob} {
		p.say(`<a href="https://example.org">link</a> <details><summary>more</summary>text</details>`)
	}
	walk(ana, "the room at a desk")
	walk(bob, "the room on a narrow screen")

	// The toolbar is one stop; arrows lead through it.
	see[bool](ana, `(document.querySelector('[data-toolbar] [tabindex="0"]').focus(), true)`)
	tools := see[[]string](ana, `[...document.querySelectorAll('[data-toolbar] button')].map(named)`)
	if len(tools) < 15 || see[int](ana, `document.querySelectorAll('[data-toolbar] [tabindex="0"]').length`) != 1 {
		t.Errorf("the toolbar has the buttons %q, and not one stop", tools)
	}
	for i := range tools {
		ana.check("the focus is on "+tools[i], `named(document.activeElement) === $0`, tools[i])
		ana.key(kb.ArrowRight)
	}
	ana.check("after the last comes the first", `named(document.activeElement) === $0`, tools[0])
	ana.key(kb.ArrowLeft)
	ana.check("before the first comes the last", `named(document.activeElement) === $0`, tools[len(tools)-1])

	// The question is answered by keys alone: Escape closes it and gives the focus back.
	see[bool](ana, `(document.querySelector('[data-purge-open]').focus(), true)`)
	ana.key(enter)
	ana.until("the question, with the harmless answer first", `document.querySelector('dialog[open]') && words(document.activeElement) === 'Cancel'`)
	ana.key("\x1b")
	ana.until("the closed question", `!document.querySelector('dialog[open]') && document.activeElement === document.querySelector('[data-purge-open]')`)
	ana.key(enter)
	ana.until("the question", `document.querySelector('dialog[open]')`)
	ana.key(tab)
	ana.until("the focus on the answer", `words(document.activeElement) === 'Purge for everyone' && document.activeElement.closest('dialog')`)
	ana.key(enter)
	ana.until("the receipt", `location.pathname.startsWith('/receipt/')`)
	walk(ana, "the receipt")
	bob.wiped("This room was purged")
	bob.check("the reason has the focus, so that a screen reader says it", `document.activeElement === document.querySelector('h1')`)
	ana.open(link)
	walk(ana, "the page for what is gone")
}

// TestLowWindow: with the keyboard of a phone open, or a phone held sideways, the
// newest message and the composer are in view, and new ones follow.
func TestLowWindow(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, size := range [][2]int64{{390, 844}, {390, 400}, {360, 340}, {844, 390}, {800, 360}, {844, 190}} {
		ana := newPerson(t, "Ana", size[0], size[1], true)
		link := ana.opens(s.local())
		bob := s.guest(link, "Bob")
		bob.says(numbered("word", 0, 30)...)
		ana.press("Formatting, pictures, preview")
		ana.touch("message field", `target(composer())`)
		if size[1] >= 390 {
			ana.picksFile(icon())
			ana.hasPicture()
			ana.touch("message field", `target(composer())`)
		} else {
			ana.press("Formatting, pictures, preview")
			ana.touch("message field", `target(composer())`)
		}
		bob.says("the newest")
		inView := `(e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight`
		ana.until(fmt.Sprintf("the newest message and the composer in view, %v", size), `messages().at(-1)?.text === 'the newest' && `+newestInSight+` && [composer(), buttons().find((b) => named(b) === 'Send')].every(`+inView+`)`)
		ana.check("the exit is", `target(buttons().find((b) => named(b) === 'Exit this page'))`)
		ana.fits("the low window")
	}
}

// TestKeyboardOverThePage: where a phone's keyboard lies over the page, as on an
// iPhone, the page makes itself as small as what it leaves, also if it was open before
// anything listened.
func TestKeyboardOverThePage(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := phone(t, "Ana")
	ana.finds(`Object.defineProperty(window, 'visualViewport', {value: Object.assign(new EventTarget(), {height: 450, scale: 1})})`) // says nothing of how it came to that
	link := ana.opens(s.local())
	s.guest(link, "Bob").says(numbered("word", 0, 30)...)
	ana.until("the newest", newestInSight)
	const composerEnds = `document.querySelector('.composer').getBoundingClientRect().bottom`
	leaves := func(height int, scale float64) {
		see[bool](ana, `(Object.assign(visualViewport, {height: $0, scale: $1}), visualViewport.dispatchEvent(new Event("resize")))`, height, scale)
	}
	ana.touch("the log", `target(`+theLog+`)`) // has the rest of the page loaded
	ana.until("newest message and composer above the keyboard", newestInSight+` && `+composerEnds+` <= 450`)
	ana.touch("message field", `target(composer())`)
	ana.until("nothing in the way of writing", newestInSight+` && `+composerEnds+` <= 450 && !visible(document.querySelector('.side')) && document.activeElement === composer()`)
	leaves(844, 1)
	ana.until("the page whole again", newestInSight+` && `+composerEnds+` > 800 && visible(document.querySelector('.side'))`)
	leaves(422, 2)
	ana.check("who zooms gets no smaller page", composerEnds+` > 800`)
}

// TestPanelsOnAPhone: one is open at a time and leaves room for the messages; what
// is in it can be seen whole.
func TestPanelsOnAPhone(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, size := range [][2]int64{{320, 568}, {390, 664}, {390, 844}} {
		ana := newPerson(t, "Ana", size[0], size[1], true)
		link := ana.opens(s.local())
		bob := s.guest(link, "Bob")
		bob.says("hello")
		inView := func(what string) {
			t.Helper()
			ana.check(fmt.Sprintf("with %s the newest message and the composer stay in view, %v", what, size), newestInSight+` && target(composer()) && target(document.querySelector('[data-log]'))`)
			ana.fits(what)
		}
		for _, name := range []string{"Share", "Options", "Share"} {
			ana.press(name)
			ana.until("one open panel", `[...document.querySelectorAll('.tool[open]')].map((d) => words(d.firstElementChild)).join() === $0`, name)
			inView(name)
		}
		ana.press("Invitation")
		ana.until("the invitation", `visible(document.querySelector('#invitation'))`)
		ana.check("its lines are not cut off", `document.querySelector('#invitation').scrollWidth <= document.querySelector('#invitation').clientWidth`)
		inView("the invitation")
		ana.press("Invitation")
		ana.press("QR code")
		ana.until("the whole QR code", `(() => {
			const qr = document.querySelector('.qr'), box = qr.getBoundingClientRect(), panel = qr.closest('.panel').getBoundingClientRect();
			return qr.complete && box.width >= 130 && box.top >= panel.top - 1 && box.bottom <= panel.bottom + 1;
		})()`)
		inView("the QR code")
	}
}

// TestLargeText: with letters twice as large nothing lies over anything else.
func TestLargeText(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, size := range [][2]int64{{390, 844}, {1280, 800}} {
		ana := newPerson(t, "Ana", size[0], size[1], false)
		link := ana.opens(s.local())
		see[bool](ana, `(document.documentElement.style.fontSize = '200%', true)`)
		bob := s.guest(link, "Bob")
		bob.says(numbered("word", 0, 20)...)
		ana.until("the newest", newestInSight)
		ana.fits("the room with large text")
		ana.check(fmt.Sprintf("its parts stand below each other, %v", size), `(() => {
			const parts = ['.room-head', '.side', '.talk', '.composer'].map((s) => document.querySelector(s).getBoundingClientRect());
			return parts.every((p, i) => i === 0 || p.top >= parts[i - 1].bottom - 1);
		})()`)
		ana.check("a line of text has room", `composer().clientWidth > 300`)
		ana.check("purge and exit are apart", `(() => {
			const [purge, exit] = ['[data-purge-open]', '.exit-button'].map((s) => document.querySelector(s).getBoundingClientRect());
			return purge.left >= 0 && purge.right < exit.left && exit.right <= innerWidth;
		})()`)
	}
}
