package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// scripts switches the browser's scripts off, or on again. What a test looks with
// runs all the same.
func (p *person) scripts(on bool) {
	p.t.Helper()
	command(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// goesTo opens an address without waiting for the end of a page that has none.
func (p *person) goesTo(address string) {
	p.t.Helper()
	command(p, page.Navigate, page.NavigateParams{URL: address})
}

// streams waits until the page without scripts is there.
func (p *person) streams() {
	p.t.Helper()
	p.until("the page without scripts", `document.querySelector('.live .facts') && `+inFrame+`?.querySelector('textarea')`)
}

// withoutScripts is somebody whose browser runs none, on the page that streams.
func withoutScripts(p *person, link string) *person {
	p.t.Helper()
	p.allow(noiseStatus, noiseCut)
	p.scripts(false)
	if link != "" {
		p.admitted(link + "/join")
		p.goesTo(link)
		p.streams()
	}
	return p
}

const (
	inFrame = `document.querySelector('iframe[name=compose]')?.contentDocument`

	// atFrame is the middle of what a selector finds in the composer's frame, if a
	// finger would hit it.
	atFrame = `(() => {
		const frame = document.querySelector('iframe[name=compose]');
		const e = frame?.contentDocument?.querySelector($0);
		if (!e || !visible(frame)) return [];
		e.scrollIntoView({block: 'nearest', behavior: 'instant'});
		const outer = frame.getBoundingClientRect(), box = e.getBoundingClientRect();
		const x = box.left + box.width / 2, y = box.top + box.height / 2;
		const hit = frame.contentDocument.elementFromPoint(x, y);
		return hit && (e === hit || e.contains(hit)) && document.elementFromPoint(outer.left + x, outer.top + y) === frame ? [outer.left + x, outer.top + y] : [];
	})()`

	factsOf = `words([...document.querySelectorAll('.facts')].filter(visible)[0])`

	// inOrder: head, facts, messages and composer stand below each other, and who is
	// here takes less than what they say.
	inOrder = `(() => {
		const [head, facts, log, composer] = ['.room-head', '.facts', '.log-live', 'iframe[name=compose]'].map((s) =>
			[...document.querySelectorAll(s)].filter(visible)[0].getBoundingClientRect());
		return head.bottom <= facts.top && facts.bottom <= log.top && log.bottom <= composer.top && log.width > 0.9 * composer.width &&
			log.height > facts.height;
	})()`
)

// posts writes into the composer's frame and sends it.
func (p *person) posts(text string) {
	p.t.Helper()
	p.touch("composer", atFrame, "textarea")
	p.until("the cursor in the composer", inFrame+`?.activeElement?.tagName === 'TEXTAREA'`)
	p.insert(text)
	p.touch("Send", atFrame, ".composer button")
}

// posted waits until the composer is empty again.
func (p *person) posted(text string) {
	p.t.Helper()
	p.posts(text)
	p.until("an empty composer", inFrame+`?.querySelector('textarea')?.value === ''`)
}

// TestRoomWithoutScripts: one has scripts and one has none, and they talk (P10).
func TestRoomWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := withoutScripts(desktop(t, "Ana"), ""), phone(t, "Bob")

	// Ana opens a room by the forms alone.
	ana.goesTo(s.local() + "/")
	ana.until("the first page", `field('Alias')`)
	ana.fill("Alias", "Ana")
	ana.fill("Room name", "Harvest")
	ana.fill("Password", password)
	ana.press("Create room")
	ana.streams()
	ana.check("the newest line is in view", `target(document.querySelector('.note'))`)
	ana.check("everything is in its place", inOrder)
	link := see[string](ana, `field('Link to share').value`)
	bob.enters(link)
	ana.until("the word that Bob came", `notes().includes('Bob joined') && `+factsOf+`.endsWith('Here: Ana (you), Bob')`)
	ana.picture("live-1280")

	begun := time.Now()
	bob.post("hello <b>Ana</b> & all")
	ana.reads("hello Ana & all")
	if took := time.Since(begun); took > time.Second {
		t.Errorf("delivered after %v", took)
	}
	ana.check("it is formatted", `document.querySelector('[data-body] b').innerText === 'Ana'`)
	ana.check("who said it and when", `document.querySelector('.message .alias').innerText === 'Bob' && /^\d\d:\d\d$/.test(document.querySelector('.message time').innerText)`)
	ana.posted("hello <i>Bob</i>")
	bob.reads("hello Ana & all", "hello Bob")
	ana.reads("hello Ana & all", "hello Bob")
	ana.check("her own message stands apart", `document.querySelectorAll('[data-own]').length === 1`)

	// What is refused comes back with the text in the box.
	ana.posts("   ")
	ana.until("the sentence", inFrame+`?.querySelector('[data-hint]')?.innerText.startsWith('There is nothing to send yet')`)
	ana.posts(strings.Repeat("x", 16385))
	ana.until("the sentence", inFrame+`?.querySelector('[data-hint]')?.innerText.startsWith('This message is too long')`)
	ana.check("the text is still there", inFrame+`.querySelector('textarea').value.length >= 16385`)
	see[bool](ana, `(document.querySelector('iframe[name=compose]').contentDocument.querySelector('textarea').value = '', true)`)
	ana.posted("and on")
	bob.reads("hello Ana & all", "hello Bob", "and on")

	// Her place is kept, and the newest message in view when she is at the end.
	for i := range 30 {
		bob.post(strings.Repeat("line\n", 3) + string(rune('a'+i%26)))
	}
	ana.until("all of it", `messages().length === 33`)
	ana.check("the newest message is in view", `target([...document.querySelectorAll('.message')].at(-1))`)
	ana.picture("live-long-1280")

	// Her switch, in the frame; the page stays.
	ana.press("Options")
	ana.press("Arm switch")
	ana.until("her switch", inFrame+`?.body?.innerText.includes("Your dead man's switch purges this room at")`)
	ana.until("the facts", factsOf+`.includes("A dead man's switch is armed: this room is purged at")`)
	ana.check("nothing was lost", `messages().length === 33`)
	ana.touch("Disarm", atFrame, "[data-disarm-form] button")
	ana.until("no switch", `!`+factsOf+`.includes('switch')`)

	bob.press("Log out")
	ana.until("the word that Bob left", `notes().includes('Bob left') && `+factsOf+`.endsWith('Here: Ana (you)')`)
	ana.press("Log out")
	ana.until("the page after it", `words(document.querySelector('h1')) === 'You are logged out'`)
	ana.hasNothing("hello", "Harvest", "Ana")
	ana.back()
	ana.hasNothing("hello", "Harvest", "Ana")
}

// TestManyPeopleWithoutScripts: who is here does not take the place of what they
// say, on a phone or in a low window, and the question before a purge covers neither.
func TestManyPeopleWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, size := range [][2]int64{{390, 844}, {320, 568}, {640, 320}} {
		link := desktop(t, "Ana").opens(s.local())
		bob := withoutScripts(newPerson(t, "Bob", size[0], size[1], true), link)
		bob.check("everything is in its place", inOrder)
		for i := range 25 {
			s.guest(link, fmt.Sprint("Guest ", i))
		}
		bob.until("the last of them", `notes().includes('Guest 24 joined') && `+factsOf+`.includes('Guest 24')`)
		bob.check(fmt.Sprint("everything is in its place with all of them ", size), inOrder)
		bob.check(fmt.Sprint("the newest line is in view ", size), `target([...document.querySelectorAll('.note')].at(-1))`)
		bob.fits("a full room")
		bob.press("Purge…")
		bob.until("the question alone", `buttons().some((b) => words(b) === 'Purge for everyone' && target(b)) && !visible(document.querySelector('.log-live')) && !visible(document.querySelector('.side'))`)
		bob.press("Purge…")
		bob.until("the rest again", inOrder+` && visible(document.querySelector('.side'))`)
	}
}

