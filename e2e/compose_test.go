package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"mayfly/format"
	"mayfly/rooms"
	"mayfly/web"
)

// wire is what leaves a tab over its WebSocket, and the workers that it has.
type wire struct {
	p *person

	mu      sync.Mutex
	sent    []frame
	workers map[target.SessionID]bool
}

type frame struct {
	at   time.Duration // by a clock of the browser
	text string
}

// tapped notes from now on what leaves the tab.
func (p *person) tapped() *wire {
	p.t.Helper()
	w := &wire{p: p, workers: map[target.SessionID]bool{}}
	if err := chromedp.Listen(p.ctx, w.note); err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (w *wire) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventWebSocketFrameSent:
		at := time.Duration(e.Timestamp.Float64() * float64(time.Second))
		w.sent = append(w.sent, frame{at, string(e.Response.PayloadData)})
	case *target.EventAttachedToTarget:
		if e.TargetInfo.Type == "worker" {
			w.workers[e.SessionID] = true
		}
	case *target.EventDetachedFromTarget:
		delete(w.workers, e.SessionID)
	}
}

// frames are those sent since there were n.
func (w *wire) frames(n int) []frame {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent[n:])
}

func (w *wire) countWorkers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.workers)
}

// noWorker waits until the tab has no worker any more.
func (w *wire) noWorker(when string) {
	w.p.t.Helper()
	waitFor(w.p.t, "no worker "+when, func() bool { return w.countWorkers() == 0 })
}

// passing are all the frames that may leave before something is sent, but for numbers.
var passing = []string{`{"type":"typing"}`, `{"type":"ack","seq":N}`, `{"type":"presence","state":"here"}`}

// tellsNothing checks that since there were n frames only passing states left.
func (w *wire) tellsNothing(n int, when string) {
	w.p.t.Helper()
	for _, f := range w.frames(n) {
		numberless := strings.TrimSpace(ackSeq.ReplaceAllString(f.text, `"seq":N`))
		if !slices.Contains(passing, numberless) {
			w.p.t.Errorf("%s: %s this left the page: %.300s", w.p.name, when, f.text)
		}
	}
}

// send is the only message among the frames since there were n.
func (w *wire) send(n int) (html string) {
	w.p.t.Helper()
	var sends []string
	for _, f := range w.frames(n) {
		for line := range strings.Lines(f.text) {
			var o struct{ Type, HTML string }
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				w.p.t.Fatalf("%s sent %q: %v", w.p.name, line, err)
			}
			if o.Type == "send" {
				sends = append(sends, o.HTML)
			}
		}
	}
	if len(sends) != 1 {
		w.p.t.Fatalf("%s sent %d messages, want 1: %.300q", w.p.name, len(sends), sends)
	}
	return sends[0]
}

var ackSeq = regexp.MustCompile(`"seq":\d+`)

// gate is another server for the rooms of one, which notes what it is asked by
// pages and their workers alike.
type gate struct {
	addr string

	mu    sync.Mutex
	asked []string // as "GET /path"
	shut  string   // what has this in its path is not there
}

func (s *server) gated() *gate {
	s.t.Helper()
	g := &gate{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	g.addr = listener.Addr().String()
	behind := web.NewServer(web.Options{Registry: s.registry, Log: quietOrFail(s.t)}).HTTPServer()
	handler := behind.Handler
	behind.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked = append(g.asked, r.Method+" "+r.URL.String())
		shut := g.shut != "" && strings.Contains(r.URL.Path, g.shut)
		g.mu.Unlock()
		if shut {
			http.NotFound(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	})
	go behind.Serve(listener)
	s.t.Cleanup(func() { behind.Close() })
	return g
}

func (g *gate) local() string { return origin("localhost", g.addr) }

// shuts lets a file be gone, "" none.
func (g *gate) shuts(part string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = part
}

// requests are those since there were n.
func (g *gate) requests(n int) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked[n:])
}

// composes writes a text into the composer; what stands between [ and ] in it is
// selected.
func (p *person) composes(text string) {
	p.t.Helper()
	start := strings.Index(text, "[")
	text = strings.Replace(text, "[", "", 1)
	end := strings.Index(text, "]")
	text = strings.Replace(text, "]", "", 1)
	p.write(text)
	p.until("the text in the composer", `composer().value === $0`, text)
	see[bool](p, `(composer().setSelectionRange($0, $1), true)`, start, end)
}

// composed is what stands in the composer, with what is selected between [ and ].
const composed = `(() => {
	const {value: v, selectionStart: start, selectionEnd: end} = composer();
	return v.slice(0, start) + '[' + v.slice(start, end) + ']' + v.slice(end);
})()`

// hasComposed waits until the composer holds this, with the focus in it.
func (p *person) hasComposed(what, text string) {
	p.t.Helper()
	p.until(what+", "+text, `$0 === `+composed, text)
	p.check("the focus is in the message field", `document.activeElement === composer()`)
}

// newest finds something in the newest message.
const newest = `[...document.querySelectorAll('[data-body]')].at(-1)`

