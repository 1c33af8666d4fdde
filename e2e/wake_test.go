package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// sight is what could be seen of a page in a moment.
type sight struct {
	When    string // the event, and whether the page's own script had its turn
	Hidden  bool   // by the browser
	Asleep  bool   // by the page
	Talk    bool   // messages, people or composer are visible
	Heading string // if it is visible
}

// witness notes what could be seen whenever the page is hidden or shown, before
// its own script ran for that and after: nothing is painted in between.
func (p *person) witness() {
	p.t.Helper()
	see[bool](p, `(() => {
		window.sights = [];
		const note = (when) => sights.push({
			When: when, Hidden: document.hidden, Asleep: document.documentElement.dataset.asleep !== undefined,
			Talk: [...document.querySelectorAll('[data-log], [data-log] *, [data-people] *, [data-composer] *')].some(visible),
			Heading: [...document.querySelectorAll('h1')].filter(visible).map(words).join(),
		});
		for (const type of ['visibilitychange', 'freeze', 'resume']) {
			addEventListener(type, () => note('before ' + type), true);
			document.addEventListener(type, () => note('after ' + type));
		}
		return true;
	})()`)
}

// sights are what witness noted since it was last asked.
func (p *person) sights() []sight {
	p.t.Helper()
	return see[[]sight](p, `window.sights.splice(0)`)
}

// coveredWhile checks that nothing of the talk could be seen while a page was
// hidden, nor before its script had looked at the clocks.
func (p *person) coveredWhile(what string) (last sight) {
	p.t.Helper()
	sights := p.sights()
	if len(sights) == 0 {
		p.t.Fatalf("%s: nothing was noted about %s", p.name, what)
	}
	for _, s := range sights[1:] { // the first is before anything happened
		if s.Talk && (s.Hidden || s.When[:6] == "before") {
			p.t.Errorf("%s: %s: the talk is in sight %s: %+v", p.name, what, s.When, sights)
		}
	}
	return sights[len(sights)-1]
}

// covered is whether a page has nothing to show, should it be painted as it is.
const covered = `document.documentElement.dataset.asleep !== undefined &&
	['[data-log]', '[data-people]', '[data-composer]', '[data-room-name]', '[data-body]'].every((e) => getComputedStyle(document.querySelector(e)).visibility === 'hidden')`

// goesOnWhenFrozen lets the clock of a frozen page go on while its timers stand
// still, as under the lid of a laptop.
func (p *person) goesOnWhenFrozen(d time.Duration) {
	p.t.Helper()
	see[bool](p, `(() => {
		const now = Date.now;
		let ahead = 0;
		Date.now = () => now() + ahead;
		document.addEventListener('freeze', () => { ahead = $0; });
		return true;
	})()`, d.Milliseconds())
}

// jumps lets the page's clock jump without telling the page.
func (p *person) jumps(d time.Duration) {
	p.t.Helper()
	see[bool](p, `(() => {
		const now = Date.now;
		Date.now = () => now() + $0;
		return true;
	})()`, d.Milliseconds())
}

