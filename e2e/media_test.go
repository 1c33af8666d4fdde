package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// elsewhere is a server that is not ours.
type elsewhere struct {
	host string // as a browser names it, with the port

	mu    sync.Mutex
	asked []*http.Request
}

func newElsewhere(t *testing.T, host string, handler http.HandlerFunc) *elsewhere {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &elsewhere{host: strings.TrimPrefix(origin(host, listener.Addr().String()), "http://")}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.asked = append(e.asked, r)
		e.mu.Unlock()
		handler(w, r)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return e
}

func (e *elsewhere) requests() []*http.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.asked)
}

var magenta = color.RGBA{255, 0, 255, 255}

func magentaPNG(w http.ResponseWriter, _ *http.Request) {
	picture := image.NewRGBA(image.Rect(0, 0, 200, 150))
	for i := range 200 * 150 {
		picture.SetRGBA(i%200, i/200, magenta)
	}
	w.Header().Set("Content-Type", "image/png")
	png.Encode(w, picture)
}

// magentas counts the magenta pixels on a person's screen.
func (p *person) magentas() (n int) {
	p.t.Helper()
	screen, err := png.Decode(bytes.NewReader(p.shot()))
	if err != nil {
		p.t.Fatal(err)
	}
	for x := range screen.Bounds().Dx() {
		for y := range screen.Bounds().Dy() {
			r, g, b, _ := screen.At(x, y).RGBA()
			if r>>8 > 250 && g>>8 < 5 && b>>8 > 250 {
				n++
			}
		}
	}
	return n
}

// TestMediaIsALinkAtFirst: where what makes buttons has not come, media is a link,
// until the next one finds it.
func TestMediaIsALinkAtFirst(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	g := s.gated()
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus)
	g.shuts("later.js")
	bob := s.guest(ana.opens(g.local()), "Bob")
	const picture = `<a class="m-media" href="https://example.org/a.png">a.png</a>` // as it is formatted
	bob.says(picture)
	ana.until("a link", `[...document.querySelectorAll('.m-media')].some((a) => visible(a) && a.href === 'https://example.org/a.png')`)
	ana.until("the failure", `performance.getEntriesByType('resource').some((r) => r.name.includes('later.js') && r.responseEnd > 0)`)
	ana.draws()
	g.shuts("")
	bob.says(picture)
	ana.until("a button for each", `buttons().filter((b) => words(b) === 'Show picture from example.org').length === 2`)
}

// TestMediaFromElsewhere: nothing is fetched before a click; after it that one
// host is asked, without referrer and cookies, and what it sends stays in a
// sandboxed frame (P9).
func TestMediaFromElsewhere(t *testing.T) {
	t.Parallel()
	eachOrigin(t, func(t *testing.T, s *server, origin string) {
		third := newElsewhere(t, thirdHost, magentaPNG)
		other := newElsewhere(t, elsewhereHost, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/redirect.png" {
				http.Redirect(w, r, "http://"+third.host+"/picture.png", http.StatusFound)
				return
			}
			http.SetCookie(w, &http.Cookie{Name: "tracker", Value: "1"})
			magentaPNG(w, r)
		})
		ana, bob := desktop(t, "Ana"), phone(t, "Bob")
		link := ana.create(origin, "Ana", "Harvest", password)
		bob.join(link, "Bob", password)
		for _, p := range []*person{ana, bob} {
			p.allow(noiseMedia)
			p.mayAsk = []string{other.host}
			command(p, network.SetCookie, network.SetCookieParams{Name: "known", Value: "1", URL: "http://" + other.host + "/"})
		}
		ana.say(fmt.Sprintf(`<img src="http://%s/picture.png" alt="far away">`, other.host))
		button := "Show picture from " + other.host
		for _, p := range []*person{ana, bob} {
			p.until("the button that names the host", `buttons().some((b) => words(b) === $0)`, button)
		}
		bob.say("this is a while later")
		ana.until("that", `messages().length === 2`)
		if asked := other.requests(); len(asked) != 0 {
			t.Fatalf("%s was asked before any click: %v", other.host, asked[0].URL)
		}

		bob.press(button)
		bob.until("the frame", `document.querySelector('iframe')?.checkVisibility()`)
		bob.until("the button gone", `!buttons().some((b) => words(b) === $0)`, button)
		waitFor(t, "the picture on Bob's screen", func() bool { return bob.magentas() > 2000 })
		bob.check("the frame is sandboxed", `document.querySelector('iframe').getAttribute('sandbox') === ''`)
		asked := other.requests()
		if len(asked) != 1 {
			t.Errorf("the host was asked %d times, want once, by Bob", len(asked))
		}
		for _, r := range asked {
			for _, header := range []string{"Referer", "Cookie", "Origin"} {
				if got := r.Header.Get(header); got != "" {
					t.Errorf("%s was told %s: %s", other.host, header, got)
				}
			}
		}
		if n := ana.magentas(); n != 0 {
			t.Errorf("Bob's click shows the picture to Ana (%d pixels)", n)
		}

		// A redirect to another host is not followed to the end.
		ana.say(fmt.Sprintf(`<img src="http://%s/redirect.png">`, other.host))
		bob.press(button)
		waitFor(t, "the first host asked", func() bool { return len(other.requests()) > 1 })
		bob.until("the frame", `document.querySelectorAll('iframe[name]').length === 2`)
		bob.say("and again later")
		if asked := third.requests(); len(asked) != 0 {
			t.Errorf("the redirect led to %s: %v", third.host, asked[0].URL)
		}
		bob.check("the room is still there", `messages().length === 4`)
	})
}