// toolbar is each button, what it makes of a text, what is typed then, and how
// the message that comes of it looks to others.
var toolbar = []struct {
	name, text, want, typed, shown string
}{
	{"Bold", "a [word] here", "a <b>[word]</b> here", "", `is('b', 'word') && style('b').fontWeight >= 600`},
	{"Italic", "a [word] here", "a <i>[word]</i> here", "", `is('i', 'word') && style('i').fontStyle === 'italic'`},
	{"Underline", "a [word] here", "a <u>[word]</u> here", "", `is('u', 'word') && style('u').textDecorationLine === 'underline'`},
	{"Strike through", "a [word] here", "a <s>[word]</s> here", "", `is('s', 'word') && style('s').textDecorationLine === 'line-through'`},
	{"Mark", "a [word] here", "a <mark>[word]</mark> here", "", `is('mark', 'word') && style('mark').backgroundColor !== 'rgba(0, 0, 0, 0)'`},
	{"Code", "if [a < b]", "if <code>[a < b]</code>", "", `is('code', 'a < b') && style('code').fontFamily.includes('mono')`},
	{"Code block", "[if a < b {\n\tc()\n}]", "<pre><code>[if a < b {\n\tc()\n}]</code></pre>", "", `is('pre > code', 'if a < b {\n\tc()\n}') && style('code').fontFamily.includes('mono')`},
	{"Quote", "[one\ntwo]", "<blockquote>[one\ntwo]</blockquote>", "", `is('blockquote', 'one\ntwo')`},
	{"List", "[one\ntwo\nthree]", "<ul><li>[one</li><li>two</li><li>three]</li></ul>", "", `items('ul > li') === 'one|two|three' && style('ul').listStyleType === 'disc'`},
	{"Numbered list", "[one\ntwo\nthree]", "<ol><li>[one</li><li>two</li><li>three]</li></ol>", "", `items('ol > li') === 'one|two|three' && style('ol').listStyleType === 'decimal'`},
	{"Numbered list", "[]", "<ol><li>[]</li></ol>", "first", `items('ol > li') === 'first'`},
	{"Link", "at [https://example.org/x]", `at <a href="https://example.org/x">[]</a>`, "the bridge", `is('a[href="https://example.org/x"][target=_blank][rel~=noreferrer]', 'the bridge')`},
	{"Link", "at [the bridge]", `at <a href="[https://]">the bridge</a>`, "https://example.org/y", `is('a[href="https://example.org/y"]', 'the bridge')`},
	{"Heading", "[A word]\nand more", "<h2>[A word]</h2>\nand more", "", `is('h2', 'A word') && style('h2').fontWeight >= 600`},
	{"Table", "[who\twhat\nAna\tif a<b]", "[<table><tr><th>who</th><th>what</th></tr><tr><td>Ana</td><td>if a<b</td></tr></table>]", "", `items('th') === 'who|what' && items('td') === 'Ana|if a<b' && all('tr').length === 2 && style('td').display === 'table-cell'`},
	// What a spreadsheet copies ends with a line break.
	{"Table", "[who\twhat\nAna\tbread\n]", "[<table><tr><th>who</th><th>what</th></tr><tr><td>Ana</td><td>bread</td></tr></table>]", "", `all('tr').length === 2`},
	{"Table", "[]", "<table><tr><th>[]</th><th></th></tr><tr><td></td><td></td></tr></table>", "who", `items('th') === 'who|' && items('td') === '|'`},
	{"Spoiler", "it is [the gardener]", "it is <details><summary>Spoiler</summary>[the gardener]</details>", "", `!$('details').open && is('summary', 'Spoiler') && $('details').textContent.endsWith('the gardener') && !body.innerText.includes('gardener')`},
}

// TestToolbar: each button, and its keys, writes its formatting around what is
// selected; the focus stays, one undo takes it back, and others see what it means.
func TestToolbar(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)

	ana.check("the toolbar of a desk is open", `visible(document.querySelector('[data-toolbar]')) && document.querySelector('[data-toolbar-toggle]').ariaExpanded === 'true'`)
	keys := see[map[string]string](ana, `Object.fromEntries([...document.querySelectorAll('[data-insert]')].map((b) => [named(b), b.dataset.keys]))`)
	if len(keys) != 14 {
		t.Errorf("the toolbar has %d buttons that format, want 14: %v", len(keys), keys)
	}
	for name := range keys {
		if !slices.ContainsFunc(toolbar, func(c struct{ name, text, want, typed, shown string }) bool { return c.name == name }) {
			t.Errorf("no story presses %s", name)
		}
	}

	for i, c := range toolbar {
		before := strings.NewReplacer("[", "", "]", "").Replace(c.text)
		for _, way := range []string{"the button", "its keys"} {
			ana.composes(c.text)
			if way == "the button" {
				ana.press(c.name)
			} else {
				ana.key(onKeyboard(keys[c.name]), chromedp.ModifierCtrl)
			}
			ana.hasComposed(c.name+" by "+way, c.want)
			ana.key("z", chromedp.ModifierCtrl)
			ana.until(c.name+" by "+way+" undone, "+before, `composer().value === $0`, before)
			ana.check("the focus is in the message field", `document.activeElement === composer()`)
		}
		ana.composes(c.text)
		ana.press(c.name)
		if c.typed != "" {
			ana.insert(c.typed)
		}
		ana.press("Send")
		for _, p := range []*person{ana, bob} {
			p.until("the message", `messages().length === $0`, i+1)
			p.check(c.name+" is shown as one", `(() => {
				const body = `+newest+`, $ = (s) => body.querySelector(s), all = (s) => [...body.querySelectorAll(s)];
				const is = (s, text) => all(s).length === 1 && $(s).innerText === text, style = (s) => getComputedStyle($(s));
				const items = (s) => all(s).map((e) => e.innerText.trim()).join('|');
				return `+c.shown+`;
			})()`)
		}
	}
	bob.press("Spoiler")
	bob.until("what the spoiler hides", newest+`.innerText.includes('the gardener')`)
}

// TestFormattingTwice: what is formatted already is so no more, and who is at its
// end gets out.
func TestFormattingTwice(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.opens(s.local())
	for _, c := range []struct{ text, want string }{
		{"one [two] three", "one <b>[two]</b> three"},
		{"one <b>[two]</b> three", "one [two] three"},
		{"one <b>two[]</b> three", "one <b>two</b>[] three"},
		{"one <b>[]</b>", "one []"},
		{"one <b>t[w]o</b>", "one <b>t<b>[w]</b>o</b>"},
	} {
		ana.composes(c.text)
		ana.press("Bold")
		ana.hasComposed("Bold on "+c.text, c.want)
	}
	ana.composes("one <b>[two]</b>")
	ana.press("Bold")
	ana.key("z", chromedp.ModifierCtrl)
	ana.until("it undone", `composer().value === 'one <b>two</b>'`)
}

// TestKeysThatSend: Enter at a desk, but not the one that ends a composition; with
// a keyboard at a phone, where Enter begins a line, Ctrl+Enter.
func TestKeysThatSend(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.opens(s.local())
	bob.enters(link)

	ana.write("one")
	for _, composing := range []string{"isComposing: true", "keyCode: 229"} { // as Chromium and Firefox say it, and Safari
		see[bool](ana, `composer().dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, `+composing+`}))`)
	}
	ana.check("nothing was sent", `composer().value === 'one' && messages().length === 0`)
	ana.key(enter)
	bob.reads("one")

	bob.write("two")
	bob.key(enter)
	bob.until("a new line", `composer().value === 'two\n'`)
	bob.insert("three")
	bob.key(enter, chromedp.ModifierCtrl)
	ana.reads("one", "two\nthree")

	// A word about what could not be sent goes when it is seen to.
	hint := `words(document.querySelector('[role=alert][data-hint]'))`
	ana.press("Send")
	ana.until("the word", hint+` !== ''`)
	ana.insert("x")
	ana.until("no word", hint+` === ''`)
	ana.write(strings.Repeat("x", 20_000))
	ana.press("Send")
	ana.until("the word that it is too long", hint+`.startsWith('This message is too long')`)
	ana.write("short")
	ana.until("no word", hint+` === ''`)
}