// TestPageInTheBackground: a tab that nobody looks at has nothing to show. What
// ends meanwhile is gone when somebody looks again; what does not is all there.
func TestPageInTheBackground(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	begin := func() (link string) {
		t.Helper()
		link = ana.opens(l.local())
		ana.say("a secret")
		ana.write("a draft")
		return link
	}
	link := begin()
	ana.witness()
	beside := ana.tabBeside()
	ana.until("the cover", covered)
	ana.inFront()
	ana.check("everything is there again", `messages().length === 1 && visible(document.querySelector('[data-body]')) && visible(composer()) && composer().value === 'a draft'`)
	if last := ana.coveredWhile("a short absence"); !last.Talk || last.Asleep {
		t.Errorf("after a short absence: %+v", last)
	}

	for _, c := range []struct {
		name, heading string
		happens       func()
	}{
		{"purge", "This room was purged", func() { s.room(link).Purge(nil) }},
		{"expiry", "This room has ended", func() { ana.jumps(time.Hour + time.Second) }},
		{"lease end", "This screen was wiped", func() { l.become(dead); ana.jumps(5*time.Minute + time.Second) }},
	} {
		if c.name != "purge" {
			link = begin()
			ana.witness()
		}
		beside.inFront()
		ana.until("the cover", `document.hidden && `+covered)
		c.happens()
		ana.until("the wiped screen in the background", `document.hidden && document.querySelector('h1').textContent === $0`, c.heading)
		ana.inFront()
		ana.wiped(c.heading, "a secret", "a draft", "Harvest")
		if last := ana.coveredWhile(c.name); last.Heading != c.heading || last.Asleep {
			t.Errorf("after the %s in the background: %+v", c.name, last)
		}
		l.become(whole)
	}
}

// TestFrozenPage: its timers stand still, so it wipes itself when it is woken,
// before anybody can see it.
func TestFrozenPage(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := phone(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	var beside *person
	for _, c := range []struct {
		name, heading string
		sleep         time.Duration
		purge         bool
	}{
		{"a nap", "Harvest", time.Minute, false},
		{"the lease ends", "This screen was wiped", 5*time.Minute + time.Second, false},
		{"the room ends", "This room has ended", time.Hour + time.Second, false},
		{"the room is purged", "There is no room here any more", time.Minute, true},
	} {
		link := ana.opens(l.local())
		ana.say("a secret")
		ana.write("a draft")
		ana.witness()
		ana.goesOnWhenFrozen(c.sleep)
		if beside == nil {
			beside = ana.tabBeside()
		} else {
			beside.inFront()
		}
		if !c.purge {
			l.become(dead)
		}
		ana.freeze()
		ana.until("the page frozen and covered: "+c.name, `window.sights.some((s) => s.When === 'after freeze') && `+covered)
		if c.purge {
			s.room(link).Purge(nil)
		}
		ana.thaw()
		if c.sleep > time.Minute {
			ana.until("the page awake: "+c.name, `window.sights.some((s) => s.When === 'after resume')`)
			ana.check("it woke with the reason, still in the background", `document.hidden && document.querySelector('h1').textContent === $0`, c.heading)
		}
		ana.inFront()
		ana.coveredWhile(c.name)
		if c.heading == "Harvest" {
			ana.check("nothing is lost", `messages().length === 1 && visible(document.querySelector('[data-body]')) && composer().value === 'a draft'`)
		} else {
			ana.wiped(c.heading, "a secret", "a draft", "Harvest")
			ana.until("the reason, in sight, with nothing that would take it away", `visible(document.querySelector('h1'))`)
		}
		l.become(whole)
	}
}

// TestLeaseEndsForTheServerToo: what the wiped screen says is so, at once.
func TestLeaseEndsForTheServerToo(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.opens(s.local())
	bob.enters(link)
	ana.say("a secret")
	bob.reads("a secret")
	bob.sleeps("wall", 5*time.Minute+time.Second)
	bob.wiped("This screen was wiped", "a secret", "Harvest")
	ana.until("the word that Bob left", `notes().includes('Bob left')`)
	bob.hasNoCookie(link)
	bob.press("Join again")
	bob.atJoinForm("a secret", "Harvest", "Ana")
}

const fuse = `document.querySelector('[data-room]').getAnimations()`

// TestFuse: a page whose scripts stand still goes blank all the same, when its
// lease is over: the browser sees to that.
func TestFuse(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	burns := func(lease time.Duration) {
		t.Helper()
		ana.until("one fuse as long as the lease", fuse+`.length === 1 && Math.abs(`+fuse+`[0].effect.getTiming().delay - $0) < 20_000 && `+fuse+`[0].currentTime < 20_000`, lease.Milliseconds())
	}
	ana.opens(l.local(), "lease", "2")
	burns(2 * time.Minute)
	ana.opens(l.local(), "lease", "room")
	burns(time.Hour)
	ana.opens(l.local())
	burns(5 * time.Minute)

	// Every word of the server on the lease is a new one.
	see[bool](ana, `(`+fuse+`[0].currentTime = 250_000, true)`)
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	l.become(whole)
	burns(5 * time.Minute)

	ana.say("a secret" + magentaPicture)
	waitFor(t, "the picture on the screen", func() bool { return ana.magentas() > 2000 })
	l.become(dead) // or the server would renew it
	see[bool](ana, `(`+fuse+`[0].currentTime = 299_800, true)`)
	ana.check("the screen is not blank before its time", `getComputedStyle(document.querySelector('[data-room]')).opacity === '1'`)
	waitFor(t, "a blank screen", func() bool { return ana.magentas() == 0 })
	ana.check("by the browser alone", `messages().length === 1 && getComputedStyle(document.querySelector('[data-room]')).opacity === '0'`)
	ana.until("the exit still in view", exitInView)
	see[bool](ana, `(document.querySelector('[data-exit]').hidden = true)`)
	ana.showsNothing("when the fuse has burnt down")

	// What the page says then can be read.
	ana.sleeps("wall", 5*time.Minute+time.Second)
	ana.wiped("This screen was wiped", "a secret")
	ana.until("the reason, in sight, with nothing that would take it away", `visible(document.querySelector('h1')) && getComputedStyle(document.querySelector('.room')).opacity === '1' && document.getAnimations().length === 0`)
}

// withPageCache is a server as a browser meets it behind a proxy that takes away
// what keeps pages out of the browser's page cache.
func withPageCache(t *testing.T, s *server) string {
	t.Helper()
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: s.addr})
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Cache-Control")
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	return origin("localhost", proxy.Listener.Addr().String())
}