// TestPurgeReachesAPageWithoutScripts: it goes blank and away at once, and the
// receipt counts it.
func TestPurgeReachesAPageWithoutScripts(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (*server, *person, *person) {
		s := newServer(t, nil)
		bob := phone(t, "Bob")
		link := bob.opens(s.local())
		ana := withoutScripts(desktop(t, "Ana"), link)
		ana.posted("a secret")
		bob.reads("a secret")
		return s, ana, bob
	}
	t.Run("by another", func(t *testing.T) {
		t.Parallel()
		_, ana, bob := begin(t)
		bob.asksToPurge()
		ana.until("the end", `location.pathname.endsWith('/ended/purged') && words(document.querySelector('h1')) === 'This room was purged'`)
		ana.hasNothing("a secret", "Harvest", "Ana", "Bob")
		if receipt := bob.hasReceipt("a secret"); !strings.Contains(receipt, "All 2 screens confirmed") {
			t.Errorf("receipt: %s", receipt)
		}
		ana.back()
		ana.hasNothing("a secret", "Harvest", "Ana", "Bob")
	})
	t.Run("by herself", func(t *testing.T) {
		t.Parallel()
		_, ana, bob := begin(t)
		ana.press("Purge…")
		ana.press("Purge for everyone")
		if receipt := ana.hasReceipt("a secret", "Harvest"); !strings.Contains(receipt, "All 2 screens confirmed") {
			t.Errorf("receipt: %s", receipt)
		}
		bob.wiped("This room was purged", "a secret", "Harvest")
	})
	t.Run("opened elsewhere", func(t *testing.T) {
		t.Parallel()
		s, ana, _ := begin(t)
		address := s.local() + see[string](ana, `location.pathname`)
		tab := withoutScripts(ana.secondTab(), "")
		tab.goesTo(address)
		tab.streams()
		ana.until("the end", `words(document.querySelector('h1')) === 'The room is open elsewhere'`)
		ana.hasNothing("a secret", "Harvest")
		ana.press("Use here")
		ana.streams()
		tab.until("the end there", `words(document.querySelector('h1')) === 'The room is open elsewhere'`)
	})
}