// onKeyboard is the key that data-keys names, with Shift as on a US keyboard.
func onKeyboard(keys string) string {
	key, shifted := strings.CutPrefix(keys, "Shift+")
	if !shifted {
		return strings.ToLower(key)
	}
	if i := strings.Index("1234567890", key); i >= 0 {
		return "!@#$%^&*()"[i : i+1]
	}
	return key
}

// TestToolbarOnAPhone: the toolbar is folded until it is asked for; then it works
// by touch, and the keyboard of the phone stays.
func TestToolbarOnAPhone(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	bob := newPerson(t, "Bob", 320, 568, true)
	bob.create(s.local(), "Bob", "Harvest", password)
	const toggle = "Formatting, pictures, preview"
	folded := `!visible(document.querySelector('[data-toolbar]')) && document.querySelector('[data-toolbar-toggle]').ariaExpanded === 'false'`
	bob.check("the toolbar is folded", folded)
	bob.composes("one [two] three")
	bob.press(toggle)
	bob.until("the toolbar", `visible(document.querySelector('[data-toolbar]')) && document.querySelector('[data-toolbar-toggle]').ariaExpanded === 'true'`)
	bob.check("its button says what it opens", `document.getElementById(document.querySelector('[data-toolbar-toggle]').getAttribute('aria-controls')) === document.querySelector('[data-toolbar]')`)
	bob.check("the keyboard stays", `document.activeElement === composer()`)
	bob.fits("the room with the toolbar")
	for _, name := range see[[]string](bob, `[...document.querySelectorAll('[data-insert]')].map(named)`) {
		bob.check(name+" can be reached with a finger", `target(buttons().find((b) => named(b) === $0))`, name)
	}
	see[bool](bob, `(window.blurred = 0, composer().addEventListener('blur', () => { window.blurred++; }), true)`)
	bob.press("Bold")
	bob.hasComposed("bold", "one <b>[two]</b> three")
	bob.press("Spoiler") // the last one
	bob.hasComposed("a spoiler", "one <b><details><summary>Spoiler</summary>[two]</details></b> three")
	bob.check("the keyboard has never gone", `window.blurred === 0`)

	bob.composes("well [done]")
	bob.press("Emoji")
	bob.until("the panel", `document.querySelector('[data-emoji-panel]').matches(':popover-open')`)
	bob.fits("the room with the emoji")
	bob.check("all of the panel is on the screen", `(() => {
		const box = document.querySelector('[data-emoji-panel]').getBoundingClientRect();
		return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
	})()`)
	bob.press("👍")
	bob.hasComposed("an emoji", "well 👍[]")
	bob.check("the panel is gone", `!document.querySelector('[data-emoji-panel]').matches(':popover-open')`)
	bob.opensPreview()
	bob.fits("the preview")
	bob.press("Go on writing")
	bob.until("the end of the preview", `!document.querySelector('[data-preview]').open`)
	bob.hasComposed("the text as it was", "well 👍[]")
	bob.press(toggle)
	bob.until("the toolbar folded", folded)
	bob.press("Send")
	bob.reads("well 👍")
}

// TestEmoji: the panel puts one in at the cursor, by mouse or by keys alone.
func TestEmoji(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.create(s.local(), "Ana", "Harvest", password)
	const open = `document.querySelector('[data-emoji-panel]').matches(':popover-open')`
	ana.composes("on[]e")
	ana.press("Emoji")
	ana.until("the panel", open)
	ana.press("🔥")
	ana.hasComposed("an emoji", "on🔥[]e")
	ana.check("the panel is gone", `!`+open)
	ana.key("z", chromedp.ModifierCtrl)
	ana.until("the emoji undone", `composer().value === 'one'`)

	see[bool](ana, `(document.querySelector('[data-emoji]').focus(), true)`)
	ana.key(enter)
	ana.until("the panel", open)
	ana.key("\x1b")
	ana.until("no panel, and the focus on its button", `!`+open+` && document.activeElement === document.querySelector('[data-emoji]')`)
	ana.key(enter)
	ana.until("the panel", open)
	ana.key(tab)
	ana.until("the focus on an emoji", `document.activeElement.closest('[data-emoji-panel]')`)
	first := see[string](ana, `document.activeElement.textContent`)
	ana.key(enter)
	ana.until("the emoji", `composer().value.includes($0) && document.activeElement === composer()`, first)
}

// previewed are messages, what the preview says about them, and whether they can
// be sent.
var previewed = []struct {
	name, html, says string
	sent             bool
}{
	{"plain", "three plain words", "", true},
	{"line breaks", "one\ntwo\n\n  four", "", true},
	{"markup", `<h2>Plan</h2><ul><li><b>one</b> <i>two</i></ul><table><tr><th>x<td style="color:red">y</table><span style="background-color: #ff0">z</span>`, "", true},
	{"script", "<script>alert(1)</script>fine<style>p{}</style>", "Left out when sent: script, style.", true},
	{"handler", `<b onclick="alert(1)" id="x">bold</b>`, "Left out when sent: onclick, id.", true},
	{"media from elsewhere", `<img src="http://pictures.example.org/x.png"><video src="https://films.example.org/y.webm"></video>`, "", true},
	{"picture", `here <img alt="dot" src="` + onePixel + `">`, "", true},
	{"link", "see https://example.org/a?b=c&d=e, and <a href='https://example.org/'>here</a>", "", true},
	{"unfinished tag", "a <b unfinished and vector<int> v, if a<b", "", true},
	{"unclosed tags", "<details open><summary>more<b>bold", "", true},
	{"entities", "&lt;b&gt; &amp; &copy; &#x1F422; &nbsp;x &nope; &", "", true},
	{"right to left", "שלום <b>עולם</b> abc", "", true},
	{"odd characters", "a\u0000b\u202ec\ufffdd\ufeff🐢", "", true},
	{"longest", strings.Repeat("é", 16384/2), "", true},
	{"empty", "", "There is nothing to send yet.", false},
	{"blank", "  \n\t ", "There is nothing to send yet.", false},
	{"nothing to see", "<b></b>&nbsp;<p>", "There is nothing to send yet.", false},
	{"one byte too long", "x" + strings.Repeat("é", 16384/2), "This message is too long. Shorten it, then send it again.", false},
	{"too long when formatted", swelling, "This message is too long. Shorten it, then send it again.", false},
}

// swelling is a message whose formatted text is too long, though it is not.
var swelling = `<p><b title="` + strings.Repeat("x", 1000) + `">` + strings.Repeat("<p>x", 200)

// framing is what differs between two drawings of the same message.
const framing = `((e) => e.innerHTML.replace(/"(media-|Media )\d+/g, '"$1N') + '\n' + getComputedStyle(e).direction)`

