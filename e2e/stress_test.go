package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var stressTime = flag.Duration("stress", 8*time.Second, "how long TestStress breaks lines; make stress does it for longer")

const (
	stressClients = 12
	stressPause   = 300 * time.Millisecond // between two messages of one of them, about
	stressPage    = 700 * time.Millisecond // of the page
	floodPause    = 3 * time.Millisecond
	floodBytes    = 4 << 10
	floodKept     = 1 << 20 / floodBytes // of these a room keeps for who is away (design.md, section 3)
	faultMost     = 2 * time.Second
	calmMost      = time.Second
)

// stress has clients, and a page if there is one, talk while everybody's network
// is broken in every way there is, at any moment. Then everybody must have read
// the same, with nothing missing, doubled or out of order (P6).
type stress struct {
	t       *testing.T
	server  *server
	clients []*client
	page    *person
	flood   bool                         // the first client, whose line is whole, says so much that others must miss some
	faults  []func(stop <-chan struct{}) // of one network each: breaks it for a moment, and mends it
}

// stresses are the networks that TestStress breaks.
var stresses = map[string]func(*testing.T){"lines": stressLines, "flood": stressFlood}

func TestStress(t *testing.T) {
	t.Parallel()
	for name, story := range stresses {
		t.Run(name, story)
	}
}

// stressLines has a proxy for every participant. One of them is a real page.
func stressLines(t *testing.T) {
	s := newServer(t, nil)
	page := desktop(t, "Page")
	page.allow(noiseStatus, noiseSocket, noiseCut)
	pageLine := newLine(t, s)
	link := page.create(pageLine.local(), "Page", "Harvest", password)
	st := stress{t: t, server: s, page: page, faults: []func(<-chan struct{}){func(stop <-chan struct{}) { pageLine.fail(stop, nil) }}}
	for i := range stressClients {
		l := newLine(t, s)
		c := visit(t, s.local()+pathOf(link), fmt.Sprintf("Client %d", i), socketAt(l.local(), link), new(net.Dialer).DialContext)
		st.clients = append(st.clients, c)
		st.faults = append(st.faults, func(stop <-chan struct{}) { l.fail(stop, c) })
	}
	page.until("everybody", `people().length === $0`, stressClients+1)
	st.run()
}

// stressFlood says more than a room keeps for who is away, and one of them is away
// that long: what is missing is counted to the message.
func stressFlood(t *testing.T) {
	s := newServer(t, nil)
	link := s.createRoom()
	visitor := func(i int, origin string) *client {
		return visit(t, link, fmt.Sprintf("Client %d", i), socketAt(origin, link), new(net.Dialer).DialContext)
	}
	st := stress{t: t, server: s, flood: true, clients: []*client{visitor(0, s.local())}}
	for i := range stressClients {
		l := newLine(t, s)
		c := visitor(i+1, l.local())
		st.clients = append(st.clients, c)
		fail := func(stop <-chan struct{}) { l.fail(stop, c) }
		if i == 0 {
			fail = func(stop <-chan struct{}) {
				l.become(cut)
				for read := st.read(); st.read() <= read+floodKept && alive(stop, pollEvery); {
				}
				l.become(whole)
			}
		}
		st.faults = append(st.faults, fail)
	}
	st.run()
}

// read is the number of messages that the one with the whole line has read.
func (st *stress) read() int {
	read, _, _ := st.clients[0].transcript()
	return len(read)
}

// missing is the number of messages that people were told they missed.
func (st *stress) missing() (n int) {
	for _, c := range st.clients {
		_, _, missed := c.transcript()
		n += missed
	}
	return n
}

// socketAt is the address of a room's socket at an origin.
func socketAt(origin, link string) string {
	return "ws" + strings.TrimPrefix(origin, "http") + pathOf(link) + "/ws"
}

// fail breaks the line for a moment. A client, unlike a page, notices at once
// when its network moves.
func (l *line) fail(stop <-chan struct{}, c *client) {
	switch fault := rand.N(7); {
	case fault == 0:
		l.tear()
	case fault == 1 && c != nil:
		l.move()
		c.drop()
	default:
		l.become([]lineState{cut, dead, deaf, late}[fault%4])
		alive(stop, rand.N(faultMost))
	}
	l.become(whole)
}

