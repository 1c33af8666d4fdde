package e2e

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"mayfly/rooms"
	"mayfly/web"
)

// opens opens a room called Harvest and enters it without the forms, which other
// stories fill in. fields are more of the form's, each with its value.
func (p *person) opens(origin string, fields ...string) (link string) {
	p.t.Helper()
	link = p.admitted(origin+"/rooms", append([]string{"room", "Harvest"}, fields...)...)
	p.open(link)
	p.connected()
	p.allow(noiseStatus) // a wiped screen asks once more, so that the cookie goes
	return link
}

// enters joins a room without the form.
func (p *person) enters(link string) {
	p.t.Helper()
	p.admitted(link + "/join")
	p.open(link)
	p.connected()
	p.allow(noiseStatus)
}

// admitted posts a form beside the browser, which gets the cookies of the answer,
// and returns where that leads.
func (p *person) admitted(action string, fields ...string) (to string) {
	p.t.Helper()
	form := url.Values{"alias": {p.name}, "password": {password}}
	for pair := range slices.Chunk(fields, 2) {
		form.Set(pair[0], pair[1])
	}
	answer, err := outside.PostForm(action, form)
	if err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	answer.Body.Close()
	next, err := answer.Location()
	if err != nil || answer.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("%s is not admitted at %s: %s", p.name, action, answer.Status)
	}
	for _, c := range answer.Cookies() {
		if c.MaxAge >= 0 {
			command(p, network.SetCookie, network.SetCookieParams{
				Name: c.Name, Value: c.Value, URL: next.String(), Path: c.Path,
				HTTPOnly: new(c.HttpOnly), SameSite: network.CookieSameSiteLax,
			})
		}
	}
	return next.String()
}

// outside asks without a browser. It finds the tests' hosts where their browser
// does.
var outside = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
	},
}

// room is the room that a link leads to.
func (s *server) room(link string) *rooms.Room {
	s.t.Helper()
	room, err := s.registry.Get(strings.TrimPrefix(pathOf(link), "/r/"))
	if err != nil {
		s.t.Fatal(err)
	}
	return room
}

// exitingTo is another server for the rooms of s, whose host has chosen where an
// exit leads to.
func (s *server) exitingTo(address string) *server {
	s.t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	other := &server{
		t: s.t, registry: s.registry, addr: listener.Addr().String(),
		http: web.NewServer(web.Options{Registry: s.registry, ExitURL: to, Log: quietOrFail(s.t)}).HTTPServer(),
	}
	go other.http.Serve(listener)
	s.t.Cleanup(func() { other.http.Close() })
	return other
}

var keyNames = map[string]string{
	"Shift": kb.Shift, "Control": kb.Control, "Alt": kb.Alt, "Meta": kb.Meta,
	"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " ", "Left": kb.ArrowLeft,
}

var keyModifiers = map[string]chromedp.Modifier{
	"Shift": chromedp.ModifierShift, "Control": chromedp.ModifierCtrl, "Alt": chromedp.ModifierAlt, "Meta": chromedp.ModifierMeta,
}

// plays plays on the keyboard: "a" is struck and let go, "+Shift" held from then
// on, "*Shift" repeats itself while it is held, "-Shift" is let go.
func (p *person) plays(score string) {
	p.t.Helper()
	var held chromedp.Modifier
	for _, note := range strings.Fields(score) {
		name := strings.TrimLeft(note, "+*-")
		how := strings.TrimSuffix(note, name)
		k := kb.Keys[[]rune(cmp.Or(keyNames[name], name))[0]]
		event := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: k.Key, Code: k.Code,
			WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native,
		}
		if how != "-" {
			held |= keyModifiers[name]
			event.Modifiers, event.AutoRepeat = int64(held), new(how == "*")
			if held&^chromedp.ModifierShift == 0 {
				event.Text, event.UnmodifiedText = k.Text, k.Unmodified
			}
			command(p, input.DispatchKeyEvent, event)
		}
		if how == "-" || how == "" {
			held &^= keyModifiers[name]
			event.Type, event.Text, event.UnmodifiedText, event.AutoRepeat = input.DispatchKeyEventTypeKeyUp, "", "", nil
			event.Modifiers = int64(held)
			command(p, input.DispatchKeyEvent, event)
		}
	}
}

