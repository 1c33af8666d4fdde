package e2e

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"

	"mayfly/rooms"
)

// guest is somebody in a room without a screen, who talks quicker than anybody
// types.
type guest struct {
	t    *testing.T
	room *rooms.Room
	*rooms.Participant
}

// guest has somebody join.
func (s *server) guest(link, alias string) *guest {
	s.t.Helper()
	room := s.room(link)
	p, err := room.Join(context.Background(), alias, password, rooms.Source{}, nil)
	if err != nil {
		s.t.Fatalf("%s cannot join: %v", alias, err)
	}
	return &guest{s.t, room, p}
}

func (g *guest) says(texts ...string) {
	g.t.Helper()
	for _, text := range texts {
		if _, err := g.room.Post(g.Participant, rooms.NewMessageID(), len(text), func() (string, error) { return text, nil }); err != nil {
			g.t.Fatalf("%s cannot say %q: %v", g.Alias, text, err)
		}
	}
}

func (g *guest) leaves() { g.room.Leave(g.Participant, rooms.LoggedOut) }

// prefers has the browser tell pages what its owner prefers, as in
// "prefers-color-scheme", "dark".
func (p *person) prefers(feature, value string) {
	p.t.Helper()
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
	})
}

// draws waits until the page was drawn anew, and so knows of all that was before.
func (p *person) draws() {
	p.t.Helper()
	seeAsync[bool](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
}

// scrolls moves the log so far from its top, or to its end, and waits until the
// page has heard of it.
func (p *person) scrolls(px int) {
	p.t.Helper()
	see[bool](p, `(document.querySelector('[data-log]').scrollTop = $0, true)`, px)
	p.draws()
}

const toTheEnd = 1 << 24

// spoken is every text in the log that a screen reader finds, in order.
func (p *person) spoken() (texts []string) {
	p.t.Helper()
	nodes := map[accessibility.NodeID]*accessibility.Node{}
	has := func(value *accessibility.Value, text string) bool {
		return value != nil && string(value.Value) == strconv.Quote(text)
	}
	var log *accessibility.Node
	for _, node := range command(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		nodes[node.NodeID] = node
		if has(node.Role, "log") {
			log = node
		}
	}
	var walk func(*accessibility.Node)
	walk = func(node *accessibility.Node) {
		if node == nil {
			return
		}
		if has(node.Role, "StaticText") && !node.Ignored && node.Name != nil {
			text, _ := strconv.Unquote(string(node.Name.Value))
			texts = append(texts, text)
		}
		for _, child := range node.ChildIDs {
			walk(nodes[child])
		}
	}
	walk(log)
	return texts
}

const (
	theLog    = `document.querySelector('[data-log]')`
	theButton = `document.querySelector('[data-newest]')`
	theLine   = `document.querySelector('.new-line')`

	// above is the line of the log over the message with this text.
	above = `[...document.querySelectorAll('[data-seq]')].find((m) => m.querySelector('[data-body]').textContent === $0)?.previousElementSibling`

	// topmost is the first message that is whole in sight.
	topmost = `[...document.querySelectorAll('[data-seq]')].find((m) => m.getBoundingClientRect().top >= ` + theLog + `.getBoundingClientRect().top)`

	lineInSight = `(() => {
		const line = ` + theLine + `.getBoundingClientRect(), log = ` + theLog + `.getBoundingClientRect();
		return line.top >= log.top - 1 && ` + theLine + `.nextElementSibling.getBoundingClientRect().bottom <= log.bottom;
	})()`
	newestInSight = `[...document.querySelectorAll('[data-seq]')].at(-1).getBoundingClientRect().bottom <= ` + theLog + `.getBoundingClientRect().bottom + 1`
)

// place remembers where on the screen somebody reads, and returns a check that
// they still do.
func (p *person) place() (unmoved func()) {
	p.t.Helper()
	type place struct{ Seq, Top float64 }
	was := see[place](p, `(() => {
		const m = `+topmost+`;
		return {Seq: Number(m.dataset.seq), Top: m.getBoundingClientRect().top};
	})()`)
	return func() {
		p.t.Helper()
		is := see[float64](p, `document.querySelector('[data-seq="' + $0 + '"]').getBoundingClientRect().top`, was.Seq)
		if math.Abs(is-was.Top) >= 2 {
			p.t.Errorf("%s read at %v, and was moved to %v", p.name, was.Top, is)
		}
	}
}

// numbered is many texts: what, and a number.
func numbered(what string, from, to int) (texts []string) {
	for n := from; n < to; n++ {
		texts = append(texts, fmt.Sprint(what, " ", n))
	}
	return texts
}

// TestMessagesAreGroupedByAuthor: what one person says in a row stands together,
// under one name and badge; anything between begins anew.
func TestMessagesAreGroupedByAuthor(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	link := ana.opens(s.local())
	bob, cleo := s.guest(link, "Bob"), s.guest(link, "Cleo")

	bob.says("one", "two", "three")
	cleo.says("four")
	bob.says("five")
	ana.reads("one", "two", "three", "four", "five")
	ana.post("six")
	ana.post("seven")
	bob.says("eight")
	s.guest(link, "Dora") // a note
	bob.says("nine", "ten")
	ana.until("ten messages", `messages().length === 10`)
	ana.looksAway()
	bob.says("eleven", "twelve") // under the line above what is new
	ana.until("the line above what is new", theLine)
	ana.looksBack()
	ana.until("twelve messages", `messages().length === 12`)
	want := []string{"one", "four", "five", "six", "eight", "nine", "eleven"}
	heads := `[...document.querySelectorAll('[data-seq]:not([data-follows]) [data-body]')].map((b) => b.textContent)`
	if got := see[[]string](ana, heads); !slices.Equal(got, want) {
		t.Errorf("messages that begin a group: %q, want %q", got, want)
	}
	bob.says(numbered("on and on", 0, 120)...)
	ana.until("all of it", `messages().length === 132`)
	if got := see[[]string](ana, heads); !slices.Equal(got, want) {
		t.Errorf("after a long speech the groups begin with %q, want %q", got, want)
	}

	ana.check("name and badge are in sight above the first of a group of others, and nowhere else", `[...document.querySelectorAll('[data-seq]')].every((m) => {
		const head = m.querySelector('.message-head').getBoundingClientRect();
		return (head.height > 8 && head.bottom <= m.querySelector('.bubble').getBoundingClientRect().top + 1) === !m.matches('[data-own], [data-follows]');
	})`)
	ana.check("what follows is nearer than what begins", `(() => {
		const box = (text) => [...document.querySelectorAll('[data-seq]')].find((m) => m.querySelector('[data-body]').textContent === text).querySelector('.bubble').getBoundingClientRect();
		return box('two').top - box('one').bottom < box('six').top - box('five').bottom;
	})()`)
	ana.check("own messages stand at one side, the others' at the other", `(() => {
		const log = `+theLog+`.getBoundingClientRect();
		return [...document.querySelectorAll('[data-seq]')].every((m) => {
			const box = m.querySelector('.bubble').getBoundingClientRect();
			return m.matches('[data-own]') === (box.left - log.left > log.right - box.right) && m.matches('[data-own]') === (m.querySelector('.alias').textContent === 'Ana');
		});
	})()`)
	ana.check("each has its time in sight", `[...document.querySelectorAll('[data-seq] time')].every((t) =>
		visible(t) && /\d?\d.\d\d/.test(t.textContent) && Math.abs(Date.parse(t.dateTime) - Date.now()) < 120_000) && document.querySelectorAll('[data-seq] time').length === 132`)

	// A screen reader says the name with each, in sight or not.
	spoken := ana.spoken()
	for i, said := range []string{"one", "two", "three", "four", "five", "six", "seven"} {
		author := []string{"Bob", "Bob", "Bob", "Cleo", "Bob", "Ana", "Ana"}[i]
		if at := slices.Index(spoken, said); at < 1 || spoken[at-1] != author {
			t.Errorf("a screen reader does not find %q right after %q: %q", said, author, spoken[:min(len(spoken), 30)])
		}
	}
}

// TestComingAndGoingIsQuiet: who joins at the same time is one line, and nothing
// that calls for attention.
func TestComingAndGoingIsQuiet(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	link := ana.opens(s.local())
	notes := func() []string { return see[[]string](ana, `notes().slice(1)`) }
	ana.looksAway()

	bob, cleo, dora := s.guest(link, "Bob"), s.guest(link, "Cleo"), s.guest(link, "Dora")
	dora.leaves()
	cleo.leaves()
	s.guest(link, "Eve")
	bob.says("hello")
	s.guest(link, "Finn")
	s.guest(link, "Gus")
	want := []string{"Bob, Cleo, Dora joined", "Dora, Cleo left", "Eve joined", "Finn, Gus joined"}
	waitFor(t, fmt.Sprintf("the notes %q", want), func() bool { return slices.Equal(notes(), want) })
	ana.check("only the message counts as new", `document.title === '(1) Mayfly' && `+theLine+`.textContent === '1 new' && !document.querySelector('.note [data-new], .note[data-new]')`)
}

// TestReadingAbove: who reads what was said before stays there while more comes,
// is told how much, and is led to the first of it.
func TestReadingAbove(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, ana := range []*person{desktop(t, "Ana"), phone(t, "Ada")} {
		link := ana.opens(s.local())
		bob := s.guest(link, "Bob")
		bob.says(numbered("old", 0, 80)...)
		ana.until("the newest of 80", `messages().length === 80 && `+newestInSight)
		ana.check("nothing is new", `!visible(`+theButton+`) && !`+theLine)

		ana.scrolls(700)
		unmoved := ana.place()
		bob.says("new 0", "new 1", "new 2")
		ana.until("the button", `visible(`+theButton+`) && `+theButton+`.textContent === '3 new'`)
		ana.check("the line above the first", above+` === `+theLine+` && `+theLine+`.textContent === '3 new'`, "new 0")
		unmoved()

		ana.press("3 new")
		ana.until("the first new message", lineInSight)
		ana.check("the button is gone, and the focus in the log", `!visible(`+theButton+`) && document.activeElement === `+theLog)
		ana.check("the line stays", theLine+`.textContent === '3 new'`)

		// More than a screen: the first of it, not the last.
		ana.scrolls(700)
		bob.says(numbered("more", 0, 60)...)
		ana.until("the button", theButton+`.textContent === '60 new' && visible(`+theButton+`)`)
		ana.check("one line, where the new begins", `document.querySelectorAll('.new-line').length === 1 && `+above+` === `+theLine+` && `+theLine+`.textContent === '60 new'`, "more 0")
		ana.press("60 new")
		ana.until("the line at the top", `Math.abs(`+theLine+`.getBoundingClientRect().top - `+theLog+`.getBoundingClientRect().top) < 20 && `+theButton+`.textContent === 'Newest ↓'`)
		ana.check("the newest is further down", `!(`+newestInSight+`)`)
		ana.press("Newest ↓")
		ana.until("the newest", newestInSight+` && !visible(`+theButton+`) && document.activeElement === `+theLog)
		ana.scrolls(700)
		unmoved = ana.place()
		bob.says("and another")
		ana.until("the button", theButton+`.textContent === '1 new' && visible(`+theButton+`)`)
		unmoved()
		ana.scrolls(toTheEnd)
		ana.until("no button at the end", `!visible(`+theButton+`) && `+newestInSight)
		ana.check("the line stays until somebody writes", theLine+`.textContent === '1 new'`)

		ana.post("mine")
		ana.until("no line", `!`+theLine+` && messages().at(-1).text === 'mine' && `+newestInSight)

		// Her own words lead to the end and are not new, also from below the line.
		ana.scrolls(700)
		ana.post("mine again")
		ana.until("the end", newestInSight)
		ana.check("nothing is new", `!visible(`+theButton+`) && !`+theLine)
		ana.scrolls(700)
		bob.says(numbered("most", 0, 60)...)
		ana.until("the button", theButton+`.textContent === '60 new' && visible(`+theButton+`)`)
		ana.scrolls(see[int](ana, `Math.round(`+theLog+`.scrollTop + `+theLine+`.getBoundingClientRect().bottom - `+theLog+`.getBoundingClientRect().top + 300)`))
		ana.post("mine, of<br>many<br>lines")
		ana.until("the end", newestInSight+` && !`+theLine)

		// Who is at the end stays there while the line moves.
		ana.looksAway()
		bob.says("late")
		ana.until("the line", theLine)
		ana.looksBack()
		bob.says(numbered("later", 0, 40)...)
		ana.until("the newest", newestInSight+` && messages().at(-1).text === 'later 39'`)
		ana.looksAway()
		bob.says(numbered("latest", 0, 40)...)
		ana.until("the newest below a line of its own", newestInSight+` && messages().at(-1).text === 'latest 39' && `+above+` === `+theLine, "latest 0")
		ana.looksBack()
		ana.press("Log out")
	}
}

// TestNewMessagesShine, unless that moves too much for their reader; own ones and
// what was said before do not.
func TestNewMessagesShine(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	link := ana.opens(s.local())
	bob := s.guest(link, "Bob")
	shine := `[...document.querySelectorAll('[data-seq]')].map((m) => [m.dataset.new !== undefined, getComputedStyle(m.querySelector('.bubble')).animationName !== 'none'].join())`
	for _, c := range []struct {
		motion string
		want   []string
	}{
		{"no-preference", []string{"true,true", "false,false"}},
		{"reduce", []string{"true,false", "false,false"}},
	} {
		ana.prefers("prefers-reduced-motion", c.motion)
		ana.reload()
		ana.connected()
		bob.says("hello")
		ana.post("hello back")
		ana.reads("hello", "hello back")
		if got := see[[]string](ana, shine); !slices.Equal(got, c.want) {
			t.Errorf("with motion %s, new and shining: %q, want %q", c.motion, got, c.want)
		}
		if c.motion == "reduce" {
			ana.check("nothing moves in the log", `!document.getAnimations().some((a) => `+theLog+`.contains(a.effect.target))`)
		}
	}
}

// TestTitleAndIcon tell who looks elsewhere how much is new: a number, and never
// anything else.
func TestTitleAndIcon(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, end := range []struct {
		name string
		end  func(ana *person, link string)
	}{
		{"purge", func(ana *person, link string) {
			s.room(link).Purge(nil)
			ana.until("the wiped page", `!document.querySelector('[data-log]')`)
		}},
		{"lease", func(ana *person, _ string) {
			ana.sleeps("wall", 5*time.Minute+time.Second)
		}},
		{"exit", func(ana *person, _ string) {
			see[bool](ana, `document.querySelector('.exit-button').click() ?? true`)
			ana.away("a secret", "Harvest")
		}},
	} {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			ana := desktop(t, "Ana")
			link := ana.opens(s.local())
			bob := s.guest(link, "Bob")
			// What titles and icons there were, the first one among them.
			see[bool](ana, `(() => {
				const icon = document.querySelector('link[rel=icon]');
				window.titles = [document.title];
				window.icons = [icon.href];
				new MutationObserver(() => {
					titles.push(document.title);
					icons.push(icon.href);
				}).observe(document.head, {subtree: true, childList: true, attributes: true, characterData: true});
				return true;
			})()`)
			const (
				neutral = `document.title === 'Mayfly' && document.querySelector('link[rel=icon]').href === icons[0]`
				counts  = `document.title === '(' + $0 + ') Mayfly' && decodeURIComponent(document.querySelector('link[rel=icon]').href).includes('>' + $1 + '</text>')`
			)

			bob.says("a secret")
			ana.reads("a secret")
			ana.check("who looks at it needs no number", neutral)
			ana.looksAway()
			bob.says("a secret <b>2</b>")
			ana.until("one new", counts, 1, 1)
			bob.says("a secret 3")
			ana.until("two new", counts, 2, 2)
			s.guest(link, "Cleo").leaves()
			ana.until("the note", `notes().includes('Cleo left')`)
			ana.check("a note is not new", counts, 2, 2)
			ana.looksBack()
			ana.until("a neutral title and icon", neutral)

			beside := ana.tabBeside()
			bob.says(numbered("a secret", 0, 98)...)
			ana.until("98 new", counts, 98, 98)
			bob.says("a secret 99")
			ana.until("99 new", counts, 99, 99)
			bob.says("a secret 100")
			ana.until("100 new", counts, 100, "99+")
			ana.inFront()
			ana.until("a neutral title and icon", neutral)
			ana.until("what was said meanwhile", newestInSight)

			// Who reads above has not read it by coming back.
			ana.scrolls(0)
			beside.inFront()
			bob.says("a secret 101")
			ana.until("one new", counts, 1, 1)
			ana.inFront()
			time.Sleep(1200 * time.Millisecond) // the page looks every second
			ana.check("still one new", counts, 1, 1)
			ana.press("1 new")
			ana.until("a neutral title and icon", neutral)

			beside.inFront()
			bob.says("a secret at the end")
			ana.until("one new", counts, 1, 1)
			type heads struct{ Titles, Icons []string }
			had := see[heads](ana, `({Titles: titles, Icons: icons})`)
			end.end(ana, link)
			if end.name != "exit" {
				ana.check("title and icon are neutral after it", neutral)
				ana.inFront()
				ana.nothingOf("a secret", "Harvest")
				ana.check("title and icon are neutral after it", neutral)
				had = see[heads](ana, `({Titles: titles, Icons: icons})`)
			}
			title, icon := regexp.MustCompile(`^(\(\d+\) )?Mayfly$`), regexp.MustCompile(`%3E(\d\d?|99%2B)%3C%2Ftext%3E%3C%2Fsvg%3E$`)
			for i, text := range had.Titles {
				if !title.MatchString(text) {
					t.Errorf("a title was %q", text)
				}
				if had.Icons[i] != had.Icons[0] && !icon.MatchString(had.Icons[i]) {
					t.Errorf("an icon was %s", had.Icons[i])
				}
				// But for its number, every icon is the same.
				if plain := icon.ReplaceAllString(had.Icons[i], ""); plain != had.Icons[0] && len(plain) > 400 {
					t.Errorf("an icon holds more than a number: %s", had.Icons[i])
				}
			}
		})
	}
}