// alive waits unless it is all over.
func alive(stop <-chan struct{}, d time.Duration) bool {
	select {
	case <-stop:
		return false
	case <-time.After(d):
		return true
	}
}

func (st *stress) run() {
	st.t.Helper()
	stop := make(chan struct{})
	var jobs sync.WaitGroup
	for _, fail := range st.faults {
		jobs.Go(func() {
			for alive(stop, rand.N(calmMost)) {
				fail(stop)
			}
		})
	}
	counts := make([]int, len(st.clients))
	for i, c := range st.clients {
		pause, more := stressPause, ""
		if st.flood && i == 0 {
			pause, more = floodPause, strings.Repeat("!", floodBytes)
		}
		jobs.Go(func() {
			for alive(stop, rand.N(2*pause)) {
				c.say(fmt.Sprintf("%s says <b>%d</b>%s", c.name, counts[i], more))
				counts[i]++
			}
		})
	}
	total := 0
	began := time.Now()
	missed := func() bool { return !st.flood || st.missing() > 0 || time.Since(began) > *stressTime+patience }
	for ; time.Since(began) < *stressTime || !missed(); time.Sleep(rand.N(2 * stressPage)) {
		if st.page != nil {
			see[bool](st.page, `(composer().focus(), true)`)
			st.page.insert(fmt.Sprintf("Page says %d", total))
			st.page.key(enter)
			total++
		}
	}
	close(stop)
	jobs.Wait()
	for _, n := range counts {
		total += n
	}
	st.settle(total)
	st.compare(total)
}

// settle waits until all that was said has arrived everywhere.
func (st *stress) settle(total int) {
	st.t.Helper()
	for _, c := range st.clients {
		waitFor(st.t, c.name+"'s last word", func() bool { return c.settled() || !c.content() })
	}
	if st.page != nil {
		see[bool](st.page, `dispatchEvent(new Event('online'))`)
		st.page.until("an end of what waits", `composer().value === '' && !document.querySelector('[data-pending]')`)
		st.page.until("all that was said", `messages().length >= $0`, total)
	}
	for _, c := range st.clients {
		waitFor(st.t, "all that was said at "+c.name, func() bool {
			read, _, missed := c.transcript()
			return len(read)+missed >= total || !c.content()
		})
	}
	st.server.acknowledged() // nothing is held any more
}

func (st *stress) compare(total int) {
	st.t.Helper()
	dials, missing := 0, st.missing()
	first, _, _ := st.clients[0].transcript()
	for _, c := range st.clients {
		read, gaps, missed := c.transcript()
		if missed > 0 && (!st.flood || c == st.clients[0]) {
			st.t.Errorf("%s missed %d: %v", c.name, missed, gaps)
		}
		for i, g := range gaps { // what was missed before does not count as read
			end := min(len(first), g.after+g.missed)
			read = slices.Insert(read, g.after, first[min(g.after, end):end]...)
			for j := range gaps[i+1:] {
				gaps[i+1+j].after += g.missed
			}
		}
		if !slices.Equal(read, first) {
			st.t.Errorf("%s read %d messages and missed %d, other than %s, who read %d", c.name, len(read)-missed, missed, st.clients[0].name, len(first))
		}
		for _, complaint := range c.complaints {
			st.t.Errorf("%s: %s", c.name, complaint)
		}
		dials += c.dials
	}
	if st.flood == (missing == 0) {
		st.t.Errorf("%d messages are missing", missing)
	}
	if len(first) != total {
		st.t.Errorf("%d messages, %d were said", len(first), total)
	}
	next := map[string]int{}
	var texts []string
	for _, m := range first {
		text := strings.NewReplacer("<b>", "", "</b>", "", "!", "").Replace(m.html)
		texts = append(texts, text)
		author, number, _ := strings.Cut(text, " says ")
		if number != fmt.Sprint(next[author]) {
			st.t.Errorf("%s says %s, want %d", author, number, next[author])
		}
		next[author]++
	}
	if st.page != nil {
		st.page.reads(texts...)
		st.page.check("nobody left, nothing is missing", `!notes().some((n) => n.includes('left') || n.includes('missing'))`)
	}
	st.t.Logf("%d messages for %d people over %d connections; %d are missing, and told so", total, len(next), dials, missing)
}
