package e2e

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// anatomy is what of the page no message may touch: its elements outside of the
// log, where they are, and that each can still be pressed.
const anatomy = `({
	elements: [...document.querySelectorAll('html, html *')].filter((e) => !e.closest('[data-log]')).map((e) =>
		e.tagName + [...e.attributes].filter((a) => a.name !== 'data-pending' && !(e.tagName === 'PROGRESS' && a.name === 'value')).map((a) => ' ' + a.name + '=' + a.value).join('')).join('\n'),
	boxes: ['.room-head', '[data-log]', '[data-composer] button', '[data-purge-open]', '.tools'].map((s) => {
		const b = document.querySelector(s).getBoundingClientRect();
		return [s, b.x, b.y, b.width, b.height].map(String).join(' ');
	}).join('\n'),
	covered: ['Send', 'Log out', 'Purge for everyone'].filter((name) => !target(buttons().find((b) => named(b) === name))).join(),
	sentinel: (() => { const b = document.querySelector('[data-seq]').getBoundingClientRect(); return b.width + ' ' + b.height; })(),
	page: [scrollX, scrollY, document.scrollingElement.scrollWidth <= innerWidth, document.title, getComputedStyle(document.body).fontFamily, document.activeElement.name ?? ''].join(' '),
})`

// bodies are all that is wrong inside the messages' own boxes.
const bodies = `[...document.querySelectorAll('[data-body]')].flatMap((body) => {
	const line = body.closest('.message'), problems = [];
	if (line.parentElement.parentElement !== document.querySelector('[data-log]')) problems.push('a line that is not in the log');
	for (const e of body.querySelectorAll('*')) {
		if (e.closest('.media')) continue;
		const style = getComputedStyle(e);
		if (['fixed', 'absolute', 'sticky'].includes(style.position)) problems.push('position: ' + style.position);
		if (/^(SCRIPT|STYLE|IFRAME|OBJECT|EMBED|LINK|META|BASE|FORM|INPUT|BUTTON|SELECT|TEXTAREA|TEMPLATE|DIALOG|SVG|MATH|TITLE|SLOT)$/i.test(e.tagName) || e.tagName.includes('-') || e.shadowRoot) problems.push('element ' + e.tagName);
		if (e.namespaceURI !== 'http://www.w3.org/1999/xhtml') problems.push('namespace ' + e.namespaceURI);
		for (const a of e.attributes) {
			if (/^(on|aria-|data-|x-|v-|ng-|hx-|item)/.test(a.name) || ['style', 'id', 'name', 'srcset', 'ping', 'role', 'tabindex', 'autofocus', 'autoplay', 'popover', 'slot', 'is', 'contenteditable', 'hidden', 'inert', 'accesskey', 'background'].includes(a.name)) problems.push('attribute ' + a.name);
			if (['href', 'src', 'poster', 'cite'].includes(a.name) && !/^(https?:\/\/|mailto:|tel:|data:(image\/(?!svg)|audio\/|video\/|text\/vtt))/.test(a.value)) problems.push(a.name + '=' + a.value.slice(0, 60));
		}
	}
	const frame = document.querySelector('[data-log]').getBoundingClientRect(), box = line.getBoundingClientRect();
	if (box.left < frame.left - 1 || box.right > frame.right + 1) problems.push('a line that is wider than the log: ' + box.width);
	const next = line.nextElementSibling?.getBoundingClientRect();
	if (next && next.top < box.bottom - 1) problems.push('a line that overlaps the next');
	return problems.map((p) => p + ' in ' + body.innerHTML.slice(0, 200));
})`

type interfaceState struct{ Elements, Boxes, Covered, Sentinel, Page string }

func (p *person) anatomy() interfaceState {
	p.t.Helper()
	return see[interfaceState](p, anatomy)
}

