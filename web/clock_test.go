package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// Here time is synctest's, and connections are pipes in memory.

// inMemory runs a test in a bubble of its own.
func inMemory(t *testing.T, test func(*testing.T)) { synctest.Test(t, test) }

func pipes(s *setup) { s.pipes = true }

// within is what comes until d has passed or the connection is over, each with
// the moment it came.
type arrival struct {
	wireObject
	after time.Duration
}

func (k *tab) within(d time.Duration) (got []arrival) {
	begun, over := time.Now(), time.After(d)
	for {
		select {
		case o, ok := <-k.objects:
			if !ok {
				return got
			}
			got = append(got, arrival{o, time.Since(begun)})
		case <-over:
			return got
		}
	}
}

// longestWait is the longest time without an object of this type.
func longestWait(got []arrival, kind string, all time.Duration) (longest time.Duration) {
	last := time.Duration(0)
	for _, a := range got {
		if a.text("type") == kind {
			longest, last = max(longest, a.after-last), a.after
		}
	}
	return max(longest, all-last)
}

func TestTheLeaseIsRenewedOnAQuietLine(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, _, anas, _ := two(t, pipes)
		got := anas.within(5 * time.Minute)
		if wait := longestWait(got, "lease", 5*time.Minute); wait > 20*time.Second {
			t.Errorf("no lease for %v", wait)
		}
		for _, a := range got {
			if a.text("type") != "lease" || a.wireObject["for"] != 300.0 {
				t.Errorf("got %v", a)
			}
		}
		// Near the end of the room it is what is left.
		anas.within(52 * time.Minute)
		if o := anas.within(16 * time.Second); len(o) == 0 || o[len(o)-1].wireObject["for"].(float64) > 180 {
			t.Errorf("near the deadline: %v", o)
		}
	})
}

// TestNothingStarvesOnABusySlowLine has a reader that takes one frame in half a
// second, in a room where more is said in that time.
func TestNothingStarvesOnABusySlowLine(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		bobs.ws.Close(websocket.StatusNormalClosure, "")
		ws, _, err := bob.dial("", nil)
		if err != nil {
			t.Fatal(err)
		}
		ws.SetReadLimit(-1)
		stop := make(chan struct{})
		var running sync.WaitGroup
		defer running.Wait()
		defer close(stop)
		defer ws.CloseNow()
		slow := &tab{t: t, ws: ws, objects: make(chan wireObject, 10_000)}
		running.Go(func() {
			defer close(slow.objects)
			for {
				_, frame, err := ws.Read(context.Background())
				if err != nil {
					return
				}
				for line := range strings.Lines(string(frame)) {
					o, _ := parseWire([]byte(line))
					slow.objects <- o
				}
				time.Sleep(500 * time.Millisecond)
			}
		})
		running.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-anas.objects:
				case <-time.After(50 * time.Millisecond):
					ws := anas.ws
					if ws.Write(context.Background(), websocket.MessageText, []byte(sendObject(fmt.Sprint(i), "x"))) != nil {
						return
					}
				}
			}
		})
		slow.say(`{"type":"send","id":"bad id"}`)
		got := slow.within(2 * time.Minute)
		if wait := longestWait(got, "lease", 2*time.Minute); wait > 20*time.Second {
			t.Errorf("no lease for %v among %d objects", wait, len(got))
		}
		for _, a := range got {
			if a.text("type") == "refused" {
				if a.after > 10*time.Second {
					t.Errorf("refused after %v", a.after)
				}
				return
			}
		}
		t.Error("never refused")
	})
}

func TestARoomExpiresOnEveryScreen(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		s := newTestServer(t, pipes)
		ana := s.person(t).create("Ana", "minutes", "1")
		anas := ana.open()
		begun := time.Now()
		got := anas.within(59 * time.Second)
		for _, a := range got {
			if a.text("type") != "lease" {
				t.Errorf("got %v", a)
			}
		}
		anas.ended("expired", 4502)
		if took := time.Since(begun); took > 61*time.Second {
			t.Errorf("ended after %v", took)
		}
		ana.get(ana.path).want(t, 404)
		ana.get(ana.path+"/session").want(t, 404)
	})
}

func TestWhoStaysAwayIsOfflineAndThenForgotten(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		anas.within(2 * time.Second)
		bobs.ws.Close(websocket.StatusGoingAway, "")
		got := anas.within(5 * time.Minute)
		var said []string
		for _, a := range got {
			if a.text("type") != "lease" {
				said = append(said, fmt.Sprintf("%s %s after %.0f s", a.text("type"), a.text("state"), a.after.Seconds()))
			}
		}
		if len(said) == 0 || !strings.HasPrefix(said[0], "presence offline after") {
			t.Errorf("said: %v", said)
		}
		got = anas.within(3 * time.Second)
		if len(said) == 1 && (len(got) == 0 || got[0].text("type") != "left") {
			t.Errorf("at the end of the lease: %v, before: %v", got, said)
		}
		bob.get(bob.path+"/session").want(t, 401)
		if page := bob.get(bob.path).want(t, 200); !strings.Contains(page.body, ">Join room<") {
			t.Error("an outdated cookie does not lead to the join form")
		}
	})
}

func TestWhoComesBackInTimeIsHereAgain(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		bobs.ws.Close(websocket.StatusGoingAway, "")
		if o := anas.expect("presence"); o.text("state") != "offline" || o.text("participant") != bobs.you {
			t.Errorf("presence: %v", o)
		}
		anas.within(4 * time.Minute)
		anas.send("m", "meanwhile")
		bobs = bob.open()
		bobs.expect("message")
		if o := anas.expect("presence"); o.text("state") != "here" {
			t.Errorf("presence: %v", o)
		}
	})
}

