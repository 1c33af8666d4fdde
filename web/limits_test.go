package web

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// from is somebody at this address, behind the proxy that fromProxy trusts.
func (s *testServer) from(t *testing.T, address string) *person {
	p := s.person(t)
	p.header.Set("X-Forwarded-For", address)
	return p
}

func fromProxy(s *setup) {
	s.options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
}

// wantRetry checks that an answer says when to try again, within so many seconds.
func (a answer) wantRetry(t *testing.T, most int) {
	t.Helper()
	n, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || n < 1 || n > most {
		t.Errorf("Retry-After %q, want 1 to %d", a.header.Get("Retry-After"), most)
	}
}

func TestRoomsAreLimited(t *testing.T) {
	s := newTestServer(t, func(s *setup) { s.limits.Rooms = 3 })
	var last *person
	for range 3 {
		last = s.person(t).create("Ana")
	}
	form := []string{"alias", "Ana", "room", "r", "password", testPassword}
	a := s.person(t).post("/rooms", form...).want(t, 503)
	a.wantRetry(t, 60)
	if !strings.Contains(a.body, "as many rooms as it may") || !strings.Contains(a.body, ">Create room<") {
		t.Error("the page does not say which bound was reached")
	}
	last.post(last.path+"/purge").want(t, 303)
	s.person(t).post("/rooms", form...).want(t, 303)
}

func TestParticipantsAreLimited(t *testing.T) {
	s := newTestServer(t, func(s *setup) { s.limits.Participants = 3; s.limits.People = 5 })
	ana := s.person(t).create("Ana")
	s.person(t).join(ana.path, "Bob")
	cy := s.person(t).join(ana.path, "Cy")
	a := s.person(t).post(ana.path+"/join", "alias", "Dan", "password", testPassword).want(t, 503)
	a.wantRetry(t, 60)
	if !strings.Contains(a.body, "room is full") {
		t.Error("not the page for full rooms")
	}
	cy.post(ana.path+"/logout").want(t, 303)
	s.person(t).join(ana.path, "Dan")

	other := s.person(t).create("Eve")
	s.person(t).join(other.path, "Fay")
	a = s.person(t).post(other.path+"/join", "alias", "Gus", "password", testPassword).want(t, 503)
	if a.wantRetry(t, 60); !strings.Contains(a.body, "as many people as it may") {
		t.Error("not the page for a full server")
	}
	s.person(t).post("/rooms", "alias", "Gus", "room", "r", "password", testPassword).want(t, 503)
}

func TestConnectionsAreLimited(t *testing.T) {
	s := newTestServer(t, func(s *setup) { s.limits.Connections = 2 })
	ana := s.person(t).create("Ana")
	bob := s.person(t).join(ana.path, "Bob")
	cy := s.person(t).join(ana.path, "Cy")
	ana.open()
	bobs := bob.open()
	a := cy.get(ana.path+"/ws").want(t, 503)
	if a.wantRetry(t, 60); !strings.Contains(a.body, "as many connections as it may") {
		t.Error("the page does not say which bound was reached")
	}
	// A second tab takes over, so it needs no place of its own.
	bob.open()
	bobs.ended("replaced", 4504)
	cy.get(ana.path+"/ws").want(t, 503)
	cy.get(ana.path+"/session").want(t, 204)
}

func TestWrongPasswordsAreLimited(t *testing.T) {
	s := newTestServer(t, fromProxy, func(s *setup) { s.limits.JoinRate = 10 })
	ana := s.from(t, "192.0.2.1").create("Ana")
	eve := s.from(t, "192.0.2.66")
	wrong := func(p *person) answer {
		return p.post(ana.path+"/join", "alias", "Eve", "password", "wrong password")
	}
	for range 10 {
		wrong(eve).want(t, 401)
	}
	a := wrong(eve).want(t, 429)
	if a.wantRetry(t, 60); !strings.Contains(a.body, "Too many tries") || !strings.Contains(a.body, ">Join room<") {
		t.Error("the page does not say so")
	}
	// From there not even the right one is tried; nor does purging go another way.
	eve.post(ana.path+"/join", "alias", "Eve", "password", testPassword).want(t, 429).wantRetry(t, 60)
	eve.post(ana.path+"/purge", "password", testPassword).want(t, 429).wantRetry(t, 60)
	// Others who know the password are not locked out, nor is Eve from another room.
	s.from(t, "192.0.2.2").join(ana.path, "Bob")
	s.from(t, "192.0.2.67").join(ana.path, "Guest")
	other := s.from(t, "192.0.2.1").create("Ona")
	s.from(t, "192.0.2.66").join(other.path, "Eve")
	// Somebody behind Eve's address has 3 tries in any room without a failure from there.
	for range 3 {
		s.from(t, "192.0.2.66").post(other.path+"/join", "alias", "X", "password", "wrong password").want(t, 401)
	}
	s.from(t, "192.0.2.66").post(other.path+"/join", "alias", "X", "password", "wrong password").want(t, 429)
}