// opensPreview asks for the preview and waits for what it says.
func (p *person) opensPreview() (says string) {
	p.t.Helper()
	p.press("Preview")
	p.until("the preview", `document.querySelector('[data-preview]').open && document.querySelector('[data-preview-hint]').textContent !== 'Formatting on this device …'`)
	return see[string](p, `words(document.querySelector('[data-preview-hint]'))`)
}

// TestPreviewIsWhatArrives: the preview of a message is, element by element, what
// the others get, says what will be dropped, and nothing of it leaves before.
func TestPreviewIsWhatArrives(t *testing.T) {
	t.Parallel()
	if _, err := format.Message(swelling, 16384); len(swelling) > 16384 || !errors.Is(err, format.ErrTooLong) {
		t.Fatalf("%d bytes do not swell: %v", len(swelling), err)
	}
	s := newServer(t, nil)
	g := s.gated()
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(g.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	ana.sees("Ana", "Bob")
	w := ana.tapped()
	arrived := 0
	for _, m := range previewed {
		frames, requests, addresses := len(w.frames(0)), len(g.requests(0)), len(ana.asked())
		ana.write(m.html)
		text := see[string](ana, `composer().value`)
		if says := ana.opensPreview(); says != m.says {
			t.Errorf("%s: the preview says %q, want %q", m.name, says, m.says)
		}
		ana.check("the preview fits", `document.querySelector('[data-preview]').getBoundingClientRect().bottom <= innerHeight`)
		ana.check(fmt.Sprintf("%s: whether it can be sent: %v", m.name, m.sent), `!document.querySelector('[data-preview-send]').disabled === $0`, m.sent)
		preview := see[string](ana, framing+`(document.querySelector('[data-preview-body]'))`)
		w.tellsNothing(frames, "before "+m.name+" was sent")
		for _, asked := range g.requests(requests) {
			if !strings.HasPrefix(asked, "GET /static/") {
				t.Errorf("%s: the preview asked the server: %s", m.name, asked)
			}
		}
		for _, asked := range ana.asked()[addresses:] {
			if !strings.HasPrefix(asked, g.local()+"/static/") && !strings.HasPrefix(asked, "data:") {
				t.Errorf("%s: the preview asked for %s", m.name, asked)
			}
		}
		if !m.sent {
			ana.key("\x1b")
			ana.until("no preview, and the focus in the message", `!document.querySelector('[data-preview]').open && document.activeElement === composer()`)
			ana.check("the text is still there", `composer().value === $0`, text)
			ana.check("nothing of it is in the closed preview", `document.querySelector('[data-preview-body]').childNodes.length === 0`)
			w.noWorker("after the preview of " + m.name)
			continue
		}
		ana.press("Send this")
		arrived++
		ana.until("the message, and an empty composer", `messages().length === $0 && composer().value === ''`, arrived)
		ana.check("the preview is gone, and the focus in the message field", `!document.querySelector('[data-preview]').open && document.activeElement === composer()`)
		w.noWorker("after " + m.name + " was sent")
		if html := w.send(frames); html != text {
			t.Errorf("%s: sent was %.200q, want %.200q", m.name, html, text)
		}
		bob.until("the message", `messages().length === $0`, arrived)
		for _, p := range []*person{ana, bob} {
			if got := see[string](p, framing+`(`+newest+`)`); got != preview {
				t.Errorf("%s: on %s's screen:\n%.600s\n--- and in the preview:\n%.600s", m.name, p.name, got, preview)
			}
		}
		if dropped, ok := strings.CutPrefix(m.says, "Left out when sent: "); ok {
			ana.until("the same names when it is sent", `notes().at(-1) === 'Your message was sent without: ' + $0`, dropped)
		}
	}
}

// TestPreviewIsLeft: who goes on writing has all of the text, and the preview
// nothing of it any more; neither has it when the room is over.
func TestPreviewIsLeft(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	w := ana.tapped()
	ana.composes("a <b>[draft]</b>")
	ana.opensPreview()
	if n := w.countWorkers(); n != 1 {
		t.Errorf("the preview has %d workers, want 1: the count is blind", n)
	}
	ana.press("Go on writing")
	ana.until("the end of the preview", `!document.querySelector('[data-preview]').open`)
	ana.hasComposed("the text as it was", "a <b>[draft]</b>")
	w.noWorker("after the preview")
	ana.key(enter)
	bob.reads("a draft")

	ana.write("another draft")
	ana.opensPreview()
	s.room(link).Purge(nil)
	ana.wiped("This room was purged", "draft")
	w.noWorker("on a wiped screen")
}

// TestMediaInThePreview: a click that shows a picture from elsewhere in the
// preview shows it, and sends no message.
func TestMediaInThePreview(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	other := newElsewhere(t, elsewhereHost, magentaPNG)
	ana := desktop(t, "Ana")
	ana.allow(noiseMedia)
	ana.mayAsk = []string{other.host}
	ana.create(s.local(), "Ana", "Harvest", password)
	ana.write(fmt.Sprintf(`<img src="http://%s/picture.png">`, other.host))
	ana.opensPreview()
	if asked := other.requests(); len(asked) != 0 {
		t.Errorf("%s was asked before any click", other.host)
	}
	w := ana.tapped()
	ana.press("Show picture from " + other.host)
	waitFor(t, "the picture in the preview", func() bool { return ana.magentas() > 2000 })
	ana.check("nothing was sent", `messages().length === 0 && document.querySelector('[data-preview]').open && composer().value !== ''`)
	w.tellsNothing(0, "by a click in the preview")
}

// TestPreviewIsMissing: where the formatter cannot run, the preview says so, and
// the message can be sent all the same.
func TestPreviewIsMissing(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, part := range []string{"formatter.js", "format.wasm"} {
		g := s.gated()
		ana := desktop(t, "Ana")
		ana.allow(noiseStatus)
		ana.create(g.local(), "Ana", "Harvest", password)
		g.shuts(part)
		ana.write("a word")
		if says := ana.opensPreview(); says != "This browser cannot show a preview. Nothing was sent." {
			t.Errorf("without %s the preview says %q", part, says)
		}
		ana.check("what was not shown is not sent from here", `document.querySelector('[data-preview-send]').disabled`)
		ana.press("Go on writing")
		ana.until("the end of the preview", `!document.querySelector('[data-preview]').open && document.activeElement === composer()`)
		ana.key(enter)
		ana.reads("a word")
	}
}

// TestTyping: others see that somebody types, for as long as they do; that is all
// that leaves before a message is sent.
func TestTyping(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	ana.sees("Ana", "Bob")
	w := ana.tapped()
	const typing = `document.querySelector('[data-typing]').textContent`
	const typingEvery = 3 * time.Second // at most
	signs := func(n int) (at []time.Duration) {
		for _, f := range w.frames(n) {
			if f.text == `{"type":"typing"}` {
				at = append(at, f.at)
			}
		}
		return at
	}

	ana.touch("the message field", `target(composer())`)
	for begin := time.Now(); time.Since(begin) < 7*time.Second; time.Sleep(100 * time.Millisecond) {
		ana.key("x")
		if time.Since(begin) > 3*time.Second {
			bob.check("Ana is typing all the time", typing+` === 'Ana is typing …'`)
		}
	}
	w.tellsNothing(0, "while she typed")
	at := signs(0)
	if len(at) < 2 || len(at) > 3 {
		t.Errorf("in 7 s of typing it was said %d times, want 2 or 3", len(at))
	}
	for i := range at[1:] {
		if apart := at[i+1] - at[i]; apart < typingEvery-100*time.Millisecond {
			t.Errorf("typing was said twice in %v", apart)
		}
	}
	ana.check("nobody is told that they type themselves", typing+` === ''`)

	// With the message it is over at once.
	bob.until("her typing", typing+` === 'Ana is typing …'`)
	ana.key(enter)
	bob.until("the message", `messages().length === 1`)
	bob.check("her typing is over", typing+` === ''`)

	// Who stops is not typing any more after a while.
	time.Sleep(typingEvery)
	ana.key("x")
	bob.until("her typing", typing+` === 'Ana is typing …'`)
	begin := time.Now()
	bob.until("the end of her typing", typing+` === ''`)
	if took := time.Since(begin); took < 4*time.Second || took > 8*time.Second {
		t.Errorf("after her last key she was typing for %v, want 5 to 6 s", took)
	}
	ana.write("")

	// A quick answer is not followed by the word that it is being typed.
	bob.write("?")
	ana.until("his typing", typing+` === 'Bob is typing …'`)
	time.Sleep(typingEvery)
	bob.insert("?")
	ana.insert("ok")
	ana.key(enter)
	bob.until("the message", `messages().length === 2`)
	for begin := time.Now(); time.Since(begin) < 1500*time.Millisecond; time.Sleep(pollEvery) {
		if see[string](bob, typing) != "" {
			t.Error("Ana is said to type what has arrived already")
			break
		}
	}

	// As chosen, nothing is said at all, and reloading keeps the choice.
	ana.press("Options")
	ana.chooses("Do not show that I am typing")
	ana.reload()
	ana.connected()
	bob.until("no word about her typing", typing+` === ''`)
	n := len(w.frames(0))
	ana.touch("the message field", `target(composer())`)
	for range 10 {
		ana.key("x")
		time.Sleep(200 * time.Millisecond) // others are told once a second
	}
	w.tellsNothing(n, "while she typed in secret")
	if at := signs(n); len(at) != 0 {
		t.Errorf("typing was said %d times by somebody who does not want that", len(at))
	}
	bob.check("nobody knows that she types", typing+` === ''`)
	ana.key(enter)
	bob.reads(strings.Repeat("x", see[int](bob, `messages()[0].text.length`)), "ok", strings.Repeat("x", 10))
}

// file is what somebody has on their device.
type file struct {
	name, kind string
	content    []byte
}

const marker = "GPSSECRET"

// Photos have noise, which does not get smaller, dark at one side and bright at
// the other as the camera has stored it: left and right, or, if it was held
// upright, what is to be seen as top and bottom. A snapshot is one that would fit
// into a message as it is.
var (
	landscape = sync.OnceValue(func() file { return file{"landscape.jpg", "image/jpeg", photo(3000, 2000, 1)} })
	portrait  = sync.OnceValue(func() file { return file{"portrait.jpg", "image/jpeg", photo(3000, 2000, 6)} })
	snapshot  = sync.OnceValue(func() file { return file{"snapshot.jpg", "image/jpeg", photo(120, 80, 6)} })
	icon      = sync.OnceValue(func() file {
		m := image.NewNRGBA(image.Rect(0, 0, 12, 8))
		for i := range m.Pix {
			m.Pix[i] = 0xff
		}
		for x := range 6 {
			for y := range 8 {
				m.Set(x, y, color.Black)
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			panic(err) // a buffer does not fail
		}
		return file{"icon.png", "image/png", b.Bytes()}
	})
	noPicture = file{"picture.png", "image/png", []byte("this is no picture")}
	note      = file{"note.txt", "text/plain", []byte("this is no picture")}
)

// noise is a JPEG of grains so large that scaling down does not smooth them away.
func noise(width, height int) []byte {
	const grain = 4
	m, random := image.NewGray(image.Rect(0, 0, width, height)), rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		x, y := i%width, i/width
		switch {
		case y%grain > 0:
			m.Pix[i] = m.Pix[i-width]
		case x%grain > 0:
			m.Pix[i] = m.Pix[i-1]
		case x < width/2:
			m.Pix[i] = byte(random.UintN(90))
		default:
			m.Pix[i] = byte(160 + random.UintN(90))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err) // a buffer does not fail
	}
	return b.Bytes()
}

// photo is a JPEG as cameras write it: with place, words and orientation.
func photo(width, height int, orientation uint16) []byte {
	const directory = 8 // where the first begins
	text := marker + " and words of the camera\x00"
	le := binary.LittleEndian
	entry := func(b []byte, tag, kind uint16, n, value uint32) []byte {
		return le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(b, tag), kind), n), value)
	}
	const texts, places = directory + 2 + 3*12 + 4, directory + 2 + 3*12 + 4 + 64
	exif := le.AppendUint32([]byte("II*\x00"), directory)
	exif = le.AppendUint16(exif, 3)
	exif = entry(exif, 0x010e, 2, uint32(len(text)), texts) // ImageDescription
	exif = entry(exif, 0x0112, 3, 1, uint32(orientation))   // Orientation
	exif = entry(exif, 0x8825, 4, 1, places)                // GPSInfo
	exif = le.AppendUint32(exif, 0)
	exif = append(exif, text...)
	exif = append(exif, make([]byte, places-len(exif))...)
	exif = le.AppendUint16(exif, 2)
	exif = entry(exif, 0x0001, 2, 2, 'N')                   // GPSLatitudeRef
	exif = entry(exif, 0x001d, 2, uint32(len(text)), texts) // GPSDateStamp
	exif = le.AppendUint32(exif, 0)
	segment := func(kind byte, content string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, kind}, uint16(2+len(content))), content...)
	}
	plain := noise(width, height)
	return slices.Concat(plain[:2], segment(0xe1, "Exif\x00\x00"+string(exif)), segment(0xfe, marker+" in a comment"), plain[2:])
}

