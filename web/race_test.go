package web

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestAPurgeMeetsEverythingElse lets purges race joins, sends, reconnects,
// logouts and each other, over real connections. Whoever wins, everybody gets
// one of the answers there are, and nothing stays.
func TestAPurgeMeetsEverythingElse(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 10
	}
	s := newTestServer(t)
	goroutines := s.goroutines()
	var purges atomic.Int64
	for range rounds {
		ana := s.person(t).create("Ana")
		anas := ana.open()
		bob := s.person(t).join(ana.path, "Bob")
		bobs := bob.open()
		cy := s.person(t)
		cy.path = ana.path

		start := make(chan struct{})
		var all sync.WaitGroup
		together := func(f func()) {
			all.Go(func() {
				<-start
				f()
			})
		}
		either := func(a answer, statuses ...int) {
			for _, status := range statuses {
				if a.status == status {
					return
				}
			}
			t.Errorf("status %d, want one of %v", a.status, statuses)
		}
		for _, p := range []*person{ana, bob} {
			together(func() {
				a := p.post(p.path + "/purge")
				if either(a, 303, 404, 401); a.status == 303 {
					purges.Add(1)
				}
			})
		}
		together(func() {
			a := cy.post(ana.path+"/purge", "password", testPassword)
			if either(a, 303, 404); a.status == 303 {
				purges.Add(1)
			}
		})
		together(func() { either(s.person(t).post(ana.path+"/join", "alias", "Dan", "password", testPassword), 303, 404) })
		together(func() { either(bob.post(ana.path+"/messages", "html", "x", "id", "i"), 303, 404, 401) })
		together(func() { either(s.person(t).get(ana.path), 200, 404) })
		together(func() {
			for i := range 20 {
				if anas.ws.Write(context.Background(), websocket.MessageText, []byte(sendObject(fmt.Sprint(i), "x"))) != nil {
					return
				}
			}
		})
		together(func() { // reconnects
			for range 3 {
				ws, resp, err := bob.dial("", nil)
				if resp == nil || resp.StatusCode != 101 && resp.StatusCode != 404 && resp.StatusCode != 401 {
					t.Errorf("reconnecting: %v", err)
				}
				if err == nil {
					defer ws.CloseNow()
				}
			}
		})
		for _, k := range []*tab{anas, bobs} { // screens that confirm
			all.Go(func() {
				for o := range k.objects {
					if o.text("type") == "ended" {
						k.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"wiped"}`))
					}
				}
				if code := websocket.CloseStatus(k.err); code != 4501 && code != 4504 {
					t.Errorf("code %d (%v)", code, k.err)
				}
			})
		}
		close(start)
		all.Wait()
		s.person(t).get(ana.path).want(t, 404)
	}
	if purges.Load() != int64(rounds) {
		t.Errorf("%d purges succeeded in %d rooms", purges.Load(), rounds)
	}
	nothingStays(t, s, goroutines)
}

func TestNothingStaysOfAnyEnd(t *testing.T) {
	s := newTestServer(t)
	goroutines := s.goroutines()
	ana := s.person(t).create("Ana")
	anas := ana.open()
	for i, end := range []func(*person, *tab){
		func(_ *person, k *tab) { k.ws.CloseNow() },
		func(_ *person, k *tab) { k.ws.Close(websocket.StatusNormalClosure, "") },
		func(_ *person, k *tab) { k.say("broken"); k.code() },
		func(_ *person, k *tab) { k.frame(websocket.MessageText, []byte{0xff}); k.code() },
		func(p *person, k *tab) { p.post(p.path + "/logout"); k.ended("logged-out", 4503) },
		func(p *person, k *tab) { p.post(p.path + "/logout"); k.code() }, // without confirming
		func(p *person, k *tab) { p.open().ws.CloseNow(); k.code() },
	} {
		p := s.person(t).join(ana.path, fmt.Sprint("Guest ", i))
		k := p.open()
		k.say(sendObject("m", "left unread by somebody"))
		end(p, k)
	}
	purged := make(chan answer, 1)
	go func() { purged <- ana.post(ana.path + "/purge") }()
	for o := anas.next(); o.text("type") != "ended"; o = anas.next() {
	}
	anas.say(`{"type":"wiped"}`)
	anas.code()
	(<-purged).want(t, http.StatusSeeOther)
	nothingStays(t, s, goroutines)
}

// smallBuffers makes a line that is not read stall soon.
func smallBuffers(s *setup) {
	s.limits.MessageBytes = 16 << 10
	s.http = func(srv *http.Server) {
		srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			c.(*net.TCPConn).SetWriteBuffer(16 << 10)
			return ctx
		}
	}
}

// TestAStalledReaderHoldsUpNobody lets Bob's line take nothing any more while
// Ana goes on to say more than a room keeps.
func TestAStalledReaderHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const size, count = 16 << 10, 200
	ana, bob, anas, bobs := two(t, smallBuffers)
	cy := ana.s.person(t).join(ana.path, "Cy")
	cys := cy.open()
	anas.expect("joined")
	bobs.ws.Close(websocket.StatusNormalClosure, "")
	w := bob.raw()
	w.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	w.until(opText, "welcome")

	text := strings.Repeat("x", size)
	slowest := time.Duration(0)
	var head uint64
	for i := range count { // 3.2 MiB, three times what the room keeps
		begun := time.Now()
		anas.say(sendObject(fmt.Sprint(i), text), ackObject(head))
		head = anas.expect("message").seq()
		if o := cys.expect("message"); o.seq() != head {
			t.Fatalf("Cy got %v", o.seq())
		}
		cys.say(ackObject(head))
		slowest = max(slowest, time.Since(begun))
		if bytes := ana.s.registry.Stats().BufferBytes; bytes > 1<<20 {
			t.Fatalf("the buffer holds %d bytes", bytes)
		}
	}
	if slowest > 2*time.Second {
		t.Errorf("a message took %v", slowest)
	}

	// Bob reads again: what was on its way, then the end with "come back".
	var last uint64
	got := 0
	for {
		op, payload, err := w.read()
		if err != nil {
			break // reset, which means the same
		}
		if op == opClose {
			if code := int(payload[0])<<8 | int(payload[1]); code != 4000 {
				t.Errorf("code %d, want 4000", code)
			}
			break
		}
		for line := range bytes.Lines(payload) {
			if o := decode(t, line); o.text("type") == "message" {
				last, got = o.seq(), got+1
			}
		}
	}
	if got == 0 || got == count {
		t.Fatalf("Bob got %d messages before the end", got)
	}
	// Back again, what is missing is counted exactly.
	back := bob.open(last)
	gap := back.expect("gap")
	missed := int(gap["missed"].(float64))
	for got += missed; got < count; got++ {
		back.expect("message")
	}
	anas.send("end", "x")
	if o := back.expect("message"); o.text("id") != "end" {
		t.Errorf("after %d of %d came %v", got, count, o)
	}
}

func decode(t *testing.T, line []byte) wireObject {
	t.Helper()
	o, err := parseWire(line)
	if err != nil {
		t.Fatalf("not an object: %.100q", line)
	}
	return o
}

func TestABlockedReaderIsPurgedLikeTheOthers(t *testing.T) {
	t.Parallel()
	ana, bob, anas, bobs := two(t, smallBuffers)
	bobs.ws.Close(websocket.StatusNormalClosure, "")
	w := bob.raw() // reads nothing
	w.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	text := strings.Repeat("x", 16<<10)
	for i := range 100 {
		anas.say(sendObject(fmt.Sprint(i), text))
		anas.expect("message")
	}
	begun := time.Now()
	purged := make(chan answer)
	go func() { purged <- ana.post(ana.path + "/purge") }()
	anas.ended("purged", 4501)
	a := (<-purged).want(t, http.StatusSeeOther)
	if took := time.Since(begun); took > 2500*time.Millisecond {
		t.Errorf("the purge took %v", took)
	}
	if page := ana.get(a.header.Get("Location")); !strings.Contains(page.body, "1 of 2 screens confirmed") {
		t.Errorf("receipt: %s", page.body)
	}
}
