package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDeadMansSwitchOverTheWire: everybody learns when, only its owner that it is
// theirs.
func TestDeadMansSwitchOverTheWire(t *testing.T) {
	inMemory(t, func(t *testing.T) {
		_, bob, anas, bobs := two(t, pipes)
		begun := time.Now()
		at := func(after time.Duration) string { return begun.Add(after).UTC().Format("2006-01-02T15:04:05.000Z") }
		anas.say(`{"type":"arm","minutes":5}`)
		if o := bobs.expect("armed"); o.text("at") != at(5*time.Minute) || len(o) != 3 {
			t.Errorf("Bob was told %v", o)
		}
		anas.expect("armed")
		if o := anas.expect("switch"); o.text("at") != at(5*time.Minute) || o["minutes"] != 5.0 {
			t.Errorf("Ana was told %v", o)
		}
		bobs.say(`{"type":"disarm"}`) // not his
		if o := bobs.expect("switch"); len(o) != 1 {
			t.Errorf("Bob was told %v", o)
		}
		for _, minutes := range []string{"0", "61", "-1", "999999999999"} {
			bobs.say(`{"type":"arm","minutes":` + minutes + `}`)
			if o := bobs.expect("refused"); o.text("reason") != "not-allowed" {
				t.Errorf("%s minutes: %v", minutes, o)
			}
			bobs.expect("switch")
		}
		bobs = bob.open()
		if room := bobs.welcome["room"].(map[string]any); room["armed"] != at(5*time.Minute) {
			t.Errorf("Bob is welcomed with %v", room)
		}
		time.Sleep(4 * time.Minute)
		anas.say(`{"type":"arm","minutes":5}`)
		for {
			if o := bobs.next(); o.text("type") == "armed" && o.text("at") == at(9*time.Minute) {
				break
			}
		}
		time.Sleep(time.Until(begun.Add(9 * time.Minute)))
		bobs.ended("purged", 4501)
		anas.ended("purged", 4501)
	})
}

func TestWelcomeSaysThatTheSwitchIsMine(t *testing.T) {
	ana, _, anas, _ := two(t)
	anas.say(`{"type":"arm","minutes":60}`)
	anas.expect("armed")
	anas.expect("switch")
	again := ana.open()
	if o := again.next(); o.text("type") != "switch" || o["minutes"] != 60.0 {
		t.Errorf("after the welcome came %v", o)
	}
}

// TestDeadMansSwitchByForms: arming, tapping and disarming need no script.
func TestDeadMansSwitchByForms(t *testing.T) {
	ana, bob, anas, bobs := two(t)
	for minutes, status := range map[string]int{"0": 422, "61": 422, "": 422, "five": 422, "1.5": 422, "-3": 422, "99999999999999999999": 422} {
		a := ana.post(ana.path+"/arm", "minutes", minutes).want(t, status)
		if !strings.Contains(a.body, "whole number of minutes from 1 to 60") {
			t.Errorf("%q minutes: no sentence", minutes)
		}
	}
	for _, minutes := range []int{60, 1, 2} {
		a := ana.post(ana.path+"/arm", "minutes", strconv.Itoa(minutes)).want(t, http.StatusSeeOther)
		if a.header.Get("Location") != ana.path {
			t.Errorf("leads to %s", a.header.Get("Location"))
		}
		at, err := time.Parse(time.RFC3339, bobs.expect("armed").text("at"))
		if left := time.Until(at); err != nil || left > time.Duration(minutes)*time.Minute || left < time.Duration(minutes)*time.Minute-10*time.Second {
			t.Errorf("%d minutes: armed for %v, %v", minutes, left, err)
		}
		anas.expect("armed")
	}
	shown := func(p *person) (own, any bool) {
		page := p.get(p.path).want(t, 200).body
		bar := regexp.MustCompile(`data-armed( data-any="[^"]+")?( data-own="[^"]+")?>`).MatchString(page)
		return bar && strings.Contains(page, "data-armed-own>"), bar && strings.Contains(page, "data-armed-any>")
	}
	if own, any := shown(ana); !own || any {
		t.Errorf("Ana's page shows her own switch: %v, somebody's: %v", own, any)
	}
	if own, any := shown(bob); own || !any {
		t.Errorf("Bob's page shows his own switch: %v, somebody's: %v", own, any)
	}
	bob.post(bob.path+"/disarm").want(t, 303) // is nothing
	ana.post(ana.path+"/disarm").want(t, 303)
	bobs.expect("disarmed")
	if own, any := shown(ana); own || any {
		t.Error("Ana's page shows a switch")
	}
	stranger := ana.s.person(t)
	stranger.post(ana.path+"/arm", "minutes", "5").want(t, 401)
	stranger.post(ana.path+"/disarm").want(t, 401)
}
