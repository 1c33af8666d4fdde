package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mayfly/rooms"
)

// lineOf is the line of the list that has this alias.
const lineOf = `[...document.querySelectorAll('[data-people] [data-participant]')].find((l) => l.querySelector('[data-alias]').textContent === $0)`

// badge is what the list says about somebody: badge in words, as drawn.
func (p *person) badge(alias string) string {
	p.t.Helper()
	p.until(alias+" in the list", lineOf, alias)
	type badge struct{ Words, Drawn string }
	b := see[badge](p, `(() => {
		const line = `+lineOf+`;
		return {Words: words(line.querySelector('[data-person-badge]')), Drawn: line.querySelector('.badge').dataset.badge};
	})()`, alias)
	if b.Words != b.Drawn {
		p.t.Errorf("%s: the badge of %s is drawn as %q and called %q", p.name, alias, b.Drawn, b.Words)
	}
	return b.Words
}

// badges are those in the messages, in words.
func (p *person) badges() []string {
	p.t.Helper()
	p.check("each is drawn as it is called", `[...document.querySelectorAll('[data-seq] .badge')].every((b) =>
		b.dataset.badge === b.getAttribute('aria-label') && b.getAttribute('role') === 'img')`)
	return see[[]string](p, `[...document.querySelectorAll('[data-seq]')].map((m) => m.querySelector('.alias').textContent + ': ' + m.querySelector('.badge').getAttribute('aria-label'))`)
}

// TestBadges: a person has one badge, the same for everybody, as long as they
// stay. Whoever takes their alias afterwards has another.
func TestBadges(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	bob.allow(noiseStatus, noiseSocket, noiseCut, noiseClear)
	link := ana.opens(s.local())
	bobsLink := l.local() + pathOf(link)
	bob.enters(bobsLink)
	ana.post("one")
	bob.post("two")
	for _, p := range []*person{ana, bob} {
		p.reads("one", "two")
	}
	hers, his := ana.badge("Ana"), ana.badge("Bob")
	inWords := regexp.MustCompile("^(" + strings.Join(rooms.BadgeColors[:], "|") + ") (" + strings.Join(rooms.BadgeShapes[:], "|") + ")$")
	for _, badge := range []string{hers, his} {
		if !inWords.MatchString(badge) {
			t.Errorf("a badge is called %q", badge)
		}
	}
	if hers == his {
		t.Errorf("both have the badge %q", hers)
	}
	same := func(when string, badges ...string) {
		t.Helper()
		for _, p := range []*person{ana, bob} {
			if a, b := p.badge("Ana"), p.badge("Bob"); a != hers || b != his {
				t.Errorf("%s %s sees the badges %q and %q, want %q and %q", when, p.name, a, b, hers, his)
			}
			if got := p.badges(); !slices.Equal(got, badges) {
				t.Errorf("%s the badges in the messages of %s are %q, want %q", when, p.name, got, badges)
			}
		}
	}
	same("at first", "Ana: "+hers, "Bob: "+his)
	if !ana.exposes(his) {
		t.Error("a screen reader does not find the badge")
	}

	l.become(cut)
	bob.until("no connection", `document.querySelector('[data-room]').dataset.connection !== 'connected'`)
	l.become(whole)
	bob.connected()
	bob.post("three")
	ana.reads("one", "two", "three")
	same("after a reconnect", "Ana: "+hers, "Bob: "+his, "Bob: "+his)

	s.acknowledged()
	for _, p := range []*person{ana, bob} {
		p.reload()
		p.connected()
	}
	bob.post("four")
	ana.reads("four")
	same("after a reload", "Bob: "+his)

	// Somebody comes by the same name.
	bob.press("Log out")
	bob.until("the page after it", `words(document.querySelector('h1')) === 'You are logged out'`)
	ana.sees("Ana")
	bob.enters(bobsLink)
	bob.post("five")
	ana.reads("four", "five")
	another := ana.badge("Bob")
	if another == his || another == hers || another != bob.badge("Bob") {
		t.Errorf("who came again as Bob has the badge %q, and sees %q; before it was %q", another, bob.badge("Bob"), his)
	}
	if got, want := ana.badges(), []string{"Bob: " + his, "Bob: " + another}; !slices.Equal(got, want) {
		t.Errorf("the badges in the messages are %q, want %q", got, want)
	}
	ana.check("who is somebody else begins a group", `![...document.querySelectorAll('[data-seq]')].at(-1).matches('[data-follows]')`)
}

