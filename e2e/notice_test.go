package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
)

// device is what a page finds in place of loudspeaker, motor and notifications:
// they note what they are asked to do.
const device = `
window.asked = [];
navigator.vibrate = (ms) => asked.push('vibrate') > 0;
window.AudioContext = class {
  currentTime = 0;
  destination = {};
  resume() {}
  close() {}
  createGain() {
    asked.push('sound');
    return {gain: {setValueAtTime() {}, linearRampToValueAtTime() {}}, connect() {}};
  }
  createOscillator() { return {frequency: {}, connect() {}, start() {}, stop() {}}; }
};
window.Notification = class {
  static requestPermission = async () => 'granted';
  constructor(...what) { asked.push('notify ' + JSON.stringify(what)); }
  close() { asked.push('take back'); }
};`

const saysNew = `notify ["New message",{"tag":"mayfly","silent":true}]`

// wasAsked is what the page has asked of the device since this was last called.
func (p *person) wasAsked() []string { p.t.Helper(); return see[[]string](p, `asked.splice(0)`) }

var noticeOptions = []string{"Mute all", "Sound", "Vibration", "Notification of this device"}

// chosen is which of the options for notices are.
func (p *person) chosen() []string {
	p.t.Helper()
	return see[[]string](p, `$0.filter((name) => [...document.querySelectorAll('.option')].find((l) => l.textContent.trim().startsWith(name)).querySelector('input').checked)`, noticeOptions)
}

// clicks clicks an option, whatever that does to it.
func (p *person) clicks(option string) {
	p.t.Helper()
	p.touch("option "+option, `target([...document.querySelectorAll('.option')].find((l) => words(l).startsWith($0)).querySelector('input'))`, option)
}

// TestNotices: by choice, a page that nobody looks at tells that something is new,
// seldom, and never what.
func TestNotices(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.finds(device)
	link := ana.opens(s.local())
	bob := s.guest(link, "Bob")
	ana.press("Options")
	if got := ana.chosen(); len(got) != 0 {
		t.Errorf("chosen at first: %q", got)
	}
	beside := ana.tabBeside()
	said := 0
	// hears has Bob say something while nobody looks, and returns what that did.
	hears := func() []string {
		t.Helper()
		said++
		bob.says("a secret")
		ana.until("the message", `document.querySelectorAll('[data-seq]:not([data-own])').length === $0`, said)
		return slices.DeleteFunc(ana.wasAsked(), func(what string) bool { return what == "take back" })
	}
	if got := hears(); len(got) != 0 {
		t.Errorf("before anything is chosen the page asks for %q", got)
	}

	ana.inFront()
	for _, option := range noticeOptions[1:] {
		ana.chooses(option)
	}
	if got := ana.wasAsked(); !slices.Equal(got, []string{"sound"}) {
		t.Errorf("choosing asks for %q, want a sound to hear what it is", got)
	}
	ana.reload()
	ana.connected()
	said = 0
	ana.press("Options")
	if got := ana.chosen(); !slices.Equal(got, noticeOptions[1:]) {
		t.Errorf("after a reload these are chosen: %q", got)
	}
	ana.write("") // a page that nobody has touched may not play

	// The page's monotonic clock stands still, but for what passes.
	see[bool](ana, `(window.now = performance.now(), performance.now = () => now, true)`)
	passes := func(d time.Duration) { t.Helper(); see[bool](ana, `(now += $0, true)`, d.Milliseconds()) }
	one := []string{"vibrate", "sound", saysNew}
	beside.inFront()
	ana.until("a hidden page", `document.hidden`)
	for _, c := range []struct {
		what   string
		passes time.Duration
		want   []string
	}{
		{"the first", 0, one},
		{"one right after it", 0, nil},
		{"one almost 3 s later", 2999 * time.Millisecond, nil},
		{"one 3 s later", time.Millisecond, one},
		{"one long after", time.Minute / 2, one},
	} {
		passes(c.passes)
		if got := hears(); !slices.Equal(got, c.want) {
			t.Errorf("a message, %s: the page asks for %q, want %q", c.what, got, c.want)
		}
	}
	passes(3 * time.Second)
	ana.post("my own")
	ana.until("her own message", `document.querySelector('[data-own]')`)
	s.guest(link, "Cleo").leaves()
	ana.until("a note", `[...document.querySelectorAll('.note')].at(-1).textContent === 'Cleo left'`)
	if got := ana.wasAsked(); !slices.Equal(got, []string{"take back"}) {
		t.Errorf("who writes has read it; own messages and notes ask for %q", got)
	}

	// Who looks again needs the notification no more, and no other while they look.
	hears()
	ana.check("there is a notification", `!asked.includes('take back')`)
	ana.inFront()
	ana.until("no notification", `asked.includes('take back')`)
	ana.wasAsked()
	passes(3 * time.Second)
	if got := hears(); slices.Contains(got, "sound") || slices.Contains(got, saysNew) {
		t.Errorf("a page that is looked at asks for %q", got)
	}
	ana.looksAway()
	passes(3 * time.Second)
	if got := hears(); !slices.Equal(got, one) {
		t.Errorf("a page beside another window asks for %q, want %q", got, one)
	}
	ana.looksBack()

	ana.chooses("Mute all")
	beside.inFront()
	ana.until("a hidden page", `document.hidden`)
	passes(3 * time.Second)
	if got := hears(); len(got) != 0 {
		t.Errorf("muted, the page asks for %q", got)
	}
	ana.inFront()
	ana.clicks("Mute all")
	if got := ana.chosen(); !slices.Equal(got, noticeOptions[1:]) {
		t.Errorf("after being muted, chosen are %q", got)
	}
	beside.inFront()
	ana.until("a hidden page", `document.hidden`)
	passes(3 * time.Second)
	if got := hears(); !slices.Equal(got, one) {
		t.Errorf("not muted any more, the page asks for %q, want %q", got, one)
	}

	// Nothing of it stays when the screen is wiped.
	ana.check("there is a notification", `!asked.includes('take back')`)
	s.room(link).Purge(nil)
	ana.until("no notification", `asked.includes('take back') && !document.querySelector('[data-log]')`)
}