// TestStreamBreaks: the page loads itself again and goes on, with nothing lost.
func TestStreamBreaks(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	bob := phone(t, "Bob")
	link := bob.opens(s.local())
	ana := withoutScripts(desktop(t, "Ana"), l.local()+pathOf(link))
	bob.post("one")
	ana.reads("one")
	for range 2 {
		see[bool](ana, `(window.before = true)`)
		l.end()
		bob.post("again")
		ana.until("the page anew", `!window.before && document.querySelector('.live .facts')`)
	}
	// What was sent in the last half minute may not have arrived: it comes again.
	ana.reads("one", "again", "again")
	bob.post("two")
	ana.reads("one", "again", "again", "two")
	bob.check("Ana never left", `!notes().includes('Ana left')`)

	// Who loads the room again has read it.
	ana.goesTo(l.local() + pathOf(link))
	ana.until("an empty page", `document.querySelector('.live .facts') && messages().length === 0`)
	bob.post("three")
	ana.reads("three")
}

// TestScriptsGoOnAndOff in the middle of a room.
func TestScriptsGoOnAndOff(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := bob.opens(s.local())
	ana.enters(link)
	bob.post("one")
	ana.reads("one")
	s.acknowledged()
	withoutScripts(ana, "")
	command(ana, page.Reload, page.ReloadParams{})
	ana.streams()
	bob.post("two")
	ana.reads("two")
	ana.scripts(true)
	command(ana, page.Reload, page.ReloadParams{})
	ana.connected()
	bob.post("three")
	ana.reads("three")
	ana.goesTo(link + "/live?plain")
	ana.streams()
	bob.post("four")
	ana.reads("four")
	ana.check("who chose this page keeps it", `location.search === '?plain'`)
	bob.check("Ana never left", `!notes().includes('Ana left')`)
}