// watches notes every state in which the list has somebody, in words.
func (p *person) watches(alias string) {
	p.t.Helper()
	see[bool](p, `(() => {
		const look = () => {
			const line = `+lineOf+`;
			const state = line ? line.dataset.state + ' ' + words(line.querySelector('[data-person-state]')) : 'gone';
			if (watched.at(-1) !== state) watched.push(state);
		};
		window.watched = [];
		look();
		new MutationObserver(look).observe(document.querySelector('[data-people]'), {subtree: true, childList: true, attributes: true, characterData: true});
		return true;
	})()`, alias)
}

func (p *person) watched() []string { p.t.Helper(); return see[[]string](p, `watched`) }

// becomes waits until the list has somebody in this state.
func (p *person) becomes(alias, state string) {
	p.t.Helper()
	p.until(alias+" "+state, `(() => {
		const line = `+lineOf+`;
		return line?.dataset.state === $1 && words(line.querySelector('[data-person-state]')) === $1;
	})()`, alias, state)
}

// TestWhoIsHere: everybody sees who looks at the room, who does not, and who has
// no connection.
func TestWhoIsHere(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.opens(s.local())
	bob.enters(l.local() + pathOf(link))
	ana.becomes("Bob", "here")
	bob.becomes("Ana", "here")
	ana.watches("Bob")

	beside := bob.tabBeside()
	ana.becomes("Bob", "away")
	bob.inFront()
	ana.becomes("Bob", "here")
	bob.becomes("Bob", "here")
	l.become(cut)
	ana.becomes("Bob", "offline")
	l.become(whole)
	ana.becomes("Bob", "here")

	// A hidden page whose line breaks is away all the time, unless it is gone long.
	beside.inFront()
	ana.becomes("Bob", "away")
	l.become(cut)
	bob.until("no connection", `document.querySelector('[data-room]').dataset.connection !== 'connected'`)
	l.become(whole)
	bob.until("a connection", `(dispatchEvent(new Event('online')), document.querySelector('[data-room]').dataset.connection === 'connected')`)
	time.Sleep(1500 * time.Millisecond) // it is told once a second
	want := []string{"here here", "away away", "here here", "offline offline", "here here", "away away"}
	if got := ana.watched(); !slices.Equal(got, want) {
		t.Errorf("Ana saw Bob %q, want %q", got, want)
	}
	bob.inFront()
	ana.becomes("Bob", "here")
	ana.check("he never left", `!notes().some((n) => n.startsWith('Bob left'))`)
}

// TestSilentLineIsOffline: a line that is dead without a word is found out by the
// answers that do not come.
func TestSilentLineIsOffline(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.opens(s.local())
	bob.enters(l.local() + pathOf(link))
	ana.becomes("Bob", "here")
	l.become(dead)
	time.Sleep(10 * time.Second) // within two rounds of 15 s
	ana.becomes("Bob", "offline")
	ana.check("he has not left", `notes().at(-1) === 'Bob joined'`)
}

// TestReloadIsNotAway: who loads the page again never looks as if they were gone.
func TestReloadIsNotAway(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.opens(s.local())
	bob.enters(link)
	ana.becomes("Bob", "here")
	ana.watches("Bob")
	for range 3 {
		bob.reload()
		bob.connected()
		time.Sleep(1200 * time.Millisecond) // it would be told within a second
	}
	for _, state := range ana.watched() {
		if state != "here here" && state != "offline offline" { // which a very busy machine may take long enough for
			t.Errorf("Ana saw Bob %q", state)
		}
	}
	ana.check("he neither left nor joined again", `notes().filter((n) => n.includes('Bob')).length === 1`)
}