// onDisk is a path at which the browser finds the file.
func (f file) onDisk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), f.name)
	if err := os.WriteFile(path, f.content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// picksFile presses the button for pictures and chooses a file.
func (p *person) picksFile(f file) {
	p.t.Helper()
	command(p, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	asked := chromedp.Events(ctx, page.FileChooserOpened)
	p.press("Picture")
	for event, err := range asked {
		if err != nil {
			p.t.Fatalf("%s was not asked for a file: %v", p.name, err)
		}
		command(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{f.onDisk(p.t)}, BackendNodeID: event.BackendNodeID})
		return
	}
}

// pastesFile pastes a file into the message field; text is there beside it if a
// program has copied both.
func (p *person) pastesFile(f file, text string) {
	p.t.Helper()
	see[bool](p, `(() => {
		const data = new DataTransfer();
		if ($3) data.setData('text/plain', $3);
		data.items.add(new File([Uint8Array.from(atob($2), (c) => c.charCodeAt(0))], $0, {type: $1}));
		composer().focus();
		if (composer().dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})))
			document.execCommand('insertText', false, data.getData('text/plain'));
		return true;
	})()`, f.name, f.kind, base64.StdEncoding.EncodeToString(f.content), text)
}

// dropsFile drags a file from another window over an element, and lets go.
func (p *person) dropsFile(f file, selector string) {
	p.t.Helper()
	at := see[[]float64](p, `(() => { const b = document.querySelector($0).getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; })()`, selector)
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{f.onDisk(p.t)}, DragOperationsMask: 1}
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		command(p, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: data})
	}
}

