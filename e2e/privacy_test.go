package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A tab of the tests has the focus always. tabBeside opens another one in the
// same window, which takes focus and view from p's until that is inFront again.
func (p *person) tabBeside() *person {
	p.t.Helper()
	command(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{})
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithNewWindow(false))
	p.t.Cleanup(cancel)
	beside := openTab(p.t, ctx, p.name+"'s tab beside", 1280, 800, false)
	p.until("a page in the background", `document.hidden && !document.hasFocus()`)
	return beside
}

func (p *person) inFront() {
	p.t.Helper()
	command(p, page.BringToFront, cdp.Empty{})
	p.until("a page in front", `!document.hidden && document.hasFocus()`)
}

// looksAway takes the focus from the page while it stays in sight, as a click
// into another window does; a browser without a screen has to be told.
func (p *person) looksAway() {
	p.t.Helper()
	see[bool](p, `(document.hasFocus = () => false, dispatchEvent(new Event('blur')))`)
}

func (p *person) looksBack() {
	p.t.Helper()
	see[bool](p, `delete document.hasFocus && dispatchEvent(new Event('focus'))`)
}

// chooses clicks the option that begins with these words.
func (p *person) chooses(option string) {
	p.t.Helper()
	box := `[...document.querySelectorAll('.option')].find((l) => words(l).startsWith($0)).querySelector('input')`
	p.touch("option "+option, `target(`+box+`)`, option)
	p.until("the choice of "+option, box+`.checked`, option)
}

const veiled = `document.querySelector('[data-veil]').checkVisibility()`

