package e2e

import (
	"bytes"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// finds has every page that the browser opens from now on find something of the
// test's, before its own scripts run.
func (p *person) finds(script string) {
	p.t.Helper()
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// clipboard is held from copying to pasting: the tests' browser has one for
// everybody.
var clipboard sync.Mutex

// copies presses a button that copies, is told so, pastes into the composer, and
// returns what is there.
func (p *person) copies(button string) (pasted string) {
	p.t.Helper()
	clipboard.Lock()
	defer clipboard.Unlock()
	p.press(button)
	p.until("the word that it is copied, for everybody", `[...document.querySelectorAll('[role=status]')].some((s) => s.checkVisibility() && s.innerText === 'Copied.')`)
	p.write("")
	p.key("v", chromedp.ModifierCtrl)
	p.until("what was copied", `composer().value !== ''`)
	pasted = see[string](p, `composer().value`)
	p.write("")
	return pasted
}

const alone = `visible(document.querySelector('[data-alone]'))`

// TestAlone: who is alone in a room reads what to do about it; nobody else does.
func TestAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, ana := range []*person{desktop(t, "Ana"), phone(t, "Ada")} {
		link := ana.opens(s.local())
		ana.until("the word that she is alone", alone+` && words(document.querySelector('[data-alone] h2')) === 'You are alone here' && words(document.querySelector('[data-alone]')).includes('Share the link')`)
		ana.check("the way to change that is next to it", `target(document.querySelector('[data-alone] button'))`)
		ana.say("a note to herself")
		ana.check("she can write all the same, and read", alone+` && `+newestInSight+` && target(document.querySelector('[data-alone] button'))`)
		bob := s.guest(link, "Bob")
		ana.until("the word gone", `!(`+alone+`)`)
		cleo := desktop(t, "Cleo")
		cleo.enters(link)
		cleo.check("she is not alone", `!(`+alone+`) && document.body.innerText.includes('You are in') && !document.body.innerText.includes('alone')`)
		cleo.press("Log out")
		ana.until("the word that Cleo left", `notes().includes('Cleo left')`)
		ana.check("she is not alone", `!(`+alone+`)`)
		bob.leaves()
		ana.until("the word that she is alone", alone)
		ana.reload()
		ana.connected()
		ana.check("she still is", alone)
		if ana.phone {
			ana.press("Log out")
		}
	}
}

// TestHandingOn: link and invitation are copied as they are, and hold nothing that
// belongs another way.
func TestHandingOn(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		for _, ana := range []*person{desktop(t, "Ana"), phone(t, "Ada")} {
			link := ana.opens(origin)
			if got := ana.copies("Copy link"); got != link {
				t.Errorf("%s: the link to copy is %q, want %q", ana.name, got, link)
			}
			s.guest(link, "Bob")
			ana.until("Bob", `!(`+alone+`)`)
			if ana.phone && !see[bool](ana, `document.querySelector('[data-share-panel]').open`) {
				ana.press("Share")
			}
			if got := ana.copies("Copy link"); got != link {
				t.Errorf("%s: the link to copy from the panel is %q, want %q", ana.name, got, link)
			}
			ana.press("Invitation")
			invitation := ana.copies("Copy invitation")
			ends := "The room ends by " + s.room(link).Deadline.UTC().Format("15:04 UTC") + "."
			if strings.Count(invitation, link) != 1 || !strings.Contains(invitation, "\n\n"+link+"\n\n") || !strings.HasSuffix(invitation, ends) {
				t.Errorf("%s: the invitation lacks the link alone on a line, or the end %q: %q", ana.name, ends, invitation)
			}
			for _, secret := range []string{password, ana.name, "Bob", "Harvest"} {
				if strings.Contains(invitation, secret) {
					t.Errorf("%s: the invitation has %q: %q", ana.name, secret, invitation)
				}
			}
			ana.check("no share sheet where there is none", `!navigator.share && !buttons().some((b) => words(b) === 'Share …')`)
			ana.press("Log out")
		}
	})
}