const hintSays = `words(document.querySelector('[data-hint]'))`

// hasPicture waits until there is a picture to be sent.
func (p *person) hasPicture() {
	p.t.Helper()
	p.until("the picture that will be sent", `visible(document.querySelector('[data-picture]')) && document.querySelector('[data-picture-shown]').naturalWidth > 0`)
	p.check("the focus is in the message field", `document.activeElement === composer()`)
}

// drawn is a picture as it has arrived.
type drawn struct {
	Width, Height            int
	Left, Right, Top, Bottom float64 // how bright, 0 to 255
	Src, Body                string
}

// getsPicture waits for message n, which is one picture and this text, and checks
// that nothing is in the picture but itself.
func (p *person) getsPicture(n int, text string) drawn {
	p.t.Helper()
	p.until("the message", `messages().length === $0`, n)
	p.until("its picture", newest+`.querySelector('img')?.naturalWidth > 0`)
	got := see[drawn](p, `(() => {
		const body = `+newest+`, img = body.querySelector('img'), canvas = document.createElement('canvas');
		const width = canvas.width = img.naturalWidth, height = canvas.height = img.naturalHeight;
		const context = canvas.getContext('2d', {willReadFrequently: true});
		context.drawImage(img, 0, 0);
		const {data} = context.getImageData(0, 0, width, height);
		const mean = (inside) => {
			let sum = 0, n = 0;
			for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (inside(x / width, y / height)) sum += data[4 * (y * width + x)], n++;
			return sum / n;
		};
		return {
			Width: width, Height: height, Src: img.src, Body: body.innerHTML.replace(img.outerHTML, '<img>'),
			Left: mean((x) => x < 0.25), Right: mean((x) => x >= 0.75), Top: mean((_, y) => y < 0.25), Bottom: mean((_, y) => y >= 0.75),
		};
	})()`)
	want := "<img>"
	if text != "" {
		want = text + "<br><img>"
	}
	if got.Body != want {
		p.t.Errorf("%s gets %q, want %q", p.name, got.Body, want)
	}
	kind, data, _ := strings.Cut(got.Src, ";base64,")
	if kind != "data:image/webp" && kind != "data:image/jpeg" {
		p.t.Errorf("%s gets a picture of kind %.60q", p.name, kind)
	}
	content, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		p.t.Errorf("%s: %v", p.name, err)
	}
	for _, trace := range []string{marker, "Exif", "EXIF", "XMP ", "GPS", "camera"} {
		if bytes.Contains(content, []byte(trace)) {
			p.t.Errorf("%s gets a picture that still has %q", p.name, trace)
		}
	}
	return got
}

// TestPictures: a picture comes from a file, the clipboard or another window,
// small enough for a message, upright, and without what the camera knows; nothing
// of it leaves before it is sent.
func TestPictures(t *testing.T) {
	t.Parallel()
	for photo, fits := range map[*file]bool{new(landscape()): false, new(snapshot()): true} {
		if !bytes.Contains(photo.content, []byte(marker)) || (base64.StdEncoding.EncodedLen(len(photo.content)) < 16000) != fits {
			t.Fatalf("%s is not what it should be: %d bytes", photo.name, len(photo.content))
		}
	}
	s := newServer(t, nil)
	g := s.gated()
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(g.local(), "Ana", "Harvest", password)
	bob.join(link, "Bob", password)
	ana.sees("Ana", "Bob")
	w := ana.tapped()
	n := 0
	for _, way := range []struct {
		name  string
		takes func(f file)
	}{
		{"chosen", ana.picksFile},
		{"pasted", func(f file) { ana.pastesFile(f, "") }},
		{"dropped", func(f file) { ana.dropsFile(f, "textarea[name=html]") }},
		{"dropped beside", func(f file) { ana.dropsFile(f, "[data-log]") }},
	} {
		for _, c := range []struct {
			file  file
			text  string
			check func(drawn) bool
		}{
			{landscape(), "", func(d drawn) bool { return d.Width > d.Height && d.Left < 100 && d.Right > 150 }},
			{portrait(), "seen here", func(d drawn) bool { return d.Width < d.Height && d.Top < 100 && d.Bottom > 150 }},
			{snapshot(), "", func(d drawn) bool { return d.Width == 80 && d.Height == 120 && d.Top < 100 && d.Bottom > 150 }},
			{icon(), "", func(d drawn) bool { return d.Width == 12 && d.Height == 8 && d.Left < 100 && d.Right > 150 }},
		} {
			what := c.file.name + ", " + way.name
			frames, requests, addresses := len(w.frames(0)), len(g.requests(0)), len(ana.asked())
			ana.write(c.text)
			way.takes(c.file)
			ana.hasPicture()
			ana.check("what becomes of it is said", `/^\d+ × \d+, without its metadata\.$/.test(words(document.querySelector('[data-picture-size]')))`)
			ana.check("the text is as it was", `composer().value === $0`, c.text)
			w.tellsNothing(frames, "with "+what+", before it was sent")
			for _, asked := range append(g.requests(requests), ana.asked()[addresses:]...) {
				if !strings.Contains(asked, "/static/") && !strings.HasPrefix(asked, "data:") {
					t.Errorf("with %s this was asked for: %.200s", what, asked)
				}
			}
			ana.press("Send")
			n++
			ana.until("the message, and an empty composer", `messages().length === $0 && composer().value === '' && !visible(document.querySelector('[data-picture]'))`, n)
			if html := w.send(frames); len(html) > 16384 {
				t.Errorf("%s is sent in %d bytes", what, len(html))
			} else if len(c.file.content) > 1<<19 && len(html) < 16384/2 {
				t.Errorf("%s is sent in %d bytes: there was room for more of it", what, len(html))
			}
			got := bob.getsPicture(n, c.text)
			ratio := float64(max(got.Width, got.Height)) / float64(min(got.Width, got.Height))
			if !c.check(got) || math.Abs(ratio-1.5) > 0.02 {
				t.Errorf("%s arrives as %d × %d, brightness %.0f|%.0f and %.0f above %.0f", what, got.Width, got.Height, got.Left, got.Right, got.Top, got.Bottom)
			}
		}
	}
}

