package e2e

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp/kb"

	"mayfly/rooms"
)

// Headings of pages that know of no room.
const (
	joinForm = "Join this room"
	noRoom   = "There is no room here"
	neutral  = "Kitchen measures"
)

// TestTraces: however a room ends for somebody, their browser knows no more of
// it than its address, as the page says: not in the tab, not Back or Forward of
// it, not in a fresh one, not in any storage or file, not in the tabs that are
// there when it is started again (P3, P4, P5). Another room in the same browser
// notices nothing.
func TestTraces(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	short := newServer(t, func(l *rooms.Limits) { l.Lifetime = 15 * time.Second })
	endings := []struct {
		name    string
		server  *server
		enter   func(*resident)
		end     func(*resident)
		heading string // of the tab then
		address string // the heading at the room's address from then on
		silent  bool   // no answer of the server can have taken the cookie by then
	}{
		{"who logs out", s, (*resident).creates, (*resident).logsOut, "You are logged out", joinForm, false},
		{"who purges", s, (*resident).joins, (*resident).purges, "This room is purged", noRoom, false},
		{"whose room is purged", s, (*resident).joins, (*resident).isPurged, "This room was purged", noRoom, false},
		{"whose lease ends", s, (*resident).creates, (*resident).isForgotten, "This screen was wiped", joinForm, true},
		{"who exits", s, (*resident).creates, (*resident).exits, neutral, joinForm, false},
		{"who exits by Shift", s, (*resident).joins, (*resident).exitsByShift, neutral, joinForm, false},
		{"who exits and purges", s, (*resident).joins, (*resident).exitsAndPurges, neutral, noRoom, false},
		{"whose room expires", short, (*resident).joins, func(*resident) {}, "This room has ended", noRoom, false},
	}

	browser := newProfile(t)
	seek := &search{t: t, headings: map[string]string{}}
	beside := seek.resident(browser, "who stays", s)
	beside.joins()
	beside.lives()
	residents := make([]*resident, len(endings))
	for i, e := range endings {
		residents[i] = seek.resident(browser, e.name, e.server)
		e.enter(residents[i])
		residents[i].lives()
	}

	fresh := browser.tab("the fresh tab")
	fresh.allow(noiseStatus)
	for i, e := range endings {
		r := residents[i]
		e.end(r)
		r.until("the end: "+e.heading, `document.querySelector('h1')?.innerText === $0`, e.heading)
		seek.page(r.person)
		if !e.silent {
			seek.cookie(r)
		}
		seek.headings[r.link] = e.address
		fresh.open(r.link)
		seek.page(fresh)
		r.everyPage(func() { seek.page(r.person) })
		seek.cookie(r)
	}
	beside.reads(beside.said...)
	beside.check("the draft is still there", `composer().value === $0`, beside.draft)
	beside.reload()
	beside.connected()
	beside.check("the option is still chosen", `document.querySelector('[name=privacy-screen]').checked`)
	beside.say("still here")

	// Typed, and never sent.
	fresh.open(s.local() + "/")
	for _, label := range []string{"Alias", "Room name", "Password"} {
		fresh.fill(label, seek.secret(fresh.name, strings.ToLower(label)))
	}
	fresh.open(residents[0].link)

	browser.close()
	seek.files(browser)
	browser.start()
	for _, tab := range browser.restored(len(residents) + 2) {
		tab.allow(noiseStatus)
		if see[string](tab, `location.href`) == beside.link {
			continue // it may go on
		}
		seek.page(tab)
		tab.everyPage(func() { seek.page(tab) })
	}
	browser.close()
	seek.files(browser)
}

// resident is somebody in a room who writes nothing but secrets.
type resident struct {
	*person
	seek *search

	server *server
	friend *http.Client // somebody else in the room
	link   string
	said   []string
	draft  string
}

func (k *search) resident(b *profile, name string, s *server) *resident {
	k.t.Helper()
	r := &resident{person: b.tab(name), seek: k, server: s, friend: browserless(k.t)}
	r.allow(noiseStatus)
	return r
}