// pressShift presses Shift some times within one moment of the page.
const pressShift = `((times) => {
	for (let n = 0; n < times; n++)
		for (const type of ['keydown', 'keyup']) dispatchEvent(new KeyboardEvent(type, {key: 'Shift'}));
})`

// The ways out.
func (p *person) exitsByButton() { p.t.Helper(); p.press("Exit this page") }
func (p *person) exitsByShift()  { p.t.Helper(); p.plays("Shift Shift Shift") }
func (p *person) exitsByTab() {
	p.t.Helper()
	for range 60 {
		p.key(tab)
		if see[bool](p, `words(document.activeElement) === 'Exit this page'`) {
			p.key(enter)
			return
		}
	}
	p.t.Errorf("%s: Tab does not reach the exit", p.name)
}

// away waits for the neutral page and checks that it says nothing of Mayfly and
// that the tab holds none of the secrets.
func (p *person) away(secrets ...string) {
	p.t.Helper()
	p.until("the neutral page", `location.pathname === '/measures' && document.readyState === 'complete'`)
	p.check("the page is about something else", `document.title === 'Kitchen measures' && !/mayfly|room/i.test(document.body.innerText)`)
	p.hasNothing(secrets...)
}

// hasNothing checks that a page, whichever it is, holds none of the secrets.
func (p *person) hasNothing(secrets ...string) {
	p.t.Helper()
	p.check("no room is in the page", `!document.querySelector('[data-room], [data-seq], [data-alias], textarea')`)
	for _, secret := range secrets {
		p.check(fmt.Sprintf("nothing of %q", secret), `!document.documentElement.outerHTML.includes($0) && !document.title.includes($0)`, secret)
	}
}

// hasNoCookie waits until the browser has no cookie of the room.
func (p *person) hasNoCookie(link string) {
	p.t.Helper()
	waitFor(p.t, "the end of "+p.name+"'s cookie", func() bool {
		return !slices.ContainsFunc(p.cookies(link), func(c *network.Cookie) bool { return strings.HasPrefix(c.Path, "/r/") })
	})
}

// TestExitThisPage: whichever way it is taken, it leads at once to a page about
// something else, ends the session, and nothing of this tab is left.
func TestExitThisPage(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	room := pathOf(ana.opens(s.local()))
	for _, c := range []struct {
		who    *person
		link   string
		byHand bool // so that the history has the join form, and the room after it
		exit   func(*person)
	}{
		{phone(t, "Bob"), s.insecure() + room, true, (*person).exitsByButton},
		{desktop(t, "Cleo"), s.local() + room, false, (*person).exitsByButton},
		{desktop(t, "Dora"), s.local() + room, false, (*person).exitsByTab},
		{desktop(t, "Eve"), s.insecure() + room, false, (*person).exitsByShift},
	} {
		p := c.who
		p.allow(noiseStatus, noiseClear)
		if c.byHand {
			p.join(c.link, p.name, password)
		} else {
			p.enters(c.link)
		}
		ana.sees("Ana", p.name)
		ana.post("a secret")
		p.reads("a secret")
		p.write("a draft")
		secrets := []string{"a secret", "a draft", "Harvest", "Ana"}
		length := see[int](p, `history.length`)

		c.exit(p)
		p.away(secrets...)
		p.check("the page took the room's place in the history", `history.length === $0`, length)
		ana.until("the word that "+p.name+" left", `notes().includes($0 + ' left')`, p.name)
		ana.sees("Ana")
		p.hasNoCookie(c.link)
		p.leavesNoTraces(c.link)
		p.back()
		p.hasNothing(secrets...)
		p.forward()
		p.away(secrets...)
		p.open(c.link)
		p.atJoinForm(secrets...)
	}
	ana.check("the room goes on", `messages().length === 4`)
}

