package e2e

import (
	"errors"
	"math"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
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

var (
	wordsToAll   = regexp.MustCompile(`^A dead man's switch is armed: this room is purged in (\d+) (s|min) unless somebody taps before\.$`)
	wordsToOwner = regexp.MustCompile(`^Your dead man's switch purges this room in (\d+) (s|min) unless you tap before\.$`)
)

// says reports whether a bar has these words, and the time that is left until at.
func says(bar string, words *regexp.Regexp, at time.Time) bool {
	found := words.FindStringSubmatch(bar)
	if found == nil {
		return false
	}
	n, err := strconv.Atoi(found[1])
	left := time.Until(at)
	if found[2] == "min" {
		return err == nil && math.Abs(float64(n)-left.Minutes()) < 1.1
	}
	return err == nil && math.Abs(float64(n)-left.Seconds()) < 3
}

// seesSwitch waits until the bar says that somebody's switch is armed, when it
// fires, and no more.
func (p *person) seesSwitch(room *rooms.Room) {
	p.t.Helper()
	waitFor(p.t, "the switch on the screen of "+p.name, func() bool {
		return says(see[string](p, barOfOwn+` || `+barOfAll), wordsToAll, room.PurgeAt())
	})
	p.check("no button that is not theirs, and no name", `!buttons().some((b) => ['I am here', 'Disarm'].includes(words(b))) && !document.querySelector('[data-armed]').innerText.includes('Ana')`)
}

// ownsSwitch waits until the bar offers to tap and says by when.
func (p *person) ownsSwitch(room *rooms.Room) {
	p.t.Helper()
	waitFor(p.t, "the switch of "+p.name, func() bool {
		return says(see[string](p, barOfAll+` || `+barOfOwn), wordsToOwner, room.PurgeAt())
	})
	p.check("the ways to tap and disarm", `['I am here', 'Disarm'].every((name) => buttons().filter((b) => words(b) === name).some(target))`)
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

const switchMinutes = "Minutes until this room is purged, unless I tap before"

// TestDeadMansSwitch: its owner logged out and nobody connected, it fires. That
// takes a minute at least, in which its other stories are told.
func TestDeadMansSwitch(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.opens(s.local())
	bob.enters(link)
	room := s.room(link)
	ana.press("Options")
	ana.fill(switchMinutes, "1")
	before := time.Now()
	ana.press("Arm switch")
	ana.ownsSwitch(room)
	after := time.Now()
	fires := room.PurgeAt()
	if fires.Before(before.Add(time.Minute)) || fires.After(after.Add(time.Minute)) {
		t.Errorf("armed for a minute, the room is purged %v later", fires.Sub(before))
	}
	ana.press("Log out")
	ana.until("the page after it", `words(document.querySelector('h1')) === 'You are logged out'`)
	ana.check("it says what stays", `document.body.innerText.includes("Your dead man's switch stays armed: the room is purged when its time is up.")`)
	bob.until("the word that Ana left", `notes().includes('Ana left')`)
	bob.seesSwitch(room)

	// Nobody can stop it: not who disarms their own, and not Ana, who is somebody else now.
	bob.press("Options")
	bob.press("Arm switch")
	bob.until("both switches", barOfAll+` && `+barOfOwn)
	bob.press("Disarm")
	bob.seesSwitch(room)
	ana.enters(link)
	ana.seesSwitch(room)
	if at := room.PurgeAt(); !at.Equal(fires) {
		t.Errorf("the room is purged %v later than it was armed for", at.Sub(fires))
	}
	ana.exitsByButton()
	ana.away("Harvest")
	bob.do(navigateAway)
	waitFor(t, "nobody connected", func() bool { return s.registry.Stats().Connections == 0 })

	// The minute passes in a Cleanup: there it takes no turn from other tests.
	t.Cleanup(func() {
		time.Sleep(time.Until(fires) + time.Second/2)
		if n := s.registry.Stats().Rooms; n != 0 { // nobody asked for it since
			t.Errorf("a minute later %d rooms are left", n)
		}
		if _, err := room.People(); !errors.Is(err, rooms.Purged) {
			t.Errorf("a minute later the room has ended with %v", err)
		}
	})
	if n := s.registry.Stats().Rooms; n != 1 && time.Now().Before(fires) {
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
	both := []*person{ana, bob}
	for _, p := range both {
		p.allow(noiseSocket, noiseCut)
	}
	link := ana.opens(l.local())
	bob.enters(s.local() + pathOf(link))
	room := s.room(link)
	const (
		armed    = "A dead man's switch was armed. This room is purged when it runs out."
		disarmed = "No dead man's switch is armed any more."
		waits    = "There is no connection. The switch is changed as soon as it is back."
	)
	// later waits until the room is purged later than before.
	later := func(before time.Time) {
		t.Helper()
		waitFor(t, "a later purge", func() bool { return room.PurgeAt().After(before) })
		ana.ownsSwitch(room)
		bob.seesSwitch(room)
	}

	// The browser itself refuses what is out of bounds.
	ana.press("Options")
	for value, wrong := range map[string]string{"0": "rangeUnderflow", "61": "rangeOverflow", "1.5": "stepMismatch", "": "valueMissing"} {
		ana.fill(switchMinutes, value)
		if value == "" {
			see[bool](ana, `(field($0).value = '', true)`, switchMinutes)
		}
		ana.press("Arm switch")
		ana.check("the field's problem is "+wrong, `field($0).validity[$1] && document.activeElement === field($0)`, switchMinutes, wrong)
	}
	ana.check("nothing is armed", `!visible(document.querySelector('[data-armed]'))`)

	ana.fill(switchMinutes, "60")
	ana.press("Arm switch")
	ana.ownsSwitch(room)
	bob.seesSwitch(room)
	for _, p := range both {
		if n := p.noted(armed); n != 1 {
			t.Errorf("%s was told %d times that a switch is armed", p.name, n)
		}
		p.check("a screen reader says it", `document.querySelector('.note').closest('[role=log]')`)
		p.fits("the room with an armed switch")
		p.picture("armed-" + p.name)
	}

	// The least there is; a warning comes with it. A tap counts from now.
	ana.fill(switchMinutes, "1")
	ana.press("Arm switch")
	ana.until("the warning", `notes().some((n) => n.includes('in 1 minute'))`)
	ana.ownsSwitch(room)
	bob.seesSwitch(room)
	before := room.PurgeAt()
	ana.press("I am here")
	later(before)

	// A reload keeps it, and what a tap grants, even where no connection comes.
	ana.fill(switchMinutes, "7")
	ana.press("Arm switch")
	later(before.Add(5 * time.Minute))
	for _, p := range both {
		p.reload()
		p.connected()
	}
	ana.ownsSwitch(room)
	bob.seesSwitch(room)
	before = room.PurgeAt()
	ana.press("I am here")
	later(before)
	bob.open(withoutSockets(t, s) + pathOf(link))
	bob.until("the word that there is no connection", `document.querySelector('[data-room]').dataset.connection === 'busy'`)
	time.Sleep(1200 * time.Millisecond) // the page looks every second
	bob.seesSwitch(room)
	bob.open(s.local() + pathOf(link))
	bob.connected()
	bob.seesSwitch(room)

	// Over a line that is cut a tap says that it waits.
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	ana.ownsSwitch(room)
	before = room.PurgeAt()
	ana.press("I am here")
	ana.until("the word that it waits", `notes().includes($0)`, waits)
	if !room.PurgeAt().Equal(before) {
		t.Error("the tap has arrived over no line")
	}
	l.become(whole)
	later(before)

	// So does disarming, and everybody is told once.
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	see[bool](ana, `(buttons().find((b) => named(b) === 'Disarm').focus(), true)`)
	ana.key(enter)
	ana.until("the word that it waits", `notes().filter((n) => n === $0).length === 2`, waits)
	l.become(whole)
	for _, p := range both {
		p.until("the word that it is disarmed", `notes().includes($0)`, disarmed)
		p.seesNoSwitch()
		if n := p.noted(disarmed); n != 1 {
			t.Errorf("%s was told %d times that it is disarmed", p.name, n)
		}
	}
	bob.say("still here")
	ana.reads("still here")
}

// switchWithoutScripts: forms whose answers come into the composer's frame, a time
// of day, and a sentence for what is out of bounds.
func switchWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := phone(t, "Ana"), desktop(t, "Bob")
	ana.allow(noiseStatus)
	ana.scripts(false)
	link := ana.admitted(s.local()+"/rooms", "room", "Harvest")
	ana.goesTo(link)
	ana.streams()
	bob.enters(link)
	room := s.room(link)
	const said = inFrame + `?.body?.innerText ?? ''`
	ownsSwitch := func() {
		t.Helper()
		at := room.PurgeAt().UTC().Format("15:04:05 UTC")
		ana.until("her own switch, with its time", `(`+said+`).includes($0)`, "Your dead man's switch purges this room at "+at+" unless you tap before.")
		ana.until("what all see", factsOf+`.includes($0)`, "A dead man's switch is armed: this room is purged at "+at+" unless somebody taps before.")
	}
	ana.press("Options")
	for _, value := range []string{"0", "61"} {
		ana.fill(switchMinutes, value)
		see[bool](ana, `field($0).form.noValidate = true`, switchMinutes) // as a browser that knows no number fields
		ana.press("Arm switch")
		ana.until("the sentence", `(`+said+`).includes('whole number of minutes from 1 to 60')`)
		ana.check("no switch", `!`+factsOf+`.includes('switch')`)
	}
	ana.fill(switchMinutes, "1")
	ana.press("Arm switch")
	bob.seesSwitch(room)
	ownsSwitch()
	before := room.PurgeAt()
	ana.touch("I am here", atFrame, "[data-tap-form] button")
	waitFor(t, "a later purge", func() bool { return room.PurgeAt().After(before) })
	ownsSwitch()
	ana.touch("Disarm", atFrame, "[data-disarm-form] button")
	bob.seesNoSwitch()
	ana.until("no switch", `!`+factsOf+`.includes('switch') && !(`+said+`).includes('switch')`)
}