// TestNoPicture: what is no picture, or finds no room, is refused in a sentence;
// what was there stays, and so does the page.
func TestNoPicture(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	ana.create(s.local(), "Ana", "Harvest", password)
	address := see[string](ana, `location.href`)
	const no = "This is no picture that this browser can read. Choose another one."
	// A browser opens what is dropped on a page that does not keep it from that.
	see[bool](ana, `(() => {
		window.unprevented = [];
		for (const type of ['dragover', 'drop']) addEventListener(type, (event) => { if (!event.defaultPrevented) unprevented.push(type); });
		return true;
	})()`)
	for _, c := range []struct {
		name  string
		takes func()
	}{
		{"a broken picture, chosen", func() { ana.picksFile(noPicture) }},
		{"a broken picture, pasted", func() { ana.pastesFile(noPicture, "") }},
		{"a broken picture, dropped", func() { ana.dropsFile(noPicture, "textarea[name=html]") }},
		{"a text, chosen", func() { ana.picksFile(note) }},
		{"a text, dropped", func() { ana.dropsFile(note, "textarea[name=html]") }},
		{"a text, dropped beside", func() { ana.dropsFile(note, ".room-head") }},
	} {
		ana.say("something else") // the word about the last one is gone
		ana.write("a draft")
		c.takes()
		ana.check(c.name+" is not opened in place of the room", `unprevented.length === 0`)
		ana.until("the sentence about "+c.name, hintSays+` === $0`, no)
		ana.check("the draft, and no picture", `composer().value === 'a draft' && !visible(document.querySelector('[data-picture]')) && location.href === $0`, address)
	}

	// What cannot be taken leaves the picture that there is.
	ana.picksFile(icon())
	ana.hasPicture()
	ana.picksFile(noPicture)
	ana.until("the sentence", hintSays+` === $0`, no)
	ana.hasPicture()
	n := see[int](ana, `messages().length`)
	ana.press("Send")
	ana.getsPicture(n+1, "a draft")

	// What has been copied as text and as a picture of it, as spreadsheets do, is text.
	ana.write("")
	ana.pastesFile(icon(), "who\twhat")
	ana.until("the text", `composer().value === 'who\twhat'`)
	ana.check("no picture", `!visible(document.querySelector('[data-picture]'))`)

	// Where there is no room for a picture, the text comes first.
	ana.write(strings.Repeat("x", 16384-100))
	ana.picksFile(landscape())
	ana.until("the sentence", hintSays+` === 'There is no room left for a picture. Send the text first, then the picture.'`)
	ana.check("the text is still there, and no picture", `composer().value.length === 16384 - 100 && !visible(document.querySelector('[data-picture]'))`)
}

// TestPictureIsRemoved: a picture that was taken off is not sent.
func TestPictureIsRemoved(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.create(l.local(), "Ana", "Harvest", password)
	bob.join(s.local()+pathOf(link), "Bob", password)
	w := ana.tapped()
	ana.composes("the [text]")
	ana.picksFile(landscape())
	ana.hasPicture()
	ana.hasComposed("the text as it was", "the [text]")
	ana.press("Remove picture")
	ana.until("no picture", `!visible(document.querySelector('[data-picture]'))`)
	ana.hasComposed("the text as it was", "the [text]")
	ana.check("nothing of it is in the page", `!document.querySelector('[data-picture]').outerHTML.includes('data:')`)
	ana.key(enter)
	bob.reads("the text")
	if html := w.send(0); html != "the text" {
		t.Errorf("sent was %.100q", html)
	}
	// The same file can be chosen again.
	ana.picksFile(landscape())
	ana.hasPicture()

	// Taken off while it waits for a connection, it waits no more.
	ana.write("another text")
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	ana.press("Send")
	ana.until("the sentence that it waits", hintSays+`.includes('goes out when it is back')`)
	ana.press("Remove picture")
	ana.until("no picture", `!visible(document.querySelector('[data-picture]'))`)
	n := len(w.frames(0))
	l.become(whole)
	ana.connected()
	ana.key(enter)
	bob.reads("the text", "another text")
	if html := w.send(n); html != "another text" {
		t.Errorf("a picture that was taken off is sent: %.100q", html)
	}
}

// TestPictureComesBack: a message that is taken back, or refused, stands in the
// composer again, its picture with its text (P6).
func TestPictureComesBack(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.create(l.local(), "Ana", "Harvest", password)
	bob.join(s.local()+pathOf(link), "Bob", password)
	offline := func() {
		t.Helper()
		l.become(cut)
		ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	}

	// Refused while it stands there.
	ana.write(swelling)
	ana.picksFile(icon())
	ana.hasPicture()
	ana.press("Send")
	const tooLong = `This message is too long. Shorten it, then send it again.`
	ana.until("the refusal", hintSays+` === $0`, tooLong)
	ana.check("all of it stands there", `composer().value === $0`, swelling)
	ana.hasPicture()

	// Refused when its author has written on.
	offline()
	ana.press("Send")
	ana.until("the sentence that it waits", hintSays+`.includes('goes out when it is back')`)
	ana.key("!")
	ana.until("the pending line", `document.querySelector('[data-pending] [data-body]') && composer().value === '!'`)
	ana.check("the picture waits with it", `!visible(document.querySelector('[data-picture]'))`)
	l.become(whole)
	ana.until("the refusal", hintSays+` === $0`, tooLong)
	ana.check("all of it stands there again", `composer().value === $0 + '\n!' && !document.querySelector('[data-pending] [data-body]')`, swelling)
	ana.until("its picture", `visible(document.querySelector('[data-picture]')) && document.querySelector('[data-picture-shown]').naturalWidth === 12`)

	// Taken back before it could be sent.
	ana.write("a text")
	offline()
	ana.press("Send")
	ana.until("the sentence that it waits", hintSays+`.includes('goes out when it is back')`)
	ana.key(kb.Backspace)
	ana.until("no word that it waits", hintSays+` === ''`)
	ana.hasPicture()
	l.become(whole)
	ana.connected()
	bob.say("one")
	ana.reads("one")
	ana.check("what was taken back is not sent", `composer().value === 'a tex'`)
	ana.press("Send")
	bob.getsPicture(2, "a tex")

	// A picture that is added to what waits already is the next message.
	ana.write("a text")
	offline()
	ana.press("Send")
	ana.until("the sentence that it waits", hintSays+`.includes('goes out when it is back')`)
	ana.picksFile(icon())
	ana.hasPicture()
	ana.until("the pending line", `document.querySelector('[data-pending] [data-body]')?.innerText === 'a text'`)
	ana.check("what waits there is not here too", `composer().value === ''`)
	l.become(whole)
	bob.until("what has waited", `messages().length === 3 && messages()[2].text === 'a text'`)
	ana.press("Send")
	bob.getsPicture(4, "")
}