// Bounds of what a page draws of a long talk.
const (
	drawnMost   = 1100 // messages, for who reads the newest
	drawnAround = 200  // more, around who reads elsewhere
)

// TestTenThousandMessages: the page stays light, and all of them can be read.
func TestTenThousandMessages(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	link := ana.opens(s.local())
	bob := s.guest(link, "Bob")
	const (
		total  = 10_000
		atOnce = 500
		drawn  = `document.querySelectorAll('[data-seq]').length`
		number = `Number([...` + theLog + `.children].at(-2).querySelector('.message:last-child [data-body]')?.textContent.split(' ').at(-1))`
	)
	for n := 0; n < total; n += atOnce {
		bob.says(numbered("word", n, n+atOnce)...)
		ana.until("these words", number+` === $0`, n+atOnce-1)
		ana.until("few of those before, and the newest in sight", drawn+` <= $0 && `+newestInSight, drawnMost)
	}
	ana.check("nothing is missing", `!notes().some((n) => n.includes('missing'))`)
	quiet := `(() => {
		const chunks = [...` + theLog + `.children];
		return chunks.slice(0, -2).every((c) => c.getAttribute('aria-live') === 'off') && !chunks.at(-2).hasAttribute('aria-live');
	})()`
	ana.check("only the newest part is live", quiet)

	// At the top everything is there again, and nothing of it as if it were new.
	time.Sleep(1600 * time.Millisecond) // the newest have stopped shining
	ana.scrolls(0)
	ana.until("the first word", topmost+`?.querySelector('[data-body]').textContent === 'word 0'`)
	ana.check("what is old does not shine", `!document.getAnimations().some((a) => a.animationName === 'arrive')`)
	ana.check("the page stays light", drawn+` <= $0`, drawnMost+drawnAround)
	ana.check("what is put back is not live", quiet)

	// On the way down all of it passes, in order.
	type way struct {
		Passed, Most int
		Disorder     []int
		Done         bool
	}
	see[bool](ana, `(window.passed = new Set(), true)`)
	for w := (way{}); !w.Done; {
		w = seeAsync[way](ana, `(async () => {
			const log = `+theLog+`;
			const here = (c) => {
				const {top, bottom} = c.getBoundingClientRect();
				return bottom > -log.clientHeight && top < 3 * log.clientHeight;
			};
			const way = {Passed: 0, Most: 0, Disorder: [], Done: false};
			for (let step = 0; step < 8 && !way.Done; step++) {
				while ([...log.children].slice(0, -1).some((c) => c.childElementCount === 0 && here(c))) await new Promise(requestAnimationFrame);
				const numbers = [...document.querySelectorAll('[data-seq] [data-body]')].map((b) => Number(b.textContent.split(' ').at(-1)));
				way.Most = Math.max(way.Most, numbers.length);
				way.Disorder.push(...numbers.filter((n, i) => n <= numbers[i - 1]));
				for (const n of numbers) passed.add(n);
				way.Done = log.scrollTop + log.clientHeight > log.scrollHeight - 2;
				log.scrollTop += 4 * log.clientHeight;
				await new Promise(requestAnimationFrame);
			}
			way.Passed = passed.size;
			return way;
		})()`)
		if len(w.Disorder) > 0 || w.Most > drawnMost+drawnAround {
			t.Errorf("out of order: %v; at most %d messages were in the page", w.Disorder, w.Most)
		}
		if w.Done && w.Passed != total {
			t.Errorf("%d messages have passed, want %d", w.Passed, total)
		}
	}
	ana.check("the newest is in sight", newestInSight+` && `+number+` === $0`, total-1)
	ana.until("a light page", drawn+` <= $0`, drawnMost)

	// And from the top there is a way to what is new, however much it is.
	ana.scrolls(0)
	ana.until("the first word", topmost+`?.querySelector('[data-body]').textContent === 'word 0'`)
	const more = 3 * atOnce
	for n := range 3 {
		bob.says(numbered("more", n*atOnce, (n+1)*atOnce)...)
		ana.until("the button", theButton+`.textContent === $0 + ' new'`, (n+1)*atOnce)
	}
	ana.press(fmt.Sprint(more, " new"))
	ana.until("the first of it below its line", lineInSight+` && `+above+` === `+theLine, "more 0")
	ana.scrolls(toTheEnd)
	ana.until("the newest", newestInSight+` && `+number+` === $0 && `+drawn+` <= $1`, more-1, drawnMost)
}