// exposes reports whether a screen reader finds the text on the page.
func (p *person) exposes(text string) bool {
	p.t.Helper()
	tree := command(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	for _, node := range tree.Nodes {
		for _, v := range []*accessibility.Value{node.Name, node.Value, node.Description} {
			if !node.Ignored && v != nil && strings.Contains(string(v.Value), text) {
				return true
			}
		}
	}
	return false
}

// showsNothing checks that the screen is of one colour.
func (p *person) showsNothing(when string) {
	p.t.Helper()
	screen, err := png.Decode(bytes.NewReader(p.shot()))
	if err != nil {
		p.t.Fatal(err)
	}
	for x := range screen.Bounds().Dx() {
		for y := range screen.Bounds().Dy() {
			if screen.At(x, y) != screen.At(0, 0) {
				p.t.Errorf("%s: there is something at %v on the screen %s", p.name, image.Pt(x, y), when)
				return
			}
		}
	}
}

// hides checks that nothing of the room can be seen, hit or read out: all of it
// is invisible, and no point of the window belongs to it.
func (p *person) hides(secrets ...string) {
	p.t.Helper()
	p.check("nothing of the room is visible", `![...document.querySelectorAll('[data-room] *')].some((e) => e.checkVisibility({visibilityProperty: true}))`)
	p.check("no point of the window belongs to the room", `(() => {
		const room = document.querySelector('[data-room]');
		for (let x = 4; x < innerWidth; x += 16)
			for (let y = 4; y < innerHeight; y += 16)
				if (document.elementsFromPoint(x, y).some((e) => e !== room && room.contains(e))) return false;
		return true;
	})()`)
	p.check("the title tells nothing but a number", `/^(\(\d+\) )?Mayfly$/.test(document.title)`)
	if n := p.magentas(); n != 0 {
		p.t.Errorf("%s: %d pixels of the picture are on the screen", p.name, n)
	}
	for _, secret := range secrets {
		waitFor(p.t, "a screen reader of "+p.name+" not to find "+secret, func() bool { return !p.exposes(secret) })
	}
}

// magentaPicture is a message's picture that can be found on a screen.
const magentaPicture = `<img width="120" height="90" src="data:image/gif;base64,R0lGODlhAQABAIAAAP8A/////yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==">`

// TestPrivacyScreen: as chosen, the conversation hides when its window loses the
// focus, until somebody who looks at it says otherwise; it is all still there then.
func TestPrivacyScreen(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	link := ana.opens(s.local())
	bob.enters(link)
	bob.looksAway()
	time.Sleep(1200 * time.Millisecond) // the page looks every second
	bob.check("nothing hides before it is chosen", `!`+veiled+` && visible(composer())`)
	bob.looksBack()

	bob.press("Options")
	bob.check("the option is off at first", `!document.querySelector('[name=privacy-screen]').checked`)
	bob.chooses("Privacy screen")
	bob.reload()
	bob.connected()
	bob.check("a reload keeps the option", `document.querySelector('[name=privacy-screen]').checked`)
	for n := range 12 {
		ana.post(fmt.Sprintf("a secret %d<br>line", n))
	}
	ana.post(`<a href="https://example.org/">a link</a>` + magentaPicture)
	bob.until("all messages", `messages().length === 13`)
	bob.write("a draft")
	see[bool](bob, `(document.querySelector('[data-log]').scrollTop = 60, true)`)
	bob.until("the place he reads at", `document.querySelector('[data-log]').scrollTop === 60`)
	secrets := []string{"a secret", "a draft", "Harvest", "Ana", "Bob", "a link", "meanwhile", pathOf(link)}
	if !bob.exposes("a secret") || !bob.exposes("a draft") {
		t.Error("a screen reader does not find the conversation, so nothing it does not find proves anything")
	}

	beside := bob.tabBeside()
	ana.post("meanwhile")
	bob.until("what was said meanwhile", `messages().length === 14`)
	beside.check("the other tab is in front", `!document.hidden`)
	bob.inFront()
	time.Sleep(1200 * time.Millisecond)
	bob.check("the privacy screen is there although the focus is back", veiled)
	bob.hides(secrets...)
	bob.picture("veiled-1280")
	bob.plays("Shift Control Alt")
	bob.check("no modifier takes it away", veiled)

	bob.plays("x")
	bob.until("the conversation", `!`+veiled)
	bob.check("the draft is as it was", `composer().value === 'a draft'`)
	bob.check("he reads on where he was", `document.querySelector('[data-log]').scrollTop === 60`)
	bob.check("what was said meanwhile is there, once", `messages().filter((m) => m.text === 'meanwhile').length === 1 && messages().length === 14`)
	bob.plays("y")
	bob.until("the next key in the composer", `composer().value === 'a drafty'`)

	// Nor is a key typed that is held a little longer.
	bob.looksAway()
	bob.check("the conversation hides at once", veiled)
	bob.looksBack()
	bob.plays("+x *x *x -x")
	bob.until("the conversation", `!`+veiled)
	bob.check("the key that was held is not typed", `composer().value === 'a drafty'`)

	// What had the focus has it again, and is neither pressed nor moved to.
	see[bool](bob, `(document.querySelector('[data-body] a').focus(), true)`)
	see[bool](bob, `(document.querySelector('[data-log]').scrollTop = 0, true)`)
	bob.looksAway()
	bob.until("the privacy screen", veiled)
	bob.looksBack()
	bob.plays("z")
	bob.until("the conversation", `!`+veiled)
	bob.check("he reads on where he was, wherever the focus is", `document.querySelector('[data-log]').scrollTop === 0`)
	for _, key := range []string{"Enter", "Space"} {
		see[bool](bob, `(document.querySelector('[data-purge-open]').focus(), true)`)
		bob.looksAway()
		bob.until("the privacy screen", veiled)
		bob.looksBack()
		bob.plays(key)
		bob.until("the conversation", `!`+veiled)
		bob.check(key+" has not pressed what is below", `!document.querySelector('dialog[open]') && document.activeElement.matches('[data-purge-open]')`)
	}

	// The question that is open closes; a click lands on nothing below.
	bob.press("Purge for everyone")
	bob.until("the question", `document.querySelector('dialog[open]')`)
	bob.looksAway()
	bob.until("the privacy screen", veiled)
	bob.hides(secrets...)
	bob.looksBack()
	bob.touch("the place of the button", `(() => {
		const box = document.querySelector('[data-purge-open]').getBoundingClientRect();
		return [box.left + box.width / 2, box.top + box.height / 2];
	})()`)
	bob.until("the conversation", `!`+veiled)
	bob.check("the button below was not pressed", `!document.querySelector('dialog[open]')`)

	bob.looksAway()
	bob.until("the privacy screen", veiled)
	bob.exitsByShift()
	bob.away(secrets...)
	ana.until("the word that Bob left", `notes().includes('Bob left')`)
}

// TestPrivacyScreenOnAPhone: a tap takes it away, and nothing else.
func TestPrivacyScreenOnAPhone(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	other := newElsewhere(t, elsewhereHost, magentaPNG)
	ana := phone(t, "Ana")
	ana.allow(noiseMedia)
	ana.mayAsk = []string{other.host}
	ana.opens(s.local())
	ana.press("Options")
	ana.chooses("Privacy screen")
	ana.press("Options")

	// A frame in the page may have the focus.
	ana.say(`<img src="http://` + other.host + `/picture.png">`)
	ana.press("Show picture from " + other.host)
	waitFor(t, "the picture", func() bool { return ana.magentas() > 2000 })
	see[bool](ana, `(document.querySelector('iframe').focus(), true)`)
	time.Sleep(1200 * time.Millisecond)
	ana.check("the focus is in the frame, and the conversation in sight", `document.activeElement.matches('iframe') && !`+veiled)
	see[bool](ana, `(document.hasFocus = () => false, true)`) // a frame's blur is not the page's
	ana.until("the privacy screen", veiled)
	ana.looksBack()
	ana.hides("Ana", "Harvest")

	ana.touch("the privacy screen", `[innerWidth / 2, innerHeight / 2]`)
	ana.until("the conversation", `!`+veiled)
	ana.write("a draft")
	ana.looksAway()
	ana.until("the privacy screen", veiled)
	ana.looksBack()
	ana.touch("the place of the button", `(() => {
		const send = document.querySelector('[data-composer] button').getBoundingClientRect();
		return [send.left + send.width / 2, send.top + send.height / 2];
	})()`)
	ana.until("the conversation", `!`+veiled)
	ana.check("the tap has sent nothing", `composer().value === 'a draft' && messages().length === 1`)

	// A wiped screen has nothing to hide.
	ana.looksAway()
	ana.until("the privacy screen", veiled)
	s.room(see[string](ana, `location.href`)).Purge(nil)
	ana.wiped("This room was purged", "a draft", "Harvest")
	ana.check("the reason can be read", `!`+veiled+` && visible(document.querySelector('h1'))`)
}
