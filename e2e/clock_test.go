package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"mayfly/rooms"
)

func shortLived(l *rooms.Limits) { l.Lifetime = shortLife }

var navigateAway = chromedp.Navigate("about:blank")

// seeAsync is see for a promise.
func seeAsync[T any](p *person, expression string) (value T) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		text, err := chromedp.Evaluate[string](fmt.Sprintf("(%s).then((v) => JSON.stringify(v))", expression), chromedp.EvalAwaitPromise)(ctx, tab)
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &value)
	}))
	return value
}

// freeze stops the page's timers, as a phone does in a pocket; thaw lets it on.
func (p *person) freeze() {
	p.t.Helper()
	command(p, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: page.SetWebLifecycleStateStateFrozen})
}

func (p *person) thaw() {
	p.t.Helper()
	command(p, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: page.SetWebLifecycleStateStateActive})
}

// sleeps lets a clock of the page jump, as after a sleep, wakes the page, and
// returns the heading it shows in the same moment, before anything else runs.
func (p *person) sleeps(clock string, d time.Duration) (heading string) {
	p.t.Helper()
	return see[string](p, `(() => {
		const clock = $0 === 'wall' ? Date : performance;
		const now = clock.now.bind(clock);
		clock.now = () => now() + $1;
		document.dispatchEvent(new Event('visibilitychange'));
		return words(document.querySelector('h1'));
	})()`, clock, d.Milliseconds())
}

// TestPageThatSlept: a page that wakes after the deadline, or after its lease,
// has wiped itself before anybody can look (P3), by whichever clock went on.
func TestPageThatSlept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, clock string
		sleep       time.Duration
		heading     string
	}{
		{"deadline by the wall clock", "wall", time.Hour + time.Second, "This room has ended"},
		{"deadline by the monotonic clock", "monotonic", time.Hour + time.Second, "This room has ended"},
		{"lease by the wall clock", "wall", 5*time.Minute + time.Second, "This screen was wiped"},
		{"lease by the monotonic clock", "monotonic", 5*time.Minute + time.Second, "This screen was wiped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			l := newLine(t, s)
			ana := phone(t, "Ana")
			ana.allow(noiseStatus, noiseSocket, noiseCut)
			ana.create(l.local(), "Ana", "Harvest", password)
			ana.say("a secret")
			ana.write("a draft")
			l.become(dead)
			if heading := ana.sleeps(c.clock, c.sleep); heading != c.heading {
				t.Errorf("the page woke with the heading %q, want %q", heading, c.heading)
			}
			ana.wiped(c.heading, "a secret", "a draft", "Harvest")
		})
	}
}

// TestShortNap: a sleep within the lease costs nothing, and one at its chosen
// length does: the time is the one that was chosen in the form.
func TestShortNap(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	ana.open(l.local() + "/")
	ana.fill("Alias", "Ana")
	ana.fill("Room name", "Harvest")
	ana.fill("Password", password)
	ana.press("Options")
	ana.until("the lease field", `field('Wipe a screen that loses contact after').checkVisibility()`)
	see[bool](ana, `field('Wipe a screen that loses contact after').focus() ?? true`)
	ana.key("2")
	ana.until("a lease of two minutes", `field('Wipe a screen that loses contact after').value === '2'`)
	ana.press("Create room")
	ana.connected()
	ana.say("a secret")
	l.become(dead)
	if heading := ana.sleeps("wall", 100*time.Second); heading != "Harvest" {
		t.Errorf("after 100 s of a 2-minute lease the page shows %q", heading)
	}
	ana.reads("a secret")
	if heading := ana.sleeps("wall", 21*time.Second); heading != "This screen was wiped" {
		t.Errorf("after 121 s of a 2-minute lease the page shows %q", heading)
	}
	ana.nothingOf("a secret", "Harvest")
}

// TestTheEndIsAnnounced: 10, 5 and 1 minute before, once each, where a screen
// reader says it.
func TestTheEndIsAnnounced(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	ana.open(l.local() + "/")
	ana.fill("Alias", "Ana")
	ana.fill("Room name", "Harvest")
	ana.fill("Password", password)
	ana.press("Options")
	ana.until("the lease field", `field('Wipe a screen that loses contact after').checkVisibility()`)
	see[bool](ana, `field('Wipe a screen that loses contact after').focus() ?? true`)
	ana.key("u") // until the room ends
	ana.press("Create room")
	ana.connected()
	l.become(dead) // or the server would tell the page the time again
	announced := func() []string {
		return see[[]string](ana, `[...document.querySelectorAll('[role=log] .note')].map(words).filter((w) => w.startsWith('This room ends'))`)
	}
	for _, step := range []struct {
		sleep time.Duration
		said  []string
	}{
		{49 * time.Minute, nil},
		{time.Minute, []string{"This room ends in 10 minutes."}},
		{time.Minute, []string{"This room ends in 10 minutes."}},
		{4 * time.Minute, []string{"This room ends in 10 minutes.", "This room ends in 5 minutes."}},
		{4 * time.Minute, []string{"This room ends in 10 minutes.", "This room ends in 5 minutes.", "This room ends in 1 minute."}},
	} {
		ana.sleeps("wall", step.sleep)
		if said := announced(); !slices.Equal(said, step.said) {
			t.Fatalf("announced %q, want %q", said, step.said)
		}
	}
}

// silence is longer than a page waits for a word from the server.
const silence = 50 * time.Second

// waitFor waits for a condition outside of any page.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
