package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// TestReloadClearsMyScreen: what was acknowledged is not shown again, I stay who
// I am, and the others notice nothing (P5).
func TestReloadClearsMyScreen(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	who := see[string](bob, `document.querySelector('[data-room]').dataset.you`)
	ana.say("before")
	bob.reads("before")
	ana.post("shortly before") // sooner than the next acknowledgement by itself
	bob.reads("before", "shortly before")
	bob.reload()
	bob.connected()
	bob.say("still here")
	bob.reads("still here")
	ana.reads("before", "shortly before", "still here")
	bob.check("Bob is the same participant", `document.querySelector('[data-room]').dataset.you === $0`, who)
	bob.sees("Ana", "Bob")
	ana.sees("Ana", "Bob")

	// Gone for a while, with the page closed: what he missed is there, once.
	bob.do(navigateAway)
	ana.say("while you were away")
	bob.open(link)
	bob.connected()
	bob.reads("while you were away")
	bob.reload()
	bob.connected()
	ana.say("after")
	bob.reads("after")
	ana.check("nobody joined twice or left", `JSON.stringify(notes().filter((n) => n.includes('Bob'))) === '["Bob joined"]'`)
}

// TestPageCache: a page that is left keeps nothing that could be walked back to,
// with or without the browser's page cache (P5).
func TestPageCache(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	ana.say("a secret")
	bob.reads("a secret")
	bob.write("a draft")
	bob.open(s.local() + "/")
	bob.back()
	bob.connected()
	bob.nothingOfTalk("a secret", "a draft")

	// Chromium keeps no such page today; what one that does would say to it:
	ana.say("another secret")
	bob.reads("another secret")
	bob.write("another draft")
	see[bool](bob, `dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))`)
	bob.nothingOf("another secret", "another draft", "Harvest")
	see[bool](bob, `dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))`)
	bob.connected()
	bob.nothingOfTalk("another secret", "another draft")
	ana.check("Bob never left", `!notes().includes('Bob left')`)
}

// nothingOfTalk checks that a screen shows no message and holds none of these.
func (p *person) nothingOfTalk(secrets ...string) {
	p.t.Helper()
	p.reads()
	for _, secret := range secrets {
		p.check("the page has nothing of "+secret, `!document.documentElement.outerHTML.includes($0) && !composer().value.includes($0)`, secret)
	}
}

// TestLogOut: it wipes, ends the session, and no way leads back into the room
// (P5): not Back, not Forward, not the page cache, not an old cookie.
func TestLogOut(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		ana, bob := desktop(t, "Ana"), phone(t, "Bob")
		bob.allow(noiseStatus, noiseClear)
		link := ana.create(origin, "Ana", "Harvest", password)
		bob.join(link, "Bob", password)
		ana.say("a secret")
		bob.reads("a secret")
		bob.write("a draft")
		old := bob.cookies(link)
		if len(old) == 0 {
			t.Fatal("Bob has no cookie for the room")
		}
		secrets := []string{"a secret", "a draft", "Harvest"}

		bob.press("Log out")
		bob.until("the page after it", `location.pathname === '/' && words(document.querySelector('h1')) === 'You are logged out'`)
		bob.check("what cannot be removed is said", `document.body.innerText.includes("history shows that there was a room here")`)
		bob.nothingOf(secrets...)
		ana.until("the word that Bob left", `notes().includes('Bob left')`)
		ana.sees("Ana")
		for _, c := range bob.cookies(link) {
			if strings.HasPrefix(c.Path, "/r/") {
				t.Errorf("the room's cookie is still there after logout: %s %s", c.Name, c.Path)
			}
		}

		bob.back()
		bob.atJoinForm(secrets...)
		bob.forward()
		bob.until("the first page", `location.pathname === '/'`)
		bob.nothingOf(secrets...)
		bob.open(link)
		bob.atJoinForm(secrets...)

		for _, c := range old {
			command(bob, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: link, Path: c.Path})
		}
		bob.open(link)
		bob.atJoinForm(secrets...)
		bob.leavesNoTraces(link)
		ana.sees("Ana")

		// Coming back needs the password, and is a new participant who reads nothing old.
		bob.fill("Alias", "Bob")
		bob.fill("Password", password)
		bob.press("Join room")
		bob.connected()
		bob.reads()
	})
}

// leavesNoTraces checks every place where a browser could keep something.
func (p *person) leavesNoTraces(link string) {
	p.t.Helper()
	kept := seeAsync[map[string]int](p, `Promise.all([
		indexedDB.databases(),
		globalThis.caches?.keys() ?? [],
		navigator.serviceWorker?.getRegistrations() ?? [],
	]).then(([databases, caches, workers]) => ({
		local: localStorage.length, session: sessionStorage.length,
		databases: databases.length, caches: caches.length, workers: workers.length,
	}))`)
	for place, n := range kept {
		if n != 0 {
			p.t.Errorf("%s's browser keeps %d things in: %s", p.name, n, place)
		}
	}
}