func (r *resident) secret(what string) string { return r.seek.secret(r.name, what) }

// creates opens a room with the form, on the second try.
func (r *resident) creates() {
	r.t.Helper()
	room, password := r.secret("room name"), r.secret("password")
	r.open(r.server.local() + "/")
	r.fill("Alias", r.secret("alias"))
	r.fill("Room name", strings.Repeat(room, 3))
	r.press("Hide password")
	r.fill("Password", password)
	r.press("Create room")
	r.until("the word that the name is too long", `document.querySelector('.field-problem')`)
	r.fill("Room name", room)
	r.press("Create room")
	r.connected()
	r.link = see[string](r.person, `field('Link to share').value`)
	r.friendPosts(r.link+"/join", "alias", r.secret("friend's alias"), "password", password)
}

// joins enters a friend's room with the form, on the second try.
func (r *resident) joins() {
	r.t.Helper()
	password := r.secret("password")
	r.link = r.friendPosts(r.server.local()+"/rooms", "alias", r.secret("friend's alias"), "room", r.secret("room name"), "password", password)
	r.open(r.link)
	r.fill("Alias", r.secret("alias"))
	r.fill("Password", r.secret("wrong password"))
	r.press("Show password")
	r.press("Join room")
	r.until("the word that the password is wrong", `document.querySelector('.field-problem')`)
	r.fill("Password", password)
	r.press("Join room")
	r.connected()
}

// lives is what people do in a room.
func (r *resident) lives() {
	r.t.Helper()
	r.said = []string{r.secret("message"), r.secret("answer")}
	r.draft = r.secret("draft")
	r.say(r.said[0])
	r.friendPosts(r.link+"/messages", "id", rand.Text(), "html", r.said[1])
	r.reads(r.said...)
	r.press("Options")
	r.ticks("privacy-screen")
	r.write(r.draft)
}

// ticks chooses an option.
func (r *resident) ticks(option string) {
	r.t.Helper()
	r.touch("the option "+option, `target(document.querySelector('[type=checkbox][name=' + $0 + ']'))`, option)
}

func (r *resident) logsOut() { r.t.Helper(); r.press("Log out") }

func (r *resident) purges() {
	r.t.Helper()
	r.press("Purge for everyone")
	r.until("the question", `document.querySelector('dialog[open]')`)
	r.press("Purge for everyone")
}

func (r *resident) isPurged() { r.t.Helper(); r.friendPosts(r.link + "/purge") }

// isForgotten: the lease ends, on the screen and then on the server.
func (r *resident) isForgotten() {
	r.t.Helper()
	r.sleeps("wall", rooms.DefaultLease+time.Second)
	room, err := r.server.registry.Get(strings.TrimPrefix(pathOf(r.link), "/r/"))
	if err != nil {
		r.t.Fatal(err)
	}
	people, _ := room.People()
	for _, person := range people {
		if p, err := room.Participant(person.ID); err == nil {
			room.Leave(p, rooms.LoggedOut)
		}
	}
}

func (r *resident) exits()        { r.t.Helper(); r.press("Exit this page") }
func (r *resident) exitsByShift() { r.t.Helper(); r.key(strings.Repeat(kb.Shift, 3)) }

func (r *resident) exitsAndPurges() {
	r.t.Helper()
	r.ticks("purge")
	r.press("Exit this page")
	r.until("the end of the time to undo it", `location.pathname === '/measures'`)
}

// friendPosts posts a form of the friend's and returns where the answer leads.
func (r *resident) friendPosts(address string, fields ...string) (to string) {
	r.t.Helper()
	form := url.Values{}
	for field := range slices.Chunk(fields, 2) {
		form.Set(field[0], field[1])
	}
	answer, err := r.friend.PostForm(address, form)
	if err != nil {
		r.t.Fatal(err)
	}
	answer.Body.Close()
	next, err := answer.Location()
	if err != nil || answer.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("the friend of the one %s: %s for %s", r.name, answer.Status, address)
	}
	return next.String()
}

