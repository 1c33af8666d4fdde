package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a story waits for anything; only a failing test, or a
// very busy machine, needs it.
const patience = 30 * time.Second

// person is somebody with a browser of their own and one tab in it.
type person struct {
	t       *testing.T
	name    string
	ctx     context.Context
	phone   bool
	allowed []string // console noise that belongs to the story, by a part of its text
	mayAsk  []string // hosts, with ports, that the story lets the browser ask
	blind   error    // why the last look at the page failed

	mu       sync.Mutex
	console  []string // warnings and errors, uncaught exceptions, policy violations
	requests []string // addresses
	dialogs  []string
}

// desktop is a person at a computer, phone one with a phone.
func desktop(t *testing.T, name string) *person { return newPerson(t, name, 1280, 800, false) }
func phone(t *testing.T, name string) *person   { return newPerson(t, name, 390, 844, true) }

func newPerson(t *testing.T, name string, width, height int64, touch bool) *person {
	t.Helper()
	requireChrome(t)
	ctx, cancel := chromedp.NewContext(chrome.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return openTab(t, ctx, name, width, height, touch)
}

// secondTab opens another tab in the same browser, with the same cookies.
func (p *person) secondTab() *person {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	return openTab(p.t, ctx, p.name+"'s second tab", 1280, 800, false)
}

func openTab(t *testing.T, ctx context.Context, name string, width, height int64, touch bool) *person {
	t.Helper()
	p := &person{t: t, name: name, ctx: ctx, phone: touch}
	if err := chromedp.Listen(ctx, p.note); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		touchPoints := emulation.SetTouchEmulationEnabledParams{Enabled: touch}
		if touch {
			touchPoints.MaxTouchPoints = 5
		}
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride,
			emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: touch})
		_, err2 := cdp.Call(ctx, tab, emulation.SetTouchEmulationEnabled, touchPoints)
		_, err3 := cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		_, err4 := cdp.Call(ctx, tab, network.Enable, network.EnableParams{})
		_, err5 := cdp.Call(ctx, tab, log.Enable, cdp.Empty{})
		return errors.Join(err, err2, err3, err4, err5)
	}))
	t.Cleanup(p.leaveQuietly)
	return p
}

// allow names console noise that belongs to the story, such as the 404 of a
// page that is gone.
func (p *person) allow(parts ...string) { p.allowed = append(p.allowed, parts...) }

// What browsers say by themselves when a story goes where it must.
const (
	noiseStatus = "Failed to load resource" // an answer of 4xx, or none
	noiseSocket = "WebSocket connection to" // one that was refused or cut
	noiseCut    = "net::ERR_"               // a request that was cut
	noiseMedia  = "Content Security Policy" // media that its frame's policy blocks
	noiseClear  = "Clear-Site-Data header"  // which plain http from elsewhere does not honour
)

// leaveQuietly ends a story: no page complained, broke a policy, asked anybody
// but its own server, or carries an inline style.
func (p *person) leaveQuietly() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.console {
		if !slices.ContainsFunc(p.allowed, func(part string) bool { return strings.Contains(line, part) }) {
			p.t.Errorf("%s's console: %s", p.name, line)
		}
	}
	for _, address := range p.requests {
		u, err := url.Parse(address)
		ours := err == nil && (u.Scheme == "data" || u.Scheme == "about" || u.Hostname() == "localhost" || u.Hostname() == insecureHost)
		if !ours && !slices.Contains(p.mayAsk, u.Host) {
			p.t.Errorf("%s's browser asked %s", p.name, address)
		}
	}
	for _, dialog := range p.dialogs {
		p.t.Errorf("%s's page opened a dialog: %s", p.name, dialog)
	}
	for _, caught := range chrome.trap.list() {
		p.t.Errorf("a page asked another host: %s", caught)
	}
}

// note runs for every event of the tab, on the goroutine that reads them.
func (p *person) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		p.requests = append(p.requests, e.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.console = append(p.console, "exception: "+text)
	case *runtime.EventConsoleAPICalled:
		p.console = append(p.console, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		if level := e.Entry.Level; level == log.EntryLevelWarning || level == log.EntryLevelError {
			p.console = append(p.console, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, level, e.Entry.Text, e.Entry.URL))
		}
	case *page.EventJavascriptDialogOpening:
		p.dialogs = append(p.dialogs, fmt.Sprintf("%s %q", e.Type, e.Message))
		go chromedp.Do(p.ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			return err
		}))
	}
}