// TestManyMessagesInTheBackground: the page stays light while nobody looks at it,
// when browsers do not say what is near to the view; wherever its reader was.
func TestManyMessagesInTheBackground(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	for _, back := range []bool{false, true} {
		ana := desktop(t, "Ana")
		link := ana.opens(s.local())
		bob := s.guest(link, "Bob")
		bob.says(numbered("first", 0, 50)...)
		ana.until("these", `messages().length === 50 && `+newestInSight)
		if back {
			ana.scrolls(0)
		}
		ana.tabBeside()
		const total, atOnce = 2000, 500
		for n := 0; n < total; n += atOnce {
			bob.says(numbered("word", n, n+atOnce)...)
			ana.until("these words", `document.title === '(' + $0 + ') Mayfly'`, n+atOnce)
		}
		ana.check("the page stays light", `document.querySelectorAll('[data-seq]').length <= $0`, drawnMost+drawnAround)
		ana.inFront()
		if back {
			ana.until("the same place", topmost+`.querySelector('[data-body]').textContent === 'first 0'`)
			continue
		}
		ana.until("the newest", newestInSight+` && messages().at(-1).text === $0 && messages().length <= $1`, fmt.Sprint("word ", total-1), drawnMost)
	}
}

// TestAbsence: who was without a connection for more than ten seconds is told how
// long, and how much was said meanwhile.
func TestAbsence(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	l := newLine(t, s)
	ana := desktop(t, "Ana")
	ana.allow(noiseStatus, noiseSocket, noiseCut)
	link := ana.opens(l.local())
	bob := s.guest(link, "Bob")
	// loses cuts the line for so long by her clock, and returns the least and most
	// seconds that this can have been.
	loses := func(d time.Duration, meanwhile func()) (least, most int) {
		t.Helper()
		began := time.Now()
		l.become(cut)
		ana.until("no connection", `document.querySelector('[data-room]').dataset.connection !== 'connected'`)
		ana.jumps(d)
		meanwhile()
		l.become(whole)
		ana.connected()
		return int(d.Seconds()), int((d + time.Since(began)).Seconds()) + 1
	}
	says := func(n, least, most int) bool {
		t.Helper()
		var seconds, missed int
		line := see[string](ana, theLine+`?.textContent ?? ''`)
		_, err := fmt.Sscanf(line, "Away %d s, %d missed", &seconds, &missed)
		return err == nil && line == fmt.Sprintf("Away %d s, %d missed", seconds, missed) && missed == n && seconds >= least && seconds <= most
	}

	loses(0, func() { bob.says("one") })
	ana.reads("one")
	ana.check("no word about a short absence", `!`+theLine)

	least, most := loses(12*time.Second, func() { bob.says("two", "three", "four") })
	ana.reads("one", "two", "three", "four")
	if !says(3, least, most) {
		t.Errorf("the line says %q, want one of 3 messages in %d to %d s", see[string](ana, theLine+`?.textContent`), least, most)
	}
	ana.check("it stands above the first of them", above+` === `+theLine, "two")
	bob.says("five")
	ana.reads("one", "two", "three", "four", "five")
	if !says(3, least, most) {
		t.Errorf("what was said after it counts too: %q", see[string](ana, theLine+`?.textContent`))
	}
	ana.check("there is nothing new for who looks", `!visible(`+theButton+`) && document.title === 'Mayfly'`)

	// One that is shorter does not change it, and the next has a line of its own.
	loses(0, func() { bob.says("six") })
	ana.until("that", `messages().length === 6`)
	if !says(3, least, most) {
		t.Errorf("after a short absence the line says %q", see[string](ana, theLine+`?.textContent`))
	}
	least, most = loses(100*time.Second, func() { bob.says("seven") })
	ana.until("that", `messages().length === 7`)
	if !says(1, least, most) {
		t.Errorf("the line says %q, want one of 1 message in %d to %d s", see[string](ana, theLine+`?.textContent`), least, most)
	}
	ana.check("there is one line", `document.querySelectorAll('.new-line').length === 1 && `+above+` === `+theLine, "seven")

	// Her phone slept, and learns late that the line is gone. What she has written
	// meanwhile does not take the word about it away.
	ana.jumps(40 * time.Second)
	least, most = loses(0, func() {
		bob.says("while asleep", "and more")
		ana.write("mine")
		ana.press("Send")
	})
	ana.until("that", `messages().length === 10 && !document.querySelector('[data-pending]') && composer().value === ''`)
	if !says(2, least+40, most+60) {
		t.Errorf("after a sleep the line says %q", see[string](ana, theLine+`?.textContent`))
	}

	// Nothing was said: nothing to tell.
	ana.post("eight")
	ana.until("no line", `!`+theLine)
	loses(60*time.Second, func() {})
	bob.says("nine")
	ana.until("that", `messages().length === 12`)
	ana.check("no word about it", `!`+theLine)
	loses(130*time.Second, func() { bob.says("ten") })
	ana.until("minutes", `/^Away [3-9] min, 1 missed$/.test(`+theLine+`?.textContent)`)
}

// TestLogIsALog: screen readers say what comes, once, and nothing that is moved.
func TestLogIsALog(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	ana := desktop(t, "Ana")
	link := ana.opens(s.local())
	bob := s.guest(link, "Bob")
	ana.check("it is a log with a name", theLog+`.getAttribute('role') === 'log' && !`+theLog+`.hasAttribute('aria-live') && `+theLog+`.getAttribute('aria-label') === 'Messages' && `+theLog+`.tabIndex === 0`)
	ana.looksAway()
	bob.says(numbered("word", 0, 120)...)
	ana.until("all of it", `messages().length === 120`)
	ana.check("the line above what is new is not said again with every number", theLine+`.getAttribute('aria-live') === 'off'`)
	ana.check("where lines are added is live, what is full is not", `(() => {
		const live = (e) => e.closest('[aria-live], [role=log]') === `+theLog+`;
		const all = [...document.querySelectorAll('[data-seq]')];
		return live(all.at(-1)) && !live(all[0]) && !live(all[30]);
	})()`)
	ana.check("nothing in it is a second live region", `!`+theLog+`.querySelector('[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]')`)
}