// search looks for what a browser must not know.
type search struct {
	t        *testing.T
	secrets  []secret
	headings map[string]string // that addresses of ended rooms must have
}

type secret struct{ whose, what, text string }

// secret makes one up. Random letters mean the same in every encoding, and no
// compression finds an earlier copy of them.
func (k *search) secret(whose, what string) string {
	text := rand.Text()
	k.secrets = append(k.secrets, secret{whose, what, text})
	return text
}

// in looks for secrets in what was found somewhere.
func (k *search) in(where string, content []byte) {
	k.t.Helper()
	var found []string
	for _, s := range k.secrets {
		if containsText(content, s.text) {
			found = append(found, s.what+" of the one "+s.whose)
		}
	}
	if found != nil {
		k.t.Errorf("%s has: %s", where, strings.Join(found, ", "))
	}
}

// containsText reports whether content has an ASCII text in UTF-8 or UTF-16LE.
func containsText(content []byte, text string) bool {
	wide := strings.Join(strings.Split(text, ""), "\x00")
	return bytes.Contains(content, []byte(text)) || bytes.Contains(content, []byte(wide))
}

// page looks at the page that a tab shows, and at all that its site can keep.
func (k *search) page(p *person) {
	k.t.Helper()
	p.until("a whole page", `document.readyState === 'complete'`)
	page := see[struct{ Address, Heading, Content, State string }](p, `{
		address: location.href,
		heading: document.querySelector('h1')?.innerText ?? '',
		content: JSON.stringify([document.title, document.documentElement.outerHTML, [...document.querySelectorAll('input, textarea')].map((f) => f.value)]),
		state: JSON.stringify(history.state),
	}`)
	where := "the page " + page.Address + " of the one " + p.name
	k.in(where, []byte(page.Content))
	if page.State != "null" {
		k.t.Errorf("%s has the history state %s", where, page.State)
	}
	if want, ended := k.headings[page.Address]; ended && page.Heading != want {
		k.t.Errorf("%s shows %q, want %q", where, page.Heading, want)
	}
	p.check("this is no room", `!composer()`)
	if strings.HasPrefix(page.Address, "http") { // other pages have no storage
		p.leavesNoTraces(page.Address)
	}
}

// cookie waits a moment for the browser to have no cookie of the room.
func (k *search) cookie(r *resident) {
	k.t.Helper()
	path := pathOf(r.link)
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(pollEvery) {
		cookies := command(r.person, storage.GetCookies, storage.GetCookiesParams{}).Cookies
		i := slices.IndexFunc(cookies, func(c *network.Cookie) bool { return strings.HasPrefix(c.Path, path) })
		if i < 0 {
			return
		}
		if time.Now().After(deadline) {
			k.t.Errorf("the browser of the one %s keeps the cookie %s for %s", r.name, cookies[i].Name, cookies[i].Path)
			return
		}
	}
}

// addressBook is where a browser keeps the addresses that people visited, and takes
// them from when they delete its history.
var addressBook = []string{"Default/History", "Default/Favicons", "Default/Top Sites", "Default/Sessions/", "segmentation_platform/"}

// files looks into everything that a closed browser has on disk.
func (k *search) files(b *profile) {
	k.t.Helper()
	in := map[string]bool{}
	b.files(func(name string, content []byte) {
		k.in(name, content)
		place := slices.IndexFunc(addressBook, func(h string) bool { return strings.HasPrefix(name, h) })
		for link := range k.headings {
			if !containsText(content, pathOf(link)) {
				continue
			}
			if place < 0 {
				k.t.Errorf("%s has the room's address", name)
			} else {
				in[addressBook[place]] = true
			}
		}
	})
	for _, place := range []string{"Default/History", "Default/Sessions/"} {
		if !in[place] {
			k.t.Errorf("the room's address is not found in %s: this search is blind", place)
		}
	}
}