// asked lists the addresses that the tab asked for since the story began.
func (p *person) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// do runs steps in the tab; they have as long as a story's patience.
func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	// The first run opens the tab, and must not be bounded: the tab would end with it.
	if err := chromedp.Do(p.ctx); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v\n%s", p.name, err, p.screen())
	}
}

// command gives the tab a protocol command, once it is not between two pages.
func command[P, R any](p *person, c cdp.Command[P, R], params P) (result R) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		for {
			result, err = cdp.Call(ctx, tab, c, params)
			if err == nil || !strings.Contains(err.Error(), "Not attached to an active page") || ctx.Err() != nil {
				return err
			}
			time.Sleep(pollEvery)
		}
	}))
	return result
}

// eyes are what the scripts of the tests see the page with. They run when a
// test looks, and leave nothing in the page.
const eyes = `
const visible = (e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getClientRects().length > 0;
const words = (e) => (e.innerText ?? '').replace(/\s+/g, ' ').trim();
const named = (e) => e.getAttribute('aria-label') ?? words(e);
const buttons = () => [...document.querySelectorAll('button, summary, a[href], input[type=submit]')].filter(visible);
const field = (label) => [...document.querySelectorAll('label')].find((l) => l.textContent.trim() === label)?.control;
// The middle of an element if a finger would hit it there, else null.
const target = (e) => {
  if (!e || !visible(e)) return null;
  e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
  const box = e.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  return hit && (e === hit || e.contains(hit)) ? [x, y] : null;
};
const messages = () => [...document.querySelectorAll('[data-seq]')].map((m) => ({
  seq: Number(m.dataset.seq), from: m.querySelector('.alias').textContent, text: m.querySelector('[data-body]').innerText.trim(),
}));
const people = () => [...document.querySelectorAll('[data-people] [data-alias]')].map((a) => a.textContent);
const notes = () => [...document.querySelectorAll('.note')].map((n) => n.textContent);
const composer = () => document.querySelector('textarea[name=html]');
`

// look evaluates a JavaScript expression in the page; it may use eyes, and
// $0, $1, ... for args. ok is false while the page is on its way elsewhere.
func look[T any](p *person, expression string, args ...any) (value T, ok bool) {
	p.t.Helper()
	names := make([]string, len(args))
	for i := range args {
		names[i] = fmt.Sprintf("$%d", i)
	}
	given, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		p.t.Fatal(err)
	}
	script := fmt.Sprintf("((%s) => {%s\nreturn JSON.stringify((%s)) ?? 'null'})(...%s)", strings.Join(names, ","), eyes, expression, given)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	moved, threw := new(cdproto.Error), new(chromedp.ExceptionError)
	if errors.As(err, &moved) || errors.As(err, &threw) {
		p.blind = err
		return value, false // the document it ran in is no more, or only half there
	}
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, expression, err)
	}
	p.blind = nil
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		p.t.Fatalf("%s: %s = %s: %v", p.name, expression, text, err)
	}
	return value, true
}

// see is the value of a JavaScript expression in the page.
func see[T any](p *person, expression string, args ...any) T {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if value, ok := look[T](p, expression, args...); ok {
			return value
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: the page does not come to rest: %v", p.name, p.blind)
		}
		time.Sleep(pollEvery)
	}
}

const pollEvery = 25 * time.Millisecond

// until waits for a JavaScript condition to hold in the page.
func (p *person) until(what, condition string, args ...any) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if holds, ok := look[bool](p, "!!("+condition+")", args...); ok && holds {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s waits in vain for %s\n%s", p.name, what, p.screen())
		}
		time.Sleep(pollEvery)
	}
}

// check reports an error unless a JavaScript condition holds right now.
func (p *person) check(what, condition string, args ...any) {
	p.t.Helper()
	if !see[bool](p, "!!("+condition+")", args...) {
		p.t.Errorf("%s: not so: %s\n%s", p.name, what, p.screen())
	}
}

