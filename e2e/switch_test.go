package e2e

import (
	"errors"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"mayfly/rooms"
)

// arms arms the switch of whoever opened the room.
func (s *server) arms(link string, minutes int) {
	s.t.Helper()
	room := s.room(link)
	people, err := room.People()
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := room.Participant(people[0].ID)
	if err == nil {
		err = room.Arm(p, time.Duration(minutes)*time.Minute)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// withoutSockets is a server as a browser meets it behind a proxy that knows no
// WebSockets.
func withoutSockets(t *testing.T, s *server) string {
	t.Helper()
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: s.addr})
		r.Out.Host = r.In.Host
		r.Out.Header.Del("Upgrade")
	}})
	t.Cleanup(proxy.Close)
	return origin("localhost", proxy.Listener.Addr().String())
}

// What the bar of the switch says, to everybody and to its owner.
const (
	barOfAll = `(visible(document.querySelector('[data-armed-any]')) ? words(document.querySelector('[data-armed-any]')) : '')`
	barOfOwn = `(visible(document.querySelector('[data-armed-own]')) ? words(document.querySelector('[data-armed-own-text]')) : '')`
)

// seesSwitch waits until the bar says that somebody's switch is armed, and no more.
func (p *person) seesSwitch(within string) {
	p.t.Helper()
	p.until("the word that a switch is armed, and not theirs", `!`+barOfOwn+` && new RegExp('^A dead man.s switch is armed: this room is purged in '+$0+' unless somebody taps before\\.$').test(`+barOfAll+`)`, within)
	p.check("no button that is not theirs, and no name", `!buttons().some((b) => ['I am here', 'Disarm'].includes(words(b))) && !document.querySelector('[data-armed]').innerText.includes('Ana')`)
}

// ownsSwitch waits until the bar offers to tap.
func (p *person) ownsSwitch(within string) {
	p.t.Helper()
	p.until("her own switch", `new RegExp('^Your dead man.s switch purges this room in '+$0+' unless you tap before\\.$').test(`+barOfOwn+`)`, within)
	p.check("the ways to tap and disarm, and one bar", `!`+barOfAll+` && ['I am here', 'Disarm'].every((name) => buttons().filter((b) => words(b) === name).some(target))`)
}

func (p *person) seesNoSwitch() {
	p.t.Helper()
	p.until("no switch", `!visible(document.querySelector('[data-armed]'))`)
}

// noted counts a sentence in the log.
func (p *person) noted(sentence string) int {
	p.t.Helper()
	return see[int](p, `notes().filter((n) => n === $0).length`, sentence)
}

// TestDeadMansSwitch: its owner logged out and nobody connected, it fires. That
// takes a minute at least, in which its other stories are told.
func TestDeadMansSwitch(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	for _, p := range []*person{ana, bob} {
		p.allow(noiseStatus)
	}
	link := ana.opens(s.local())
	bob.enters(link)
	ana.press("Safety")
	ana.fill("Minutes until this room is purged, unless I tap before", "1")
	armed := time.Now()
	ana.press("Arm switch")
	ana.ownsSwitch(`\d\d s`)
	ana.press("Log out")
	ana.until("the page after it", `words(document.querySelector('h1')) === 'You are logged out'`)
	ana.check("it says what stays", `document.body.innerText.includes("Your dead man's switch stays armed: the room is purged when its time is up.")`)
	bob.until("the word that Ana left", `notes().includes('Ana left')`)
	bob.seesSwitch(`[1-5]\d s`)
	bob.press("Safety")
	bob.press("Arm switch")
	bob.until("both switches", barOfAll+` && `+barOfOwn)
	bob.press("Disarm")
	bob.seesSwitch(`[1-5]\d s`) // nobody can stop Ana's
	ana.enters(link)
	ana.seesSwitch(`[1-5]\d s`) // she is somebody else now, and cannot tap
	ana.exitsByButton()
	ana.away("Harvest")
	bob.do(navigateAway)
	waitFor(t, "nobody connected", func() bool { return s.registry.Stats().Connections == 0 })
	room := s.room(link)

	if after := room.PurgeAt().Sub(armed); after < time.Minute || after > time.Minute+5*time.Second {
		t.Errorf("armed for a minute, the room is purged %v later", after)
	}

	// The minute passes in a Cleanup: there it takes no turn from other tests.
	t.Cleanup(func() {
		time.Sleep(time.Until(room.PurgeAt()) + time.Second/2)
		if n := s.registry.Stats().Rooms; n != 0 { // nobody asked for it since
			t.Errorf("a minute later %d rooms are left", n)
		}
		if _, err := room.People(); !errors.Is(err, rooms.Purged) {
			t.Errorf("a minute later the room has ended with %v", err)
		}
	})
	if n := s.registry.Stats().Rooms; n != 1 {
		t.Errorf("before that there are %d rooms", n)
	}
	t.Run("tapped", switchIsTapped)
	t.Run("without scripts", switchWithoutScripts)
}

