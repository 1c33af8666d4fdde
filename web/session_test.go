package web

import (
	"net/http"
	"strings"
	"testing"

	"mayfly/session"
)

// TestASessionOpensOneRoomAsOneParticipant tries every cookie that is not one.
func TestASessionOpensOneRoomAsOneParticipant(t *testing.T) {
	s := newTestServer(t)
	ana := s.person(t).create("Ana")
	eve := s.person(t).create("Eve")
	good := ana.cookie(ana.path)
	restarted := newTestServer(t).person(t).create("Ana")

	left := s.person(t).join(ana.path, "Leo")
	leftCookie := left.cookie(ana.path)
	left.post(ana.path+"/logout").want(t, 303)

	kicked := s.person(t).join(ana.path, "Kai")
	kickedCookie := kicked.cookie(ana.path)
	tab := kicked.open()
	room := ana.room()
	p, err := room.Participant(tab.you)
	if err != nil {
		t.Fatal(err)
	}
	room.Leave(p, "kicked")
	tab.ended("kicked", 4505)

	forge := func(value session.Session) string {
		w := recorder{http.Header{}}
		if err := session.NewSealer(false).Set(w, value); err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(strings.SplitN(w.header.Get("Set-Cookie"), ";", 2)[0], "mayfly=")
	}
	middle := len(good) / 2
	for _, c := range []struct {
		name, cookie string
		in           bool
	}{
		{"own", "mayfly=" + good, true},
		{"own after garbage", "mayfly=x; mayfly=" + eve.cookie(eve.path) + "; mayfly=" + good, true},
		{"none", "", false},
		{"empty", "mayfly=", false},
		{"another room's", "mayfly=" + eve.cookie(eve.path), false},
		{"another server's", "mayfly=" + restarted.cookie(restarted.path), false},
		{"forged with other keys", "mayfly=" + forge(session.Session{Room: room.ID, Participant: room.ID[:13]}), false},
		{"truncated", "mayfly=" + good[:len(good)-1], false},
		{"half", "mayfly=" + good[:middle], false},
		{"changed in the middle", "mayfly=" + good[:middle] + flip(good[middle]) + good[middle+1:], false},
		{"doubled", "mayfly=" + good + good, false},
		{"of one who logged out", "mayfly=" + leftCookie, false},
		{"of one who was sent away", "mayfly=" + kickedCookie, false},
		{"under another name", "__Secure-mayfly=" + good, false},
		{"the participant's public ID", "mayfly=" + tab.you, false},
		{"quoted garbage", `mayfly="\"; $Path=/; mayfly`, false},
		{"long", "mayfly=" + strings.Repeat("A", 8000), false},
	} {
		p := s.person(t)
		p.path = ana.path
		if c.cookie != "" {
			p.header.Set("Cookie", c.cookie)
		}
		status := map[bool][]int{true: {204, 303, 426}, false: {401, 401, 401}}[c.in]
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			p.get(ana.path+"/session").want(t, status[0])
			p.post(ana.path+"/messages", "html", "x", "id", "i").want(t, status[1])
			p.get(ana.path+"/ws").want(t, status[2])
			if inside := strings.Contains(p.get(ana.path).want(t, 200).body, ">Send<"); inside != c.in {
				t.Errorf("inside: %v, want %v", inside, c.in)
			}
			if !c.in {
				p.post(ana.path+"/logout").want(t, 401)
				p.post(ana.path+"/purge").want(t, 401)
				p.post(ana.path+"/media", "url", "https://a.example/").want(t, 401)
			}
		})
	}
	ana.get(ana.path+"/session").want(t, 204)
}

type recorder struct{ header http.Header }

func (r recorder) Header() http.Header       { return r.header }
func (r recorder) Write([]byte) (int, error) { return 0, nil }
func (r recorder) WriteHeader(int)           {}

// flip is another letter than c of what cookies are written in.
func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func TestTwoRoomsInOneBrowser(t *testing.T) {
	p := newTestServer(t).person(t)
	first := p.create("Ana").path
	firstTab := p.open()
	second := p.create("Bea").path
	secondTab := p.open()
	if firstTab.you == secondTab.you {
		t.Error("one participant in two rooms")
	}
	for path, alias := range map[string]string{first: "Ana", second: "Bea"} {
		if page := p.get(path).want(t, 200); !strings.Contains(page.body, ">"+alias+"<") {
			t.Errorf("not %s in %s", alias, path)
		}
	}
	p.post(second+"/logout").want(t, 303)
	secondTab.ended("logged-out", 4503)
	p.get(first+"/session").want(t, 204)
	p.get(second+"/session").want(t, 401)
	firstTab.send("m", "still here")
}

func TestJoiningWhileInMakesANewParticipant(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	bob.join(ana.path, "Bobby")
	bobs.ended("logged-out", 4503)
	if o := anas.expect("joined"); o["participant"].(map[string]any)["alias"] != "Bobby" {
		t.Errorf("joined: %v", o)
	}
	if o := anas.expect("left"); o.text("participant") != bobs.you {
		t.Errorf("left: %v", o)
	}
	// A failed join leaves who one is.
	bob.post(ana.path+"/join", "alias", "Zoe", "password", "wrong password").want(t, 401)
	bob.post(ana.path+"/join", "alias", "Ana", "password", testPassword).want(t, 409)
	// Bobby starts at the own joined event, when Bob was still there.
	if o := bob.open().expect("left"); o.text("participant") != bobs.you {
		t.Errorf("left: %v", o)
	}
	// One's own alias is not taken by oneself: a second tap on the button.
	bob.post(ana.path+"/join", "alias", "Bobby", "password", testPassword).want(t, 303)
}

func TestNoPublicIdentifierIsASecret(t *testing.T) {
	ana, bob, _, bobs := two(t)
	id := bobs.you
	if strings.Contains(bob.cookie(bob.path), id) || strings.Contains(ana.path, id) {
		t.Error("the participant's ID stands where a secret does")
	}
}