// TestNoticesAreChosenForATab, and not for the next one.
func TestNoticesAreChosenForATab(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.finds(device)
	link := ana.opens(s.local())
	ana.press("Options")
	for _, option := range noticeOptions {
		ana.chooses(option)
	}
	second := ana.secondTab()
	second.finds(device)
	second.open(link)
	second.connected()
	second.allow(noiseStatus)
	second.press("Options")
	if got := second.chosen(); len(got) != 0 {
		t.Errorf("chosen in another tab: %q", got)
	}
	ana.wiped("The room is open elsewhere")

	// Nor for the next room in the same tab.
	second.chooses("Sound")
	second.press("Log out")
	second.until("the page after it", `words(document.querySelector('h1')) === 'You are logged out'`)
	second.opens(s.local())
	second.press("Options")
	if got := second.chosen(); len(got) != 0 {
		t.Errorf("chosen in the next room: %q", got)
	}
}

// TestNotificationsAreRefused by the browser, or not there at all: the option goes
// back and says why.
func TestNotificationsAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	const denied = "This browser does not let this page show notifications. Allow them in its settings, then choose this again."
	const missing = "This browser has no notifications for this page."
	for _, c := range []struct{ name, script, says string }{
		{"denied", `Notification.requestPermission = async () => 'denied'`, denied},
		{"not answered", `Notification.requestPermission = async () => 'default'`, denied},
		{"missing", `delete window.Notification`, missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ana := desktop(t, "Ana")
			ana.finds(device + c.script)
			ana.opens(s.local())
			ana.press("Options")
			ana.clicks("Notification of this device")
			ana.until("why", `words(document.querySelector('[data-notice-hint]')) === $0 && visible(document.querySelector('[data-notice-hint]'))`, c.says)
			ana.check("a screen reader says it", `document.querySelector('[data-notice-hint]').getAttribute('role') === 'status'`)
			if got := ana.chosen(); len(got) != 0 {
				t.Errorf("chosen all the same: %q", got)
			}
			ana.reload()
			ana.connected()
			ana.press("Options")
			if got := ana.chosen(); len(got) != 0 {
				t.Errorf("chosen after a reload: %q", got)
			}
		})
	}

	// Chrome on Android has them, but not for pages.
	ana := desktop(t, "Ana")
	ana.finds(device + `
window.Notification = class {
	static requestPermission = async () => 'granted';
	constructor() { throw new TypeError('Illegal constructor'); }
};`)
	link := ana.opens(s.local())
	ana.press("Options")
	ana.chooses("Notification of this device")
	bob := s.guest(link, "Bob")
	ana.tabBeside()
	bob.says("hello")
	ana.until("why", `document.querySelector('[data-notice-hint]').textContent === $0`, missing)
	if got := ana.chosen(); len(got) != 0 {
		t.Errorf("chosen all the same: %q", got)
	}
	command(ana, page.BringToFront, cdp.Empty{})
}