// TestHostileMessages: a message cannot run a script, change the interface, or
// fetch anything, whoever reads it and on whatever screen (P9).
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	mallory, bob, cleo := desktop(t, "Mallory"), phone(t, "Bob"), desktop(t, "Cleo")
	link := mallory.create(s.local(), "Mallory", "Harvest", password)
	bob.join(link, "Bob", password)
	cleo.join(link, "Cleo", password)
	readers := []*person{bob, cleo}
	bob.say("a harmless message")
	mallory.sees("Bob", "Cleo", "Mallory")
	before := map[*person]interfaceState{}
	for _, p := range readers {
		p.sees("Bob", "Cleo", "Mallory")
		p.reads("a harmless message")
		p.touch("message field", `target(composer())`)
		p.until("all that the first touch loads", `document.querySelectorAll('[data-emoji-panel] button').length > 0`)
		before[p] = p.anatomy()
		if before[p].Covered != "" {
			t.Fatalf("%s cannot press %s from the start", p.name, before[p].Covered)
		}
	}

	corpus := append(append([]string{}, hostile...), hostileTexts()...)
	if file := os.Getenv("MAYFLY_CORPUS"); file != "" { // one more collection, a message a line
		more, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		corpus = append(corpus, strings.Split(string(more), "\n")...)
	}
	accepted := 1
	for i, html := range corpus {
		if mallory.post(html) {
			accepted++
		}
		if i%20 != 19 && i != len(corpus)-1 {
			continue
		}
		for _, p := range readers {
			p.until("all that was accepted", `messages().length === $0`, accepted)
			after := p.anatomy()
			for what, pair := range map[string][2]string{
				"elements outside of the messages": {before[p].Elements, after.Elements},
				"where things are":                 {before[p].Boxes, after.Boxes},
				"the message before":               {before[p].Sentinel, after.Sentinel},
				"the page":                         {before[p].Page, after.Page},
				"what can be pressed":              {"", after.Covered},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s's screen, messages up to %d (%.100q): %s changed:\n%s\n--- is now\n%s", p.name, i, html, what, pair[0], pair[1])
				}
			}
			for _, problem := range see[[]string](p, bodies) {
				t.Errorf("%s: %s", p.name, problem)
			}
		}
	}
	if accepted < len(hostile)/2 {
		t.Errorf("only %d of %d messages were accepted: the corpus is not seen", accepted, len(corpus))
	}
	for _, p := range []*person{mallory, bob, cleo} {
		p.check("no script of a message ran", `window.pwned === undefined && top.pwned === undefined`)
		p.check("nobody was led away", `location.href.startsWith($0)`, link)
	}
	bob.say("still well")
	cleo.until("that", `messages().at(-1).text === 'still well'`)
	// Dialogs, other hosts, policy violations and exceptions are looked for when
	// everybody leaves.
}

// browserless is somebody who posts forms without a browser.
func browserless(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// TestHostileNames: alias and room name are text, wherever they are shown.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus)
	link := ana.create(s.local(), "Ana", "Harvest", password)
	refused := 0
	for _, name := range hostileNames {
		answer, err := browserless(t).PostForm(link+"/join", url.Values{"alias": {name}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		switch answer.StatusCode {
		case http.StatusSeeOther:
			ana.until(fmt.Sprintf("%q among the people and in the notes, as text", name),
				`people().includes($0) && notes().some((n) => n.includes($0) && n.endsWith(' joined'))`, strings.Join(strings.Fields(name), " "))
		case http.StatusUnprocessableEntity, http.StatusConflict:
			refused++
		default:
			t.Errorf("joining as %q: status %d", name, answer.StatusCode)
		}
	}
	if refused > len(hostileNames)/3 {
		t.Errorf("%d of %d aliases were refused: the list is not seen", refused, len(hostileNames))
	}
	ana.check("an alias is nothing but text", `![...document.querySelectorAll('[data-people] bdi, .note > bdi.alias')].some((e) => e.children.length) && !document.querySelector('.note > :not(bdi.alias)')`)
	ana.reload() // the server draws the same people
	ana.check("an alias is nothing but text", `![...document.querySelectorAll('[data-people] bdi')].some((e) => e.children.length)`)
	ana.fits("the room full of names")

	for _, name := range hostileNames {
		client := browserless(t)
		answer, err := client.PostForm(s.local()+"/rooms", url.Values{"alias": {name}, "room": {name}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		room := answer.Header.Get("Location")
		if answer.StatusCode == http.StatusUnprocessableEntity {
			// The form comes back with what was typed, as text.
			ana.open(s.local() + "/")
			ana.fill("Alias", name)
			ana.fill("Room name", name)
			ana.press("Create room")
			ana.until("the problem", `document.querySelector('.field-problem')`)
			ana.check("what was typed is still there", `field('Alias').value === $0 || field('Room name').value === $0`, name)
			continue
		}
		if answer.StatusCode != http.StatusSeeOther {
			t.Errorf("a room called %q: status %d", name, answer.StatusCode)
			continue
		}
		at, _ := url.Parse(s.local() + room)
		for _, c := range client.Jar.Cookies(at) {
			command(ana, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: at.String(), Path: room})
		}
		ana.open(at.String())
		ana.connected()
		ana.check(fmt.Sprintf("the room's name %q is text", name), `document.querySelector('[data-room-name]').textContent === $0 && !document.querySelector('[data-room-name]').children.length`, name)
		ana.say("hello")
		ana.check("the author's alias is text", `!document.querySelector('.alias').children.length`)
		ana.check("no script ran", `window.pwned === undefined`)
	}
}