// TestExitFromEveryPage: Shift does the same wherever one is, and there is nothing
// to lose on the way.
func TestExitFromEveryPage(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseClear)
	leaves := func(where string) {
		t.Helper()
		ana.until("the exit by keys on "+where, `!document.querySelector('[data-exit-keys]').hidden`)
		length := see[int](ana, `history.length`)
		ana.exitsByShift()
		ana.away("Harvest")
		ana.check("the page took the place of "+where, `history.length === $0`, length)
	}
	ana.open(s.local() + "/")
	ana.fill("Room name", "Harvest")
	leaves("the first page")
	link := ana.opens(s.local())
	leaves("the room")
	ana.open(link)
	ana.fill("Alias", "Harvest")
	leaves("the join page")
	receipt, err := outside.PostForm(link+"/purge", map[string][]string{"password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	ana.open(s.local() + receipt.Header.Get("Location"))
	ana.check("the receipt", `words(document.querySelector('h1')) === 'This room is purged'`)
	leaves("the receipt")
	ana.open(link)
	leaves("the page for what is gone")
	ana.opens(s.local())
	ana.press("Log out")
	ana.until("the page after it", `words(document.querySelector('h1')) === 'You are logged out'`)
	leaves("the page after a logout")

	// The wiped screens.
	s.room(ana.opens(s.local())).Purge(nil)
	ana.wiped("This room was purged")
	leaves("the purged screen")
	ana.opens(s.local())
	ana.sleeps("wall", time.Hour+time.Second)
	ana.wiped("This room has ended")
	leaves("the screen of a room that has ended")
	link = ana.opens(s.local())
	ana.sleeps("monotonic", 5*time.Minute+time.Second)
	ana.wiped("This screen was wiped")
	leaves("the screen whose lease is over")
	ana.hasNoCookie(link)
	if n := s.registry.Stats().Participants; n != 0 {
		t.Errorf("%d participants are left behind", n)
	}
}

// TestShiftIsCounted: each press shows, and is said; whoever stops stays.
func TestShiftIsCounted(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.opens(s.local())
	ana.write("a draft")
	shows := func(lamps, lit int, sentence string) {
		t.Helper()
		ana.until(fmt.Sprintf("%d of %d lamps, and %q", lit, lamps, sentence), `(() => {
			const lamps = [...document.querySelectorAll('.exit-lamps i')].filter(visible);
			return lamps.length === $0 && lamps.filter((l) => parseFloat(getComputedStyle(l).borderTopWidth) > 2).length === $1 &&
				document.querySelector('[data-exit-said]').textContent === $2;
		})()`, lamps, lit, sentence)
		if sentence != "" {
			waitFor(t, "a screen reader to be told "+sentence, func() bool { return ana.exposes(sentence) })
		}
	}
	const (
		twice = "Press Shift twice more to exit this page."
		once  = "Press Shift once more to exit this page."
		stay  = "Shift was not pressed three times: you stay on this page."
	)
	shows(0, 0, "")
	ana.plays("Shift")
	shows(3, 1, twice)
	ana.plays("Shift")
	pressed := time.Now()
	shows(3, 2, once)
	ana.picture("exit-shift-1280")
	shows(0, 0, stay)
	if after := time.Since(pressed); after < 4*time.Second || after > 10*time.Second {
		t.Errorf("the presses are forgotten after %v, want 5 s", after)
	}
	ana.plays("Shift")
	shows(3, 1, twice)
	ana.plays("!")
	shows(0, 0, stay)
	ana.check("she is still there, and what she typed", `composer().value === 'a draft!'`)

	// The same where the question covers everything else.
	ana.press("Purge for everyone")
	ana.until("the question", `document.querySelector('dialog[open]')`)
	ana.plays("Shift Shift")
	shows(3, 2, once)
	ana.plays("Escape")
	ana.until("the closed question", `!document.querySelector('dialog[open]')`)
	shows(0, 0, stay)
	ana.plays("Escape Escape Escape")
	ana.check("Escape does not exit", `document.querySelector('[data-room]').dataset.connection === 'connected'`)
	ana.plays("Shift Shift Shift")
	ana.away("a draft", "Harvest")
}

// TestShiftByAccident: whoever writes, selects, clicks or gives commands stays.
func TestShiftByAccident(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.opens(s.local())
	ana.write("a draft")
	stays := func(what string, presses int) {
		t.Helper()
		ana.until("the room after "+what, `document.querySelector('[data-room]')?.dataset.connection === 'connected'`)
		ana.check(fmt.Sprintf("%s counts as %d presses", what, presses), `Number(document.querySelector('[data-exit]').dataset.presses ?? 0) === $0`, presses)
		ana.plays("Left") // forgotten
	}
	for what, c := range map[string]struct {
		score   string
		presses int
	}{
		"capital letters":           {"+Shift A -Shift +Shift B -Shift +Shift C -Shift", 0},
		"capital letters in a row":  {"+Shift A B C -Shift", 0},
		"Shift held":                {"+Shift " + strings.Repeat("*Shift ", 30) + "-Shift", 1},
		"Shift between letters":     {"Shift a Shift b Shift c", 0},
		"a letter before the third": {"Shift Shift a Shift", 1},
		"Shift+Tab":                 {strings.Repeat("+Shift Tab -Shift ", 3), 0},
		"selecting":                 {strings.Repeat("+Shift Left -Shift ", 3), 0},
		"line breaks":               {strings.Repeat("+Shift Enter -Shift ", 3), 0},
		"with Control":              {"+Control Shift Shift Shift -Control", 0},
		"with Alt":                  {"+Alt Shift Shift Shift -Alt", 0},
		"with Meta":                 {"+Meta Shift Shift Shift -Meta", 0},
		"Control while Shift":       {strings.Repeat("+Shift Control -Shift ", 3), 0},
		"Alt while Shift":           {strings.Repeat("+Shift Alt -Shift ", 3), 0},
		"Control let go first":      {strings.Repeat("+Control +Shift -Control -Shift ", 3), 0},
		"Alt let go last":           {strings.Repeat("+Shift +Alt -Shift -Alt ", 3), 0},
	} {
		ana.plays(c.score)
		stays(what, c.presses)
		see[bool](ana, `(composer().focus(), true)`)
	}

	for range 3 {
		ana.plays("+Shift *Shift")
		ana.touch("a place to click", `target(composer())`)
		ana.plays("*Shift -Shift")
	}
	stays("Shift+click", 0)
	for range 3 {
		ana.plays("Shift")
		ana.touch("a place to click", `target(composer())`)
	}
	stays("a click after each press", 0)
	for range 3 {
		ana.plays("+Shift")
		command(ana, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: 300, Y: 300, DeltaX: 10, DeltaY: 1})
		ana.plays("-Shift")
	}
	stays("scrolling sideways", 0)
	ana.plays("Shift Shift")
	ana.looksAway()
	ana.looksBack()
	ana.plays("Shift")
	stays("another window in between", 1)

	command(ana, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "にほ", SelectionStart: 2, SelectionEnd: 2})
	ana.until("what an input method composes", `composer().value.includes('にほ')`)
	ana.plays("Shift Shift Shift")
	ana.check("the presses belong to the input method", `Number(document.querySelector('[data-exit]').dataset.presses ?? 0) === 0`)
	stays("composing", 0)
}

