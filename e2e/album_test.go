package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"mayfly/rooms"
)

// theme has the browser prefer dark or light.
func (p *person) theme(name string) {
	p.t.Helper()
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// album keeps a picture of a page at rest.
func (p *person) album(name string) {
	p.t.Helper()
	p.until("a page at rest", `document.getAnimations().every((a) => a.effect.getTiming().fill === 'forwards')`) // the fuse burns on
	p.picture(name)
}

// TestAlbum takes pictures of the pages for people to look at (make screenshots),
// at four widths and in both themes; without a folder for them, at one.
func TestAlbum(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	type look struct {
		width, height int64
		theme         string
	}
	looks := []look{{390, 844, "light"}}
	if os.Getenv("MAYFLY_SCREENSHOTS") != "" {
		looks = nil
		for _, theme := range []string{"light", "dark"} {
			looks = append(looks, look{320, 568, theme}, look{390, 844, theme}, look{768, 1024, theme}, look{1440, 900, theme})
		}
	}
	for _, l := range looks {
		suffix := fmt.Sprintf("-%d-%s", l.width, l.theme)
		ana := newPerson(t, "Ana", l.width, l.height, l.width < 768)
		ana.allow(noiseStatus)
		ana.theme(l.theme)
		ana.open(s.local() + "/")
		ana.album("home" + suffix)
		link := ana.create(s.local(), "Ana", "Harvest", password)
		ana.album("room-alone" + suffix)
		room := s.room(link)

		bob := newPerson(t, "Bob", l.width, l.height, l.width < 768)
		bob.allow(noiseStatus)
		bob.theme(l.theme)
		bob.open(link)
		bob.album("join" + suffix)
		bob.join(link, "Bob", password)
		talk(t, ana, bob)
		bob.write("On my way")
		ana.album("room" + suffix)
		ana.press("Purge for everyone")
		ana.until("the question", `document.querySelector('dialog[open]')`)
		ana.album("purge" + suffix)
		ana.press("Cancel")

		ana.post(strings.Repeat("Donaudampfschifffahrtsgesellschaft", 8))
		bob.post("<table><caption>Stores</caption><tr>" + strings.Repeat("<th>a column</th>", 12) + "</tr><tr>" + strings.Repeat("<td>12 kilogram</td>", 12) + "</tr></table>")
		bob.post("שלום, אני כאן. <b>איפה</b> נפגשים?")
		ana.post(`<img alt="a tower" src="` + tallPicture() + `">`)
		ana.post("<pre><code>" + strings.Repeat("a long line of code ", 12) + "</code></pre>")
		ana.reads(see[[]string](bob, `messages().map((m) => m.text)`)...)
		ana.album("room-wild" + suffix)

		for i := range 200 {
			[]*person{ana, bob}[i/3%2].post([]string{"ok", "I will be there at eight and bring what you asked for.", fmt.Sprint("number ", i)}[i%3])
		}
		ana.until("all messages", `messages().length === 211`)
		ana.album("room-200" + suffix)
		for i := range 28 {
			if _, err := room.Join(t.Context(), fmt.Sprint("Guest ", i+1), password, rooms.Source{}, nil); err != nil {
				t.Fatal(err)
			}
		}
		ana.until("thirty people", `people().length === 30`)
		if l.width < 960 {
			ana.press("People 30")
		}
		ana.album("room-30-people" + suffix)
		room.Purge(nil)
		ana.wiped("This room was purged")
		ana.album("wiped" + suffix)
		bob.open(link)
		bob.album("gone" + suffix)
	}
}

// talk is what the pictures in README.md show.
func talk(t *testing.T, ana, bob *person) {
	t.Helper()
	ana.post("Has everybody got the <b>new meeting place</b>?")
	bob.post("Not yet. Where?")
	ana.post("<ul><li>bridge, 18:00</li><li>bring <mark>no phone</mark></li></ul>")
	ana.post("<table><tr><th>who</th><th>brings</th></tr><tr><td>Bob</td><td>the keys</td></tr><tr><td>Cleo</td><td>the van</td></tr></table>")
	bob.post("<blockquote>bring no phone</blockquote>Then how do I find you?")
	ana.post(`<details><summary>Spoiler</summary>Look for the lantern.</details>`)
	for _, p := range []*person{ana, bob} {
		p.until("the talk", `messages().length === 6`)
	}
}