// TestRealPageCache: a page that comes back out of the browser's page cache,
// should a browser or a proxy put it there, shows nothing.
func TestRealPageCache(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	cached := withPageCache(t, s)
	other := newElsewhere(t, elsewhereHost, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<!DOCTYPE html><title>Elsewhere</title><link rel="icon" href="data:,"><p>Rain.`))
	})
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket)
	ana.mayAsk = []string{other.host}
	// Later than the page's own listener; a reload follows.
	watch := func() {
		see[bool](ana, `(addEventListener('pageshow', (e) => {
			if (e.persisted) sessionStorage.setItem('cached', document.title + document.body.innerText + (composer()?.value ?? ''));
		}), true)`)
	}
	showed := func(what string) {
		t.Helper()
		ana.until("the page "+what+" out of the cache", `document.readyState === 'complete' && sessionStorage.getItem('cached') !== null`)
		for _, secret := range []string{"a secret", "a draft", "Harvest", "Ana"} {
			ana.check("the page "+what+" showed nothing of "+secret, `!sessionStorage.getItem('cached').includes($0)`, secret)
		}
	}
	link := ana.opens(cached)
	for _, purged := range []bool{false, true} {
		ana.say("a secret")
		ana.write("a draft")
		watch()
		ana.do(chromedp.Navigate("http://" + other.host + "/"))
		if purged {
			s.room(link).Purge(nil)
		}
		ana.back()
		if purged {
			ana.until("the page for what is gone", `words(document.querySelector('h1')) === 'There is no room here'`)
			break
		}
		showed("of the room")
		ana.connected()
		ana.nothingOfTalk("a secret", "a draft")
		see[bool](ana, `(sessionStorage.clear(), true)`)
	}

	// A wiped screen, too.
	s.room(ana.opens(cached)).Purge(nil)
	ana.wiped("This room was purged")
	ana.do(chromedp.Navigate("http://" + other.host + "/"))
	ana.back()
	ana.until("the page for what is gone", `words(document.querySelector('h1')) === 'There is no room here'`)
}