// TestSecondTabTakesOver: one participant has one screen; the older one is
// wiped and can take the room back.
func TestSecondTabTakesOver(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	bob.say("hello")
	ana.reads("hello")
	s.acknowledged()

	second := ana.secondTab()
	second.open(link)
	second.connected()
	ana.wiped("The room is open elsewhere", "hello", "Harvest")
	bob.say("to the second tab")
	second.reads("to the second tab")
	ana.check("the first tab stays blank", `messages().length === 0`)

	ana.press("Use here")
	ana.connected()
	second.wiped("The room is open elsewhere", "to the second tab")
	bob.say("to the first tab")
	ana.reads("to the first tab")
	bob.sees("Ana", "Bob")
	bob.check("Ana never left nor joined again", `!notes().some((n) => n.includes('Ana'))`)
}

// TestPurgeIsForEveryone: one decision, every screen, and proof (P4).
func TestPurgeIsForEveryone(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		ana, bob, cleo := desktop(t, "Ana"), phone(t, "Bob"), desktop(t, "Cleo")
		everybody := []*person{ana, bob, cleo}
		link := ana.create(origin, "Ana", "Harvest", password)
		bob.join(link, "Bob", password)
		cleo.join(link, "Cleo", password)
		ana.say("a secret")
		bob.reads("a secret")
		cleo.reads("a secret")
		cleo.write("a draft")
		secrets := []string{"a secret", "a draft", "Harvest"}
		for _, p := range everybody {
			p.allow(noiseStatus, noiseClear)
		}

		bob.press("Purge for everyone")
		bob.until("the question", `document.querySelector('dialog[open]')`)
		bob.press("Cancel")
		bob.until("the closed question", `!document.querySelector('dialog[open]')`)
		bob.say("still here")
		cleo.reads("a secret", "still here")
		cleo.check("the draft is still there", `composer().value === 'a draft'`)

		bob.press("Purge for everyone")
		bob.until("the question", `document.querySelector('dialog[open]')`)
		bob.press("Purge for everyone")
		for _, p := range []*person{ana, cleo} {
			p.wiped("This room was purged", secrets...)
			p.check("the link to share is gone", `!document.querySelector('[data-share]') && !document.documentElement.outerHTML.includes($0)`, link)
		}
		bob.until("the receipt", `location.pathname.startsWith('/receipt/')`)
		bob.until("the proof", `/All 3 screens confirmed in 0\.\d s\./.test(document.body.innerText)`)
		bob.nothingOf(secrets...)
		bob.picture("receipt-390")
		bob.leavesNoTraces(link)

		for _, p := range everybody {
			p.open(link)
			p.until("the page for what is gone", `words(document.querySelector('h1')) === 'There is no room here'`)
			p.nothingOf(secrets...)
			for _, c := range p.cookies(link) {
				if strings.HasPrefix(c.Path, "/r/") && p == bob {
					t.Errorf("the purger keeps the room's cookie: %s", c.Path)
				}
			}
			p.back()
			p.nothingOf(secrets...)
		}
	})
}

// TestPurgeFromOutside: whoever knows the password can purge from any device
// without joining.
func TestPurgeFromOutside(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, dora := phone(t, "Ana"), desktop(t, "Dora")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	ana.say("a secret")
	dora.allow(noiseStatus)

	dora.open(link)
	dora.fill("Password", "not the password")
	dora.press("Purge this room instead")
	dora.press("Purge for everyone")
	dora.until("the sentence", `document.body.innerText.includes("not the room's password")`)
	dora.nothingOf("Harvest", "a secret")
	ana.say("still here")

	dora.fill("Password", password)
	dora.press("Purge this room instead")
	dora.press("Purge for everyone")
	dora.until("the receipt", `/The one open screen confirmed in 0\.\d s\./.test(document.body.innerText)`)
	ana.wiped("This room was purged", "a secret", "Harvest")
}

// shortLife is the life of a room whose end a test waits for.
const shortLife = 6 * time.Second

// TestRoomEndsOnTime: at its deadline every screen is wiped (P3), by the server's
// word, and by the page itself if the server cannot be heard or timers stood still.
func TestRoomEndsOnTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		trouble func(*line, *person)
		rescue  func(*line, *person)
	}{
		{name: "everything works"},
		{name: "server unreachable", trouble: func(l *line, _ *person) { l.become(cut) }},
		{name: "silent line", trouble: func(l *line, _ *person) { l.become(dead) }},
		{
			name:    "frozen page",
			trouble: func(l *line, p *person) { l.become(dead); p.freeze() },
			rescue:  func(_ *line, p *person) { p.thaw() },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, shortLived)
			l := newLine(t, s)
			ana := desktop(t, "Ana")
			ana.allow(noiseStatus, noiseSocket, noiseCut)
			began := time.Now()
			link := ana.create(l.local(), "Ana", "Harvest", password)
			ana.say("a secret")
			ana.write("a draft")
			if c.trouble != nil {
				c.trouble(l, ana)
			}
			if c.rescue != nil {
				time.Sleep(time.Until(began.Add(shortLife + 3*time.Second))) // the deadline passes
				c.rescue(l, ana)
			}
			ana.wiped("This room has ended", "a secret", "a draft", "Harvest")
			if late := time.Since(began) - shortLife; c.rescue == nil && late > 5*time.Second {
				t.Errorf("the screen was wiped %v after the deadline", late)
			}
			l.become(whole)
			ana.open(link)
			ana.until("the page for what is gone", `words(document.querySelector('h1')) === 'There is no room here'`)
		})
	}
}