// exitInView is whether the control lies inside of the window and is what a
// finger hits in its middle.
const exitInView = `(() => {
	const exit = buttons().find((b) => words(b) === 'Exit this page');
	const box = exit.getBoundingClientRect();
	return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight &&
		exit.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
})()`

// TestExitIsInView: on every page, on every size of screen, whatever covers it.
func TestExitIsInView(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, size := range []struct {
		width, height int64
		touch         bool
	}{{320, 640, true}, {390, 844, true}, {1280, 800, false}} {
		name := fmt.Sprintf("%dx%d", size.width, size.height)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ana := newPerson(t, "Ana", size.width, size.height, size.touch)
			ana.allow(noiseStatus, noiseClear)
			inView := func(where string) {
				t.Helper()
				ana.check("the exit is in view on "+where, exitInView)
			}
			ana.open(s.insecure() + "/")
			inView("the first page")
			see[bool](ana, `(scrollTo({top: document.body.scrollHeight, behavior: 'instant'}), true)`)
			ana.check("this is the end of a long page", `scrollY > 100 && scrollY + innerHeight > document.body.scrollHeight - 2`)
			inView("the end of the first page")

			link := ana.opens(s.local())
			inView("the room")
			s.arms(link, 5)
			ana.until("the bar of the switch", `document.querySelector('[data-armed]').checkVisibility()`)
			ana.press("Options")
			inView("the room with a panel open")
			ana.chooses("Privacy screen")
			ana.press("Options")
			ana.looksAway()
			ana.until("the privacy screen", veiled)
			inView("the privacy screen")
			ana.picture("veiled-" + name)
			ana.looksBack()
			ana.plays("a")
			ana.until("the room again", "!"+veiled)

			causes := see[[]string](ana, `[...document.querySelectorAll('template[data-cause]')].map((t) => t.dataset.cause)`)
			if len(causes) < 10 {
				t.Errorf("the page knows only the ends %q", causes)
			}
			for _, cause := range causes {
				see[bool](ana, `(document.querySelector('[data-room]').replaceChildren(
					document.importNode(document.querySelector('template[data-cause=' + $0 + ']').content, true)), true)`, cause)
				inView("the screen " + cause)
				ana.fits("the screen " + cause)
			}

			ana.reload()
			ana.connected()
			ana.press("Purge for everyone")
			ana.until("the question", `document.querySelector('dialog[open]')`)
			inView("the question")
			ana.fits("the question")
			for _, answer := range []string{"Cancel", "Purge for everyone"} {
				ana.check(answer+" is not covered", `buttons().filter((b) => named(b) === $0 && b.closest('dialog')).some(target)`, answer)
			}
			ana.picture("exit-question-" + name)
			ana.press("Exit this page")
			ana.away("Harvest")
		})
	}
}

