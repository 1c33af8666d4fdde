package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// wantNeutral checks that an answer leads to the page that says nothing, and
// takes the room's cookie along.
func (p *person) wantNeutral(a answer) {
	p.t.Helper()
	a.want(p.t, http.StatusSeeOther)
	if to := a.header.Get("Location"); to != neutralPath {
		p.t.Errorf("leads to %q", to)
	}
	if p.cookie(p.path) != "" {
		p.t.Error("the room's cookie is still there")
	}
	if isLocal(hostname(p.s.host)) && a.header.Get("Clear-Site-Data") != `"cache"` {
		p.t.Error("the cache is kept")
	}
}

func TestExitEndsTheSession(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	bob.wantNeutral(bob.post(bob.path + "/exit"))
	bobs.ended("logged-out", 4503)
	anas.expect("left")
	page := bob.get(neutralPath).want(t, 200)
	if strings.Contains(strings.ToLower(page.body), ">mayfly") || strings.Contains(page.body, "<script") || page.header.Get("Refresh") != "" {
		t.Errorf("the neutral page: %s", page.body)
	}

	// Whoever has nothing to leave gets away all the same.
	bob.wantNeutral(bob.post(bob.path+"/exit", "purge", "1"))
	bob.wantNeutral(bob.get(bob.path + "/exit"))
	ana.get(ana.path).want(t, 200)
	stranger := ana.s.person(t)
	stranger.path = "/r/UNKNOWN"
	stranger.wantNeutral(stranger.post(stranger.path + "/exit"))
	stranger.post(stranger.path+"/stay").want(t, 404)
}

func TestExitLeadsWhereTheHostWants(t *testing.T) {
	p := newTestServer(t, func(s *setup) {
		s.options.ExitURL, _ = url.Parse("https://weather.example/?a=1&b=2")
	}).person(t).create("Ana")
	if page := p.get(p.path).want(t, 200); !strings.Contains(page.body, `data-to="https://weather.example/?a=1&amp;b=2"`) {
		t.Error("the room does not know where to")
	}
	p.wantNeutral(p.post(p.path + "/exit"))
	if refresh := p.get(neutralPath).want(t, 200).header.Get("Refresh"); refresh != "0; url=https://weather.example/?a=1&b=2" {
		t.Errorf("Refresh: %q", refresh)
	}
}

// TestExitThatPurges: three seconds later, by the server, whatever became of the
// browser.
func TestExitThatPurges(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		a := bob.post(bob.path+"/exit", "purge", "1").want(t, 303)
		if a.header.Get("Location") != bob.path+"/exit" {
			t.Errorf("leads to %s", a.header.Get("Location"))
		}
		anas.expect("armed")
		page := bob.get(bob.path+"/exit").want(t, 200)
		if !strings.Contains(page.body, ">Undo<") || !strings.Contains(page.body, "Kitchen") || page.header.Get("Refresh") != "3" {
			t.Errorf("Refresh: %q, page: %s", page.header.Get("Refresh"), page.body)
		}
		time.Sleep(2900 * time.Millisecond)
		if refresh := bob.get(bob.path+"/exit").want(t, 200).header.Get("Refresh"); refresh != "1" {
			t.Errorf("Refresh: %q", refresh)
		}
		time.Sleep(100 * time.Millisecond)
		anas.ended("purged", 4501)
		bobs.ended("purged", 4501)
		bob.wantNeutral(bob.get(bob.path + "/exit"))
		bob.post(bob.path+"/stay").want(t, 404)
	})
}

func TestExitThatPurgesIsUndone(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		bob.post(bob.path+"/exit", "purge", "1").want(t, 303)
		anas.expect("armed")
		time.Sleep(2900 * time.Millisecond)
		if to := bob.post(bob.path+"/stay").want(t, 303).header.Get("Location"); to != bob.path {
			t.Errorf("leads to %s", to)
		}
		anas.expect("disarmed")
		if to := bob.get(bob.path+"/exit").want(t, 303).header.Get("Location"); to != bob.path {
			t.Errorf("the neutral page leads to %s", to)
		}
		time.Sleep(time.Minute)
		anas.send("m", "still here")
		if again := bob.open(); again.you != bobs.you {
			t.Error("Bob is somebody else now")
		}
	})
}

