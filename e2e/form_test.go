package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
)

// TestCookiesBlocked: where cookies are blocked the page says so, once, and
// nobody stays behind as a ghost.
func TestCookiesBlocked(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	bob.allow(noiseStatus)
	blocked := withoutCookies(t, s)

	bob.open(blocked + "/")
	bob.fill("Alias", "Bob")
	bob.fill("Room name", "Harvest")
	bob.fill("Password", password)
	bob.press("Create room")
	bob.until("the sentence", `document.body.innerText.includes('Cookies are blocked')`)
	if n := s.registry.Stats().Rooms; n != 0 {
		t.Errorf("%d rooms are open that nobody can enter", n)
	}

	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.open(blocked + pathOf(link))
	bob.fill("Alias", "Bob")
	bob.fill("Password", password)
	before := len(bob.asked())
	bob.press("Join room")
	bob.until("the sentence", `document.body.innerText.includes('Cookies are blocked')`)
	bob.check("what was typed is still there", `field('Alias').value === 'Bob'`)
	if n := s.registry.Stats().Participants; n != 1 {
		t.Errorf("%d participants, want Ana alone", n)
	}
	if n := len(bob.asked()) - before; n > 8 {
		t.Errorf("joining without cookies took %d requests: a loop?", n)
	}
	ana.sees("Ana")

	// A browser that says by itself that it keeps no cookies is told before it types.
	command(bob, emulation.SetDocumentCookieDisabled, emulation.SetDocumentCookieDisabledParams{Disabled: true})
	for _, address := range []string{s.local() + "/", link} {
		bob.open(address)
		bob.until("the sentence", `document.querySelector('[data-no-cookies]').checkVisibility()`)
	}
}

// TestCookieLost: a cookie that vanishes while its room is open leads to a
// sentence and to the join form, not into a loop.
func TestCookieLost(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob, cleo := desktop(t, "Ana"), phone(t, "Bob"), desktop(t, "Cleo")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	cleo.allow(noiseStatus, noiseSocket, noiseCut)
	cleo.join(l.local()+pathOf(link), "Cleo", password)
	ana.say("a secret")
	bob.reads("a secret")
	cleo.reads("a secret")

	command(bob, network.ClearBrowserCookies, cdp.Empty{})
	bob.reload()
	bob.atJoinForm("a secret", "Harvest")

	command(cleo, network.ClearBrowserCookies, cdp.Empty{})
	l.become(cut)
	cleo.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	l.become(whole)
	cleo.wiped("This browser no longer knows you here", "a secret", "Harvest")
	asked := len(cleo.asked())
	cleo.press("Join again")
	cleo.atJoinForm("a secret", "Harvest")
	if n := len(cleo.asked()) - asked; n > 8 {
		t.Errorf("the way to the join form took %d requests: a loop?", n)
	}
}

// TestWithoutScripts: create, join, send, log out and purge by forms alone (P10).
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		ana, bob := desktop(t, "Ana"), phone(t, "Bob")
		for _, p := range []*person{ana, bob} {
			p.allow(noiseStatus, noiseClear)
		}

		// Bob has no scripts and joins Ana, who has.
		link := ana.create(origin, "Ana", "Harvest", password)
		bob.scripts(false)
		bob.open(link)
		bob.fill("Alias", "Bob")
		bob.fill("Password", password)
		bob.press("Join room")
		bob.streams()
		bob.wellMade()
		ana.sees("Ana", "Bob")
		bob.posted("<b>bold</b> without scripts")
		ana.reads("bold without scripts")
		bob.posted("again")
		ana.reads("bold without scripts", "again")
		bob.press("Log out")
		bob.until("the first page", `location.pathname === '/'`)
		ana.sees("Ana")
		bob.open(link)
		bob.atJoinForm("Harvest", "bold")

		// Cleo opens a room of her own and purges it.
		cleo := desktop(t, "Cleo")
		cleo.allow(noiseStatus, noiseClear)
		cleo.scripts(false)
		cleo.open(origin + "/")
		cleo.fill("Alias", "Cleo")
		cleo.fill("Room name", "Orchard")
		cleo.fill("Password", password)
		cleo.press("Create room")
		cleo.streams()
		own := see[string](cleo, `field('Link to share').value`)
		ana.join(own, "Ana", password)
		cleo.press("Purge…")
		cleo.press("Purge for everyone")
		cleo.until("the receipt", `words(document.querySelector('h1')) === 'This room is purged'`)
		cleo.nothingOf("Orchard")
		ana.wiped("This room was purged", "Orchard")
		cleo.open(own)
		cleo.until("the page for what is gone", `words(document.querySelector('h1')) === 'There is no room here'`)
		cleo.back()
		cleo.nothingOf("Orchard")
	})
}
