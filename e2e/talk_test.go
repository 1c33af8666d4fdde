package e2e

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const password = "seven quiet herons"

// TestTwoPeopleTalk is the first story: a room opened at a desk, joined on a
// phone (P1), and a talk in which nothing is lost, doubled or reordered (P6).
func TestTwoPeopleTalk(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		ana, bob := desktop(t, "Ana"), phone(t, "Bob")
		link := ana.create(origin, "Ana", "Harvest", password)
		if !strings.HasPrefix(link, origin+"/r/") {
			t.Errorf("the link is %q, want one at %s", link, origin)
		}
		ana.check("the link to share is on the screen at once", `visible(field('Link to share'))`)
		ana.check("the room's name is on the screen", `words(document.querySelector('h1')) === 'Harvest'`)
		ana.check("the time left is on the screen", `/^\d+ min left$/.test(document.querySelector('time[data-left]').innerText)`)

		// She copies the link, and pastes it where it can be seen.
		ana.press("Copy link")
		ana.until("the word that it is copied", `document.querySelector('[data-copied]').innerText === 'Copied.'`)
		ana.write("")
		ana.key("v", chromedp.ModifierCtrl)
		ana.until("the pasted link", `composer().value === $0`, link)
		ana.write("")

		bob.join(link, "Bob", password)
		ana.sees("Ana", "Bob")
		bob.sees("Ana", "Bob")
		ana.check("Ana knows who she is", `words(document.querySelector('[data-person-you]:not([hidden])').closest('li')).startsWith('Ana')`)
		bob.check("this is a phone", `matchMedia('(hover: none) and (pointer: coarse)').matches && innerWidth === 390`)
		bob.check("the people can be seen on a phone", `target(buttons().find((b) => words(b).startsWith('People')))`)

		banner := strings.Contains(origin, insecureHost)
		for _, p := range []*person{ana, bob} {
			p.check("the page warns of plain http exactly where it is one", `$0 === !!document.querySelector('.banner')?.innerText.includes('not encrypted')`, banner)
		}

		// Both write, formatted, by what they have: keys at the desk, a button on the phone.
		ana.write("<b>bold</b> and vector<int> v")
		ana.key(enter)
		bob.reads("bold and vector<int> v")
		bob.say("<ul><li>one</li><li>two</li></ul>")
		ana.say("<table><tr><th>if</th></tr><tr><td>if a<b</td></tr></table>")
		bob.say(`<img alt="dot" src="data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==">here`)
		for _, p := range []*person{ana, bob} {
			p.reads("bold and vector<int> v", "one\ntwo", "if\nif a<b", "here")
			p.check("bold is bold", `getComputedStyle(document.querySelector('[data-body] b')).fontWeight >= 600`)
			p.check("the list has its items", `document.querySelectorAll('[data-body] ul > li').length === 2`)
			p.check("the table is a table", `getComputedStyle(document.querySelector('[data-body] table th')).display === 'table-cell'`)
			p.until("the picture", `document.querySelector('[data-body] img').naturalWidth === 1`)
			p.check("each message names its author", `JSON.stringify(messages().map((m) => m.from)) === '["Ana","Bob","Ana","Bob"]'`)
		}

		// Enter sends at a desk and Shift+Enter breaks the line; on a phone Enter breaks it.
		ana.write("first line")
		ana.key(enter, chromedp.ModifierShift)
		ana.insert("second line")
		ana.key(enter)
		bob.write("upper line")
		bob.key(enter)
		bob.insert("lower line")
		bob.check("Enter on a phone has sent nothing", `composer().value === 'upper line\nlower line'`)
		ana.reads("bold and vector<int> v", "one\ntwo", "if\nif a<b", "here", "first line\nsecond line")
		bob.press("Send")
		for _, p := range []*person{ana, bob} {
			p.reads("bold and vector<int> v", "one\ntwo", "if\nif a<b", "here", "first line\nsecond line", "upper line\nlower line")
			p.wellMade()
		}
	})
}

// TestNewestMessageStaysInSight: who reads at the end stays there when the log
// gets smaller or a picture in it larger; who reads above is left in peace.
func TestNewestMessageStaysInSight(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	for range 15 {
		ana.post("a line<br>and another")
	}
	ana.post(`<img src="` + tallPicture() + `">`)
	const inSight = `[...document.querySelectorAll('[data-seq]')].at(-1).getBoundingClientRect().bottom <= document.querySelector('[data-log]').getBoundingClientRect().bottom + 1`
	bob.until("all messages and the picture", `messages().length === 16 && document.querySelector('[data-body] img').clientHeight >= 200`)
	bob.until("the newest message in sight, with all of its picture", inSight)
	ana.post("one more line")
	bob.until("that", `messages().length === 17`)
	bob.until("the newest message in sight", inSight)
	height := see[float64](bob, `document.querySelector('[data-log]').clientHeight`)
	bob.press("People 2")
	bob.until("the people, and less of the log", `document.querySelector('[data-people-panel]').open && !document.getAnimations().some((a) => a instanceof CSSTransition) && document.querySelector('[data-log]').clientHeight < $0 - 20`, height)
	bob.until("the newest message in sight", inSight)
	bob.press("People 2")
	bob.until("the log whole again", `document.querySelector('[data-log]').clientHeight === $0 && `+inSight, height)
	bob.draws()

	// What comes in before the browser has told of his scrolling, as a loaded
	// picture, does not pull him back either.
	bob.check("Bob stays where he scrolled to", `(() => {
		const log = document.querySelector('[data-log]');
		log.scrollTop = 0;
		log.querySelector('img').dispatchEvent(new Event('load'));
		return log.scrollTop === 0;
	})()`)
	ana.post("the newest")
	bob.until("all messages", `messages().length === 18`)
	bob.check("Bob reads on where he was", `document.querySelector('[data-log]').scrollTop === 0`)
	bob.say("my own")
	bob.until("his own message in sight", inSight)
}

// tallPicture is a picture in a message whose size is known only when it is loaded.
func tallPicture() string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 100, 300))); err != nil {
		panic(err) // a buffer does not fail
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// TestWrongPassword: what keeps strangers out says so in a sentence, and tells
// nothing about the room (P8).
// A double tap on the button is one person, and what is typed shows as typed.
func TestDoubleTap(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.open(link)
	bob.fill("Alias", "Bob")
	bob.fill("Password", password)
	see[bool](bob, `(() => {
		const button = buttons().find((b) => words(b) === 'Join room');
		button.click();
		button.click();
		return true;
	})()`)
	bob.connected()
	ana.sees("Ana", "Bob")

	ana.say("two  spaces\n    and an indented line")
	bob.until("the message", `messages().length === 1`)
	bob.check("blanks as typed", `document.querySelector('[data-body]').innerText === 'two  spaces\n    and an indented line'`)
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, eve := desktop(t, "Ana"), phone(t, "Eve")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	eve.allow(noiseStatus)
	eve.open(link)
	eve.nothingOf("Harvest", "Ana")
	eve.fill("Alias", "Ana")
	eve.fill("Password", "quite another one")
	eve.press("Join room")
	eve.until("the sentence", `document.body.innerText.includes("not the room's password")`)
	eve.nothingOf("Harvest")
	eve.fill("Password", password)
	eve.press("Join room")
	eve.until("an alias that is free", `field('Alias').value === 'Ana 2'`)
	eve.press("Join room")
	eve.connected()
	ana.sees("Ana", "Ana 2")
}