// TestExitWithoutTheServer: the screen does not wait for anybody.
func TestExitWithoutTheServer(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	for name, state := range map[string]lineState{"cut": cut, "silent": dead} {
		ana.opens(l.local())
		ana.say("a secret")
		ana.write("a draft")
		l.become(state)
		if left := see[string](ana, `(`+pressShift+`(3), document.title + document.body.innerHTML)`); left != "…" {
			t.Errorf("on a line that is %s the page has %q with the third press", name, left)
		}
		if state == dead {
			ana.showsNothing("while it waits for the neutral page")
			l.become(cut)
		}
		ana.until("the browser's own page", `location.protocol === 'chrome-error:'`)
		ana.hasNothing("a secret", "a draft", "Harvest")
		l.become(whole)
	}
}

// slowly is a server whose forms take a while to arrive, unless their sender
// hangs up before.
func slowly(t *testing.T, s *server) string {
	t.Helper()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: s.addr})
		r.Out.Host = r.In.Host
	}}
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	return origin("localhost", slow.Listener.Addr().String())
}

// TestExitLeadsWhereTheHostWants: with scripts and without, and that place is not
// told from where. The page is left before the server has heard of it.
func TestExitLeadsWhereTheHostWants(t *testing.T) {
	t.Parallel()
	weather := newElsewhere(t, elsewhereHost, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<!DOCTYPE html><title>Weather</title><link rel="icon" href="data:,"><p>Rain.`))
	})
	address := "http://" + weather.host + "/today?in=town&for=3+days"
	s := newServer(t, nil).exitingTo(address)
	slow := slowly(t, s)
	for _, scripts := range []bool{true, false} {
		ana := desktop(t, "Ana")
		ana.allow(noiseStatus)
		ana.mayAsk = []string{weather.host}
		if !scripts {
			ana.scripts(false)
		}
		link := ana.admitted(slow+"/rooms", "room", "Harvest")
		for _, from := range []string{link, slow + "/"} {
			switch {
			case from != link:
				ana.open(from)
			case scripts:
				ana.open(from)
				ana.connected()
			default:
				ana.goesTo(from) // and from there on to the page that streams
				ana.streams()
			}
			length := see[int](ana, `history.length`)
			ana.press("Exit this page")
			ana.until("the host's choice", `location.href === $0 && document.readyState === 'complete'`, address)
			ana.hasNothing("Harvest")
			if scripts {
				ana.check("it took the place of the page", `history.length === $0`, length)
			}
		}
		ana.hasNoCookie(link)
		ana.open(link)
		ana.atJoinForm("Harvest")
	}
	waitFor(t, "the end of both sessions", func() bool { return s.registry.Stats().Participants == 0 })
	for _, r := range weather.requests() {
		if from := r.Header.Get("Referer"); from != "" || r.Method != http.MethodGet {
			t.Errorf("%s was told %s from %q", weather.host, r.Method, from)
		}
	}
}

// TestExitWithoutScripts: the button is a form.
func TestExitWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.opens(s.local())
	bob.allow(noiseStatus)
	bob.scripts(false)
	bob.admitted(link + "/join")
	bob.goesTo(link)
	bob.streams()
	bob.check("no word of keys that do nothing", `!document.querySelector('[data-exit-keys]').checkVisibility()`)
	ana.sees("Ana", "Bob")
	bob.press("Exit this page")
	bob.away("Harvest", "Ana")
	ana.until("the word that Bob left", `notes().includes('Bob left')`)
	bob.hasNoCookie(link)
	bob.back()
	bob.atJoinForm("Harvest", "Ana")

	// With the purge that goes with it.
	bob.admitted(link + "/join")
	bob.goesTo(link)
	bob.streams()
	bob.press("Options")
	bob.chooses("“Exit this page” purges too")
	bob.press("Exit this page")
	bob.until("the way back", `location.pathname === $0 + '/exit' && buttons().some((b) => words(b) === 'Undo')`, pathOf(link))
	ana.wiped("This room was purged", "Harvest")
	bob.away("Harvest", "Ana")
}

// TestExitPurgesToo: an option that is off at first. Three seconds to undo it, and
// then no closed tab can stop it.
func TestExitPurgesToo(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := phone(t, "Ana"), desktop(t, "Bob")
	link := ana.opens(s.local())
	bob.allow(noiseStatus)
	bob.enters(link)
	ana.say("a secret")
	bob.reads("a secret")
	who := see[string](bob, `document.querySelector('[data-room]').dataset.you`)
	room := s.room(link)
	purgesToo := func() {
		t.Helper()
		bob.press("Options")
		bob.check("the option is off at first", `!document.querySelector('[name=purge]').checked`)
		bob.chooses("“Exit this page” purges too")
	}
	wayBack := func() {
		t.Helper()
		bob.until("the way back", `location.pathname === $0 + '/exit' && buttons().some((b) => words(b) === 'Undo')`, pathOf(link))
		bob.check("the page is about something else", `document.title === 'Kitchen measures' && !/mayfly|room|purge/i.test(document.body.innerText)`)
		bob.hasNothing("a secret", "Harvest", "Ana")
	}

	purgesToo()
	bob.reload()
	bob.connected()
	bob.check("a reload keeps the option", `document.querySelector('[name=purge]').checked`)
	length := see[int](bob, `history.length`)
	see[bool](bob, `(`+pressShift+`(6), true)`) // in panic: more than it takes
	wayBack()
	bob.check("the page took the room's place in the history", `history.length === $0`, length)
	ana.until("the word of the purge", `/purged in \d s/.test(document.querySelector('[data-armed]').innerText)`)
	bob.press("Undo")
	bob.connected()
	bob.check("Bob is the same participant", `document.querySelector('[data-room]').dataset.you === $0`, who)
	ana.until("no purge any more", `!document.querySelector('[data-armed]').checkVisibility()`)
	ana.check("Bob never left", `!notes().some((n) => n.includes('Bob') && n !== 'Bob joined')`)
	bob.say("still here")
	ana.reads("a secret", "still here")
	if see[bool](bob, `document.querySelector('[data-options-panel]').open`) {
		bob.press("Options")
	}

	purgesToo()
	pressing := time.Now()
	bob.press("Exit this page")
	pressed := time.Now()
	wayBack()
	if due := room.PurgeAt(); due.Before(pressing.Add(rooms.ExitUndo)) || due.After(pressed.Add(rooms.ExitUndo+time.Second)) {
		t.Errorf("the room is purged %v to %v after the exit", due.Sub(pressed), due.Sub(pressing))
	}
	command(bob, page.Close, cdp.Empty{})
	waitFor(t, "the purge", func() bool { return s.registry.Stats().Rooms == 0 })
	if time.Now().Before(room.PurgeAt()) {
		t.Error("the room is purged too early")
	}
	ana.wiped("This room was purged", "a secret", "still here", "Harvest")
}