// TestFuseWithoutScripts: without contact the page is blank at the end of its
// lease, and at the end of the room in any case, by its style alone.
func TestFuseWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	bob := phone(t, "Bob")
	link := bob.opens(s.local(), "lease", "2", "minutes", "30")
	ana := withoutScripts(desktop(t, "Ana"), link)
	ana.posted("a secret")
	ana.reads("a secret")
	see[bool](ana, `document.getAnimations().every((a) => (a.pause(), true))`)
	for _, c := range []struct {
		seconds int
		names   string
		stale   bool // the page says that there was no contact
		blank   bool
	}{
		{20, "-", false, false}, {110, "-", true, false}, {121, "-", false, true}, {0, "-", false, false},
		{1700, "hide|show", false, false}, {1801, "hide|show", false, true},
	} {
		see[bool](ana, `document.getAnimations().filter((a) => $1.split('|').some((n) => $1 === '-' ? a.animationName.includes('-') : a.animationName === n)).every((a) => (a.currentTime = $0 * 1000, true))`, c.seconds, c.names)
		ana.until("what is to be seen", `visible(document.querySelector('.message')) === $0 && visible(document.querySelector('iframe[name=compose]')) === $0 && visible(document.querySelector('.live-lost')) !== $0 && visible(document.querySelector('.live-stale')) === $1`, !c.blank, c.stale)
		if !c.blank {
			ana.check("nothing lies over anything", inOrder+` && document.querySelector('.log-live').getBoundingClientRect().bottom <= document.querySelector('.live-stale').getBoundingClientRect().top`)
		}
	}
	ana.picture("live-lost-1280")
}

// TestRoomEndsWithoutScripts: at the end of the room its page is led away, and
// nothing of it comes back.
func TestRoomEndsWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	bob := phone(t, "Bob")
	link := bob.opens(s.local(), "minutes", "1")
	ana := withoutScripts(desktop(t, "Ana"), link)
	ana.posted("a secret")
	ana.reads("a secret")
	time.Sleep(s.room(link).Left() - 2*time.Second)
	ana.check("all is there to the end", `messages().length === 1`)
	ana.until("the end", `location.pathname.endsWith('/ended/expired') && words(document.querySelector('h1')) === 'This room has ended'`)
	ana.hasNothing("a secret", "Harvest", "Ana", "Bob")
	ana.back()
	ana.hasNothing("a secret", "Harvest", "Ana", "Bob")
}

// TestTheWayOnWithoutScripts: it is offered where pages come through and sockets do
// not, never over a line that is gone; and not over what nobody else has yet.
func TestTheWayOnWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	const offer = "Nothing happens? Go on without scripts."
	offered := `buttons().some((b) => named(b) === $0)`
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.opens(l.local())
	l.become(cut)
	ana.until("no connection", `document.querySelector('[data-room]').dataset.connection !== 'connected'`)
	time.Sleep(4 * time.Second) // three tries
	ana.check("no way that leads nowhere is offered", `!(`+offered+`)`, offer)
	l.become(whole)
	ana.connected()

	bob := desktop(t, "Bob")
	bob.allow(noiseStatus, noiseSocket)
	bob.join(link, "Bob", password)
	bob.connected()
	bob.open(withoutSockets(t, s) + pathOf(link))
	bob.until("the offer", offered, offer)
	bob.write("not sent yet")
	bob.press(offer)
	bob.until("the word about what is not sent", `document.querySelector('[role=alert][data-hint]').innerText.startsWith('What is not sent yet is lost there.')`)
	bob.check("it is still here", `composer().value === 'not sent yet'`)
	bob.press(offer)
	bob.until("the room without scripts", `document.querySelector('.live')`)
	bob.open(s.local() + "/") // a page that never ends holds the proxy up
}