// TestShareSheet: where the device has one it gets the invitation.
func TestShareSheet(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := phone(t, "Ana")
	ana.finds(`window.handed = []; navigator.share = async (what) => {
		handed.push(what);
		if (handed.length === 2) throw new DOMException('closed', 'AbortError');
	}`)
	ana.opens(s.local())
	ana.press("Share")
	ana.press("Share …")
	ana.press("Share …") // and closes it again
	ana.until("what the sheet was given", `handed.length === 2`)
	ana.check("the invitation, and nothing else", `handed.every((what) => JSON.stringify(what) === JSON.stringify({text: document.querySelector('#invitation').value})) && handed[0].text.includes(field('Link to share').value)`)
}

// TestQRCodeIsForThoseInside: it is as good as the link.
func TestQRCodeIsForThoseInside(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana, bob := desktop(t, "Ana"), desktop(t, "Bob")
	link, other := ana.opens(s.local()), bob.opens(s.local())
	ask := func(link string, as *person, status int) *http.Response {
		t.Helper()
		r, err := http.NewRequest("GET", link+"/qr", nil)
		if err != nil {
			t.Fatal(err)
		}
		if as != nil {
			for _, c := range as.cookies(see[string](as, `location.href`)) {
				r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
			}
		}
		answer, err := outside.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s/qr answers %s, want %d", link, answer.Status, status)
		}
		return answer
	}
	answer := ask(link, ana, 200)
	if kind := answer.Header.Get("Content-Type"); kind != "image/svg+xml" {
		t.Errorf("the QR code is %s", kind)
	}
	if keep := answer.Header.Get("Cache-Control"); !strings.Contains(keep, "no-store") {
		t.Errorf("the QR code may be kept: %q", keep)
	}
	ask(link, nil, 401)
	ask(link, bob, 401)
	ask(s.local()+"/r/AAAAAAAAAAAAAAAAAAAAAAAAAA", ana, 404)
	s.room(other).Purge(nil)
	ask(other, bob, 404)
}

// TestQRCode: it is loaded only for who wants it, and a camera reads the link from
// the screen, whichever theme and size it has.
func TestQRCode(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		for _, ana := range []*person{desktop(t, "Ana"), phone(t, "Ada")} {
			link := ana.opens(origin)
			loaded := func() (n int) {
				for _, address := range ana.asked() {
					if strings.HasSuffix(address, "/qr") {
						n++
					}
				}
				return n
			}
			if ana.phone {
				ana.press("Share")
			}
			ana.check("the fold is in sight, and closed", `target(document.querySelector('.qr').closest('details').firstElementChild) && !visible(document.querySelector('.qr'))`)
			if loaded() != 0 {
				t.Errorf("%s: the QR code is loaded before anybody wants it", ana.name)
			}
			ana.press("QR code")
			ana.until("the QR code", `visible(document.querySelector('.qr')) && document.querySelector('.qr').complete && document.querySelector('.qr').naturalWidth > 0`)
			if loaded() != 1 {
				t.Errorf("%s: the QR code was loaded %d times", ana.name, loaded())
			}
			see[bool](ana, `(document.querySelector('.qr').scrollIntoView({block: 'nearest', behavior: 'instant'}), true)`)
			for _, theme := range []string{"light", "dark"} {
				ana.prefers("prefers-color-scheme", theme)
				ana.until("the theme", `getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((c) => $0 === 'dark' ? c < 100 : c > 155)`, theme)
				ana.picture("qr-" + theme + map[bool]string{true: "-390", false: "-1280"}[ana.phone])
				if got := ana.scanned(); got != link {
					t.Errorf("%s, %s: a camera reads %q, want %q", ana.name, theme, got, link)
				}
			}
			if !ana.exposes("QR code of the link to this room, for the camera of a phone") {
				t.Errorf("%s: a screen reader does not know what the picture is", ana.name)
			}
			ana.press("Log out")
		}
	})
}

// scanned is what a camera reads that looks at the whole screen.
func (p *person) scanned() string {
	p.t.Helper()
	screen, err := png.Decode(bytes.NewReader(p.shot()))
	if err != nil {
		p.t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(screen)
	if err != nil {
		p.t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		p.t.Errorf("%s: nothing to scan on the screen: %v", p.name, err)
		return ""
	}
	return read.GetText()
}