// TestPictureIsLate: a picture takes a moment to be drawn anew. It is not lost if
// a message is sent meanwhile, and does not come to a screen that is wiped.
func TestPictureIsLate(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.create(l.local(), "Ana", "Harvest", password)
	bob.join(s.local()+pathOf(link), "Bob", password)
	// Pictures take until the story says so.
	see[bool](ana, `(() => {
		const {createImageBitmap: read} = window;
		window.reads = [];
		window.createImageBitmap = async (...a) => {
			const bitmap = await read(...a);
			await new Promise((done) => reads.push(done));
			return bitmap;
		};
		return true;
	})()`)
	reads := func(n int) {
		t.Helper()
		ana.until("a picture that is being drawn", `reads.length === $0`, n)
	}
	drawn := func(n int) { t.Helper(); see[bool](ana, `(reads[$0](), true)`, n) }

	// The last one is the one.
	ana.pastesFile(landscape(), "")
	reads(1)
	ana.pastesFile(icon(), "")
	reads(2)
	drawn(1)
	const iconIsShown = `document.querySelector('[data-picture-shown]').naturalWidth === 12`
	ana.until("the icon", iconIsShown)
	drawn(0)
	time.Sleep(time.Second)
	ana.check("the icon is not replaced by what was chosen before it", iconIsShown)
	ana.press("Remove picture")

	// The text is sent before the picture is there.
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	ana.pastesFile(icon(), "")
	reads(3)
	ana.write("the text")
	ana.press("Send")
	drawn(2)
	ana.hasPicture()
	l.become(whole)
	bob.until("the text", `messages()[0]?.text === 'the text'`)
	ana.until("the text confirmed", `messages().length === 1 && composer().value === ''`)
	if see[bool](bob, newest+`.querySelector('img') === null`) { // else it went along
		ana.hasPicture()
		ana.press("Send")
		bob.getsPicture(2, "")
	}

	// The room ends before the picture is there.
	see[bool](ana, `!!(window.shown = document.querySelector('[data-picture-shown]'))`)
	ana.pastesFile(icon(), "")
	reads(4)
	s.room(link).Purge(nil)
	ana.wiped("This room was purged")
	drawn(3)
	time.Sleep(time.Second)
	ana.check("no picture is left in the page's memory", `!window.shown.hasAttribute('src')`)
}

// TestPictureWithoutConnection: a picture can be chosen in a tunnel, and goes out
// behind it.
func TestPictureWithoutConnection(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.create(l.local(), "Ana", "Harvest", password)
	bob.join(s.local()+pathOf(link), "Bob", password)
	l.become(cut)
	ana.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	ana.picksFile(icon())
	ana.until("the picture, or a sentence", `visible(document.querySelector('[data-picture]')) || `+hintSays+` !== ''`)
	l.become(whole)
	ana.connected()
	if see[bool](ana, `!visible(document.querySelector('[data-picture]'))`) {
		ana.picksFile(icon())
	}
	ana.hasPicture()
	ana.press("Send")
	bob.getsPicture(1, "")
}

// TestBoundsOfAMessage: composer, preview and server agree on the last byte that
// fits, whatever a server's limit; a picture takes what the text leaves.
func TestBoundsOfAMessage(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{256, 16384} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(l *rooms.Limits) { l.MessageBytes = limit })
			ana, bob := desktop(t, "Ana"), phone(t, "Bob")
			link := ana.create(s.local(), "Ana", "Harvest", password)
			bob.join(link, "Bob", password)
			w := ana.tapped()
			const counter = `(visible(document.querySelector('[data-counter]')) ? words(document.querySelector('[data-counter]')) : '')`
			n := 0
			for over, c := range map[int]struct{ counter, says string }{
				-1: {"1 bytes left", ""},
				0:  {"0 bytes left", ""},
				1:  {"1 bytes too long", "This message is too long. Shorten it, then send it again."},
			} {
				text := strings.Repeat("é", limit/2-1) + strings.Repeat("x", 2+over)
				ana.write(text)
				ana.until("the counter: "+c.counter, counter+` === $0`, c.counter)
				if says := ana.opensPreview(); says != c.says {
					t.Errorf("at %d bytes over %d the preview says %q", over, limit, says)
				}
				ana.check("what is too long cannot be sent", `document.querySelector('[data-preview-send]').disabled === $0`, c.says != "")
				ana.press("Go on writing")
				ana.until("the end of the preview", `document.activeElement === composer()`)
				ana.key(enter)
				if c.says != "" {
					ana.until("the sentence", hintSays+` === $0`, c.says)
					ana.check("the text is still there", `composer().value === $0`, text)
					continue
				}
				n++
				bob.until("the message", `messages().length === $0 && messages().at(-1).text === $1`, n, text)
			}

			// The counter is quiet while there is room.
			ana.write(strings.Repeat("x", limit/2))
			ana.check("no counter", counter+` === ''`)
			ana.write("")
			before := len(w.frames(0))
			ana.picksFile(icon())
			if limit == 256 { // the frame of an empty picture is larger
				ana.until("the sentence", hintSays+` === 'There is no room left for a picture. Send the text first, then the picture.'`)
				ana.check("no picture", `!visible(document.querySelector('[data-picture]'))`)
				return
			}
			ana.hasPicture()
			ana.press("Send")
			bob.getsPicture(n+1, "")
			if html := w.send(before); len(html) > limit {
				t.Errorf("a picture is sent in %d bytes, of %d", len(html), limit)
			}
		})
	}
}