// switchIsTapped: armed by one, seen by all, tapped and disarmed by its owner
// alone, through reloads and over a bad line.
func switchIsTapped(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.opens(l.local())
	bob.enters(s.local() + pathOf(link))
	const (
		armed    = "A dead man's switch was armed. This room is purged when it runs out."
		disarmed = "No dead man's switch is armed any more."
		waits    = "There is no connection. The switch is changed as soon as it is back."
		minutes  = "Minutes until this room is purged, unless I tap before"
	)

	// The browser itself refuses what is out of bounds.
	ana.press("Safety")
	for value, wrong := range map[string]string{"0": "rangeUnderflow", "61": "rangeOverflow", "1.5": "stepMismatch", "": "valueMissing"} {
		ana.fill(minutes, value)
		if value == "" {
			see[bool](ana, `(field($0).value = '', true)`, minutes)
		}
		ana.press("Arm switch")
		ana.check("the field's problem is "+wrong, `field($0).validity[$1] && document.activeElement === field($0)`, minutes, wrong)
	}
	ana.check("nothing is armed", `!visible(document.querySelector('[data-armed]'))`)

	ana.fill(minutes, "60")
	ana.press("Arm switch")
	ana.ownsSwitch("60 min")
	bob.seesSwitch("60 min")
	for _, p := range []*person{ana, bob} {
		if n := p.noted(armed); n != 1 {
			t.Errorf("%s was told %d times that a switch is armed", p.name, n)
		}
		p.check("the word of it is where a screen reader says it", `notes().length > 0 && document.querySelector('.note').closest('[role=log]')`)
		p.fits("the room with an armed switch")
		p.picture("armed-" + p.name)
	}

	// The least there is; a warning comes with it.
	ana.fill(minutes, "1")
	ana.press("Arm switch")
	ana.ownsSwitch(`[56]\d s`)
	bob.seesSwitch(`[56]\d s`)
	ana.until("the warning", `notes().some((n) => n.includes('in 1 minute'))`)

	// A tap counts from now, for both.
	ana.fill(minutes, "2")
	ana.press("Arm switch")
	bob.seesSwitch(`(2 min|1\d\d s)`)
	bob.until("some of the time gone", `/in 11[0-7] s/.test(`+barOfAll+`)`)
	ana.press("I am here")
	ana.ownsSwitch(`(2 min|1(20|19|18) s)`)
	bob.seesSwitch(`(2 min|1(20|19|18) s)`)

	// A reload keeps it, and what a tap grants, even where no connection comes.
	bob.reload()
	bob.connected()
	bob.seesSwitch(`1[01]\d s`)
	ana.reload()
	ana.connected()
	ana.ownsSwitch(`1[01]\d s`)
	ana.press("I am here")
	ana.ownsSwitch(`(2 min|1(20|19|18) s)`)
	bob.open(withoutSockets(t, s) + pathOf(link))
	bob.until("the word that there is no connection", `document.querySelector('[data-room]').dataset.connection === 'busy'`)
	time.Sleep(1200 * time.Millisecond) // the page looks every second
	bob.check("the switch is said all the same", `visible(document.querySelector('[data-armed]'))`)
	bob.open(s.local() + pathOf(link))
	bob.connected()
	bob.seesSwitch(`1[01]\d s`)

	// Over a line that is cut a tap says that it waits.
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	ana.ownsSwitch(`1[01]\d s`)
	bob.until("some of the time gone", `/in 1(0\d|1[0-5]) s/.test(`+barOfAll+`)`)
	ana.press("I am here")
	ana.until("the word that it waits", `notes().includes($0)`, waits)
	bob.check("the tap has not arrived", `/in 1(0\d|1[0-5]) s/.test(`+barOfAll+`)`)
	l.become(whole)
	bob.seesSwitch(`(2 min|1(20|19|18) s)`)
	ana.ownsSwitch(`(2 min|1(20|19|18|17) s)`)

	// So does disarming, and once.
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	ana.press("Disarm")
	l.become(whole)
	for _, p := range []*person{ana, bob} {
		p.until("the word that it is disarmed", `notes().includes($0)`, disarmed)
		p.seesNoSwitch()
		if n := p.noted(disarmed); n != 1 {
			t.Errorf("%s was told %d times that it is disarmed", p.name, n)
		}
	}
	ana.check("the word that a tap waits was said once for each", `notes().filter((n) => n === $0).length === 2`, waits)
	bob.say("still here")
	ana.reads("still here")
}

// switchWithoutScripts: forms, a time of day, and a sentence for what
// is out of bounds.
func switchWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := phone(t, "Ana"), desktop(t, "Bob")
	ana.allow(noiseStatus)
	ana.withoutScripts()
	link := ana.admitted(s.local()+"/rooms", "room", "Harvest")
	ana.open(link)
	bob.enters(link)
	const minutes = "Minutes until this room is purged, unless I tap before"
	for _, value := range []string{"0", "61"} {
		ana.press("Safety")
		ana.fill(minutes, value)
		see[bool](ana, `field($0).form.noValidate = true`, minutes) // as a browser that knows no number fields
		ana.press("Arm switch")
		ana.until("the sentence", `document.querySelector('[data-hint]')?.innerText.includes('whole number of minutes from 1 to 60')`)
		ana.seesNoSwitch()
	}
	ana.press("Safety")
	ana.fill(minutes, "1")
	ana.press("Arm switch")
	const clock = `\d\d:\d\d:\d\d UTC`
	ana.until("her own switch", `/purges this room at `+clock+` unless you tap before/.test(`+barOfOwn+`) && document.readyState === 'complete'`)
	bob.seesSwitch(`[56]\d s`)
	before := see[string](ana, barOfOwn)
	time.Sleep(time.Second) // the bar counts them
	ana.press("I am here")
	ana.until("a later time", `document.readyState === 'complete' && `+barOfOwn+` && `+barOfOwn+` !== $0`, before)
	ana.press("Disarm")
	bob.seesNoSwitch()
	ana.until("no switch", `document.readyState === 'complete' && document.querySelector('[data-room]') && !visible(document.querySelector('[data-armed]'))`)
}
