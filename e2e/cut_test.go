package e2e

import (
	"testing"
)

// TestNothingIsLostOverABadLine: a phone's line is cut while both write.
// Nothing is lost, doubled or reordered, and what waits says so (P6).
func TestNothingIsLostOverABadLine(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	bob.join(l.local()+pathOf(link), "Bob", password)
	bob.say("one")
	ana.say("two")
	bob.reads("one", "two")
	bob.check("no word about the connection while it is there", `document.querySelector('[data-status]').innerText === ''`)

	l.become(cut)
	bob.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	bob.write("three")
	bob.press("Send")
	bob.until("the sentence that it waits", `document.querySelector('[data-hint]').innerText.includes('goes out when it is back')`)
	bob.check("the text is still in the composer", `composer().value === 'three'`)
	ana.say("four")
	// He types on: what waits is put aside, visibly pending.
	bob.insert("five")
	bob.until("the pending line", `document.querySelector('[data-pending] [data-body]')?.innerText === 'three' && composer().value === 'five'`)
	bob.press("Send")
	ana.say("six")
	ana.reads("one", "two", "four", "six")

	l.become(whole)
	for _, p := range []*person{ana, bob} {
		p.reads("one", "two", "four", "six", "three", "five")
	}
	bob.until("an empty composer and no word", `composer().value === '' && !document.querySelector('[data-pending]') &&
		document.querySelector('[data-status]').innerText === '' && document.querySelector('[data-hint]').innerText === ''`)
	bob.say("seven")
	ana.reads("one", "two", "four", "six", "three", "five", "seven")
	ana.check("Bob never left", `!notes().includes('Bob left')`)
}

// TestConfirmationIsLost: the message arrives, its confirmation does not. The
// text stays until it does, and is not sent twice.
func TestConfirmationIsLost(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	bob.join(l.local()+pathOf(link), "Bob", password)

	l.become(deaf)
	bob.write("one")
	bob.key(enter)
	ana.reads("one")
	bob.until("the word that it is being sent", `document.querySelector('[data-hint]').innerText === 'Sending …'`)
	bob.check("the text stays until it is confirmed", `composer().value === 'one' && messages().length === 0`)
	bob.key("!")
	bob.until("the pending line", `document.querySelector('[data-pending] [data-body]')?.innerText === 'one' && composer().value === '!'`)
	l.become(whole)
	for _, p := range []*person{ana, bob} {
		p.reads("one")
	}
	bob.until("no pending line", `!document.querySelector('[data-pending]')`)
	bob.check("what was typed on is still there", `composer().value === '!'`)
	bob.key(enter)
	for _, p := range []*person{ana, bob} {
		p.reads("one", "!")
	}
}

// TestSilentLine: bytes vanish without a reset, as in a tunnel. The page notices
// by the silence, and everything arrives once.
func TestSilentLine(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), phone(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	bob.join(l.local()+pathOf(link), "Bob", password)
	bob.say("one")

	l.become(dead)
	ana.say("two")
	bob.write("three")
	bob.press("Send")
	bob.until("the word that it is being sent", `document.querySelector('[data-hint]').innerText === 'Sending …'`)
	ana.say("four")
	bob.check("nothing has come", `messages().length === 1 && composer().value === 'three'`)
	// 45 s of silence pass, by the page's clock.
	bob.sleeps("wall", silence)
	bob.until("the quiet word", `document.querySelector('[data-status]').innerText.includes('Reconnecting')`)
	l.become(whole)
	for _, p := range []*person{ana, bob} {
		p.reads("one", "two", "four", "three")
	}
	bob.until("the connection", `document.querySelector('[data-status]').innerText === '' && composer().value === ''`)
}

// TestCutAgainAndAgain: a line that breaks in the middle of a talk, many times.
func TestCutAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	link := ana.create(s.local(), "Ana", "Harvest", password)
	bob.allow(noiseStatus, noiseSocket, noiseCut)
	bob.join(l.local()+pathOf(link), "Bob", password)
	const rounds = 5
	for round := range rounds {
		bob.write("b" + string(rune('0'+round)))
		bob.key(enter)
		l.become(cut) // before, during or after the send: whatever comes
		ana.say("a" + string(rune('0'+round)))
		l.become(whole)
		bob.until("his own words confirmed", `composer().value === '' && !document.querySelector('[data-pending]')`)
	}
	ana.until("everything", `messages().length === $0`, 2*rounds)
	want := see[[]string](ana, `messages().map((m) => m.text)`)
	bob.reads(want...)
	for _, author := range []string{"a", "b"} {
		got := ""
		for _, text := range want {
			if text[:1] == author {
				got += text[1:]
			}
		}
		if got != "01234" {
			t.Errorf("the messages of %s came in the order %s", author, got)
		}
	}
}

// TestDictationWhileSending: text that comes without a key, as assistive
// technology brings it, is not lost when the message before it is confirmed.
func TestDictationWhileSending(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	ana.create(l.local(), "Ana", "Harvest", password)
	l.become(cut)
	dictate := func(text string) {
		t.Helper()
		see[bool](ana, `(composer().value = $0, composer().dispatchEvent(new InputEvent('input', {bubbles: true})))`, text)
	}
	ana.write("one")
	ana.press("Send")
	dictate("one and two")
	ana.until("the pending line", `document.querySelector('[data-pending] [data-body]')?.innerText === 'one' && composer().value === ' and two'`)
	ana.press("Send")
	ana.until("what waits in the composer", `document.querySelector('[data-composer]').dataset.pending !== undefined`)
	dictate("quite another text")
	ana.until("what was not sent yet taken back", `composer().value === 'quite another text' && document.querySelectorAll('[data-pending]').length === 1`)
	l.become(whole)
	ana.reads("one")
	ana.press("Send")
	ana.reads("one", "quite another text")
}