func TestADeadLineIsNoticed(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		bobs.ws.Close(websocket.StatusNormalClosure, "")
		w := bob.raw()
		w.conn.SetDeadline(time.Time{})
		begun := time.Now()
		for { // reads, but answers no ping
			if _, _, err := w.read(); err != nil {
				break
			}
		}
		if took := time.Since(begun); took > 2*leaseEvery+time.Second {
			t.Errorf("noticed after %v", took)
		}
		for _, a := range anas.within(10 * time.Second) {
			if a.text("state") == "offline" {
				return
			}
		}
		t.Error("nobody was told")
	})
}

func TestAReceiptIsKeptForTwoMinutes(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		p := newTestServer(t, pipes).person(t).create("Ana")
		receipt := p.post(p.path+"/purge").want(t, 303).header.Get("Location")
		time.Sleep(receiptLife - time.Second)
		p.get(receipt).want(t, 200)
		time.Sleep(time.Second + time.Millisecond)
		if a := p.get(receipt).want(t, 404); !strings.Contains(a.body, "There is no receipt here") {
			t.Error("not the page for receipts that are gone")
		}
	})
}

func TestAnUnansweredEndIsClosedAfterASecond(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		ana, _, anas, _ := two(t, pipes)
		begun := time.Now()
		purged := make(chan answer, 1)
		go func() { purged <- ana.post(ana.path + "/purge") }()
		if code := anas.code(); code != 4501 {
			t.Errorf("code %d", code)
		}
		if took := time.Since(begun); took < endedWait || took > endedWait+closeWait {
			t.Errorf("closed after %v", took)
		}
		(<-purged).want(t, http.StatusSeeOther)
		if took := time.Since(begun); took > purgeWait {
			t.Errorf("answered after %v", took)
		}
	})
}

func TestAHalfSentFrameIsNotHeldForLong(t *testing.T) {
	whole := frameBytes(true, opText, []byte(sendObject("m", strings.Repeat("x", 500))))
	for name, say := range map[string]func(*raw, <-chan time.Time){
		"a frame that stops": func(w *raw, _ <-chan time.Time) { w.write(whole[:len(whole)-1]) },
		"a frame that drips": func(w *raw, over <-chan time.Time) {
			for i := range whole {
				select {
				case <-time.After(time.Second):
					if _, err := w.conn.Write(whole[i : i+1]); err != nil {
						return
					}
				case <-over:
					return
				}
			}
		},
		"fragments that drip": func(w *raw, over <-chan time.Time) {
			for {
				select {
				case <-time.After(time.Second):
					if _, err := w.conn.Write(frameBytes(false, opContinuation, []byte("x"))); err != nil {
						return
					}
				case <-over:
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inMemory(t, func(t *testing.T) {
				ana, _, _, bobs := two(t, pipes)
				bobs.ws.Close(websocket.StatusNormalClosure, "")
				w := ana.raw() // takes Ana's place
				w.conn.SetDeadline(time.Time{})
				over := make(chan time.Time)
				begun := time.Now()
				go func() {
					if name == "fragments that drip" {
						w.conn.Write(frameBytes(false, opText, []byte("x")))
					}
					say(w, over)
				}()
				for {
					op, payload, err := w.read()
					if err != nil {
						t.Errorf("over without a close frame: %v", err)
						break
					}
					if op == opClose {
						if code := int(payload[0])<<8 | int(payload[1]); code != 4000 {
							t.Errorf("code %d", code)
						}
						break
					}
				}
				if took := time.Since(begun); took > 2*frameWait+2*time.Second {
					t.Errorf("held for %v", took)
				}
				w.conn.Close()
				close(over)
			})
		})
	}
}

// TestAQuietLineStillAnswers: what the server writes after a quiet time must not
// meet the deadline of an earlier write.
func TestAQuietLineStillAnswers(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, _, bobs := two(t, pipes)
		time.Sleep(writeStall + time.Second/2)
		bobs.ping()
		k := bob.open()
		time.Sleep(writeStall + time.Second/2)
		k.frame(websocket.MessageText, make([]byte, maxTestFrame+1))
		if code := k.code(); code != 1009 {
			t.Errorf("code %d, want 1009", code)
		}
		k = bob.open()
		time.Sleep(writeStall + time.Second/2)
		k.say("broken")
		if code := k.code(); code != 4001 {
			t.Errorf("code %d, want 4001", code)
		}
	})
}

func TestAnAnswerThatSaysWhenMeansIt(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		s := newTestServer(t, pipes, func(s *setup) { s.limits.JoinRate = 10; s.limits.MessageRate = 1 })
		ana := s.person(t).create("Ana")
		eve := s.person(t)
		eve.path = ana.path
		for range 10 {
			eve.post(ana.path+"/join", "alias", "Eve", "password", "wrong password").want(t, 401)
		}
		a := eve.post(ana.path+"/join", "alias", "Eve", "password", testPassword).want(t, 429)
		wait, _ := strconv.Atoi(a.header.Get("Retry-After"))
		time.Sleep(time.Duration(wait) * time.Second)
		eve.post(ana.path+"/join", "alias", "Eve", "password", testPassword).want(t, http.StatusSeeOther)

		k := ana.open()
		k.expect("joined")
		for i := range 25 {
			k.say(sendObject(fmt.Sprint(i), "x"))
			k.expect("message")
		}
		k.say(sendObject("late", "x"))
		retry := k.expect("refused")["retry"].(float64)
		time.Sleep(time.Duration(retry) * time.Second)
		k.send("late", "x")
	})
}