// screen is what the tab shows, for the report of a failure.
func (p *person) screen() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + document.body.innerText + '\n-- ' + (document.querySelector('textarea[name=html]')?.value ?? '')`))
	if err != nil {
		text = err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("--- %s's screen: %.2000s\n--- console: %q %v", p.name, text, p.console, p.blind)
}

// open goes to an address as if it was typed or followed from another app.
func (p *person) open(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
	p.whole()
	p.wellMade()
}

// whole waits for all of a page, as the load event of the page before may have
// ended another wait; of a page without end, for all but what happens in it.
func (p *person) whole() {
	p.t.Helper()
	p.until("the whole page", `document.readyState === 'complete' || document.querySelector('.live-composer')`)
}

// wellMade checks what holds for every page of ours.
func (p *person) wellMade() {
	p.t.Helper()
	p.check("the title is neutral", `document.title === 'Mayfly'`)
	p.check("no inline style, script or handler", `![...document.querySelectorAll('*')].some((e) => e.tagName === 'STYLE' && !e.nonce ||
		e.tagName === 'SCRIPT' && !e.src || [...e.attributes].some((a) => a.name === 'style' || a.name.startsWith('on')))`)
}

func (p *person) reload() {
	p.t.Helper()
	p.do(chromedp.Reload())
	p.whole()
	p.wellMade()
}
func (p *person) back() { p.t.Helper(); p.walk(-1) }
func (p *person) forward() {
	p.t.Helper()
	p.walk(1)
}

// walk goes through the tab's history as the buttons of a browser do; unlike
// chromedp's own, it does not wait for a load that the page cache spares.
func (p *person) walk(by int64) {
	p.t.Helper()
	history := command(p, page.GetNavigationHistory, cdp.Empty{})
	at := history.CurrentIndex + by
	if at < 0 || at >= int64(len(history.Entries)) {
		p.t.Fatalf("%s: there is nothing %d steps away in the history", p.name, by)
	}
	command(p, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: history.Entries[at].ID})
	for deadline := time.Now().Add(patience); command(p, page.GetNavigationHistory, cdp.Empty{}).CurrentIndex != at; time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: the history does not lead to %s\n%s", p.name, history.Entries[at].URL, p.screen())
		}
	}
	p.until("the page from the history", `document.readyState === 'complete'`)
}

// press clicks, or taps, what carries this name, once a finger could hit it.
func (p *person) press(name string) {
	p.t.Helper()
	p.touch("something to press named "+name, `buttons().filter((b) => named(b) === $0).map(target).find((at) => at)`, name)
}

// touch clicks, or taps, at the point that an expression gives, once it stands
// still: the log moves when a message comes.
func (p *person) touch(what, point string, args ...any) {
	p.t.Helper()
	var at, before []float64
	for deadline := time.Now().Add(patience); len(at) != 2 || !slices.Equal(at, before); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s finds no %s that stands still\n%s", p.name, what, p.screen())
		}
		before = at
		at, _ = look[[]float64](p, point+" ?? []", args...)
	}
	if p.phone {
		p.do(chromedp.TapXY(at[0], at[1]))
	} else {
		p.do(chromedp.MouseClickXY(at[0], at[1]))
	}
}

// fill types into the field with this label, in place of what is there.
func (p *person) fill(label, text string) {
	p.t.Helper()
	p.touch("field "+label, `target(field($0))`, label)
	p.until("the cursor in "+label, `document.activeElement === field($0)`, label)
	see[bool](p, `field($0).select() ?? true`, label)
	p.insert(text)
}

// insert types text where the cursor is, as the keyboard of a phone does: all at
// once, without keys.
func (p *person) insert(text string) {
	p.t.Helper()
	command(p, input.InsertText, input.InsertTextParams{Text: text})
}

// key presses keys of a keyboard, one after the other.
func (p *person) key(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	for _, r := range keys {
		k := kb.Keys[r]
		if k == nil {
			p.t.Fatalf("no keyboard has the key %q", r)
		}
		event := input.DispatchKeyEventParams{
			// With its text a key is one event, whose character the page can prevent.
			Type: input.DispatchKeyEventTypeKeyDown, Key: k.Key, Code: k.Code, Text: k.Text, UnmodifiedText: k.Unmodified,
			WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native,
		}
		if k.Shift {
			event.Modifiers |= int64(chromedp.ModifierShift)
		}
		for _, m := range modifiers {
			event.Modifiers |= int64(m)
			if m == chromedp.ModifierCtrl {
				event.Text, event.UnmodifiedText = "", ""
				if r == 'v' {
					event.Commands = []string{"paste"}
				}
			}
		}
		command(p, input.DispatchKeyEvent, event)
		event.Type, event.Text, event.UnmodifiedText, event.Commands = input.DispatchKeyEventTypeKeyUp, "", "", nil
		command(p, input.DispatchKeyEvent, event)
	}
}

// write puts text into the composer without sending it.
func (p *person) write(text string) { p.t.Helper(); p.fill("Message", text) }

// say writes a message, sends it and waits until the room has it.
func (p *person) say(html string) {
	p.t.Helper()
	p.write(html)
	p.press("Send")
	p.until("the confirmation of "+fmt.Sprintf("%.60q", html), `composer().value === '' && !document.querySelector('[data-pending]')`)
}

// reads waits until exactly these messages, each once, are on the screen, in
// this order and with rising seqs.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%.300q", texts), `JSON.stringify(messages().map((m) => m.text)) === JSON.stringify($0)`, append([]string{}, texts...))
	seqs := see[[]int64](p, `messages().map((m) => m.seq)`)
	if !slices.IsSorted(seqs) || len(slices.Compact(slices.Clone(seqs))) != len(seqs) {
		p.t.Errorf("%s: seqs are not strictly rising: %v", p.name, seqs)
	}
}

// sees waits until the list of people has exactly these aliases.
func (p *person) sees(aliases ...string) {
	p.t.Helper()
	slices.Sort(aliases)
	p.until(fmt.Sprintf("the people %q", aliases), `JSON.stringify(people().sort()) === JSON.stringify($0)`, aliases)
}

// connected waits until the page talks with the room.
func (p *person) connected() {
	p.t.Helper()
	p.until("a connection", `document.querySelector('[data-room]')?.dataset.connection === 'connected'`)
}

// create opens a room and returns the link it offers to share.
func (p *person) create(origin, alias, room, password string) (link string) {
	p.t.Helper()
	p.open(origin + "/")
	p.fill("Alias", alias)
	p.fill("Room name", room)
	p.fill("Password", password)
	p.press("Create room")
	p.connected()
	p.wellMade()
	return see[string](p, `field('Link to share').value`)
}

// join follows a link and enters.
func (p *person) join(link, alias, password string) {
	p.t.Helper()
	p.open(link)
	p.fill("Alias", alias)
	p.fill("Password", password)
	p.press("Join room")
	p.connected()
	p.wellMade()
}

// wiped waits until the screen is blank but for the reason, and checks that
// nothing of the room is left in the page.
func (p *person) wiped(heading string, secrets ...string) {
	p.t.Helper()
	p.until("the wiped screen: "+heading, `document.querySelector('h1')?.innerText === $0`, heading)
	p.nothingOf(secrets...)
}

// nothingOf checks that the page, its hidden parts included, holds none of the
// secrets, no message and no person.
func (p *person) nothingOf(secrets ...string) {
	p.t.Helper()
	p.check("no message or person is in the page", `messages().length === 0 && people().length === 0 && !composer()?.value`)
	p.check("the title is neutral", `document.title === 'Mayfly'`)
	for _, secret := range secrets {
		if see[bool](p, `document.documentElement.outerHTML.includes($0) || [...document.querySelectorAll('input, textarea')].some((f) => f.value.includes($0))`, secret) {
			p.t.Errorf("%s: the page still has %q", p.name, secret)
		}
	}
}

// atJoinForm checks that the page is the way in, and no more.
func (p *person) atJoinForm(secrets ...string) {
	p.t.Helper()
	p.until("the join form", `document.readyState === 'complete' && field('Password') && buttons().some((b) => words(b) === 'Join room')`)
	p.nothingOf(secrets...)
}

// cookies are the cookies of the browser for an address.
func (p *person) cookies(address string) []*network.Cookie {
	p.t.Helper()
	return command(p, network.GetCookies, network.GetCookiesParams{URLs: []string{address}}).Cookies
}

// picture keeps a screenshot if MAYFLY_SCREENSHOTS names a folder.
func (p *person) picture(name string) {
	p.t.Helper()
	folder := os.Getenv("MAYFLY_SCREENSHOTS")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), p.shot(), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// shot is the tab's screen as a PNG.
func (p *person) shot() (png []byte) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		png, err = chromedp.CaptureScreenshot()(ctx, tab)
		return err
	}))
	return png
}

const (
	enter = kb.Enter
	tab   = kb.Tab
)

// pathOf is the path of an address, to open it over another line.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Path
}
