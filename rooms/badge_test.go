package rooms

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// joinedBadges are the badges of n who join a room one after the other, its
// creator first, all but her under the same alias.
func joinedBadges(t *testing.T, n int) []Badge {
	t.Helper()
	r, ana := mustCreate(t, newTestRegistry(t, testLimits))
	all := []Badge{ana.Badge}
	for range n - 1 {
		bob := mustJoin(t, r, "Bob")
		all = append(all, bob.Badge)
		r.Leave(bob, LoggedOut)
	}
	return all
}

// words are the badge's colour, its shape, and its number, "" if it has none.
func (b Badge) words() (color, shape, number string) {
	color, rest, _ := strings.Cut(string(b), " ")
	shape, number, _ = strings.Cut(rest, " ")
	return color, shape, number
}

func TestABadgeNeverComesAgainInARoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		form := regexp.MustCompile(`^[a-z]+ [a-z]+( [1-9][0-9]*)?$`)
		seen := map[Badge]bool{}
		badges := joinedBadges(t, 331)
		for i, badge := range badges {
			if seen[badge] || !form.MatchString(string(badge)) {
				t.Errorf("badge %d: %q, seen before: %v", i+1, badge, seen[badge])
			}
			seen[badge] = true
		}
		for joiner, number := range map[int]string{1: "", 109: "", 110: "", 111: "2", 219: "2", 220: "2", 221: "3", 331: "4"} {
			if _, _, got := badges[joiner-1].words(); got != number {
				t.Errorf("badge %d is %q, want number %q", joiner, badges[joiner-1], number)
			}
		}
		want(t, string(badges[110]), string(badges[0])+" 2")
	})
}

func TestTenInARowShareNeitherColorNorShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		badges := joinedBadges(t, 130)
		for i := range len(badges) - 9 {
			colors, shapes := map[string]bool{}, map[string]bool{}
			for _, badge := range badges[i : i+10] {
				color, shape, _ := badge.words()
				if !slices.Contains(BadgeColors[:], color) || !slices.Contains(BadgeShapes[:], shape) {
					t.Errorf("%q is not made of the lists' words", badge)
				}
				colors[color], shapes[shape] = true, true
			}
			if len(colors) != 10 || len(shapes) != 10 {
				t.Errorf("%d colours and %d shapes in %v", len(colors), len(shapes), badges[i:i+10])
			}
		}
	})
}

func TestEachRoomHasAnOrderOfItsOwn(t *testing.T) {
	colors, shapes := map[string]bool{}, map[string]bool{}
	for range 20 { // all alike by chance: less often than once in 10^18
		b := newBadges()
		color, shape, _ := b.deal().words()
		colors[color], shapes[shape] = true, true
	}
	if len(colors) == 1 || len(shapes) == 1 {
		t.Errorf("20 rooms begin with %v and %v", colors, shapes)
	}
}

// TestABadgeStaysOverReconnectsAndIsNewForWhoJoinsAgain: the same in the list
// and in the event.
func TestABadgeStaysOverReconnectsAndIsNewForWhoJoinsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ana := mustCreate(t, newTestRegistry(t, testLimits))
		anas, _ := mustSubscribe(t, r, ana)
		bob := mustJoin(t, r, "Bob")
		before := bob.Badge
		var joined Person
		json.Unmarshal(take(t, anas)[0].Participant, &joined)
		if want := (Person{bob.ID, "Bob", before, Here}); joined != want {
			t.Errorf("joined: %+v, want %+v", joined, want)
		}
		for range 3 {
			bobs, welcome := mustSubscribe(t, r, bob, bob.joined)
			if got := welcome.People[1].Badge; got != before {
				t.Errorf("after a reconnect the badge is %q, want %q", got, before)
			}
			bobs.Close()
		}

		again, err := r.Join(t.Context(), "Bob", testPassword, Source{}, bob) // the same browser
		if err != nil {
			t.Fatal(err)
		}
		r.Leave(again, LoggedOut)
		third := mustJoin(t, r, "Bob")
		if again.Badge == before || third.Badge == before || third.Badge == again.Badge {
			t.Errorf("three called Bob have had %q, %q, %q", before, again.Badge, third.Badge)
		}
	})
}

func TestWhoIsNotLetInTakesNoBadge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := testLimits
		limits.People = 1
		r, _ := mustCreate(t, newTestRegistry(t, limits))
		r.Join(t.Context(), "Bob", testPassword, Source{}, nil)
		if r.badges.dealt != 1 {
			t.Errorf("%d badges dealt to one participant", r.badges.dealt)
		}
	})
}
