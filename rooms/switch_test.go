package rooms

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSwitchPurgesUnlessItsOwnerTaps: to the moment, and a tap counts anew.
func TestSwitchPurgesUnlessItsOwnerTaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		if err := r.Arm(ana, 5*time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Minute) // taps come from a page that is connected, or not
		sub, _ := mustSubscribe(t, r, ana)
		if err := r.Arm(ana, 5*time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute - time.Nanosecond)
		if _, err := r.People(); err != nil {
			t.Fatalf("before its time: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if _, _, _, err := sub.Take(nil, 1); err != Purged {
			t.Fatalf("at its time: %v, want purged", err)
		}
		if _, err := reg.Get(r.ID); err != ErrNotFound {
			t.Fatalf("the room is still there: %v", err)
		}
	})
}

// TestSwitchOutlivesItsOwner: whatever becomes of the one who armed it, and with
// nobody connected, the room is purged by its own timer.
func TestSwitchOutlivesItsOwner(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(*testing.T, *Room, *Participant)
	}{
		{"logged out", func(_ *testing.T, r *Room, p *Participant) { r.Leave(p, LoggedOut) }},
		{"kicked", func(_ *testing.T, r *Room, p *Participant) { r.Leave(p, Kicked) }},
		{"lease over", func(*testing.T, *Room, *Participant) { time.Sleep(3 * time.Minute) }},
		{"still there", func(*testing.T, *Room, *Participant) {}},
		{"came in again", func(t *testing.T, r *Room, p *Participant) {
			again, err := r.Join(t.Context(), "Ana", testPassword, Source{}, p)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Disarm(again); err != nil { // it is not theirs any more
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reg := NewRegistry(testLimits) // whose Run does not run
				r, ana := mustCreate(t, reg, func(o *Opening) { o.Lease = 2 * time.Minute })
				began := time.Now()
				if err := r.Arm(ana, 10*time.Minute); err != nil {
					t.Fatal(err)
				}
				c.leave(t, r, ana)
				if at := r.PurgeAt(); !at.Equal(began.Add(10 * time.Minute)) {
					t.Fatalf("the room is purged after %v", at.Sub(began))
				}
				time.Sleep(time.Until(began.Add(10*time.Minute - time.Nanosecond)))
				if reg.Stats().Rooms != 1 {
					t.Fatal("the room is gone too soon")
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if reg.Stats().Rooms != 0 {
					t.Fatal("nobody purged the room")
				}
			})
		})
	}
}

// TestEverybodySeesTheEarliestSwitch, and that none is left, but not whose.
func TestEverybodySeesTheEarliestSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		bob := mustJoin(t, r, "Bob")
		sub, w := mustSubscribe(t, r, bob)
		if !w.PurgeAt.IsZero() {
			t.Fatal("something is armed from the start")
		}
		told(t, sub)
		began := time.Now()
		step := func(what string, err error, want string, at time.Duration) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if got := told(t, sub); got != want {
				t.Errorf("%s: Bob was told %q, want %q", what, got, want)
			}
			wantAt := time.Time{}
			if at > 0 {
				wantAt = began.Add(at)
			}
			if got := r.PurgeAt(); !got.Equal(wantAt) {
				t.Errorf("%s: purge at %v, want %v", what, got, wantAt)
			}
		}
		step("Ana arms", r.Arm(ana, 10*time.Minute), "armed", 10*time.Minute)
		step("Bob arms later", r.Arm(bob, 20*time.Minute), "", 10*time.Minute)
		step("Ana taps", r.Arm(ana, 15*time.Minute), "armed", 15*time.Minute)
		step("Ana disarms", r.Disarm(ana), "armed", 20*time.Minute)
		step("Ana disarms again", r.Disarm(ana), "", 20*time.Minute)
		if _, w := mustSubscribe(t, r, ana); !w.PurgeAt.Equal(began.Add(20*time.Minute)) || w.Switch != (Switch{}) {
			t.Errorf("Ana's welcome says %v and %v", w.PurgeAt, w.Switch)
		}
		step("Bob disarms", r.Disarm(bob), "disarmed", 0)
		time.Sleep(25 * time.Minute)
		if _, err := r.People(); err != nil {
			t.Errorf("a disarmed switch has fired: %v", err)
		}
	})
}

// TestPurgeOnExit can be taken back for three seconds, and leaves a switch that
// was armed before as it was.
func TestPurgeOnExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg)
		for _, before := range []time.Duration{0, 5 * time.Minute} {
			if before > 0 {
				if err := r.Arm(ana, before); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.PurgeOnExit(ana); err != nil {
				t.Fatal(err)
			}
			time.Sleep(ExitUndo - time.Nanosecond)
			if err := r.PurgeOnExit(ana); err != nil || !r.Switch(ana).Exit { // a second tap wins no time
				t.Fatal(err, r.Switch(ana))
			}
			if err := r.Stay(ana); err != nil {
				t.Fatal(err)
			}
			want := Switch{After: before}
			if before > 0 {
				want.At = time.Now().Add(before)
			}
			if got := r.Switch(ana); got != want {
				t.Errorf("after staying: %+v, want %+v", got, want)
			}
			if err := r.Stay(ana); err != nil || r.Switch(ana) != want {
				t.Errorf("staying is not a tap: %+v, %v", r.Switch(ana), err)
			}
		}
		if err := r.PurgeOnExit(ana); err != nil {
			t.Fatal(err)
		}
		time.Sleep(ExitUndo)
		synctest.Wait()
		if err := r.Stay(ana); err != Purged {
			t.Errorf("after three seconds: %v", err)
		}
	})
}

func TestSwitchBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := testLimits
		limits.MessageRate = 1
		reg := newTestRegistry(t, limits)
		r, ana := mustCreate(t, reg)
		for after, want := range map[time.Duration]error{
			SwitchMin - 1: ErrSwitch, SwitchMin: nil, SwitchMin + 1: nil,
			SwitchMax - 1: nil, SwitchMax: nil, SwitchMax + 1: ErrSwitch,
			-time.Minute: ErrSwitch, 0: ErrSwitch,
		} {
			if err := r.Arm(ana, after); err != want {
				t.Errorf("arming for %v: %v, want %v", after, err, want)
			}
		}
		slow := new(SlowError)
		n := 4 // have been armed
		for ; !errors.As(r.Arm(ana, time.Minute+time.Duration(n)), &slow); n++ {
			if n > 2*messageBurst {
				t.Fatal("taps have no bound")
			}
		}
		if n != messageBurst {
			t.Errorf("%d taps at once, want %d", n, messageBurst)
		}
		r.Leave(ana, LoggedOut)
		for i, err := range []error{r.Arm(ana, time.Minute), r.Disarm(ana), r.PurgeOnExit(ana), r.Stay(ana)} {
			if err != ErrForbidden {
				t.Errorf("call %d after leaving: %v", i, err)
			}
		}
	})
}

// TestDeadlineBeforeSwitch: a switch lets no room live longer.
func TestDeadlineBeforeSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := newTestRegistry(t, testLimits)
		r, ana := mustCreate(t, reg, func(o *Opening) { o.Lifetime = 3 * time.Minute; o.Lease = 2 * time.Minute })
		sub, _ := mustSubscribe(t, r, ana)
		if err := r.Arm(ana, time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		if _, _, _, err := sub.Take(nil, 1); err != Expired {
			t.Error(fmt.Sprint("at the deadline: ", err))
		}
	})
}