// TestAPurgeIsAskedForAgain: whoever did not hear the answer gets the same one.
func TestAPurgeIsAskedForAgain(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		s := newTestServer(t, pipes)
		ana := s.person(t).create("Ana")
		ana.open() // never confirms
		id := newReceiptID()
		first := make(chan answer, 1)
		go func() { first <- ana.post(ana.path+"/purge", "receipt", id) }()
		time.Sleep(time.Millisecond) // the room is gone, the receipt not filled yet
		second := ana.post(ana.path+"/purge", "receipt", id).want(t, 303)
		begun := time.Now()
		page := ana.get(second.header.Get("Location")).want(t, 200)
		if took := time.Since(begun); took < time.Second/2 || took > purgeWait {
			t.Errorf("the receipt came after %v", took)
		}
		(<-first).want(t, 303)
		for _, a := range []answer{second, ana.post(ana.path+"/purge", "receipt", id)} {
			if to := a.header.Get("Location"); to != "/receipt/"+id {
				t.Errorf("leads to %s", to)
			}
		}
		if again := ana.get("/receipt/" + id); again.body != page.body || !strings.Contains(page.body, "The one open screen has not confirmed.") {
			t.Errorf("receipt: %s", page.body)
		}
		ana.post(ana.path+"/purge").want(t, 404)
		ana.post(ana.path+"/purge", "receipt", newReceiptID()).want(t, 404)

		// Nobody's receipt is overwritten, and none is easy to guess.
		for _, taken := range []string{id, "", "x", strings.Repeat("A", 25), strings.Repeat("A", 27), strings.Repeat("a", 26), "../../../../../../../../../"} {
			bob := s.person(t).create("Bob")
			if to := bob.post(bob.path+"/purge", "receipt", taken).want(t, 303).header.Get("Location"); !receiptID.MatchString(strings.TrimPrefix(to, "/receipt/")) || to == "/receipt/"+taken {
				t.Errorf("receipt %q leads to %s", taken, to)
			}
		}
		time.Sleep(receiptLife)
		ana.post(ana.path+"/purge", "receipt", id).want(t, 404)
	})
}

// TestAPurgeThatFailedHasNoReceipt: the wrong password, or somebody was faster.
func TestAPurgeThatFailedHasNoReceipt(t *testing.T) {
	s := newTestServer(t)
	ana, eve := s.person(t).create("Ana"), s.person(t)
	id := newReceiptID()
	eve.post(ana.path+"/purge", "password", "wrong password", "receipt", id).want(t, 401)
	eve.get("/receipt/"+id).want(t, 404)
	eve.post(ana.path+"/purge", "password", testPassword, "receipt", id).want(t, 303)
	eve.get("/receipt/"+id).want(t, 200)
}

func TestLogoutSaysWhatStays(t *testing.T) {
	for name, armed := range map[string]bool{"nothing armed": false, "a switch armed": true} {
		t.Run(name, func(t *testing.T) {
			p := newTestServer(t).person(t).create("Ana")
			if armed {
				p.post(p.path+"/arm", "minutes", "5").want(t, 303)
			}
			if to := p.post(p.path+"/logout").want(t, 303).header.Get("Location"); to != "/" {
				t.Errorf("leads to %s", to)
			}
			page := p.get("/").want(t, 200)
			if !strings.Contains(page.body, "You are logged out") || !strings.Contains(page.body, "history") {
				t.Error("not the page after a logout")
			}
			if got := strings.Contains(page.body, "switch stays armed"); got != armed {
				t.Errorf("says that a switch stays armed: %v", got)
			}
			if page := p.get("/").want(t, 200); !strings.Contains(page.body, "Create room") {
				t.Error("the next visit is not to the first page")
			}
		})
	}
}