func TestRightPasswordsAreNotLimited(t *testing.T) {
	s := newTestServer(t, fromProxy, func(s *setup) { s.limits.JoinRate = 1 })
	ana := s.from(t, "192.0.2.1").create("Ana")
	for i := range 20 { // of one source in one room
		a := s.from(t, "192.0.2.2").post(ana.path+"/join", "alias", fmt.Sprint("Guest ", i), "password", testPassword)
		a.want(t, 303)
	}
	a := s.from(t, "192.0.2.2").post(ana.path+"/join", "alias", "One more", "password", testPassword).want(t, 429)
	if a.wantRetry(t, 60); !strings.Contains(a.body, "from your network") {
		t.Error("the page does not say why")
	}
	s.from(t, "192.0.2.3").join(ana.path, "Elsewhere")
}

func TestNewRoomsAreLimited(t *testing.T) {
	s := newTestServer(t, fromProxy, func(s *setup) { s.limits.JoinRate = 10 })
	form := []string{"alias", "Ana", "room", "r", "password", testPassword}
	for range 10 {
		s.from(t, "192.0.2.1").post("/rooms", form...).want(t, 303)
	}
	a := s.from(t, "192.0.2.1").post("/rooms", form...).want(t, 429)
	if a.wantRetry(t, 60); !strings.Contains(a.body, ">Create room<") || !strings.Contains(a.body, `value="Ana"`) {
		t.Error("the form did not come back")
	}
	s.from(t, "192.0.2.2").post("/rooms", form...).want(t, 303)

	s = newTestServer(t, fromProxy, func(s *setup) { s.limits.JoinRate = 1000 })
	for range 20 {
		s.from(t, "192.0.2.1").post("/rooms", form...).want(t, 303)
	}
	a = s.from(t, "192.0.2.1").post("/rooms", form...).want(t, 429)
	if a.wantRetry(t, 60); !strings.Contains(a.body, "Too many rooms from your network") {
		t.Error("the page does not say why")
	}
}

func TestMessagesFromFormsAreLimited(t *testing.T) {
	s := newTestServer(t, func(s *setup) { s.limits.MessageRate = 1 })
	ana := s.person(t).create("Ana")
	for i := range 25 {
		ana.post(ana.path+"/messages", "html", "x", "id", fmt.Sprint(i)).want(t, 303)
	}
	a := ana.post(ana.path+"/messages", "html", "keep me", "id", "fast").want(t, 429)
	if a.wantRetry(t, 2); !strings.Contains(a.body, "keep me") || !strings.Contains(a.body, "too fast") {
		t.Error("the text is not in the composer")
	}
}

func TestAFloodIsSlowedDownAndNobodyElseNotices(t *testing.T) {
	_, bob, anas, bobs := two(t, func(s *setup) { s.limits.MessageRate = 5 })
	bobs.ws.CloseNow()
	w := bob.raw()
	go func() {
		typing := frameBytes(true, opText, []byte(strings.Repeat("{\"type\":\"typing\"}\n", 300)))
		for _, frame := range [][]byte{typing, frameBytes(true, opText, nil), frameBytes(true, opPing, nil), frameBytes(true, opText, []byte("\n"))} {
			for range 2000 {
				if _, err := w.conn.Write(frame); err != nil {
					return
				}
			}
		}
	}()
	for i := range 20 {
		anas.send(fmt.Sprint(i), "x")
	}
	w.conn.Close()
}

func TestPingsOverThePaceAreLeftUnanswered(t *testing.T) {
	_, bob, _, bobs := two(t, func(s *setup) { s.limits.MessageRate = 5 })
	bobs.ws.Close(websocket.StatusNormalClosure, "")
	w := bob.raw()
	ping := frameBytes(true, opPing, []byte("p"))
	for range 3 * paceBurst {
		w.write(ping)
	}
	w.write(frameBytes(true, opText, []byte(`{"type":"send","id":"end","html":"x"}`)))
	pongs := 0
	for {
		op, payload, err := w.read()
		if err != nil {
			t.Fatal(err)
		}
		if op == opPong {
			pongs++
		}
		if strings.Contains(string(payload), `"end"`) {
			break
		}
	}
	if pongs < paceBurst || pongs > 2*paceBurst {
		t.Errorf("%d of %d pings were answered", pongs, 3*paceBurst)
	}
}

func TestAServerThatStopsSaysSo(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	s.registry.Close(t.Context())
	a := s.person(t).post("/rooms", "alias", "Ana", "room", "r", "password", testPassword).want(t, 503)
	if a.wantRetry(t, 60); !strings.Contains(a.body, "This server is stopping") {
		t.Error("the page does not say so")
	}
	ana.get(ana.path).want(t, 404)
}
